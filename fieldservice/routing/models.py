"""Tables of travel: what a branch's ways are like, what road services answered, what addresses were looked up."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.customers.models import Site

#: how numbers came to be set: by hand, from the branch's own trips, by going back to earlier ones
TYPED, CALIBRATED, TAKEN_BACK = "typed", "calibrated", "taken_back"
WAYS = (TYPED, CALIBRATED, TAKEN_BACK)

#: what became of looking an address up
FOUND, DOUBTFUL, NONE_FOUND, FAILED, CONFIRMED = "found", "doubtful", "none", "failed", "confirmed"
OUTCOMES = (FOUND, DOUBTFUL, NONE_FOUND, FAILED, CONFIRMED)


class TravelSetting(HasId, Base):
    """The numbers of the travel formula for a branch, from a moment on. Rows are only added; the last one counts."""

    __tablename__ = "travel_setting"
    __table_args__ = (
        sa.CheckConstraint(f"how IN {WAYS!r}", name="how"),
        sa.CheckConstraint("speed_slow > 0 AND speed_gain >= 0 AND speed_km > 0 AND detour_km > 0", name="speeds"),
        sa.CheckConstraint("detour_far >= 1 AND detour_near >= 0 AND parking_seconds >= 0", name="ways"),
        sa.Index("ix_travel_setting_branch", "branch_id", "at", "id"),
    )

    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"))
    #: since when they count
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: one of WAYS
    how: Mapped[str] = mapped_column(sa.String(12))
    #: roads are so much longer than the straight line on long ways
    detour_far: Mapped[float] = mapped_column(sa.Double)
    #: and so much more on short ones, fading with `detour_km`
    detour_near: Mapped[float] = mapped_column(sa.Double)
    #: kilometres
    detour_km: Mapped[float] = mapped_column(sa.Double)
    #: km/h near the start
    speed_slow: Mapped[float] = mapped_column(sa.Double)
    #: km/h more on long ways
    speed_gain: Mapped[float] = mapped_column(sa.Double)
    #: kilometres over which the speed grows
    speed_km: Mapped[float] = mapped_column(sa.Double)
    #: till the car stands and the door is found
    parking_seconds: Mapped[int]
    #: 24 numbers, one for each hour of departure: thousandths of the usual driving time
    factor_per_mille: Mapped[list[int]] = mapped_column(sa.JSON)
    #: what calibrated numbers were taken from (`calibration.Basis` as plain values); {} for the others
    basis: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    branch: Mapped[Branch] = relationship(lazy="raise")
    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class RoadRow(Base):
    """What a road service said of the ways from one place: kept so that nobody is asked twice."""

    __tablename__ = "road_row"

    #: code of the service
    provider: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    #: the place, as `road_cells.key_of` makes a number of it
    origin: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    #: cells in the form of `road_cells`, in the order of their targets
    cells: Mapped[bytes] = mapped_column(sa.LargeBinary)
    #: when the youngest of them was asked for
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class RoadService(Base):
    """How things stand with a service outside: since when it fails, when it may be asked again, how often it was."""

    __tablename__ = "road_service"

    #: code of the service
    code: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    #: why it fails, a code with words; '' it answers
    trouble: Mapped[str] = mapped_column(sa.String(24), default="")
    #: what it said, for whoever looks into it
    detail: Mapped[str] = mapped_column(sa.String(200), default="")
    #: since when it fails; None: it answers
    since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: failures one after another
    failures: Mapped[int] = mapped_column(default=0)
    #: not asked before this moment
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: the hour (since 1970) that is counted, and the requests in it
    hour: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)


class SiteLookup(Base):
    """What a geocoder made of an address, the last time it was asked."""

    __tablename__ = "site_lookup"
    __table_args__ = (sa.CheckConstraint(f"outcome IN {OUTCOMES!r}", name="outcome"),)

    site_id: Mapped[str] = mapped_column(sa.ForeignKey("site.id"), primary_key=True)
    #: first 32 hex digits of the SHA-256 of what was asked: another address is asked for anew
    asked_for: Mapped[str] = mapped_column(sa.String(32))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: code of the geocoder
    geocoder: Mapped[str] = mapped_column(sa.String(12))
    #: one of OUTCOMES
    outcome: Mapped[str] = mapped_column(sa.String(10), index=True)
    #: why it is doubtful: codes with words (`geocoders.base.DOUBTS`)
    doubts: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    #: requests that failed one after another
    failures: Mapped[int] = mapped_column(default=0)
    #: asked again then; None: not by itself
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: who said that a doubtful position is right; None: nobody
    confirmed_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))

    site: Mapped[Site] = relationship(lazy="raise")
