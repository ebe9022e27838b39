"""Tables of imports: the file on its way, its lines, and which job is known by what."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.imports.rules import COLUMNS, KINDS, OUTCOMES, STATES, WORKING


class JobImport(HasId, Base):
    """One file on its way to jobs."""

    __tablename__ = "job_import"
    __table_args__ = (sa.CheckConstraint(f"state IN {STATES!r}", name="state"),)

    #: branch of who imports: its desk sees the import
    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"), index=True)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: who had it applied or undone: in whose name the worker acts; None: nobody yet
    acting_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    #: as it was called, cut to 200
    file_name: Mapped[str] = mapped_column(sa.String(200))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int]
    #: 'csv' or 'xlsx'
    kind: Mapped[str] = mapped_column(sa.String(4))
    #: how it was read: sheet, sheets, encoding, delimiter, epoch (sheets.Read)
    reading: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    #: line of the headings; None: there are none
    heading_line: Mapped[int | None]
    headings: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    #: what the headings are together, so that the same list is known again
    headings_key: Mapped[str] = mapped_column(sa.String(32), default="", index=True)
    #: field → place of its column from 0, fields → value for all lines, datum, branch … (settings.Settings)
    settings: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    state: Mapped[str] = mapped_column(sa.String(10), default=COLUMNS, index=True)
    #: a worker that begins takes a new one: an older one that still runs then stops
    worker_key: Mapped[str] = mapped_column(sa.String(36), default="")
    #: lines below the headings
    total: Mapped[int] = mapped_column(default=0)
    #: how many of them the present work has behind it
    done: Mapped[int] = mapped_column(default=0)
    #: code of what stopped it; '' nothing
    trouble: Mapped[str] = mapped_column(sa.String(40), default="")
    #: what the check found out about the positions: far ones, another datum that fits better
    findings: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: last sign of life of the work
    touched_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: when the file was removed because its time was over; None: it is there
    file_removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    by: Mapped[Person] = relationship(foreign_keys=[by_id], lazy="joined", innerjoin=True)
    acting: Mapped[Person | None] = relationship(foreign_keys=[acting_id], lazy="joined")

    @property
    def is_working(self) -> bool:
        return self.state in WORKING


class ImportLine(Base):
    """A line of the file: what the check made of it and what became of it."""

    __tablename__ = "import_line"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        sa.CheckConstraint(f"outcome IN {OUTCOMES!r}", name="outcome"),
        sa.Index("ix_import_line_work", "import_id", "kind", "outcome", "number"),
    )

    import_id: Mapped[str] = mapped_column(sa.ForeignKey("job_import.id", ondelete="CASCADE"), primary_key=True)
    #: line of the file it begins on, as people count
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(sa.String(8))
    outcome: Mapped[str] = mapped_column(sa.String(10), default="")
    #: what it says, checked: 'said' by column, 'given' for all, 'branch_id', 'identity' (lines.Line)
    said: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    #: 'r:' and its reference, or 'c:' and what its identifying fields come to; '' for a bad one
    known_by: Mapped[str] = mapped_column(sa.String(80), default="")
    #: what all of it comes to
    content_key: Mapped[str] = mapped_column(sa.String(32), default="")
    #: a few words to know the line by
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    #: [{"field", "code", facts …}]: why it is bad, or in conflict, or failed
    problems: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    #: the same for what is only to be looked at
    remarks: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    has_remarks: Mapped[bool] = mapped_column(default=False)
    #: field → [said before, said now, what the desk made of it] of a changed line
    changes: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    #: what an update replaced: to undo it
    before: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    #: the job it made or is about; None: none
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"), index=True)


class ImportedJob(Base):
    """Which line of which list a job is: the same list again finds it."""

    __tablename__ = "imported_job"
    __table_args__ = (
        sa.UniqueConstraint("branch_id", "known_by"),
        sa.Index("ix_imported_job_content", "branch_id", "content_key"),
    )

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), primary_key=True)
    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"))
    known_by: Mapped[str] = mapped_column(sa.String(80))
    content_key: Mapped[str] = mapped_column(sa.String(32))
    #: number the other system knows it by; '' none
    reference: Mapped[str] = mapped_column(sa.String(60), default="")
    #: what a line without a reference is known by, part by part
    identity: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: what the list said last, by field
    said: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: and what that became in our words: what differs from it now was changed at the desk
    became: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: the import that made it
    import_id: Mapped[str] = mapped_column(sa.ForeignKey("job_import.id"), index=True)
    #: the import that changed it last; at first the same
    last_import_id: Mapped[str] = mapped_column(sa.ForeignKey("job_import.id"))
