"""Which jobs show a row, and so take a new version when the row changes: the phone holds jobs whole."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.branches.models import Branch
from fieldservice.cases.models import Case
from fieldservice.core.db import db
from fieldservice.core.versions import known_in_flush, touches
from fieldservice.customers.models import Customer, Product, Site
from fieldservice.jobs.models import Job, JobContact, JobHelper, JobNote, JobStep
from fieldservice.jobs.rules import ENDED


def _jobs(*conditions: sa.ColumnElement[bool]) -> Iterable[Job]:
    """First their ids: mostly there are none, and a whole job with all it joins is dear to ask for."""
    ids = list(db.session.scalars(sa.select(Job.id).where(*conditions)))
    return db.session.scalars(sa.select(Job).where(Job.id.in_(ids))).unique() if ids else []


def _is_new(row: Any) -> bool:
    """Whether the row is just being written: nothing can show it yet."""
    return bool(sa.inspect(row).pending)


@touches(Customer)
def _jobs_of_customer(customer: Customer) -> Iterable[Job]:
    return [] if _is_new(customer) else _jobs(Job.site_id.in_(sa.select(Site.id).filter_by(customer_id=customer.id)))


@touches(Site)
def _jobs_at_site(site: Site) -> Iterable[Job]:
    return [] if _is_new(site) else _jobs(Job.site_id == site.id)


@touches(Product)
def _jobs_about_product(product: Product) -> Iterable[Job]:
    return [] if _is_new(product) else _jobs(Job.product_id == product.id)


@touches(Case)
def _jobs_of_case(case: Case) -> Iterable[Job]:
    return [] if _is_new(case) else _jobs(Job.case_id == case.id)


@touches(Branch)
def _open_jobs_of_branch(branch: Branch) -> Iterable[Job]:
    """Ended jobs keep showing the branch as it was: nobody calls it from there."""
    return _jobs(Job.branch_id == branch.id, Job.state.not_in(ENDED))


@touches(Branch)
def _people_of_branch(branch: Branch) -> Iterable[Person]:
    return db.session.scalars(sa.select(Person).filter_by(branch_id=branch.id)).unique()


@touches(Person)
def _open_jobs_of_crew(person: Person) -> Iterable[Job]:
    helped = sa.select(JobHelper.job_id).filter_by(person_id=person.id)
    return _jobs(sa.or_(Job.lead_id == person.id, Job.id.in_(helped)), Job.state.not_in(ENDED))


@touches(PersonRole)
def _person_of_role(row: PersonRole) -> Iterable[Person]:
    return [row.person] if row.person else []


@touches(JobHelper)
@touches(JobStep)
@touches(JobNote)
@touches(JobContact)
def _job_of_row(row: JobHelper | JobStep | JobNote | JobContact) -> Iterable[Job]:
    job = row.job or (db.session.get(Job, row.job_id) if row.job_id else None)
    return [job] if job else []


#: what decides which visit under its case a job is
_ORDERS_VISITS = frozenset({"state", "case_id", "visit_on", "window_start_at"})
#: what the history on other cards says of an ended visit, besides
_SHOWN_AS_HISTORY = frozenset({"type", "brief", "lead_id", "run"})


@touches(Job)
def _other_jobs(job: Job) -> Iterable[Job]:
    """Other cards count the visits under the case, and an ended visit is history on the cards of the next ones."""
    if _is_new(job) and all(row is not None and not row.version for row in (job.case, job.site)):
        return []  # the first under a case and at an address that this transaction makes
    attributes = sa.inspect(job).attrs
    changed = {name for name in _ORDERS_VISITS | _SHOWN_AS_HISTORY if attributes[name].history.has_changes()}
    if changed & _ORDERS_VISITS or (changed and job.state in ENDED):
        return _others(job)
    return []


@touches(JobNote)
def _jobs_that_show_a_note_as_history(note: JobNote) -> Iterable[Job]:
    """The last note of an ended visit is what its history says."""
    job = note.job or db.session.get_one(Job, note.job_id)
    return _others(job) if job.state in ENDED else []


def _others(job: Job) -> Iterable[Job]:
    """The few visits at the same site or under the same case; ended ones too, for phones still hold them."""

    known = known_in_flush()
    if ("others", job.id) not in known:
        changed = {row for row in db.session.dirty if isinstance(row, Job)}
        known.update({("others", one.id): others for one, others in _others_of({job, *changed}).items()})
    found: list[Job] = known["others", job.id]
    return found


def _others_of(jobs: Collection[Job]) -> dict[Job, list[Job]]:
    """For all of a push at once: mostly there are none."""
    sites, cases = {job.site_id for job in jobs}, {job.case_id for job in jobs}
    query = sa.select(Job.id, Job.site_id, Job.case_id).where(sa.or_(Job.site_id.in_(sites), Job.case_id.in_(cases)))
    rows = db.session.execute(query).all()
    ids = {
        job: [one.id for one in rows if one.id != job.id and (one.site_id == job.site_id or one.case_id == job.case_id)]
        for job in jobs
    }
    wanted = {one for some in ids.values() for one in some}
    found = {job.id: job for job in _jobs(Job.id.in_(wanted))} if wanted else {}
    return {job: [found[one] for one in some if one in found] for job, some in ids.items()}
