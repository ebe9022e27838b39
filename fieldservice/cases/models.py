"""Tables of cases and of the running numbers on paper and screen."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.branches.models import Branch
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.versions import Synced
from fieldservice.customers.models import Customer, Product

KINDS = (
    "enquiry",
    "survey",
    "installation",
    "repair",
    "maintenance",
    "complaint",
    "return_exchange",
    "suggestion",
)


class Case(HasId, Synced, Base):
    """What the customer came with; its jobs are the visits it took."""

    __tablename__ = "case"
    __table_args__ = (
        sa.CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        # one for each order of the list, with what it is narrowed by
        sa.Index("ix_case_age", "id", "branch_id", "kind"),
        sa.Index("ix_case_kind_age", "kind", "id", "branch_id"),
    )

    #: e.g. 'BJ01-F261121-003'
    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    customer_id: Mapped[str] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    #: None: about no installed floor (yet)
    product_id: Mapped[str | None] = mapped_column(sa.ForeignKey("product.id"))
    #: the customer's own words; '' none taken down
    words: Mapped[str] = mapped_column(sa.String(1000), default="")
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)

    branch: Mapped[Branch] = relationship(lazy="joined", innerjoin=True)
    customer: Mapped[Customer] = relationship(lazy="joined", innerjoin=True)
    product: Mapped[Product | None] = relationship(lazy="joined")


class RunningNumber(Base):
    """The last number given out for a branch, kind and day; taken under the row's lock, so never twice."""

    __tablename__ = "running_number"

    #: e.g. 'BJ01-F261121'
    key: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    last: Mapped[int] = mapped_column(default=0)
