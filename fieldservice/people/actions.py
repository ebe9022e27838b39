"""Changes of portraits; the caller commits."""

import hashlib
from datetime import datetime
from pathlib import Path

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_office_edit
from fieldservice.evidence import picture
from fieldservice.people.models import Portrait
from fieldservice.people.rules import SIDE


def made_of(path: Path) -> bytes:
    """A small upright JPEG of the picture at `path`, with nothing else of the file. Takes up to a minute.

    Raises RuleBroken with the code that says why the picture cannot be used, NoVerdict when it could not be looked at.
    """
    found, jpeg = picture.small_copy(path, SIDE)
    if found.why:
        raise RuleBroken(found.why)
    return jpeg


def set_portrait(person: Person, jpeg: bytes, *, by: Person | None, at: datetime) -> Portrait:
    """Somebody's portrait, in the place of an earlier one. `jpeg`: as `made_of` gives it; `by` None: sample data."""
    portrait = db.session.get(Portrait, person.id) or Portrait(person_id=person.id)
    portrait.jpeg, portrait.sha256 = jpeg, hashlib.sha256(jpeg).hexdigest()
    portrait.set_at, portrait.set_by_id = at, by.id if by else None
    db.session.add(portrait)
    log_office_edit("set_portrait", person, by=by, at=at, sha256=portrait.sha256)
    return portrait


def remove_portrait(person: Person, *, by: Person, at: datetime) -> None:
    """Takes it away for good. Done twice, the second changes nothing."""
    portrait = db.session.get(Portrait, person.id)
    if portrait is not None:
        db.session.delete(portrait)
        log_office_edit("remove_portrait", person, by=by, at=at)
