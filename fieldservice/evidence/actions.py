"""Changes of evidence: what is announced, taken in pieces, found whole, and checked."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.evidence.models import ANNOUNCED, Blob


def announce_blob(sha256: str, size: int, media_type: str, *, at: datetime) -> Blob:
    """The row of these bytes, made when nobody has announced them before; two at once get the same.

    Raises RuleBroken('size_differs') when they were announced with another size.
    """
    insert = postgresql.insert if db.session.connection().dialect.name == "postgresql" else sqlite.insert
    values = {"sha256": sha256, "size": size, "media_type": media_type[:60], "state": ANNOUNCED,
              "announced_at": at, "picture": "unchecked", "why": "", "format": ""}
    db.session.execute(insert(Blob).values(**values).on_conflict_do_nothing(index_elements=["sha256"]))
    blob = db.session.scalars(sa.select(Blob).filter_by(sha256=sha256)).one()
    if blob.size != size:
        raise RuleBroken("size_differs")
    return blob
