"""Changes of customers, sites and products. Each is logged with its new values; the caller commits."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fieldservice.accounts.actions import note_access
from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core.coords import Point
from fieldservice.core.db import db, flush
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.events import publish
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_office_edit
from fieldservice.customers.events import AddressChanged
from fieldservice.customers.models import GEOCODER, PERSON, Customer, Product, Site


@dataclass(frozen=True)
class CustomerDetails:
    """What the office writes down of a customer."""

    name: str
    phone: str
    kind: str = PERSON
    #: '' takes the name
    address_form: str = ""
    special_needs: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class SiteDetails:
    """What the office writes down of an address."""

    address: str
    district: str = ""
    unit: str = ""
    access_note: str = ""
    #: WGS-84; None: not known yet
    position: Point | None = None
    #: one of POSITION_SOURCES; '' without a position
    position_source: str = ""


@dataclass(frozen=True)
class ProductDetails:
    """What the office writes down of an installed floor."""

    model: str
    batch: str = ""
    room: str = ""
    area_m2: Decimal | None = None
    purchased_on: date | None = None
    voucher: str = ""
    installer: str = ""
    warranty_start_on: date | None = None


def add_customer(
    branch: Branch, details: CustomerDetails, *, by: Person, at: datetime, customer_id: str | None = None
) -> Customer:
    """A new customer of the branch. Raises RuleBroken when the branch is closed.

    `customer_id` makes a repeated call fail (IntegrityError) instead of adding a second one; so with the others.
    """
    if not branch.is_active:
        raise RuleBroken("branch_closed")
    customer = Customer(id=customer_id or new_id(), branch_id=branch.id, created_at=at, **_customer_columns(details))
    customer.branch = branch
    return _add("add_customer", customer, _customer_columns(details), by=by, at=at, branch_id=branch.id)


def change_customer(
    customer: Customer, details: CustomerDetails, *, expected_version: int, by: Person, at: datetime
) -> None:
    """Raises Conflict when somebody was faster."""
    _change("change_customer", customer, _customer_columns(details), expected_version, by=by, at=at)


def add_site(
    customer: Customer, details: SiteDetails, *, by: Person, at: datetime, site_id: str | None = None
) -> Site:
    """A further address of the customer."""
    site = Site(id=site_id or new_id(), customer_id=customer.id, **_site_columns(details))
    return _add("add_site", site, _site_columns(details), by=by, at=at, customer_id=customer.id)


def change_site(site: Site, details: SiteDetails, *, expected_version: int, by: Person, at: datetime) -> None:
    """Raises Conflict when somebody was faster."""
    before = (site.district, site.address)
    _change("change_site", site, _site_columns(details), expected_version, by=by, at=at)
    if (site.district, site.address) != before:
        publish(AddressChanged(site, at))


def locate_site(site: Site, position: Point, source: str, *, by: Person | None, at: datetime) -> None:
    """Says where a site is, and nothing else of it. `by` None: a geocoder; it may only where nobody set a pin.

    Raises RuleBroken('position_set') when somebody did. The caller holds the row.
    """
    if by is None and site.lat is not None and site.position_source != GEOCODER:
        raise RuleBroken("position_set")
    values = {"lat": position.lat, "lng": position.lng, "position_source": source}
    changed = sorted(name for name, value in values.items() if getattr(site, name) != value)
    for name, value in values.items():
        setattr(site, name, value)
    log_office_edit("locate_site", site, by=by, at=at, changed=changed, **values)


def add_product(
    site: Site, details: ProductDetails, *, by: Person, at: datetime, product_id: str | None = None
) -> Product:
    """A floor that lies at this address."""
    product = Product(id=product_id or new_id(), site_id=site.id, **vars(details))
    return _add("add_product", product, vars(details), by=by, at=at, site_id=site.id)


def change_product(
    product: Product, details: ProductDetails, *, expected_version: int, by: Person, at: datetime
) -> None:
    """Raises Conflict when somebody was faster."""
    _change("change_product", product, vars(details), expected_version, by=by, at=at)


def open_phone(customer: Customer, *, by: Person, at: datetime, address: str = "") -> str:
    """The whole number, and a line in the access log that this person saw it."""
    note_access("phone_opened", by=by, at=at, subject=customer, address=address)
    return customer.phone


def _add(kind: str, row: Any, values: dict[str, Any], *, by: Person, at: datetime, **under: str) -> Any:
    db.session.add(row)
    flush()
    log_office_edit(kind, row, by=by, at=at, **under, **values)
    return row


def _change(
    kind: str, row: Any, values: dict[str, Any], expected_version: int, *, by: Person, at: datetime
) -> None:
    if row.version != expected_version:
        raise Conflict("changed_meanwhile", version=row.version)
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name, value in values.items():
        setattr(row, name, value)
    log_office_edit(kind, row, by=by, at=at, changed=changed, **values)


def _customer_columns(details: CustomerDetails) -> dict[str, Any]:
    return {
        **vars(details),
        "special_needs": list(details.special_needs),
        "address_form": details.address_form or details.name[:40],
    }


def _site_columns(details: SiteDetails) -> dict[str, Any]:
    values = {name: value for name, value in vars(details).items() if name != "position"}
    lat, lng = details.position or (None, None)
    return {**values, "lat": lat, "lng": lng}
