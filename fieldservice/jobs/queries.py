"""Reads of jobs. What a person may see is part of the query: the own branch, head office all."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload, selectinload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core import search
from fieldservice.core.db import among, ask, db, table_of
from fieldservice.core.errors import NotFound
from fieldservice.core.versions import note_held
from fieldservice.customers.models import Customer, Product, Site
from fieldservice.jobs.models import Job, JobHelper, JobNote, JobStep
from fieldservice.jobs.rules import ABSENT, CANCELLED, ENDED, UNFINISHED

#: for questions about columns alone
_JOB = table_of(Job).c

#: columns one can sort by, each with an index (models.py); a UUIDv7 tells the age
SORTS: dict[str, tuple[Any, ...]] = {
    "day": (Job.visit_on, Job.window_start_at),
    "number": (),
    "state": (Job.state,),
    "type": (Job.type,),
}
#: of them, those that may hold nothing: it comes before everything
_MAY_BE_NONE = (Job.visit_on, Job.window_start_at)
#: digits of a phone number from which on a search means a part of it; fewer stand in every job's number
LEAST_DIGITS = 5
#: a filter beside the states: nothing has ended yet
OPEN = "open"
#: visits on the page of a customer or case; the list has them all
LATEST = 30


@dataclass(frozen=True)
class JobFilter:
    """What the list is narrowed to; '' and None: not narrowed."""

    search: str = ""
    #: a state, or OPEN
    state: str = ""
    type: str = ""
    technician_id: str = ""
    branch_id: str = ""
    from_on: date | None = None
    to_on: date | None = None


def jobs_for(viewer: Person) -> sa.Select[Job]:
    """The jobs this viewer may see."""
    query = sa.select(Job)
    return query if viewer.sees_all_branches else query.where(Job.branch_id == viewer.branch_id)


def job_for(viewer: Person, job_id: str, *, to_change: bool = False) -> Job:
    """One of them. Raises NotFound, also for those of another branch. `to_change` holds the row till the commit."""
    query = jobs_for(viewer).where(Job.id == job_id)
    if to_change:
        _lock(query.with_only_columns(Job.id))
        query = query.with_for_update(of=Job, key_share=True).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


@cache
def with_few_joins(*, lists: bool = True) -> tuple[ORMOption, ...]:
    """For reading some jobs of few people: all that a job usually joins takes PostgreSQL longer to plan than to find.
    People and branches are found in the session (`people_met`), or read when asked for. `lists`: False leaves helpers,
    steps and notes, too.
    """
    joins = (
        joinedload(Job.case).options(lazyload(Case.branch), lazyload(Case.customer), lazyload(Case.product)),
        joinedload(Job.site).joinedload(Site.customer).lazyload(Customer.branch),
        joinedload(Job.product).lazyload(Product.site),
        lazyload(Job.branch),
        lazyload(Job.lead),
    )
    if not lists:
        return (*joins, lazyload(Job.helper_rows), lazyload(Job.steps), lazyload(Job.notes))
    return (
        *joins,
        selectinload(Job.helper_rows).lazyload(JobHelper.person),
        selectinload(Job.steps).lazyload(JobStep.by),
        selectinload(Job.notes).lazyload(JobNote.by),
    )


def rows_of_jobs(kind: Any, order: Any) -> sa.Select[Any]:
    """The question for rows of the jobs `job_ids`, read anew, in this order; without their authors."""
    query = sa.select(kind).where(among(kind.job_id, "job_ids")).order_by(order)
    query = query.options(lazyload(getattr(kind, "by", None) or kind.person))
    return query.execution_options(populate_existing=True)


_HELD = (
    sa.select(Job)
    .where(among(Job.id, "job_ids"))
    .options(*with_few_joins(lists=False))
    .execution_options(populate_existing=True)
)
#: what is read with jobs that are held: whoever adds to the notes of a job need not read all that were written before
_WITH_HELD = {
    "helper_rows": rows_of_jobs(JobHelper, JobHelper.person_id),
    "steps": rows_of_jobs(JobStep, JobStep.position),
}
_NOTES = rows_of_jobs(JobNote, JobNote.id)


def hold_jobs(job_ids: Iterable[str], **also: sa.Select[Any]) -> list[Job]:
    """Locks these jobs till the commit and gives them as they are then: the desk and other phones change them too. As
    long as somebody keeps what it gives, nobody else in the transaction reads them again. `also`: what to read with
    them, by relationship (`rows_of_jobs`).

    First the lock, then a look of its own: a row that changed while one waited brings none of its joined rows along.
    """
    ids = set(job_ids)
    if not ids:
        return []
    note_held(ask(_LOCKED, job_ids=ids).scalars())
    jobs = list(db.session.scalars(_HELD, {"job_ids": ids}).unique())
    for name, question in {**_WITH_HELD, **also}.items():
        _read(jobs, name, question)
    return jobs


def _read(jobs: Collection[Job], name: str, question: sa.Select[Any]) -> None:
    """Reads rows of these jobs anew, and gives them to the relationship of this name."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in db.session.scalars(question, {"job_ids": [job.id for job in jobs]}):
        found[row.job_id].append(row)
    for job in jobs:
        set_committed_value(job, name, found[job.id])


