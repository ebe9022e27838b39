"""What the day page reads: the same few queries for thirty jobs as for three hundred."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, raiseload, selectinload

from fieldservice.accounts.models import Device, Person, PersonRole
from fieldservice.branches.models import Branch
from fieldservice.cases.models import Case
from fieldservice.core import json
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.customers.models import Customer, Site
from fieldservice.customers.queries import has_phone
from fieldservice.jobs.models import Job, JobHelper
from fieldservice.jobs.rules import CANCELLED, ENDED

#: a list without a day is a reminder, not an archive
UNDATED_LIMIT = 100


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
    return _list(sa.and_(Job.branch_id.in_(branch_ids), Job.visit_on == day), words, viewer)


def undated_jobs(branch_ids: list[str], words: str = "", *, viewer: Person | None = None) -> list[Job]:
    """Visits that nobody has given a day yet, oldest first."""
    open_ = sa.and_(Job.branch_id.in_(branch_ids), Job.visit_on.is_(None),
                    Job.state.not_in(ENDED))
    return _list(open_, words, viewer, limit=UNDATED_LIMIT)


def _list(condition: sa.ColumnElement[bool], words: str, viewer: Person | None, limit: int | None = None) -> list[Job]:
    order = (Job.window_start_at.is_(None), Job.window_start_at, Job.created_at, Job.id)
    query = sa.select(Job).where(condition).options(*_shown_in_a_row()).order_by(*order).limit(limit)
    for word in words.split():
        query = query.where(_holds(word, viewer))
    return list(db.session.scalars(query).unique())


def _shown_in_a_row() -> tuple[Any, ...]:
    """Exactly what a row shows; anything else asked for is an error, not another query."""
    return (
        raiseload("*"),
        joinedload(Job.branch),
        joinedload(Job.case).options(raiseload("*"), joinedload(Case.customer).raiseload("*")),
        joinedload(Job.site).raiseload("*"),
        joinedload(Job.lead).raiseload("*"),
        selectinload(Job.helper_rows).options(raiseload("*"), joinedload(JobHelper.person).raiseload("*")),
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
