"""Reads of customers. What a person may see is part of the query: the own branch, head office all."""

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core.coords import Point
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.search import Wanted, narrow
from fieldservice.customers.models import Customer, Product, Site

Row = TypeVar("Row", Customer, Site, Product)

#: dots around a pin: enough to know the quarter by, few enough to draw
NEIGHBOURS = 150

SORTS = {"name": (Customer.name, Customer.id), "created": (Customer.id,)}  # a UUIDv7 tells the age
#: digits of a phone number from which on a search means a part of it
LEAST_DIGITS = 3


def customers_for(viewer: Person) -> sa.Select[Customer]:
    """The customers this viewer may see."""
    query = sa.select(Customer)
    return query if viewer.sees_all_branches else query.where(Customer.branch_id == viewer.branch_id)


def customer_for(viewer: Person, customer_id: str, *, to_change: bool = False) -> Customer:
    """One of them. Raises NotFound, also for those of another branch. `to_change` holds the row till the commit."""
    return _one(customers_for(viewer).where(Customer.id == customer_id), Customer, to_change)


def site_for(viewer: Person, site_id: str, *, to_change: bool = False) -> Site:
    """A site of one of them. Raises NotFound."""
    query = sa.select(Site).where(Site.id == site_id, Site.customer_id.in_(_ids(viewer)))
    return _one(query, Site, to_change)


def product_for(viewer: Person, product_id: str, *, to_change: bool = False) -> Product:
    """A product at one of their sites. Raises NotFound."""
    sites = sa.select(Site.id).where(Site.customer_id.in_(_ids(viewer)))
    return _one(
        sa.select(Product).where(Product.id == product_id, Product.site_id.in_(sites)), Product, to_change
    )


def search_customers(
    viewer: Person, *, search: str = "", branch_id: str = "", kind: str = ""
) -> sa.Select[Any]:
    """The customers whose name, number or address has every word of `search`."""
    query = customers_for(viewer)
    if branch_id:
        query = query.where(Customer.branch_id == branch_id)
    if kind:
        query = query.where(Customer.kind == kind)
    wanted = Wanted(
        "customer",
        search,
        branch_id=branch_id or (None if viewer.sees_all_branches else viewer.branch_id),
        opens_phones=viewer.can("phones.open"),
        least_digits=LEAST_DIGITS,
    )
    return narrow(query, Customer.id, wanted)


def sorted_by(query: sa.Select[Any], sort: str, *, descending: bool) -> sa.Select[Any]:
    """The same in another order; an unknown `sort` is the newest first."""
    columns = SORTS.get(sort, SORTS["created"])
    return query.order_by(*(column.desc() if descending else column.asc() for column in columns))


def sites_of(customer: Customer) -> list[Site]:
    """The addresses with what lies there, the oldest first."""
    query = (
        sa.select(Site)
        .filter_by(customer_id=customer.id)
        .options(selectinload(Site.products))
        .order_by(Site.id)
    )
    return list(db.session.scalars(query))


def products_at(site: Site) -> list[Product]:
    """The floors at an address, the oldest first."""
    return list(db.session.scalars(sa.select(Product).filter_by(site_id=site.id).order_by(Product.id)))


def neighbours(
    viewer: Person, branch: Branch | None, around: Point | None = None, leave_out: str = ""
) -> list[list[Any]]:
    """[lat, lng, address] of sites with a position, nearest to `around` first (None: newest first).

    Those of `branch`; None: of every branch the viewer sees.
    """
    owners = _ids(viewer) if branch is None else _ids(viewer).where(Customer.branch_id == branch.id)
    query = sa.select(Site.lat, Site.lng, Site.address).where(
        Site.customer_id.in_(owners), Site.lat.is_not(None), Site.id != leave_out
    )
    if around is None:
        query = query.order_by(Site.id.desc())
    else:  # in degrees: the order is what counts
        north, east = Site.lat - around.lat, Site.lng - around.lng
        query = query.order_by(north * north + east * east)
    return [list(row) for row in db.session.execute(query.limit(NEIGHBOURS))]


def branches_to_choose(viewer: Person) -> list[Branch]:
    """Branches a new customer of this viewer may belong to."""
    query = sa.select(Branch).where(Branch.is_active).order_by(Branch.kind.desc(), Branch.code)
    if not viewer.sees_all_branches:
        query = query.where(Branch.id == viewer.branch_id)
    return list(db.session.scalars(query))


def has_phone(viewer: Person, word: str, least: int = 3) -> list[sa.ColumnElement[bool]]:
    """How a word of a search may be about a number: in part for those who may open it, who need `least` digits. To others
    a part would tell, digit by digit, what the mask hides: for them it is the last four, as shown, or the whole number.
    """
    digits = "".join(letter for letter in word if letter.isdigit())
    if viewer.can("phones.open"):
        return [Customer.phone.contains(digits, autoescape=True)] if len(digits) >= least else []
    if len(digits) == 4:
        return [Customer.phone.endswith(digits, autoescape=True)]
    return [Customer.phone == digits] if len(digits) > 4 else []


def _ids(viewer: Person) -> sa.Select[str]:
    return customers_for(viewer).with_only_columns(Customer.id)


def _one(query: sa.Select[Row], kind: type[Row], to_change: bool) -> Row:
    if to_change:
        query = query.with_for_update(of=kind, key_share=True).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found
