"""Tables of lists of the team."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.rosters.rules import CHECKED, STATES


class Roster(HasId, Base):
    """One list on its way to skills, hours and days off."""

    __tablename__ = "roster"
    __table_args__ = (sa.CheckConstraint(f"state IN {STATES!r}", name="state"),)

    #: branch of who imports: its planners, and head office's, see the import
    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"), index=True)
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: as it was called, cut to 200
    file_name: Mapped[str] = mapped_column(sa.String(200))
    state: Mapped[str] = mapped_column(sa.String(10), default=CHECKED)
    #: each line with what it says and what is wrong with it (`reading.Line`); reasons only till it is applied
    lines: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, deferred=True)
    #: what was there before and was made of it, by person: to undo it
    before: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict, deferred=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    by: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
