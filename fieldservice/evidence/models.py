"""Tables of photos and their bytes."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.happening import Happened, Placed

ANNOUNCED = "announced"
RECEIVING = "receiving"
VERIFIED = "verified"
BYTE_STATES = (ANNOUNCED, RECEIVING, VERIFIED)

UNCHECKED = "unchecked"
USABLE = "usable"
UNUSABLE = "unusable"
PICTURE_STATES = (UNCHECKED, USABLE, UNUSABLE)

SLOTS = ("before", "during", "after", "damage", "voucher", "paper")
SOURCES = ("camera", "gallery")


class Blob(Base):
    """Bytes under their SHA-256: whole on the server (`verified`) or still on their way; beside it the picture check."""

    __tablename__ = "blob"
    __table_args__ = (
        sa.CheckConstraint(f"state IN {BYTE_STATES!r}", name="state"),
        sa.CheckConstraint(f"picture IN {PICTURE_STATES!r}", name="picture"),
    )

    #: 64 lower-case hex digits: the bytes as hashed on the phone
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    #: bytes
    size: Mapped[int]
    #: as the phone declared it; what it is says `format`
    media_type: Mapped[str] = mapped_column(sa.String(60), default="")
    state: Mapped[str] = mapped_column(sa.String(10), default=ANNOUNCED)
    announced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    picture: Mapped[str] = mapped_column(sa.String(10), default=UNCHECKED, index=True)
    #: why it is unusable: a code with words; '' otherwise
    why: Mapped[str] = mapped_column(sa.String(40), default="")
    #: 'JPEG', 'PNG', 'WEBP', 'HEIC'; '' before the check or when it is none
    format: Mapped[str] = mapped_column(sa.String(8), default="")
    #: pixels, upright; None before the check
    width: Mapped[int | None]
    height: Mapped[int | None]
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: what it looks like (`prints.py`); '' nothing of its own; None: no usable picture, or not found out yet
    look: Mapped[str | None] = mapped_column(sa.String(32), index=True)


class PicturePrint(Base):
    """The look of a picture in bands of 16 bits: pictures that look alike have one in common (`prints.py`)."""

    __tablename__ = "picture_print"

    sha256: Mapped[str] = mapped_column(sa.ForeignKey("blob.sha256"), primary_key=True)
    look: Mapped[str] = mapped_column(sa.String(32))
    band_0: Mapped[int] = mapped_column(index=True)
    band_1: Mapped[int] = mapped_column(index=True)
    band_2: Mapped[int] = mapped_column(index=True)
    band_3: Mapped[int] = mapped_column(index=True)


class Upload(HasId, Base):
    """Bytes being taken in pieces (tus 1.0.0). One for a device, an evidence record and a hash."""

    __tablename__ = "upload"
    __table_args__ = (sa.UniqueConstraint("device_id", "evidence_id", "sha256"),)

    device_id: Mapped[str] = mapped_column(sa.ForeignKey("device.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    #: id of the operation that announced it, whatever became of the operation
    evidence_id: Mapped[str] = mapped_column(sa.String(36), index=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), index=True)
    #: bytes in all, bytes on the disk
    length: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: an unfinished one may be thrown away after this; the phone then begins anew
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    #: all bytes are here and hash to the name; None: not yet
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Evidence(HasId, Happened, Placed, Base):
    """A photo with who, when, where and its SHA-256. Corrections are new entries that void the old; none is deleted."""

    __tablename__ = "evidence"
    __table_args__ = (
        sa.CheckConstraint(f"slot IN {SLOTS!r}", name="slot"),
        sa.CheckConstraint(f"source IN {SOURCES!r}", name="source"),
        sa.Index("ix_evidence_job", "job_id", "id"),
    )

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"))
    #: run of the job it was taken in (Job.run)
    run: Mapped[int]
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"))
    sha256: Mapped[str] = mapped_column(sa.ForeignKey("blob.sha256"), index=True)
    slot: Mapped[str] = mapped_column(sa.String(10))
    #: key of the checklist item it answers; '' for none
    item: Mapped[str] = mapped_column(sa.String(40), default="")
    caption: Mapped[str] = mapped_column(sa.String(200), default="")
    #: name of the file on the phone, '' when the camera gave none
    file_name: Mapped[str] = mapped_column(sa.String(120), default="")
    source: Mapped[str] = mapped_column(sa.String(8))
    #: the phone could open the picture; False: it said so and asked for another one
    opens: Mapped[bool] = mapped_column(default=True)
    #: declared by the camera (EXIF), believed by nobody: local time as written ('2026:11:21 10:42:07'), '' for none
    declared_time: Mapped[str] = mapped_column(sa.String(40), default="")
    #: its place in WGS-84 degrees; None: none
    declared_lat: Mapped[float | None] = mapped_column(sa.Double)
    declared_lng: Mapped[float | None] = mapped_column(sa.Double)
    #: by somebody who was no longer of the crew, or after the job was cancelled; fills no slot
    is_late: Mapped[bool] = mapped_column(default=False)
    #: the photo this one was taken again for; None: none
    replaces_id: Mapped[str | None] = mapped_column(sa.String(36))
    voided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    voided_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    void_reason: Mapped[str] = mapped_column(sa.String(500), default="")
    #: the office does without an unusable picture, and why
    waived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    waived_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    waive_reason: Mapped[str] = mapped_column(sa.String(500), default="")

    blob: Mapped[Blob] = relationship(lazy="joined", innerjoin=True)
    by: Mapped[Person] = relationship(foreign_keys=[by_id], lazy="joined", innerjoin=True)

    @property
    def is_void(self) -> bool:
        return self.voided_at is not None
