"""What the desk remembers of how somebody likes it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldservice.core.db import Base, UTCDateTime


class DeskHabit(Base):
    """How one person wants the desk; nobody without a row has said anything yet."""

    __tablename__ = "desk_habit"

    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    #: the tour was left; None: it is shown on the first page
    tour_left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: the first steps were put away; None: an administrator sees them until they are done
    first_steps_left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: single keys do nothing: some people's voice control or tremor presses them
    keys_off: Mapped[bool] = mapped_column(default=False)
