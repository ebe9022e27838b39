"""Tables beside the chain: how heads are sent, what checks found, who was erased, what is kept and what had to go."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core.db import Base, HasId, UTCDateTime

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
CHECK_STATES = (WAITING, RUNNING, DONE)

#: what has a time after which it may go
CUSTOMERS = "customers"
ACCESS = "access"
PLACES = "places"
RETAINED = (CUSTOMERS, ACCESS, PLACES)


class HeadSending(Base):
    """Tries to send a tree head that has not arrived yet; that it arrived stands in `tree_head`, for ever."""

    __tablename__ = "head_sending"

    size: Mapped[int] = mapped_column(sa.ForeignKey("tree_head.size"), primary_key=True, autoincrement=False)
    tries: Mapped[int] = mapped_column(default=0)
    #: nobody tries before this; whoever tries sets it further first
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: why the last try failed: a code with words; '' it did not, or none was made
    trouble: Mapped[str] = mapped_column(sa.String(20), default="")
    #: what the other side or the line said, in its own words, for whoever runs the installation
    detail: Mapped[str] = mapped_column(sa.String(200), default="")


class ChainCheck(HasId, Base):
    """One walk along the whole chain by a worker, and what it found."""

    __tablename__ = "chain_check"
    __table_args__ = (sa.CheckConstraint(f"state IN {CHECK_STATES!r}", name="state"),)

    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(sa.String(8), default=WAITING)
    #: entries looked at, and how many there were at the start
    done: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    total: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    #: last sign of life of the worker
    touched_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: {"entries", "erased", "heads", "wrong": {"seq", "code", "facts"} or None}; {} not finished
    found: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    asked_by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Erasure(HasId, Base):
    """The personal data of a customer were erased: who, when, why, and what came of it. Nothing of what was erased."""

    __tablename__ = "erasure"

    customer_id: Mapped[str] = mapped_column(sa.String(36), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(sa.String(500))
    #: how many {"sites", "jobs", "rows", "entries", "facts", "files"}
    counts: Mapped[dict[str, int]] = mapped_column(sa.JSON)
    #: hashes of files that are still to be removed from the disk; [] all are gone
    files: Mapped[list[str]] = mapped_column(sa.JSON)

    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class LegalHold(HasId, Base):
    """A case that is kept whatever its age and whoever asks for erasure, because somebody may need it in a dispute."""

    __tablename__ = "legal_hold"
    __table_args__ = (sa.CheckConstraint("(released_at IS NULL) = (released_by_id IS NULL)", name="released"),)

    case_id: Mapped[str] = mapped_column(sa.ForeignKey("case.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(500))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: None: it holds
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    released_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))

    case: Mapped[Case] = relationship()
    by: Mapped[Person] = relationship(foreign_keys=by_id)


class RetentionRun(HasId, Base):
    """What an administrator had removed because its time had come. A worker does it; the row says how far it is."""

    __tablename__ = "retention_run"
    __table_args__ = (sa.CheckConstraint(f"kind IN {RETAINED!r}", name="kind"),)

    kind: Mapped[str] = mapped_column(sa.String(12))
    #: what is older goes; it stays the same however long the removing takes
    before: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: how many there were when it was asked for, and how many are gone
    due: Mapped[int]
    removed: Mapped[int] = mapped_column(default=0)
    #: last sign of life of the worker
    touched_at: Mapped[datetime] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    asked_by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
