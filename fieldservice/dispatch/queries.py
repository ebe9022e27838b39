"""What the day page reads: the same few queries for thirty jobs as for three hundred."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload, selectinload

from fieldservice.accounts.models import Device, Person, PersonRole
from fieldservice.accounts.queries import only_named
from fieldservice.branches.models import Branch
from fieldservice.cases.models import Case
from fieldservice.core import json
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.customers.models import Customer, Site
from fieldservice.customers.queries import has_phone
from fieldservice.jobs.models import Job, JobHelper, JobStep
from fieldservice.jobs.rules import (
    ABSENT,
    ACCEPTED,
    ASSIGNED,
    CANCELLED,
    ENDED,
    RUNNING,
    STATES,
    UNASSIGNED,
    UNFINISHED,
)

#: a list without a day is a reminder, not an archive
UNDATED_LIMIT = 100
OPEN_STATES = tuple(state for state in STATES if state not in ENDED)


@dataclass(frozen=True)
class Contact:
    """What is known of a technician's phones: last answered sync, and what is still only there."""

    last_at: datetime | None
    pending_count: int
    oldest_pending_at: datetime | None


@dataclass(frozen=True)
class Change:
    """Something that was done to a job: when, by whom (None: by the system), and which step if it was one."""

    at: datetime
    who: Person | None
    kind: str
    step: str


def branches_of(person: Person) -> list[Branch]:
    """The branches whose day this person may see, head office first."""
    query = sa.select(Branch).order_by(Branch.kind, Branch.code)
    if person.sees_all_branches:
        return list(db.session.scalars(query.where(Branch.is_active)))
    return list(db.session.scalars(query.where(Branch.id == person.branch_id)))


def job_for(person: Person, job_id: str) -> Job:
    """A job this person may see. Raises NotFound."""
    found = db.session.scalar(_visible(sa.select(Job).where(Job.id == job_id), person))
    if found is None:
        raise NotFound()
    return found


