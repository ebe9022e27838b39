"""Tables of jobs and of what was done on them."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.cases.models import Case
from fieldservice.core.db import BY_HAND, Base, HasId, UTCDateTime
from fieldservice.core.happening import Happened, Placed
from fieldservice.core.ids import new_nonce
from fieldservice.core.versions import Synced
from fieldservice.customers.models import Product, Site
from fieldservice.jobs.rules import PRIORITIES, STATES, TYPES, UNASSIGNED

#: jobs without a day or time come before those with one on both databases
_DAY = (sa.text("visit_on NULLS FIRST"), sa.text("window_start_at NULLS FIRST"))


class Job(HasId, Synced, Base):
    """One visit to one site under a case."""

    __tablename__ = "job"
    __table_args__ = (
        sa.CheckConstraint(f"state IN {STATES!r}", name="state"),
        sa.CheckConstraint(f"type IN {TYPES!r}", name="type"),
        sa.CheckConstraint(f"priority IN {PRIORITIES!r}", name="priority"),
        sa.CheckConstraint("(window_start_at IS NULL) = (window_end_at IS NULL)", name="window_whole"),
        sa.CheckConstraint("window_start_at < window_end_at", name="window_order"),
        sa.CheckConstraint("planned_minutes BETWEEN 5 AND 1440", name="planned"),
        sa.CheckConstraint("amount_fen >= 0", name="amount"),
        sa.CheckConstraint(
            "(state = 'unassigned') = (lead_id IS NULL) OR state = 'cancelled'", name="lead_with_state"
        ),
        # what is open, among years of what has ended
        sa.Index("ix_job_branch_state", "branch_id", "state", "visit_on"),
        # one for each order of the list, with what it is narrowed by, so that a page is found in the index alone
        sa.Index("ix_job_day", *_DAY, "id", "branch_id", "state", "type", "lead_id", info=BY_HAND),
        sa.Index("ix_job_branch_list", "branch_id", *_DAY, "id", "state", "type", "lead_id", info=BY_HAND),
        sa.Index("ix_job_age", "id", "branch_id", "state", "type", "lead_id", "visit_on"),
        sa.Index("ix_job_state_age", "state", "id", "branch_id", "type", "lead_id", "visit_on"),
        sa.Index("ix_job_type_age", "type", "id", "branch_id", "state", "lead_id", "visit_on"),
    )

    #: e.g. 'BJ01-P261121-003'
    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("case.id"), index=True)
    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"))
    site_id: Mapped[str] = mapped_column(sa.ForeignKey("site.id"), index=True)
    #: None: about no installed floor (yet)
    product_id: Mapped[str | None] = mapped_column(sa.ForeignKey("product.id"))
    type: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(sa.String(12), default=UNASSIGNED)
    #: the technician who moves the state; None while unassigned
    lead_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    #: grows when the lead changes: steps of an earlier lead are history, not progress
    run: Mapped[int] = mapped_column(default=1)
    #: day of the visit in the branch's zone; None: not planned
    visit_on: Mapped[date | None]
    #: appointment window; None: no time agreed
    window_start_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    window_end_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    planned_minutes: Mapped[int]
    #: when the plan has the technician begin, for the desk and for the order on the phone; the customer was told nothing
    #: of it: that is the window. None: nobody planned it
    planned_start_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    priority: Mapped[str] = mapped_column(sa.String(10), default="normal")
    #: why it is urgent or an emergency; '' for normal
    priority_reason: Mapped[str] = mapped_column(sa.String(200), default="")
    #: what to do, in a few words: the title of the card, e.g. '地板起拱'
    brief: Mapped[str] = mapped_column(sa.String(200))
    #: the office's analysis of the fault
    analysis: Mapped[str] = mapped_column(sa.String(1000), default="")
    #: the remedy the office proposes
    remedy: Mapped[str] = mapped_column(sa.String(1000), default="")
    #: tools, parts and papers to bring
    bring: Mapped[str] = mapped_column(sa.String(500), default="")
    #: special needs of this visit beyond those of the customer, by name
    special_needs: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    #: and in words
    special_note: Mapped[str] = mapped_column(sa.String(300), default="")
    #: money to collect on site; None: none
    amount_fen: Mapped[int | None]
    #: what it is for; '' when there is none
    amount_reason: Mapped[str] = mapped_column(sa.String(200), default="")
    #: the work stops water, heat or gas: the customer signs on paper (trust.md)
    stops_supply: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: what whoever goes must be able to do: codes of `skill`; none: anybody can
    skills: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    #: m² of boards to bring along, for the load of the van; None: not known, counts as none
    load_m2: Mapped[int | None]
    #: the customer asked for this technician: no proposal gives the visit to another
    pinned_lead: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: the window was agreed with the customer; without a window it says nothing
    is_promised: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: the checklist version this run is done by; None: nothing was begun, the published one counts
    checklist_id: Mapped[str | None] = mapped_column(sa.ForeignKey("checklist_version.id"))
    #: 32 hex digits: what a signature for this job must carry
    sign_nonce: Mapped[str] = mapped_column(sa.String(32), default=new_nonce)
    #: the state it was cancelled in, to go back to; None: is not cancelled
    cancelled_from: Mapped[str | None] = mapped_column(sa.String(12))
    cancel_reason: Mapped[str] = mapped_column(sa.String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))

    case: Mapped[Case] = relationship(lazy="joined", innerjoin=True)
    branch: Mapped[Branch] = relationship(lazy="joined", innerjoin=True)
    site: Mapped[Site] = relationship(lazy="joined", innerjoin=True)
    product: Mapped[Product | None] = relationship(lazy="joined")
    lead: Mapped[Person | None] = relationship(foreign_keys=[lead_id], lazy="joined")
    helper_rows: Mapped[list["JobHelper"]] = relationship(
        back_populates="job", order_by="JobHelper.person_id", cascade="all, delete-orphan", lazy="selectin"
    )
    steps: Mapped[list["JobStep"]] = relationship(
        back_populates="job", order_by="JobStep.position", lazy="selectin"
    )
    notes: Mapped[list["JobNote"]] = relationship(
        back_populates="job", order_by="JobNote.id", lazy="selectin"
    )

    @property
    def helpers(self) -> list[Person]:
        return [row.person for row in self.helper_rows]

    def is_crew(self, person_id: str) -> bool:
        """Whether this person leads or helps."""
        return person_id == self.lead_id or any(row.person_id == person_id for row in self.helper_rows)

    @property
    def run_steps(self) -> list["JobStep"]:
        """Steps of the present lead that still count, in order."""
        return [step for step in self.steps if step.run == self.run and not step.is_void]


class JobHelper(Base):
    """A technician who goes along: sees the job, adds notes, photos and times, does not move the state."""

    __tablename__ = "job_helper"

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, index=True)

    job: Mapped[Job] = relationship(back_populates="helper_rows")
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class JobStep(HasId, Happened, Placed, Base):
    """A step through the state machine. Taking one back voids it; nothing is ever deleted."""

    __tablename__ = "job_step"
    __table_args__ = (sa.UniqueConstraint("job_id", "position"),)

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    #: place in the job's history, from 1
    position: Mapped[int]
    #: the run it belongs to (Job.run)
    run: Mapped[int]
    #: name in `rules.STEPS`
    step: Mapped[str] = mapped_column(sa.String(20))
    from_state: Mapped[str] = mapped_column(sa.String(12))
    to_state: Mapped[str] = mapped_column(sa.String(12))
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: '' where the step needs none
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    #: next time promised to the customer; None: none
    promised_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: why and when it was taken back; None: it counts
    voided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    void_reason: Mapped[str] = mapped_column(sa.String(500), default="")

    job: Mapped[Job] = relationship(back_populates="steps")
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None


class JobNote(HasId, Happened, Base):
    """A note somebody of the crew or the office wrote. The id is made where it was written."""

    __tablename__ = "job_note"

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(sa.String(2000))
    #: written by somebody who was no longer of the crew, or after the job was cancelled
    is_late: Mapped[bool] = mapped_column(default=False)

    job: Mapped[Job] = relationship(back_populates="notes")
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class JobContact(HasId, Happened, Base):
    """The phone opened the customer's number: who, when, call or message."""

    __tablename__ = "job_contact"
    __table_args__ = (sa.CheckConstraint("channel IN ('call', 'sms')", name="channel"),)

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(sa.String(4))
    #: by somebody who was no longer of the crew, or after the job was cancelled
    is_late: Mapped[bool] = mapped_column(default=False)

    job: Mapped[Job] = relationship()
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
