"""What customers are found by: names, the phone, the addresses."""

from collections import defaultdict
from collections.abc import Collection, Iterable

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
    for customer_id, texts in site_texts(Site.customer_id, ids).items():
        found[customer_id].texts.extend(texts)
    return found


def site_texts(key: sa.orm.InstrumentedAttribute[str], ids: Collection[str]) -> dict[str, list[str]]:
    """The words of the addresses, by a key of theirs."""
    query = sa.select(key, Site.district, Site.address, Site.unit).where(key.in_(ids)).order_by(Site.id)
    found: dict[str, list[str]] = defaultdict(list)
    for row_id, *texts in db.session.execute(query):
        found[row_id].extend(texts)
    return found


@shown_in("customer", Customer, "name", "address_form", "phone", "branch_id")
def _itself(customer: Customer) -> Iterable[str]:
    return [customer.id]


@shown_in("customer", Site, "customer_id", "district", "address", "unit")
def _of_site(site: Site) -> Iterable[str]:
    return [site.customer_id or site.customer.id]