#: of a job that is held, what its phone is shown: whatever changes there gives the job a new version
_SHOWN = frozenset({"case", "site", "product", "branch", "lead", "helper_rows", "steps"})


def shown_with(jobs: Iterable[Job]) -> list[Any]:
    """These jobs, as `hold_jobs` gave them, with the rows that their documents are made of. Nothing else that hangs on
    them is known any more.
    """
    found: list[Any] = []
    for job in jobs:
        hang = sa.inspect(job).mapper.relationships.keys()
        others = [name for name in hang if name not in _SHOWN and name in job.__dict__]
        if others:
            db.session.expire(job, others)
        found += _hanging(job)
    return found


def _hanging(job: Job) -> list[Any]:
    """The job and what is known of the rows that its document is made of."""
    known = job.__dict__
    site = known.get("site")
    customer = site.__dict__.get("customer") if site else None
    rows = [job, known.get("case"), site, customer, known.get("product")]
    return [row for row in (*rows, *known.get("helper_rows", ()), *known.get("steps", ())) if row is not None]


def forget(job: Job) -> None:
    """What is known of it may be old: it is read anew when it is asked for."""
    for row in _hanging(job):
        db.session.expire(row)


def is_as_read(job: Job, version: int) -> bool:
    """Whether all of it that its document shows is known as it is at this version."""
    known = job.__dict__
    return known.get("version") == version and known.keys() >= _SHOWN - {"branch", "lead"}


def read_notes(jobs: Collection[Job]) -> None:
    """Reads the notes of these jobs anew, the oldest first; one query."""
    _read(jobs, "notes", _NOTES)


def _lock(wanted: sa.Select[Any]) -> None:
    note_held(ask(_locked(_JOB.id.in_(wanted.subquery().select()))).scalars())


def _locked(is_wanted: Any) -> sa.Select[str]:
    """The jobs that are wanted, locked, and those that show them and so change with them (`synced.py`): in the order of
    ids, or whoever took some of them in another order would wait for us, and we for them.
    """
    sites, cases = sa.select(_JOB.site_id).where(is_wanted), sa.select(_JOB.case_id).where(is_wanted)
    touched = sa.select(_JOB.id).where(sa.or_(_JOB.site_id.in_(sites), _JOB.case_id.in_(cases))).order_by(_JOB.id)
    return touched.with_for_update(key_share=True)


_LOCKED = _locked(among(_JOB.id, "job_ids"))


def search_jobs(viewer: Person, narrowed: JobFilter) -> sa.Select[Job]:
    """The jobs that fit the filter; every word of the search stands in number, brief, customer or address."""
    query = jobs_for(viewer).where(*_conditions(narrowed))
    wanted = search.Wanted(
        "job",
        narrowed.search,
        branch_id=narrowed.branch_id or (None if viewer.sees_all_branches else viewer.branch_id),
        opens_phones=viewer.can("phones.open"),
        least_digits=LEAST_DIGITS,
    )
    return search.narrow(query, Job.id, wanted)