def job_to_change(person: Person, job_id: str) -> Job:
    """As `job_for`, held until the end of the transaction: of two who change it, the second sees the first."""
    query = _visible(sa.select(Job).where(Job.id == job_id), person)
    found = db.session.scalar(query.with_for_update(of=Job, key_share=True).execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def _visible(query: sa.Select[Any], person: Person) -> sa.Select[Any]:
    return query if person.sees_all_branches else query.where(Job.branch_id == person.branch_id)


def jobs_on(branch_ids: list[str], day: date, words: str = "", *, viewer: Person | None = None) -> list[Job]:
    """All visits of a day in window order, cancelled ones too; `words` narrows them as this viewer typed them."""
    return jobs_between(branch_ids, day, day, words, viewer=viewer)


def jobs_between(
    branch_ids: list[str], first: date, last: date, words: str = "", *, viewer: Person | None = None
) -> list[Job]:
    """As `jobs_on`, of the days from `first` to `last`."""
    return _list(sa.and_(Job.branch_id.in_(branch_ids), Job.visit_on.between(first, last)), words, viewer)


def jobs_with(person: Person, job_ids: Iterable[str]) -> list[Job]:
    """Those of these jobs that this person may see."""
    ids = list(job_ids)
    if not ids:
        return []
    query = _visible(sa.select(Job).where(Job.id.in_(ids)).options(*_shown_in_a_row()), person)
    return list(db.session.scalars(query).unique())


def jobs_to_plan(branch_ids: list[str], day: date, *, with_undated: bool) -> list[Job]:
    """The visits of a day, and those without one that a plan of it may take in: nobody goes yet, or it is known who."""
    on_day = Job.visit_on == day
    undated = sa.and_(Job.visit_on.is_(None), Job.window_start_at.is_(None), Job.state.not_in(ENDED))
    return _list(sa.and_(Job.branch_id.in_(branch_ids), Job.state != CANCELLED,
                         sa.or_(on_day, undated) if with_undated else on_day), "", None)


def branches_with(ids: Iterable[str]) -> list[Branch]:
    """These branches, head office first."""
    return list(db.session.scalars(sa.select(Branch).where(Branch.id.in_(list(ids))).order_by(Branch.kind, Branch.code)))


def last_steps(job_ids: list[str]) -> dict[str, tuple[str, datetime]]:
    """By job the last step of its present run that counts, and when it was; one without steps is not in it."""
    if not job_ids:
        return {}
    query = (sa.select(JobStep.job_id, JobStep.step, JobStep.happened_at).join(Job, Job.id == JobStep.job_id)
             .where(JobStep.job_id.in_(job_ids), JobStep.run == Job.run, JobStep.voided_at.is_(None))
             .order_by(JobStep.position))
    return {job_id: (step, at) for job_id, step, at in db.session.execute(query)}


def undated_jobs(branch_ids: list[str], words: str = "", *, viewer: Person | None = None) -> list[Job]:
    """Visits that nobody has given a day yet, oldest first."""
    open_ = sa.and_(Job.branch_id.in_(branch_ids), Job.visit_on.is_(None),
                    Job.state.not_in(ENDED))
    return _list(open_, words, viewer, limit=UNDATED_LIMIT)


def states_on(branch_ids: list[str], day: date) -> list[str]:
    """The state of every visit of a day."""
    query = sa.select(Job.state).where(Job.branch_id.in_(branch_ids), Job.visit_on == day)
    return list(db.session.scalars(query))


def undated_count(branch_ids: list[str]) -> int:
    """How many open visits have no day yet."""
    query = sa.select(sa.func.count(Job.id)).where(
        Job.branch_id.in_(branch_ids), Job.visit_on.is_(None), Job.state.not_in(ENDED))
    return int(db.session.scalar(query) or 0)


def troubled_jobs(branch_ids: list[str], today: date, now: datetime, limit: int) -> list[Job]:
    """Open visits that need the dispatcher: nobody goes and the day is near, the time has come and nobody is on the
    way, the window or the day is over. Urgent ones without a day too. The nearest day first.
    """
    near = Job.visit_on <= today + timedelta(days=1)
    late = sa.or_(
        Job.window_end_at < now,
        sa.and_(Job.window_start_at < now, Job.state.in_((ASSIGNED, ACCEPTED))),
        sa.and_(Job.window_start_at.is_(None), Job.visit_on < today))
    urgent = sa.and_(Job.visit_on.is_(None), Job.priority != "normal")
    condition = sa.and_(Job.branch_id.in_(branch_ids), Job.state.in_(OPEN_STATES), sa.or_(
        sa.and_(near, sa.or_(Job.state == UNASSIGNED, late)), urgent))
    return _list(condition, "", None, limit=limit)


def visits_to_repeat(
    branch_ids: list[str], since: date, limit: int
) -> list[tuple[Job, datetime | None, datetime | None]]:
    """Visits of the last days that were not finished or met nobody, when no later one stands under their case; with the
    time that was promised (None: none was) and when it ended (None: no step says so). The oldest first.
    """
    later = sa.orm.aliased(Job)
    is_last = ~sa.exists().where(later.case_id == Job.case_id, later.id != Job.id, later.state != CANCELLED,
                                 sa.or_(later.visit_on.is_(None), later.visit_on > Job.visit_on,
                                        sa.and_(later.visit_on == Job.visit_on, later.id > Job.id)))
    counts = (JobStep.job_id == Job.id, JobStep.run == Job.run, JobStep.voided_at.is_(None))
    promised, ended = (sa.select(sa.func.max(column)).where(*counts).scalar_subquery()
                       for column in (JobStep.promised_at, JobStep.happened_at))
    query = (sa.select(Job, promised, ended).where(Job.branch_id.in_(branch_ids), Job.visit_on >= since,
                                            Job.state.in_((UNFINISHED, ABSENT)), is_last)
             .options(*_shown_in_a_row()).order_by(Job.visit_on, Job.id).limit(limit))
    return [(job, promised_at, ended_at) for job, promised_at, ended_at in db.session.execute(query).unique()]


@dataclass(frozen=True)
class Duty:
    """What a technician has today: the first window's start, the last one's end, whether one is under way."""

    starts_at: datetime
    ends_at: datetime
    is_under_way: bool


def duties_on(branch_ids: list[str], day: date) -> dict[str, Duty]:
    """By technician who leads a visit of the day with a window."""
    under_way = sa.func.max(sa.case((Job.state.in_(RUNNING), 1), else_=0))
    query = (sa.select(Job.lead_id, sa.func.min(Job.window_start_at), sa.func.max(Job.window_end_at), under_way)
             .where(Job.branch_id.in_(branch_ids), Job.visit_on == day, Job.lead_id.is_not(None),
                    Job.window_start_at.is_not(None), Job.state != CANCELLED).group_by(Job.lead_id))
    return {person_id: Duty(start, end, bool(running)) for person_id, start, end, running in db.session.execute(query)}


def in_order(job_ids: Iterable[str]) -> sa.Select[Job]:
    """These visits as a list, those without a day last."""
    order = (Job.visit_on.is_(None), Job.visit_on, Job.window_start_at.is_(None), Job.window_start_at, Job.id)
    return sa.select(Job).where(Job.id.in_(set(job_ids))).order_by(*order)


def _list(condition: sa.ColumnElement[bool], words: str, viewer: Person | None, limit: int | None = None) -> list[Job]:
    order = (Job.window_start_at.is_(None), Job.window_start_at, Job.created_at, Job.id)
    query = sa.select(Job).where(condition).options(*_shown_in_a_row()).order_by(*order).limit(limit)
    for word in words.split():
        query = query.where(_holds(word, viewer))
    return list(db.session.scalars(query).unique())


def _shown_in_a_row() -> tuple[Any, ...]:
    """Exactly what a row shows. Anything else asked for is another query, which tests count, and no error: the count in
    the rail reads rows that a page may hold already, and the page may ask for all of them.
    """
    return (
        lazyload("*"),
        joinedload(Job.branch),
        joinedload(Job.case).options(lazyload("*"), joinedload(Case.customer).lazyload("*")),
        joinedload(Job.site).lazyload("*"),
        only_named(joinedload(Job.lead)),
        selectinload(Job.helper_rows).options(lazyload("*"), only_named(joinedload(JobHelper.person))),
    )


def _holds(word: str, viewer: Person | None) -> sa.ColumnElement[bool]:
    """Jobs in which a word occurs: number, brief, customer, phone, address, crew."""
    at_customer = sa.select(Site.id).join(Customer, Site.customer_id == Customer.id).where(sa.or_(
        *(column.icontains(word, autoescape=True) for column in (
            Customer.name, Customer.address_form, Site.district, Site.address, Site.unit)),
        *(has_phone(viewer, word) if viewer else ())))
    of_case = sa.select(Case.id).where(Case.number.icontains(word, autoescape=True))
    of_crew = sa.select(Person.id).where(Person.name.icontains(word, autoescape=True))
    helped = sa.select(JobHelper.job_id).where(JobHelper.person_id.in_(of_crew))
    return sa.or_(Job.number.icontains(word, autoescape=True), Job.brief.icontains(word, autoescape=True),
                  Job.site_id.in_(at_customer), Job.case_id.in_(of_case), Job.lead_id.in_(of_crew), Job.id.in_(helped))


def technicians_of(branch_ids: list[str]) -> list[Person]:
    """Who can be sent, by staff number."""
    query = (sa.select(Person).join(PersonRole, PersonRole.person_id == Person.id)
             .where(PersonRole.role == TECHNICIAN, Person.branch_id.in_(branch_ids), Person.is_active)
             .order_by(Person.staff_no))
    return list(db.session.scalars(query).unique())


def contacts_of(people: Iterable[Person]) -> dict[str, Contact]:
    """By person, over all phones that are not revoked; who has no phone with the app is not in it."""
    ids = [person.id for person in people]
    query = (sa.select(Device.person_id, sa.func.max(Device.last_contact_at), sa.func.sum(Device.pending_count),
                       sa.func.min(Device.oldest_pending_at))
             .where(Device.person_id.in_(ids), Device.revoked_at.is_(None)).group_by(Device.person_id))
    return {person_id: Contact(last_at, int(pending or 0), oldest_at if pending else None)
            for person_id, last_at, pending, oldest_at in db.session.execute(query)}


def crew_windows(branch_id: str, day: date | None, *, except_job_id: str) -> dict[str, list[Job]]:
    """What each technician of the branch already has on that day, by person, in window order."""
    if day is None:
        return {}
    found: dict[str, list[Job]] = defaultdict(list)
    for job in jobs_on([branch_id], day):
        if job.id != except_job_id and job.state != CANCELLED:
            for person_id in {job.lead_id, *(row.person_id for row in job.helper_rows)} - {None}:
                found[str(person_id)].append(job)
    return dict(found)


def changes_since(job: Job, version: int) -> list[Change]:
    """What was done to the job after that version, oldest first."""
    query = (sa.select(LogEntry, Person).outerjoin(Person, Person.id == LogEntry.person_id)
             .where(LogEntry.entity_type == "job", LogEntry.entity_id == job.id, LogEntry.version > version)
             .order_by(LogEntry.version, LogEntry.id))
    return [Change(entry.happened_at, person, entry.kind, _step_of(entry))
            for entry, person in db.session.execute(query).unique()]


def _step_of(entry: LogEntry) -> str:
    """Name of the step an operation took; '' for any other."""
    args = json.loads(entry.body).get("args") if entry.kind == "take_step" else None
    # what came may hold half a character, which no page can be sent with
    return str(args.get("step", "")).encode("utf-8", "replace").decode() if isinstance(args, dict) else ""
