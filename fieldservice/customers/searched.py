"""What customers are found by: names, the phone, the addresses."""

from collections.abc import Collection

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.core.search import Doc, searchable, shown_in
from fieldservice.customers.models import Customer, Site


@searchable("customer", Customer)
def _read(ids: Collection[str]) -> dict[str, Doc]:
    columns = (Customer.id, Customer.branch_id, Customer.name, Customer.address_form, Customer.phone)
    found = {
        row.id: Doc(row.branch_id, [row.name, row.address_form], row.phone)
        for row in db.session.execute(sa.select(*columns).where(Customer.id.in_(ids)))
    }
    at = sa.select(Site.customer_id, Site.district, Site.address, Site.unit).where(Site.customer_id.in_(ids))
    for customer_id, *texts in db.session.execute(at.order_by(Site.id)):
        found[customer_id].texts.extend(texts)
    return found


@shown_in("customer", Customer, "name", "address_form", "phone", "branch_id")
def _themselves(customers: Collection[str]) -> Collection[str]:
    return customers


@shown_in("customer", Site, "customer_id", "district", "address", "unit", key="customer_id")
def _of_sites(customers: Collection[str]) -> Collection[str]:
    return customers
