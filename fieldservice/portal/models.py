"""Tables of links that customers open without an account."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.versions import Synced
from fieldservice.jobs.models import Job

CASE = "case"
BADGE = "badge"
SCOPES = (CASE, BADGE)


class Link(HasId, Synced, Base):
    """An address that opens one thing to whoever has it. The address is worked out from the id and the link key, which is
    not in the database; only its hash is.
    """

    __tablename__ = "link"
    __table_args__ = (
        sa.CheckConstraint(f"scope IN {SCOPES!r}", name="scope"),
        sa.CheckConstraint("(scope = 'case') = (job_id IS NULL AND person_id IS NULL)", name="about"),
        sa.CheckConstraint("(job_id IS NULL) = (person_id IS NULL)", name="badge_whole"),
        sa.UniqueConstraint("job_id", "person_id"),
        # a case has one link: NULLs are never equal, so the pair above does not say it
        sa.Index("uq_link_case", "case_id", unique=True, sqlite_where=sa.text("scope = 'case'"),
                 postgresql_where=sa.text("scope = 'case'")),
    )

    #: 'case': where the customer's case stands; 'badge': who this technician is and whether a visit is due
    scope: Mapped[str] = mapped_column(sa.String(8))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("case.id"), index=True)
    #: the visit and the technician of a badge; None: a case
    job_id: Mapped[str | None] = mapped_column(sa.ForeignKey("job.id"))
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    #: from 1; a new one makes the address before it worthless
    rotation: Mapped[int] = mapped_column(default=1)
    #: SHA-256 of the token in the address
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: opens nothing from then on
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: not taken back
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    case: Mapped[Case] = relationship()
    job: Mapped[Job | None] = relationship()
    person: Mapped[Person | None] = relationship()
