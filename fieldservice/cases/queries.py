"""Reads of cases. What a person may see is part of the query: the own branch, head office all."""

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.customers.models import Customer

#: the last cases of a customer offered for a further visit
OFFERED = 20


def cases_for(viewer: Person) -> sa.Select[Case]:
    """The cases this viewer may see."""
    query = sa.select(Case)
    return query if viewer.sees_all_branches else query.where(Case.branch_id == viewer.branch_id)


def case_for(viewer: Person, case_id: str) -> Case:
    """One of them. Raises NotFound, also for those of another branch."""
    found = db.session.scalar(cases_for(viewer).where(Case.id == case_id))
    if found is None:
        raise NotFound()
    return found


def cases_of(customer: Customer) -> list[Case]:
    """The customer's last cases, the newest first."""
    query = sa.select(Case).filter_by(customer_id=customer.id).order_by(Case.id.desc())
    return list(db.session.scalars(query.limit(OFFERED)))
