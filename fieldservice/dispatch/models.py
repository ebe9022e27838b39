"""Tables of dispatch."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.dispatch.rules import LINE_KINDS, LINE_OUTCOMES, PROPOSAL_MODES, PROPOSAL_STATES, WAITING
from fieldservice.jobs.models import Job

#: a message says when we come now, or asks for another time
LATER, ASK_TIME = "later", "ask_time"
MESSAGE_KINDS = (LATER, ASK_TIME)

SENDING, SENT, FAILED, TOLD = "sending", "sent", "failed", "told"
MESSAGE_STATES = (SENDING, SENT, FAILED, TOLD)

GATEWAY = "gateway"
#: how a customer was told; all but the first by somebody's own hand
CHANNELS = (GATEWAY, "call", "sms", "wechat", "other")

MESSAGE_LIMIT = 500  # characters; some seven parts of a text message


class CustomerMessage(HasId, Base):
    """What a customer is told about the time of a visit. The id is made with the form, so that a form sent twice tells
    once; it is also the id the gateway knows it by.
    """

    __tablename__ = "customer_message"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {MESSAGE_KINDS!r}", name="kind"),
        sa.CheckConstraint(f"state IN {MESSAGE_STATES!r}", name="state"),
        sa.CheckConstraint(f"channel IN {CHANNELS!r}", name="channel"),
        sa.CheckConstraint("(kind = 'later') = (expected_at IS NOT NULL)", name="expected"),
        sa.CheckConstraint("(state IN ('sent', 'told')) = (told_at IS NOT NULL)", name="told_whole"),
        sa.CheckConstraint("(channel = 'gateway') = (state <> 'told')", name="by_hand"),
    )

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    #: 'later': when we come now; 'ask_time': that another time is needed
    kind: Mapped[str] = mapped_column(sa.String(10))
    #: the window it is about; None: no time was agreed. Another window since: it is over
    window_start_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: who was said to come; None: nobody was named
    lead_id: Mapped[str | None] = mapped_column(sa.String(36))
    #: when the customer was told that we come; None: another time is asked for
    expected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    words: Mapped[str] = mapped_column(sa.String(MESSAGE_LIMIT))
    #: of the words
    language: Mapped[str] = mapped_column(sa.String(8))
    #: 'gateway', or how somebody told by own hand: 'call', 'sms', 'wechat', 'other'
    channel: Mapped[str] = mapped_column(sa.String(8))
    #: '138****5678'; '' told by own hand
    number_masked: Mapped[str] = mapped_column(sa.String(30), default="")
    #: 'sending' (the gateway is being asked), 'sent' (it took it), 'failed' (it did not), 'told' (by own hand)
    state: Mapped[str] = mapped_column(sa.String(8))
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: not told (yet)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    job: Mapped[Job] = relationship()
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


#: of a branch's day one proposal is made at a time
_UNDER_WAY = sa.text("state IN ('waiting', 'working')")


class Proposal(HasId, Base):
    """How a branch's day could be: worked out by the worker, taken over line by line by people."""

    __tablename__ = "proposal"
    __table_args__ = (
        sa.CheckConstraint(f"mode IN {PROPOSAL_MODES!r}", name="mode"),
        sa.CheckConstraint(f"state IN {PROPOSAL_STATES!r}", name="state"),
        sa.CheckConstraint("progress BETWEEN 0 AND 1000", name="progress"),
        sa.Index("ix_proposal_day", "branch_id", "on_day", "id"),
        sa.Index("uq_proposal_under_way", "branch_id", "on_day", unique=True, sqlite_where=_UNDER_WAY,
                 postgresql_where=_UNDER_WAY),
    )  # fmt: skip

    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"))
    #: the day that is planned, in the branch's zone
    on_day: Mapped[date]
    #: 'fill', 'replan' or 'full'
    mode: Mapped[str] = mapped_column(sa.String(8))
    asked_by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: what counts how much: name → level (`rules.WISHES`)
    wishes: Mapped[dict[str, int]] = mapped_column(sa.JSON)
    #: visits without a day may be taken in
    with_undated: Mapped[bool]
    #: where chance begins: the same day, wishes and number of rounds give the same plan
    seed: Mapped[int]
    #: rounds of the search; None: none yet
    iterations: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(10), default=WAITING)
    #: a worker that begins takes a new one: an older one that still runs then stops
    worker_key: Mapped[str] = mapped_column(sa.String(36), default="")
    #: how often a worker began
    tries: Mapped[int] = mapped_column(default=0)
    #: thousandths
    progress: Mapped[int] = mapped_column(default=0)
    #: the worker waits until the search is compiled for its machine
    is_getting_ready: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: last sign of life of the work
    touched_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: code of what went wrong; '' nothing
    trouble: Mapped[str] = mapped_column(sa.String(40), default="")
    #: the day in numbers as it was and as it would be (`differences.Figures`); {} while it is not done
    figures_before: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    figures_after: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    #: technicians whose day would change: [{"id", "before", "after"}], each with visits, travel and home
    routes: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    #: visits that find no place: [{"job_id", "lead_id", "code", "facts"}]
    unplaced: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    #: who took lines over last, and when; None: nobody did
    accepted_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    branch: Mapped[Branch] = relationship(lazy="joined", innerjoin=True)
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id], lazy="joined", innerjoin=True)
    accepted_by: Mapped[Person | None] = relationship(foreign_keys=[accepted_by_id], lazy="joined")
    lines: Mapped[list["ProposalLine"]] = relationship(
        back_populates="proposal", order_by="ProposalLine.number", lazy="select"
    )

    @property
    def is_under_way(self) -> bool:
        """Whether a worker is at it or will be."""
        return self.state in ("waiting", "working")


class ProposalLine(Base):
    """One visit that would change: who goes, when it begins."""

    __tablename__ = "proposal_line"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {LINE_KINDS!r}", name="kind"),
        sa.CheckConstraint(f"outcome IN {LINE_OUTCOMES!r}", name="outcome"),
        sa.UniqueConstraint("proposal_id", "job_id"),
    )

    proposal_id: Mapped[str] = mapped_column(sa.ForeignKey("proposal.id", ondelete="CASCADE"), primary_key=True)
    #: from 1
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    #: the job's version it was worked out from: a job that was changed since is left alone
    job_version: Mapped[int] = mapped_column(sa.BigInteger)
    #: 'give', 'change' or 'time'
    kind: Mapped[str] = mapped_column(sa.String(8))
    from_lead_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    to_lead_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: when it was to begin; None: nobody had said
    from_start_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    to_start_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: the visit had no day: it gets that of the proposal
    sets_day: Mapped[bool] = mapped_column(default=False)
    #: why so: because of what, and facts (`proposal_words.why_words`)
    why: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: numbers of the lines without which this one does not fit
    needs: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    #: '' nothing yet, 'applied', 'refused' or 'undone'
    outcome: Mapped[str] = mapped_column(sa.String(8), default="")
    #: why it was refused: code and facts
    refused: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    #: who took it over, and when; None: nobody did
    applied_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    proposal: Mapped[Proposal] = relationship(back_populates="lines")


class PlanningHabit(Base):
    """How somebody asks for proposals: as the last time."""

    __tablename__ = "planning_habit"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    mode: Mapped[str] = mapped_column(sa.String(8))
    #: name → level (`rules.WISHES`)
    wishes: Mapped[dict[str, int]] = mapped_column(sa.JSON)
    with_undated: Mapped[bool]
