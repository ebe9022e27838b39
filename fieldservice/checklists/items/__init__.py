"""The item types: one file each, and the one list of them."""

from fieldservice.checklists.items.base import ItemType
from fieldservice.checklists.items.choose import Choose
from fieldservice.checklists.items.confirm import Confirm
from fieldservice.checklists.items.number import Number
from fieldservice.checklists.items.photo import Photo
from fieldservice.checklists.items.photo_pair import PhotoPair
from fieldservice.checklists.items.say import Say
from fieldservice.checklists.items.signature import Signature
from fieldservice.checklists.items.text import Text

ITEM_TYPES: dict[str, ItemType] = {
    found.kind: found
    for found in (Confirm(), Say(), Choose(), Number(), Text(), Photo(), PhotoPair(), Signature())
}
