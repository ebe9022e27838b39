"""Cases that are kept because somebody may need them in a dispute: neither their age nor a wish to erase removes them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from fieldservice.accounts.models import Person
from fieldservice.audit.models import LegalHold
from fieldservice.cases.models import Case
from fieldservice.core import audit
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.customers.models import Customer


def held_cases() -> sa.Select[Any]:
    """Ids of them, for a query."""
    return sa.select(LegalHold.case_id).where(LegalHold.released_at.is_(None))


def all_held() -> list[LegalHold]:
    """Those that hold now, the oldest first."""
    query = sa.select(LegalHold).filter_by(released_at=None).order_by(LegalHold.id)
    return list(db.session.scalars(query.options(joinedload(LegalHold.case), joinedload(LegalHold.by))).unique())


def hold_of(case: Case) -> LegalHold | None:
    """The one on this case; None: it is not held."""
    return db.session.scalar(sa.select(LegalHold).filter_by(case_id=case.id, released_at=None).limit(1))


def is_held(customer: Customer) -> bool:
    """Whether a case of this customer is."""
    query = sa.select(Case.id).where(Case.customer_id == customer.id, Case.id.in_(held_cases()))
    return db.session.scalar(query.limit(1)) is not None


def hold(case: Case, reason: str, *, by: Person, at: datetime) -> LegalHold:
    """Keeps it from now on; again, the first stands. Raises RuleBroken 'reason_missing', Conflict 'customer_erased'."""
    if not reason.strip():
        raise RuleBroken("reason_missing", field="reason")
    lock(case.customer)
    if case.customer.erased_at is not None:
        raise Conflict("customer_erased")
    present = hold_of(case)
    if present is not None:
        return present
    row = LegalHold(case_id=case.id, reason=reason.strip(), at=at, by_id=by.id)
    db.session.add(row)
    _note("hold.set", row, by, at)
    return row


def release(case: Case, *, by: Person, at: datetime) -> None:
    """It may go when its time comes; again, nothing."""
    row = hold_of(case)
    if row is not None:
        row.released_at, row.released_by_id = at, by.id
        _note("hold.released", row, by, at)


def lock(customer: Customer) -> None:
    """Nobody else holds or erases the customer until the commit."""
    db.session.refresh(customer, with_for_update={"of": Customer})


def _note(kind: str, row: LegalHold, by: Person, at: datetime) -> None:
    audit.note(kind, entity_type="case", entity_id=row.case_id, by_id=by.id, at=at, facts={"reason": row.reason})
