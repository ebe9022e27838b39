"""Tables of branches."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldservice.core.db import Base, HasId
from fieldservice.core.versions import Synced

HEAD_OFFICE = "head_office"
STORE = "store"
KINDS = (HEAD_OFFICE, STORE)


class Branch(HasId, Synced, Base):
    """Head office or a franchise store."""

    __tablename__ = "branch"
    __table_args__ = (sa.CheckConstraint("kind IN ('head_office', 'store')", name="kind"),)

    #: short code in job and case numbers, e.g. 'BJ01'
    code: Mapped[str] = mapped_column(sa.String(8), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    #: 'head_office' sees all branches, 'store' only itself
    kind: Mapped[str] = mapped_column(sa.String(12), default=STORE)
    #: zone its windows are shown in, whatever a phone says, e.g. 'Asia/Shanghai'
    timezone: Mapped[str] = mapped_column(sa.String(40))
    #: number technicians and customers call
    phone: Mapped[str] = mapped_column(sa.String(20), default="")
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    #: a closed branch takes no new people or jobs
    is_active: Mapped[bool] = mapped_column(default=True)

    @property
    def is_head_office(self) -> bool:
        return self.kind == HEAD_OFFICE
