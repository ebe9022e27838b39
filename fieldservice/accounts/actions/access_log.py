"""The access log: who did or saw what must be answered for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldservice.accounts.models import AccessEntry, Person
from fieldservice.core.db import db


@dataclass(frozen=True)
class Origin:
    """Where a request came from."""

    address: str = ""
    user_agent: str = ""


def note_access(act: str, *, by: Person | None, at: datetime, subject: Any = None, list_name: str = "",
                address: str = "") -> AccessEntry:
    """Writes one line. `by` None: nobody was signed in. `subject`: the row it was done to; `list_name`: or the list."""
    entry = AccessEntry(
        at=at, person_id=by.id if by else None, act=act, address=address[:45],
        subject_type=subject.__tablename__ if subject is not None else list_name[:20],
        subject_id=subject.id if subject is not None else "")
    db.session.add(entry)
    return entry
