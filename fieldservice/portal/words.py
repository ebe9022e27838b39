"""Words for what customers say by their link, and for what ties a person to it."""

from typing import Any

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l

#: what a dispute is about, as the customer chooses and the desk reads it
ABOUT_WORDS = {
    "work": _l("The work is not as it says here"), "amount": _l("The amount is not right"),
    "signature": _l("This is not my signature, or I did not agree"), "other": _l("Something else"),
}  # fmt: skip

#: how a customer was told when we come
CHANNEL_WORDS = {
    "gateway": _l("Text message, by the gateway"), "call": _l("By phone"), "sms": _l("Text message, from my phone"),
    "wechat": _l("WeChat"), "other": _l("In another way"),
}  # fmt: skip


def tie_words(tied_by: str, number: str) -> Any:
    """What ties a person to an answer or a signature by link, and what it does not tell; '' from before it was kept.

    `number`: where the code went, masked.
    """
    if tied_by == "code":
        return _("Tied by a code that was sent by SMS to %(number)s and entered: whoever answered had that phone.",
                 number=number or "–")  # fmt: skip
    if tied_by == "digits":
        return _("Tied only by the link and the last four digits of the phone. Our own people who see the case could "
                 "know both, so this is a weak tie.")  # fmt: skip
    return ""
