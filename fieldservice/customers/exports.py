"""The list of customers as a file."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, raiseload, selectinload

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.customers.models import Customer
from fieldservice.web.case_words import CUSTOMER_KINDS
from fieldservice.web.exports import Columns, on_clock, rows_of, shown_phone
from fieldservice.web.job_words import NEEDS


def columns() -> Columns:
    """What a row of the file says of a customer."""
    return (
        (_l("Name"), lambda customer: customer.name),
        (_l("Form of address"), lambda customer: customer.address_form),
        (_l("Kind"), lambda customer: str(CUSTOMER_KINDS[customer.kind])),
        (_l("Phone"), lambda customer: shown_phone(customer.phone)),
        (_l("Addresses"), lambda customer: "\n".join(site.full_address for site in customer.sites)),
        (_l("Special needs"), _needs),
        (_l("Remark"), lambda customer: customer.remark),
        (_l("Branch"), lambda customer: customer.branch.name),
        (_l("Since"), lambda customer: on_clock(customer.created_at, customer.branch.timezone)),
    )


def rows(query: sa.Select[Any]) -> Iterator[Customer]:
    """The customers of a query with exactly what the file says of them."""
    return rows_of(
        query.options(
            raiseload("*"), joinedload(Customer.branch), selectinload(Customer.sites).options(raiseload("*"))
        )
    )


def _needs(customer: Customer) -> str:
    return _(", ").join(str(NEEDS.get(code, code)) for code in customer.special_needs)
