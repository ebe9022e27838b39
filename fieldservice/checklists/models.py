"""Tables of the conduct standard."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.branches.models import Branch
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.versions import Synced

DRAFT = "draft"
PUBLISHED = "published"
RETIRED = "retired"

#: scope of a template of the whole organisation; else the id of the branch it is for
EVERYWHERE = "all"


class ChecklistTemplate(HasId, Base):
    """The checklist of one job type: of the whole organisation, or of one branch that has its own."""

    __tablename__ = "checklist_template"
    __table_args__ = (sa.UniqueConstraint("scope", "job_type"),)

    #: EVERYWHERE, or the branch's id: one template a job type in each
    scope: Mapped[str] = mapped_column(sa.String(36), default=EVERYWHERE)
    #: None: of the whole organisation
    branch_id: Mapped[str | None] = mapped_column(sa.ForeignKey("branch.id"))
    #: a name in `jobs.rules.TYPES`
    job_type: Mapped[str] = mapped_column(sa.String(20))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: None: shipped with the product
    created_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))

    branch: Mapped[Branch | None] = relationship(lazy="joined")
    versions: Mapped[list["ChecklistVersion"]] = relationship(
        back_populates="template", order_by="ChecklistVersion.number"
    )


class ChecklistVersion(HasId, Synced, Base):
    """One version of a template. Once published its content never changes: answers pin it."""

    __tablename__ = "checklist_version"
    __table_args__ = (
        sa.UniqueConstraint("template_id", "number"),
        sa.CheckConstraint("state IN ('draft', 'published', 'retired')", name="state"),
    )

    template_id: Mapped[str] = mapped_column(sa.ForeignKey("checklist_template.id"), index=True)
    #: from 1
    number: Mapped[int]
    #: at most one is published: what a visit that begins now is done by
    state: Mapped[str] = mapped_column(sa.String(10), default=DRAFT)
    #: phases, items, phrases: `checklists/content.py` says the shape
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    #: name of the shipped standard it is word for word, e.g. 'repair 1'; '' when people wrote it
    standard: Mapped[str] = mapped_column(sa.String(40), default="")
    #: what changed, in the publisher's words
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))

    template: Mapped[ChecklistTemplate] = relationship(
        back_populates="versions", lazy="joined", innerjoin=True
    )
