"""Table of what waits for a dispatcher's decision."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job

OPEN = "open"
ACCEPTED = "accepted"
DECLINED = "declined"
SEEN = "seen"


class InboxItem(HasId, Base):
    """One operation that was set aside, or came late, and what was decided about it."""

    __tablename__ = "inbox_item"
    __table_args__ = (
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined', 'seen')", name="state"),
        sa.Index("ix_inbox_item_open", "branch_id", "state"),
    )

    #: the operation; one item each
    op_id: Mapped[str] = mapped_column(sa.ForeignKey("op_log.id"), unique=True)
    #: None: the operation named no job we know
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"), index=True)
    #: whose dispatchers decide: the job's branch, else the author's
    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"))
    author_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: why it was set aside: a code with words (`web/words.py`)
    reason: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(8), default=OPEN)
    arrived_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))

    op: Mapped[LogEntry] = relationship(lazy="joined", innerjoin=True)
    job: Mapped[Job | None] = relationship()
    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="joined", innerjoin=True)
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
