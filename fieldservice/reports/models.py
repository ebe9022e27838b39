"""Tables of service reports."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.jobs.models import Job

LANGUAGES = ("zh", "en")


class Report(HasId, Base):
    """One revision of a visit's report in one language. Written when its making begins; `sealed_at` says that it is made.

    What came of it lies in the media store under its hash and is never deleted; a later revision takes its place.
    """

    __tablename__ = "report"
    __table_args__ = (
        sa.CheckConstraint(f"language IN {LANGUAGES!r}", name="language"),
        sa.CheckConstraint("(sealed_at IS NULL) = (sealed_sha256 IS NULL)", name="sealed_whole"),
        sa.UniqueConstraint("job_id", "language", "revision"),
    )

    job_id: Mapped[str] = mapped_column(sa.ForeignKey("job.id"))
    #: run of the job it tells of (Job.run)
    run: Mapped[int]
    #: the sheet it shows; None: there was none
    sign_off_id: Mapped[str | None] = mapped_column(sa.ForeignKey("sign_off.id"))
    #: from 1 within job and language
    revision: Mapped[int]
    language: Mapped[str] = mapped_column(sa.String(2))
    #: verification code: 12 characters of `rules.LETTERS`
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    #: SHA-256 of what it shows, without its own number, code and time: the same again makes no new revision
    content_sha256: Mapped[str] = mapped_column(sa.String(64))
    #: when its making began first: the time that stands on it
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: of the file handed out now; None: not made yet
    pdf_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    #: of the file as it was sealed, before a time stamp was added
    sealed_sha256: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    #: bytes of the file handed out now, and its pages
    size: Mapped[int | None]
    pages: Mapped[int | None]
    #: of the attached evidence.json
    evidence_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    #: None: not made yet, so shown to nobody outside
    sealed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: a trusted authority's time was added; None: not (yet)
    time_stamped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: a later revision took its place; None: it is the latest
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    #: why it could not be made: a code with words; '' it could, or was not tried
    fault: Mapped[str] = mapped_column(sa.String(40), default="")
    #: failures, and when it is tried again; None: at once
    tries: Mapped[int] = mapped_column(default=0)
    try_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    job: Mapped[Job] = relationship()

    @property
    def is_offered(self) -> bool:
        """Whether it is made, sealed and the latest."""
        return self.sealed_at is not None and self.superseded_at is None


class ReportWatch(Base):
    """How far jobs were looked through for reports to make: one row."""

    __tablename__ = "report_watch"
    __table_args__ = (sa.CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    #: jobs up to this version were looked at (core/versions.py)
    seen_version: Mapped[int] = mapped_column(sa.BigInteger, default=0)
