"""Reads of cases. What a person may see is part of the query: the own branch, head office all."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.search import Wanted, narrow
from fieldservice.customers.models import Customer

#: columns one can sort by, each with an index (models.py); a UUIDv7 tells the age
SORTS: dict[str, tuple[Any, ...]] = {"opened": (Case.id,), "kind": (Case.kind, Case.id)}
#: what a case is by its visits: still something to do, or nothing more (told by the visits, jobs/searched.py)
STATES = ("open", "done")
#: digits of a phone number from which on a search means a part of it; fewer stand in every case's number
LEAST_DIGITS = 5

#: the last cases of a customer offered for a further visit
OFFERED = 20


def cases_for(viewer: Person) -> sa.Select[Case]:
    """The cases this viewer may see."""
    query = sa.select(Case)
    return query if viewer.sees_all_branches else query.where(Case.branch_id == viewer.branch_id)


@dataclass(frozen=True)
class CaseFilter:
    """What the list is narrowed to; '': not narrowed."""

    search: str = ""
    kind: str = ""
    branch_id: str = ""
    #: of STATES
    state: str = ""


def search_cases(viewer: Person, narrowed: CaseFilter) -> sa.Select[Any]:
    """The cases that fit; every word stands in number, words, floor, the customer's name, phone or addresses."""
    query = cases_for(viewer)
    for column, value in ((Case.kind, narrowed.kind), (Case.branch_id, narrowed.branch_id)):
        if value:
            query = query.where(column == value)
    wanted = Wanted(
        "case",
        narrowed.search,
        branch_id=narrowed.branch_id or (None if viewer.sees_all_branches else viewer.branch_id),
        facets=(narrowed.state,) if narrowed.state in STATES else (),
        opens_phones=viewer.can("phones.open"),
        least_digits=LEAST_DIGITS,
    )
    return narrow(query, Case.id, wanted)


def sorted_by(query: sa.Select[Any], sort: str, *, descending: bool) -> sa.Select[Any]:
    """The same in another order."""
    return query.order_by(*(column.desc() if descending else column.asc() for column in SORTS[sort]))


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
