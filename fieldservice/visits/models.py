"""Tables of what is done on a visit beside its steps."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.happening import Happened
from fieldservice.core.versions import Synced
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job

INCIDENT_KINDS = ("damage", "injury", "dispute", "refused_gift", "out_of_scope", "other")


class ChecklistAnswer(HasId, Happened, Base):
    """An answer to one item. A later answer to the same item stands in its place; the earlier one is history."""

    __tablename__ = "checklist_answer"
    __table_args__ = (sa.Index("ix_checklist_answer_item", "job_id", "run", "item"),)

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"))
    #: run of the job (Job.run): a new lead begins the checklist anew
    run: Mapped[int]
    #: the version of the template it was given to
    checklist_id: Mapped[str] = mapped_column(sa.ForeignKey("checklist_version.id"))
    #: key of the item
    item: Mapped[str] = mapped_column(sa.String(40))
    #: as `checklists/items/<type>.py` says; None: the answer was taken back
    value: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: the one that counts
    is_current: Mapped[bool] = mapped_column(default=True)

    job: Mapped[Job] = relationship(back_populates="current_answers")
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class ChargeStatement(HasId, Happened, Base):
    """What the customer is asked to pay at the end, line by line; a later statement stands in its place."""

    __tablename__ = "charge_statement"

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    run: Mapped[int]
    #: [{"text", "quantity_milli", "unit", "unit_price_fen", "amount_fen"}]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    total_fen: Mapped[int]
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    is_current: Mapped[bool] = mapped_column(default=True)

    job: Mapped[Job] = relationship()
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Incident(HasId, Happened, Base):
    """Damage, injury, dispute, a refused gift, a request out of scope: written down at once."""

    __tablename__ = "incident"
    __table_args__ = (sa.CheckConstraint(f"kind IN {INCIDENT_KINDS!r}", name="kind"),)

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    words: Mapped[str] = mapped_column(sa.String(1000))
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: by somebody who was no longer of the crew, or after the job was cancelled
    is_late: Mapped[bool] = mapped_column(default=False)

    job: Mapped[Job] = relationship()
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class JobClosure(HasId, Base):
    """The office closed an ended visit: its evidence is whole, or what is missing was waived with a reason."""

    __tablename__ = "job_closure"

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"), unique=True)
    closed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))

    job: Mapped[Job] = relationship()
    closed_by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class DayOrder(HasId, Happened, Synced, Base):
    """How a technician chose to go through a day, where they did; the later word stands. Without jobs: as proposed."""

    __tablename__ = "day_order"
    __table_args__ = (sa.UniqueConstraint("person_id", "day"),)

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: on the clock of their branch
    day: Mapped[date]
    #: ids of the stops still to come when they chose, in the order they go; []: they went back to the proposed one
    job_ids: Mapped[list[str]] = mapped_column(sa.JSON)
    #: those of them that were put at their place by hand; the others follow as is shortest
    pinned: Mapped[list[str]] = mapped_column(sa.JSON)
    #: job id → when work was to begin by the phone's estimate, milliseconds since 1970
    estimates: Mapped[dict[str, int]] = mapped_column(sa.JSON)


FLAGS = ("same_file", "alike", "gallery", "far", "clock", "before_arrival")


class PhotoFlag(HasId, Base):
    """Something about a photo that a person should look at; never a verdict (`flags.py`)."""

    __tablename__ = "photo_flag"
    __table_args__ = (
        sa.UniqueConstraint("evidence_id", "kind"),
        sa.CheckConstraint(f"kind IN {FLAGS!r}", name="kind"),
        sa.CheckConstraint("(looked_at IS NULL) = (looked_by_id IS NULL)", name="looked_whole"),
        sa.Index("ix_photo_flag_open", "looked_at", "kind"),
    )

    evidence_id: Mapped[str] = mapped_column(sa.ForeignKey("evidence.id"))
    kind: Mapped[str] = mapped_column(sa.String(16))
    #: why, as `flags.py` found it; the page puts it into words
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    found_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: somebody has looked at it and wrote down what it is; None: nobody has
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    looked_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(sa.String(500), default="")

    photo: Mapped[Evidence] = relationship(lazy="joined", innerjoin=True)
    looked_by: Mapped[Person | None] = relationship(lazy="joined")


class PhotoMarkup(HasId, Base):
    """Arrows, circles and words that somebody at the desk drew on a copy of a photo. Removed ones stay, voided."""

    __tablename__ = "photo_markup"

    evidence_id: Mapped[str] = mapped_column(sa.ForeignKey("evidence.id"), index=True)
    #: [{"kind","x1","y1","x2","y2","text"}] in a box of 10,000 (`markup.py`)
    shapes: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    #: what it is about; '' when the shapes say it
    words: Mapped[str] = mapped_column(sa.String(200), default="")
    drawn_at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    voided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    voided_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))

    photo: Mapped[Evidence] = relationship(lazy="joined", innerjoin=True)
    by: Mapped[Person] = relationship(foreign_keys=[by_id], lazy="joined", innerjoin=True)


class PhotoWatch(Base):
    """How far jobs were looked through for flags of their photos."""

    __tablename__ = "photo_watch"
    __table_args__ = (sa.CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: jobs that were touched later are looked at again
    seen_version: Mapped[int] = mapped_column(sa.BigInteger)


#: read once a transaction, for each answer in a push makes the one before it history; those just replaced are among them
Job.__mapper__.add_property(
    "current_answers",
    relationship(
        ChecklistAnswer,
        primaryjoin=lambda: sa.and_(Job.id == ChecklistAnswer.job_id, ChecklistAnswer.is_current.is_(True)),
        back_populates="job",
    ),
)
