"""Changes of cases, and the running numbers of cases and jobs."""

from datetime import date, datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.cases.models import Case, RunningNumber
from fieldservice.core.db import db
from fieldservice.core.i18n import local
from fieldservice.core.oplog import log_office_edit
from fieldservice.customers.models import Customer, Product

#: letters in the numbers: F 服务单 is a case, P 派工单 a job
CASE_LETTER = "F"
JOB_LETTER = "P"


def open_case(
    kind: str,
    customer: Customer,
    *,
    branch: Branch,
    product: Product | None = None,
    words: str = "",
    by: Person | None,
    at: datetime,
) -> Case:
    """A new case with its number."""
    case = Case(
        number=take_number(branch, CASE_LETTER, local(at, branch.timezone).date()),
        branch_id=branch.id,
        kind=kind,
        customer_id=customer.id,
        product_id=product.id if product else None,
        words=words.strip(),
        opened_at=at,
    )
    case.branch = branch
    case.customer = customer
    db.session.add(case)
    log_office_edit(
        "open_case",
        case,
        by=by,
        at=at,
        number=case.number,
        kind=kind,
        customer_id=customer.id,
        product_id=case.product_id,
        words=case.words,
    )
    return case


def take_number(branch: Branch, letter: str, on: date) -> str:
    """The next number of this branch, kind and day, e.g. 'BJ01-P261121-004'.

    The row is locked until the commit, so two desks never get the same one; a number whose transaction was rolled
    back is given out again.
    """
    key = f"{branch.code}-{letter}{on:%y%m%d}"
    return f"{key}-{_next(key):03}"


def _next(key: str) -> int:
    _make_row(key)
    counted = (
        sa.update(RunningNumber)
        .where(RunningNumber.key == key)
        .values(last=RunningNumber.last + 1)
        .returning(RunningNumber.last)
        .execution_options(synchronize_session=False)
    )
    return int(db.session.execute(counted).scalar_one())


def _make_row(key: str) -> None:
    """The first number of a day: both databases know ON CONFLICT DO NOTHING, so two firsts do not collide."""
    if db.engine.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    db.session.execute(insert(RunningNumber).values(key=key, last=0).on_conflict_do_nothing())
