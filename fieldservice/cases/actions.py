"""Changes of cases; the caller commits."""

from datetime import date, datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.cases.events import CaseOpened
from fieldservice.cases.models import Case, RunningNumber
from fieldservice.core import events, i18n
from fieldservice.core.db import db, flush
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_office_edit
from fieldservice.customers.models import Customer, Product

#: letters of the numbers: a case (服务单) and a job (派工单)
CASE_LETTER = "F"
JOB_LETTER = "P"

_TABLE = RunningNumber.__tablename__
#: one statement, so that two at once get two numbers: the second waits for the row until the first has ended
_TAKE = sa.text(
    f'INSERT INTO {_TABLE} ("key", "last") VALUES (:key, 1) '  # noqa: S608 a name of ours
    f'ON CONFLICT ("key") DO UPDATE SET "last" = {_TABLE}."last" + 1 RETURNING "last"'
)


def take_number(branch: Branch, letter: str, on: date) -> str:
    """The next number of the branch's day, e.g. 'BJ01-F261121-003'. A rolled back transaction gives it back."""
    key = f"{branch.code}-{letter}{on:%y%m%d}"
    return f"{key}-{db.session.execute(_TAKE, {'key': key}).scalar_one():03}"


def open_case(
    customer: Customer, kind: str, words: str, *, product: Product | None = None, by: Person | None, at: datetime
) -> Case:
    """A new case of the customer's branch, numbered by the branch's day. Raises RuleBroken when it is closed."""
    branch = customer.branch
    if not branch.is_active:
        raise RuleBroken("branch_closed")
    case = Case(
        number=take_number(branch, CASE_LETTER, i18n.local(at, branch.timezone).date()),
        branch_id=branch.id,
        kind=kind,
        customer_id=customer.id,
        product_id=product.id if product else None,
        words=words,
        opened_at=at,
    )
    case.branch, case.customer, case.product = branch, customer, product
    db.session.add(case)
    flush()
    log_office_edit(
        "open_case",
        case,
        by=by,
        at=at,
        number=case.number,
        kind=kind,
        customer_id=customer.id,
        product_id=case.product_id,
        words=words,
    )
    events.publish(CaseOpened(case.id, at))
    return case


def change_case(case: Case, kind: str, words: str, *, by: Person, at: datetime) -> None:
    """Corrects what was taken down of a case."""
    case.kind, case.words = kind, words
    log_office_edit("change_case", case, by=by, at=at, kind=kind, words=words)
