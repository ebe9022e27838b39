"""Tables of customers, sites and products."""

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from fieldservice.branches.models import Branch
from fieldservice.core.db import Base, HasId, UTCDateTime
from fieldservice.core.versions import Synced

PERSON = "person"
FIRM = "firm"

#: where a site's position came from
GEOCODER = "geocoder"
POSITION_SOURCES = ("pin", "typed", "import", GEOCODER, "on_site")

#: special needs that scripts and cards know by name; more is said in words
SPECIAL_NEEDS = ("elderly", "children", "pets", "mobility", "hearing", "quiet_hours", "shoes_off", "parking")


class Customer(HasId, Synced, Base):
    """A person or firm we work for."""

    __tablename__ = "customer"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('person', 'firm')", name="kind"),
        # one for each order of the list, with what it is narrowed by
        sa.Index("ix_customer_name_list", "name", "id", "branch_id", "kind"),
        sa.Index("ix_customer_age", "id", "branch_id", "kind"),
    )

    branch_id: Mapped[str] = mapped_column(sa.ForeignKey("branch.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(8), default=PERSON)
    name: Mapped[str] = mapped_column(sa.String(80))
    #: form of address in scripts and messages 称呼, e.g. '张女士'
    address_form: Mapped[str] = mapped_column(sa.String(40))
    #: digits and a leading +, as dialled
    phone: Mapped[str] = mapped_column(sa.String(20), index=True)
    #: of the special needs known by name (SPECIAL_NEEDS)
    special_needs: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    #: what else to know, in words
    remark: Mapped[str] = mapped_column(sa.String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: the personal data were erased: nothing is made anew out of what is left; None: they are here
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    branch: Mapped[Branch] = relationship(lazy="joined", innerjoin=True)
    sites: Mapped[list["Site"]] = relationship(back_populates="customer", order_by="Site.id")


class Site(HasId, Synced, Base):
    """An address with a position."""

    __tablename__ = "site"
    __table_args__ = (
        sa.CheckConstraint("(lat IS NULL) = (lng IS NULL)", name="position_whole"),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lng BETWEEN -180 AND 180", name="position_range"),
    )

    customer_id: Mapped[str] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    #: e.g. '朝阳区'
    district: Mapped[str] = mapped_column(sa.String(40), default="")
    #: estate or street with number, what a map finds, e.g. '望京西园四区'
    address: Mapped[str] = mapped_column(sa.String(200))
    #: building, unit, floor and room, e.g. '12 号楼 3 单元 602'
    unit: Mapped[str] = mapped_column(sa.String(80), default="")
    #: gate code, where to park, which lift, e.g. '单元门 0602#'
    access_note: Mapped[str] = mapped_column(sa.String(200), default="")
    #: WGS-84 degrees; None: not known yet
    lat: Mapped[float | None] = mapped_column(sa.Double)
    lng: Mapped[float | None] = mapped_column(sa.Double)
    #: one of POSITION_SOURCES; '' while there is no position
    position_source: Mapped[str] = mapped_column(sa.String(10), default="")

    customer: Mapped[Customer] = relationship(back_populates="sites", lazy="joined", innerjoin=True)
    products: Mapped[list["Product"]] = relationship(back_populates="site", order_by="Product.id")

    @property
    def full_address(self) -> str:
        return " ".join(part for part in (self.district, self.address, self.unit) if part)


class Product(HasId, Synced, Base):
    """An installed floor."""

    __tablename__ = "product"
    __table_args__ = (sa.CheckConstraint("area_m2 > 0", name="area"),)

    site_id: Mapped[str] = mapped_column(sa.ForeignKey("site.id"), index=True)
    #: e.g. '强化复合 12 毫米 浅橡木'
    model: Mapped[str] = mapped_column(sa.String(120))
    #: serial or batch number; '' unknown
    batch: Mapped[str] = mapped_column(sa.String(60), default="")
    #: where it lies, e.g. '客厅'
    room: Mapped[str] = mapped_column(sa.String(60), default="")
    #: m² with two decimals; None: not measured
    area_m2: Mapped[Decimal | None] = mapped_column(sa.Numeric(8, 2))
    purchased_on: Mapped[date | None]
    #: number or place of the purchase voucher; '' none seen
    voucher: Mapped[str] = mapped_column(sa.String(80), default="")
    #: who laid it, in words
    installer: Mapped[str] = mapped_column(sa.String(60), default="")
    warranty_start_on: Mapped[date | None]

    site: Mapped[Site] = relationship(back_populates="products", lazy="joined", innerjoin=True)
