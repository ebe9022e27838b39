"""The list of cases as a file."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, raiseload

from fieldservice.cases.models import Case
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.web.case_words import CASE_KINDS
from fieldservice.web.exports import Columns, on_clock, rows_of, shown_phone


def columns() -> Columns:
    """What a row of the file says of a case."""
    return (
        (_l("Number"), lambda case: case.number),
        (_l("Kind"), lambda case: str(CASE_KINDS[case.kind])),
        (_l("In the customer's words"), lambda case: case.words),
        (_l("Customer"), lambda case: case.customer.name),
        (_l("Phone"), lambda case: shown_phone(case.customer.phone)),
        (_l("Product"), lambda case: case.product.model if case.product else ""),
        (_l("Branch"), lambda case: case.branch.name),
        (_l("Opened"), lambda case: on_clock(case.opened_at, case.branch.timezone)),
    )


def rows(query: sa.Select[Any]) -> Iterator[Case]:
    """The cases of a query with exactly what the file says of them."""
    needed = (Case.branch, Case.customer, Case.product)
    return rows_of(query.options(raiseload("*"), *(joinedload(one).raiseload("*") for one in needed)))
