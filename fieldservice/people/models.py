"""Tables of people beside their account."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldservice.core.db import Base, UTCDateTime


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