def sorted_by(query: sa.Select[Job], sort: str, *, descending: bool) -> sa.Select[Job]:
    """The same in another order; jobs without a day come before all days."""
    return query.order_by(*(_ordered(column, descending=descending) for column in (*SORTS[sort], Job.id)))


def _ordered(column: Any, *, descending: bool) -> Any:
    """The whole order is turned round, so that one index serves both."""
    if column not in _MAY_BE_NONE:
        return column.desc() if descending else column.asc()
    return column.desc().nulls_last() if descending else column.asc().nulls_first()


def visits_of_customer(customer: Customer) -> list[Job]:
    """The customer's last visits, the newest first."""
    sites = sa.select(Site.id).filter_by(customer_id=customer.id)
    return _latest(Job.site_id.in_(sites))


def visits_of_case(case: Case) -> list[Job]:
    """The visits a case took, the newest first."""
    return _latest(Job.case_id == case.id)


def states_by_case(cases: Iterable[Case]) -> dict[str, list[Any]]:
    """By case: its visits as (state), the oldest first; one without visits is not in it."""
    query = sa.select(Job.case_id, Job.state).where(Job.case_id.in_({case.id for case in cases})).order_by(Job.id)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.case_id].append(row)
    return dict(found)


def all_visits_of_case(case: Case) -> list[Job]:
    """All of them, the newest first."""
    query = sa.select(Job).where(Job.case_id == case.id)
    return list(db.session.scalars(sorted_by(query, "number", descending=True)).unique())


def visit_to_repeat(case: Case) -> Job | None:
    """The last visit of a case if it has to be made again: not finished, or nobody was there. None: it has not."""
    last = next((job for job in visits_of_case(case) if job.state != CANCELLED), None)
    return last if last and last.state in (UNFINISHED, ABSENT) else None


def promised_at(job: Job) -> datetime | None:
    """When the technician promised to come again; None: not promised, or taken back."""
    promises = (step.promised_at for step in reversed(job.steps) if step.promised_at and not step.is_void)
    return next(promises, None)


def _latest(*conditions: sa.ColumnElement[bool]) -> list[Job]:
    query = sa.select(Job).where(*conditions)
    return list(db.session.scalars(sorted_by(query, "number", descending=True).limit(LATEST)).unique())


def _conditions(narrowed: JobFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if narrowed.state:
        found.append(Job.state.not_in(ENDED) if narrowed.state == OPEN else Job.state == narrowed.state)
    for column, value in ((Job.type, narrowed.type), (Job.branch_id, narrowed.branch_id)):
        if value:
            found.append(column == value)
    if narrowed.technician_id:
        helped = sa.select(JobHelper.job_id).filter_by(person_id=narrowed.technician_id)
        found.append(sa.or_(Job.lead_id == narrowed.technician_id, Job.id.in_(helped)))
    if narrowed.from_on:
        found.append(Job.visit_on >= narrowed.from_on)
    if narrowed.to_on:
        found.append(Job.visit_on <= narrowed.to_on)
    return found


_VISITS = (
    sa.select(_JOB.case_id, _JOB.id)
    .where(among(_JOB.case_id, "case_ids"), _JOB.state != CANCELLED)
    .order_by(_JOB.visit_on.is_(None), _JOB.visit_on, _JOB.window_start_at.is_(None), _JOB.window_start_at, _JOB.id)
)


def visit_numbers(jobs: Iterable[Job]) -> dict[str, tuple[int, int]]:
    """By job: which visit under its case it is, from 1 in the order of their days, and of how many.

    A cancelled one is no visit and is not in it.
    """
    visits: dict[str, list[str]] = defaultdict(list)
    for case_id, job_id in ask(_VISITS, case_ids={job.case_id for job in jobs}):
        visits[case_id].append(job_id)
    return {job_id: (number, len(ids)) for ids in visits.values() for number, job_id in enumerate(ids, 1)}
