"""Tables of people beside their account: the portrait, and what is known for planning their days."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.versions import Synced
from fieldservice.people.rules import CHANGES, ENDS, STARTS


class Portrait(Base):
    """What somebody looks like: a small JPEG made by us out of the file that was handed in, which is not kept."""

    __tablename__ = "portrait"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    #: at most some 30 kB; with the database it is in the backup, and gone when it is taken away
    jpeg: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    #: of `jpeg`; in its address, so that a new portrait has another one
    sha256: Mapped[str] = mapped_column(sa.String(64))
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: sample data
    set_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))


class Skill(Base):
    """Something a visit can need and a person can have: a craft, or a certificate that somebody else gives."""

    __tablename__ = "skill"

    #: e.g. 'laminate'; stands in `Job.skills`
    code: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    name_zh: Mapped[str] = mapped_column(sa.String(40))
    name_en: Mapped[str] = mapped_column(sa.String(40))
    #: a paper of somebody else: nobody has it of whom nothing was entered
    is_certificate: Mapped[bool] = mapped_column(default=False)
    #: one that is not is offered no more; who has it keeps it
    is_active: Mapped[bool] = mapped_column(default=True)
    #: place in lists
    position: Mapped[int]

    @property
    def id(self) -> str:
        """What the log calls it by."""
        return self.code


class PersonPlanning(HasId, Synced, Base):
    """What planning must know of a person; its version is that of skills and week too. None: nothing was entered."""

    __tablename__ = "person_planning"
    __table_args__ = (
        sa.CheckConstraint(f"start_from IN {STARTS!r}", name="start_from"),
        sa.CheckConstraint(f"ends IN {ENDS!r}", name="ends"),
        sa.CheckConstraint("(home_lat IS NULL) = (home_lng IS NULL)", name="home_whole"),
        sa.CheckConstraint("home_lat BETWEEN -90 AND 90 AND home_lng BETWEEN -180 AND 180", name="home_range"),
        sa.CheckConstraint("van_m2 BETWEEN 0 AND 9999", name="van"),
        sa.CheckConstraint("lunch_minutes BETWEEN 0 AND 240", name="lunch"),
        sa.CheckConstraint("lunch_earliest <= lunch_latest", name="lunch_order"),
    )

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    #: where the day begins, and where it ends: 'open' wherever the last visit is
    start_from: Mapped[str] = mapped_column(sa.String(8), default="branch", server_default="branch")
    ends: Mapped[str] = mapped_column(sa.String(8), default="branch", server_default="branch")
    #: WGS-84 degrees, None: not known; personal: for planners of the branch and head office alone
    home_lat: Mapped[float | None] = mapped_column(sa.Double)
    home_lng: Mapped[float | None] = mapped_column(sa.Double)
    home_address: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    #: m² of boards the van takes; None: no limit
    van_m2: Mapped[int | None]
    #: the week of `shift` counts, a weekday that is not there is free; else that of the branch
    has_own_week: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    #: minutes from midnight between which lunch begins, and its length; None: as in the branch; 0 minutes: none
    lunch_earliest: Mapped[int | None]
    lunch_latest: Mapped[int | None]
    lunch_minutes: Mapped[int | None]


class PersonSkill(Base):
    """A skill somebody has."""

    __tablename__ = "person_skill"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(sa.ForeignKey("skill.code"), primary_key=True)
    #: last day it is good; None: does not run out
    certified_until: Mapped[date | None] = mapped_column(index=True)
    certificate_no: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")


class Shift(Base):
    """When somebody works on a weekday, if the week is their own."""

    __tablename__ = "shift"
    __table_args__ = (
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439 AND start_minute < end_minute AND end_minute <= 1440",
                           name="order"),
    )  # fmt: skip

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    #: 0 Monday … 6 Sunday
    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: minutes from midnight on the clock of the branch
    start_minute: Mapped[int]
    end_minute: Mapped[int]


class ShiftChange(HasId, Synced, Base):
    """One day on which somebody is off, is sick, or works at other times. Taken back, it is gone."""

    __tablename__ = "shift_change"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "on_day"),
        sa.CheckConstraint(f"kind IN {CHANGES!r}", name="kind"),
        sa.CheckConstraint("(kind = 'shift') = (start_minute IS NOT NULL)", name="start"),
        sa.CheckConstraint("(start_minute IS NULL) = (end_minute IS NULL)", name="whole"),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439 AND start_minute < end_minute AND end_minute <= 1440",
                           name="order"),
        sa.Index("ix_shift_change_day", "on_day", "person_id"),
    )  # fmt: skip

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    on_day: Mapped[date]
    #: 'off', 'sick' or 'shift'
    kind: Mapped[str] = mapped_column(sa.String(8))
    #: minutes from midnight; None unless it is 'shift'
    start_minute: Mapped[int | None]
    end_minute: Mapped[int | None]
    #: why, in words; personal
    reason: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: sample data
    made_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))


class BranchPlanning(HasId, Synced, Base):
    """Where a branch is and when its people work if nothing else is said. None: the product's defaults (`rules`)."""

    __tablename__ = "branch_planning"
    __table_args__ = (
        sa.CheckConstraint("(lat IS NULL) = (lng IS NULL)", name="position_whole"),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lng BETWEEN -180 AND 180", name="position_range"),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439 AND start_minute < end_minute AND end_minute <= 1440",
                           name="order"),
        sa.CheckConstraint("lunch_minutes BETWEEN 0 AND 240", name="lunch"),
        sa.CheckConstraint("lunch_earliest <= lunch_latest", name="lunch_order"),
    )  # fmt: skip

    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"), unique=True)
    #: WGS-84 degrees; None: not known
    lat: Mapped[float | None] = mapped_column(sa.Double)
    lng: Mapped[float | None] = mapped_column(sa.Double)
    #: days of the week that are worked, 0 Monday … 6 Sunday
    weekdays: Mapped[list[int]] = mapped_column(sa.JSON)
    #: minutes from midnight on the clock of the branch
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    #: between which lunch begins, and its length; 0: none
    lunch_earliest: Mapped[int]
    lunch_latest: Mapped[int]
    lunch_minutes: Mapped[int]
    #: windows offered for new appointments (`rules.read_windows`); '' those of the product
    usual_windows: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
