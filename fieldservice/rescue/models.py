"""Table of the files of unsent work that were brought."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.rescue.rules import OPEN, STATES


class RescueFile(HasId, Base):
    """One file as it came, and what became of it. The file itself: `core/files.rescue_path`."""

    __tablename__ = "rescue_file"
    __table_args__ = (sa.CheckConstraint(f"state IN {STATES!r}", name="state"),)

    #: of the file; the same file brought again is the same row
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: bytes
    size: Mapped[int] = mapped_column(sa.BigInteger)
    #: as it was called, cut to 200; '' when a phone sent it by itself
    file_name: Mapped[str] = mapped_column(sa.String(200), default="")
    brought_by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    brought_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    state: Mapped[str] = mapped_column(sa.String(8), default=OPEN)
    #: why it is only kept: a code with words; '' otherwise
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    #: whose work it holds; None: it could not be read, or is nobody's whom the bringer may act for
    author_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    #: the phone that wrote it; '' when it could not be read
    client_id: Mapped[str] = mapped_column(sa.String(36), default="")
    #: 1, 2, or 3 for a sealed one; None: it could not be read
    format_version: Mapped[int | None]
    #: {"ops": {id: what}, "photos": {id: what}, "unreadable": how many operations}
    outcome: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    #: None: not gone through to its end
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    brought_by: Mapped[Person] = relationship(foreign_keys=[brought_by_id], lazy="joined", innerjoin=True)
    author: Mapped[Person | None] = relationship(foreign_keys=[author_id], lazy="joined")
