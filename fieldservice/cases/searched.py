"""What cases are found by: the number, the customer's words, name, phone and addresses, the floor."""

from collections.abc import Collection

import sqlalchemy as sa

from fieldservice.cases.models import Case
from fieldservice.core.db import among, ask, table_of
from fieldservice.core.search import Doc, searchable, shown_in
from fieldservice.customers.models import Customer, Product, Site

_CASE, _CUSTOMER, _PRODUCT, _SITE = (table_of(kind) for kind in (Case, Customer, Product, Site))
_CASES = (
    sa.select(
        _CASE.c.id,
        _CASE.c.branch_id,
        _CUSTOMER.c.phone,
        *(_CASE.c.number, _CASE.c.words, _CUSTOMER.c.name, _CUSTOMER.c.address_form, _PRODUCT.c.model),
    )
    .join_from(_CASE, _CUSTOMER, _CUSTOMER.c.id == _CASE.c.customer_id)
    .outerjoin(_PRODUCT, _PRODUCT.c.id == _CASE.c.product_id)
    .where(among(_CASE.c.id, "ids"))
)
_SITES = (
    sa.select(_CASE.c.id, _SITE.c.district, _SITE.c.address, _SITE.c.unit)
    .join_from(_CASE, _SITE, _SITE.c.customer_id == _CASE.c.customer_id)
    .where(among(_CASE.c.id, "ids"))
    .order_by(_SITE.c.id)
)


@searchable("case", Case)
def _read(ids: Collection[str]) -> dict[str, Doc]:
    found = {
        row_id: Doc(branch_id, [text or "" for text in texts], phone)
        for row_id, branch_id, phone, *texts in ask(_CASES, ids=ids)
    }
    for row_id, *texts in ask(_SITES, ids=ids):
        found[row_id].texts.extend(texts)
    return found


@shown_in("case", Case, "number", "words", "customer_id", "product_id", "branch_id")
def _themselves(cases: Collection[str]) -> Collection[str]:
    return cases


@shown_in("case", Customer, "name", "address_form", "phone")
@shown_in("case", Site, "customer_id", "district", "address", "unit", key="customer_id")
def _of_customers(customers: Collection[str]) -> sa.Select[str]:
    return sa.select(Case.id).where(Case.customer_id.in_(customers))


@shown_in("case", Product, "model")
def _about_products(products: Collection[str]) -> sa.Select[str]:
    return sa.select(Case.id).where(Case.product_id.in_(products))
