"""The log of everything that changed a synced thing: operations of phones and edits of the office, in one order.

It is the audit trail, and what a repeated operation is answered from. Rows are only ever added.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldservice.core import json
from fieldservice.core.db import Base, HasId, UTCDateTime, db
from fieldservice.core.versions import Synced


class LogEntry(HasId, Synced, Base):
    """One operation with the one result it got, for ever."""

    __tablename__ = "op_log"
    __table_args__ = (
        sa.UniqueConstraint("device_id", "seq"),
        sa.CheckConstraint("origin IN ('phone', 'office', 'system')", name="origin"),
        sa.Index("ix_op_log_entity", "entity_type", "entity_id"),
    )

    #: 'phone', 'office' or 'system' (command line, background)
    origin: Mapped[str] = mapped_column(sa.String(8))
    #: the phone's device; None for the office
    device_id: Mapped[str | None] = mapped_column(sa.String(36))
    #: place in the device's own order, from 1; None for the office, and for what came in a file
    seq: Mapped[int | None]
    #: who did it; None only for 'system'
    person_id: Mapped[str | None] = mapped_column(sa.String(36), index=True)
    #: who brought it in a file that the phone had exported (`rescue/`); None: it came by itself
    brought_by_id: Mapped[str | None] = mapped_column(sa.String(36))
    #: name of the operation, e.g. 'take_step'; the office's begin with 'office.'
    kind: Mapped[str] = mapped_column(sa.String(40))
    #: what it was done to, e.g. 'job'
    entity_type: Mapped[str] = mapped_column(sa.String(20))
    entity_id: Mapped[str] = mapped_column(sa.String(36))
    #: the operation as it arrived, as JSON text
    body: Mapped[str] = mapped_column(sa.Text)
    #: applied, merged, conflict_lost, late_evidence, quarantined or rejected
    result: Mapped[str] = mapped_column(sa.String(16))
    #: code and facts of the reason as JSON text; None when there is nothing to say
    note: Mapped[str | None] = mapped_column(sa.Text)
    #: version of the thing the phone was looking at; None for the office, and where the phone did not say
    base_version: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: what the device's clock said; None for the office
    device_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: when it happened, as near as the server can tell
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: how far off `happened_at` may be, milliseconds
    uncertainty_ms: Mapped[int] = mapped_column(default=0)
    #: when the server took it
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)


def log_office_edit(kind: str, entity: Any, /, *, by: Any, at: datetime, **body: Any) -> LogEntry:
    """Writes an edit of the office (or of the command line, `by=None`) into the log, in the same transaction."""
    entry = LogEntry(
        origin="office" if by else "system",
        person_id=by.id if by else None,
        kind=f"office.{kind}",
        entity_type=entity.__tablename__,
        entity_id=entity.id,
        body=json.dumps(body),
        result="applied",
        happened_at=at,
        received_at=at,
    )
    db.session.add(entry)
    return entry


def log_of(entity_type: str, entity_id: str) -> list[LogEntry]:
    """Everything that was done to one thing, oldest first."""
    query = sa.select(LogEntry).filter_by(entity_type=entity_type, entity_id=entity_id)
    return list(db.session.scalars(query.order_by(LogEntry.version, LogEntry.id)))
