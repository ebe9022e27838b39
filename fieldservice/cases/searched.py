"""What cases are found by: the number, the customer's words, name, phone and addresses, the floor."""

from collections.abc import Collection

import sqlalchemy as sa

from fieldservice.cases.models import Case
from fieldservice.core.db import db
from fieldservice.core.search import Doc, searchable, shown_in
from fieldservice.customers.models import Customer, Product, Site


@searchable("case", Case)
def _read(ids: Collection[str]) -> dict[str, Doc]:
    query = (
        sa.select(
            Case.id,
            Case.branch_id,
            Customer.phone,
            *(Case.number, Case.words, Customer.name, Customer.address_form, Product.model),
        )
        .join(Case.customer)
        .outerjoin(Case.product)
        .where(Case.id.in_(ids))
    )
    found = {
        row_id: Doc(branch_id, [text or "" for text in texts], phone)
        for row_id, branch_id, phone, *texts in db.session.execute(query)
    }
    at = (
        sa.select(Case.id, Site.district, Site.address, Site.unit)
        .join(Site, Site.customer_id == Case.customer_id)
        .where(Case.id.in_(ids))
        .order_by(Site.id)
    )
    for row_id, *texts in db.session.execute(at):
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
