"""Reads of portraits."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from fieldservice.core.db import db
from fieldservice.people.models import Portrait


def portrait_of(person_id: str) -> Portrait | None:
    """The portrait of somebody, without its bytes; None: there is none."""
    return db.session.get(Portrait, person_id)


def portrait_bytes(person_id: str) -> tuple[bytes, str] | None:
    """The JPEG and its SHA-256; None: there is none."""
    query = sa.select(Portrait).filter_by(person_id=person_id).options(undefer(Portrait.jpeg))
    found = db.session.scalar(query)
    return (found.jpeg, found.sha256) if found else None


def portrait_marks(person_ids: Iterable[str | None]) -> dict[str, str]:
    """Id of a person who has a portrait → what tells it from another one, for its address."""
    query = sa.select(Portrait.person_id, Portrait.sha256)
    rows = db.session.execute(query.where(Portrait.person_id.in_({one for one in person_ids if one})))
    return {row.person_id: row.sha256[:12] for row in rows}
