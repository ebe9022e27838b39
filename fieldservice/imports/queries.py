"""Reads of imports. What a person may see is part of the query: those of the own branch, head office all."""

from collections.abc import Iterable
from datetime import datetime
from itertools import product
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.accounts.queries import people_query
from fieldservice.branches.models import HEAD_OFFICE, Branch
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.customers.models import FIRM, Customer, Site
from fieldservice.customers.queries import branches_to_choose
from fieldservice.imports.models import ImportedJob, ImportLine, JobImport
from fieldservice.imports.rules import APPLIED, WORKING
from fieldservice.imports.vocabulary import plain
from fieldservice.jobs.models import Job

#: addresses of one customer that are compared letter by letter; beyond, only the very same text is the same
_COMPARED_SITES = 200


def imports_for(viewer: Person) -> sa.Select[JobImport]:
    """The imports this viewer may see, the newest first."""
    query = sa.select(JobImport).order_by(JobImport.id.desc())
    return query if viewer.sees_all_branches else query.where(JobImport.branch_id == viewer.branch_id)


def import_for(viewer: Person, import_id: str, *, to_change: bool = False) -> JobImport:
    """One of them. Raises NotFound. `to_change` holds the row till the commit."""
    query = imports_for(viewer).where(JobImport.id == import_id)
    if to_change:
        query = query.with_for_update(of=JobImport).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def may_change(person: Person, branch_id: str) -> bool:
    """Whether this person may change jobs of a branch."""
    return person.sees_all_branches or person.branch_id == branch_id


def branches_for(found: JobImport, viewer: Person) -> list[Branch]:
    """Branches the lines of an import may be of: whoever of the branch sees the import sees them all."""
    offered = branches_to_choose(viewer)
    is_of_all = db.session.scalar(sa.select(Branch.kind).filter_by(id=found.branch_id)) == HEAD_OFFICE
    return [branch for branch in offered if is_of_all or branch.id == found.branch_id]


def held(import_id: str) -> JobImport | None:
    """For the worker: the import, held till the commit."""
    query = sa.select(JobImport).where(JobImport.id == import_id)
    return db.session.scalar(query.with_for_update(of=JobImport).execution_options(populate_existing=True))


def earlier_with(viewer: Person, headings_key: str, leave_out: str) -> JobImport | None:
    """The last import of the branch with the same headings that got as far as being applied; None: there is none."""
    query = sa.select(JobImport).where(
        JobImport.branch_id == viewer.branch_id,
        JobImport.headings_key == headings_key,
        JobImport.applied_at.is_not(None),
        JobImport.id != leave_out,
    )
    return db.session.scalar(query.order_by(JobImport.id.desc()).limit(1))


def same_file_before(found: JobImport) -> JobImport | None:
    """The last import of the very same file that was applied; None: there is none."""
    query = sa.select(JobImport).where(
        JobImport.branch_id == found.branch_id, JobImport.sha256 == found.sha256, JobImport.id != found.id,
        JobImport.state == APPLIED,
    )  # fmt: skip
    return db.session.scalar(query.order_by(JobImport.id.desc()).limit(1))


def forgotten_since(moment: datetime) -> list[tuple[str, str]]:
    """(id, state) of imports that a worker should be at and that have shown no life since."""
    query = sa.select(JobImport.id, JobImport.state)
    query = query.where(JobImport.state.in_(WORKING), JobImport.touched_at < moment)
    return [(row.id, row.state) for row in db.session.execute(query)]


def with_files_untouched_since(moment: datetime, limit: int) -> list[str]:
    """Ids of imports whose file is still there and with which nothing was done since, the oldest first."""
    query = sa.select(JobImport.id).where(
        JobImport.touched_at < moment, JobImport.file_removed_at.is_(None), JobImport.state.not_in(WORKING)
    )
    return list(db.session.scalars(query.order_by(JobImport.touched_at).limit(limit)))


def ids_of(import_ids: Iterable[str]) -> set[str]:
    """Those of the ids that are imports."""
    return set(db.session.scalars(sa.select(JobImport.id).where(JobImport.id.in_(list(import_ids)))))


def counts_of(found: JobImport) -> dict[str, dict[str, int]]:
    """Kind → outcome → lines."""
    query = sa.select(ImportLine.kind, ImportLine.outcome, sa.func.count()).filter_by(import_id=found.id)
    counts: dict[str, dict[str, int]] = {}
    for kind, outcome, number in db.session.execute(query.group_by(ImportLine.kind, ImportLine.outcome)):
        counts.setdefault(kind, {})[outcome] = number
    return counts


def lines_of(found: JobImport, *, kind: str = "", outcome: str = "", remarked: bool = False) -> sa.Select[ImportLine]:
    """Lines of an import in their order, narrowed."""
    query = sa.select(ImportLine).filter_by(import_id=found.id)
    if kind:
        query = query.where(ImportLine.kind == kind)
    if outcome:
        query = query.where(ImportLine.outcome == outcome)
    if remarked:
        query = query.where(ImportLine.has_remarks)
    return query


def has_remarks(found: JobImport) -> int:
    """How many lines have something to be looked at."""
    query = sa.select(sa.func.count()).select_from(ImportLine)
    return db.session.scalar(query.where(ImportLine.import_id == found.id, ImportLine.has_remarks)) or 0


def next_lines(found: JobImport, kinds: Iterable[str], outcomes: Iterable[str], limit: int, *,
               backwards: bool = False) -> list[ImportLine]:
    """The next lines to work on."""
    order = ImportLine.number.desc() if backwards else ImportLine.number.asc()
    numbers: list[int] = []
    # one kind at a time: the index has each in order, so no line is read that is done already
    for kind, outcome in product(kinds, outcomes):
        query = sa.select(ImportLine.number).filter_by(import_id=found.id, kind=kind, outcome=outcome)
        numbers += db.session.scalars(query.order_by(order).limit(limit))
    chosen = sorted(numbers, reverse=backwards)[:limit]
    query_lines = sa.select(ImportLine).where(ImportLine.import_id == found.id, ImportLine.number.in_(chosen))
    return list(db.session.scalars(query_lines.order_by(order)))


def imported_by(branch_id: str, *, known_by: Iterable[str] = (), content_keys: Iterable[str] = ()) -> list[ImportedJob]:
    """The jobs of earlier imports that are known by any of these."""
    query = sa.select(ImportedJob).where(
        ImportedJob.branch_id == branch_id,
        sa.or_(ImportedJob.known_by.in_(list(known_by)), ImportedJob.content_key.in_(list(content_keys))),
    )
    return list(db.session.scalars(query))


def ids_imported_in(import_ids: Iterable[str]) -> set[str]:
    """Ids of the jobs of these imports that are known by their content."""
    query = sa.select(ImportedJob.job_id).where(
        ImportedJob.import_id.in_(list(import_ids)), ImportedJob.known_by.startswith("c:")
    )
    return set(db.session.scalars(query))


def imported_jobs(job_ids: Iterable[str]) -> list[ImportedJob]:
    """What is known of these jobs."""
    query = sa.select(ImportedJob).where(ImportedJob.job_id.in_(list(job_ids)))
    return list(db.session.scalars(query.order_by(ImportedJob.job_id)))


def jobs_by_id(job_ids: Iterable[str]) -> dict[str, Job]:
    """Jobs with all that a line can say of them."""
    query = sa.select(Job).where(Job.id.in_(set(job_ids)))
    return {job.id: job for job in db.session.scalars(query).unique()}


def branches_by_word(of: JobImport, viewer: Person) -> dict[str, str]:
    """Plain code or name → id of the branches this person may choose."""
    found: dict[str, str] = {}
    for branch in branches_for(of, viewer):
        found[plain(branch.code)] = found[plain(branch.name)] = branch.id
    return found


def technicians_by_word(branch_ids: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    """Branch → plain staff number or name → ids of those who can go."""
    query = sa.select(Person.id, Person.branch_id, Person.staff_no, Person.name).where(
        Person.branch_id.in_(list(branch_ids)), Person.is_active, Person.role_rows.any(PersonRole.role == TECHNICIAN)
    )
    found: dict[str, dict[str, list[str]]] = {}
    for person_id, branch_id, staff_no, name in db.session.execute(query):
        for word in {plain(staff_no), plain(name)}:
            found.setdefault(branch_id, {}).setdefault(word, []).append(person_id)
    return found


def technicians_of(viewer: Person, branch: Branch | None) -> list[Person]:
    """Who can be sent by a branch; None: everybody this person may see."""
    query = people_query(viewer, branch_id=branch.id if branch else "", role=TECHNICIAN)
    return list(db.session.scalars(query.order_by(Person.branch_id, Person.staff_no)))


def names_by_phone(branch_id: str, phones: Iterable[str]) -> dict[str, list[str]]:
    """Phone → names of the branch's customers who have it."""
    query = sa.select(Customer.phone, Customer.name).where(
        Customer.branch_id == branch_id, Customer.phone.in_([phone for phone in phones if phone])
    )
    found: dict[str, list[str]] = {}
    for phone, name in db.session.execute(query.order_by(Customer.id)):
        found.setdefault(phone, []).append(name)
    return found


def find_customer(branch: Branch, *, name: str, phone: str, kind: str, address: str, unit: str) -> Customer | None:
    """The branch's customer a line speaks of: by phone; without one by name and address, a firm by its name."""
    wanted = Customer.phone == phone if phone else Customer.name == name
    query = sa.select(Customer.id, Customer.name, Customer.kind).where(Customer.branch_id == branch.id, wanted)
    rows = db.session.execute(query.order_by(Customer.id).limit(50)).all()
    if not rows:
        return None
    found: Any = None
    if phone:
        found = next((row for row in rows if plain(row.name) == plain(name)), rows[0])
    elif kind == FIRM:
        found = next((row for row in rows if row.kind == FIRM), None)
    else:
        found = next((row for row in rows if _site_id(row.id, address, unit)), None)
    return db.session.get(Customer, found.id) if found else None


def find_site(customer: Customer, *, address: str, unit: str) -> Site | None:
    """The customer's address a line speaks of; None: a new one."""
    site_id = _site_id(customer.id, address, unit)
    return db.session.get(Site, site_id) if site_id else None


def _site_id(customer_id: str, address: str, unit: str) -> str | None:
    query = sa.select(Site.id, Site.address, Site.unit).where(Site.customer_id == customer_id).order_by(Site.id)
    exact = db.session.execute(query.where(Site.address == address, Site.unit == unit).limit(1)).first()
    if exact is not None:
        return str(exact.id)
    wanted = plain(address), plain(unit)
    rows = db.session.execute(query.limit(_COMPARED_SITES))
    return next((str(row.id) for row in rows if (plain(row.address), plain(row.unit)) == wanted), None)


def known_positions(branch_ids: Iterable[str], addresses: Iterable[str]) -> dict[str, list[tuple[float, float]]]:
    """Address → (lat, lng) of the branches' sites there, as far as they are known."""
    query = (
        sa.select(Site.address, Site.lat, Site.lng).join(Customer)
        .where(Customer.branch_id.in_(list(branch_ids)), Site.address.in_(list(addresses)), Site.lat.is_not(None))
    )  # fmt: skip
    found: dict[str, list[tuple[float, float]]] = {}
    for address, lat, lng in db.session.execute(query.limit(2000)):
        found.setdefault(address, []).append((float(lat or 0), float(lng or 0)))
    return found


def touched_jobs(job_ids: Iterable[str]) -> set[str]:
    """Those of the jobs that somebody has done something to since they were entered, at the desk or with a phone."""
    query = sa.select(LogEntry.entity_id).where(
        LogEntry.entity_type == "job", LogEntry.entity_id.in_(list(job_ids)), LogEntry.kind != "office.create_job"
    )
    return set(db.session.scalars(query))


def import_of_job(job: Job) -> tuple[JobImport, ImportedJob] | None:
    """Where a job came from; None: it was entered by hand."""
    query = sa.select(ImportedJob, JobImport).join(JobImport, JobImport.id == ImportedJob.last_import_id)
    row: Any = db.session.execute(query.where(ImportedJob.job_id == job.id)).first()
    return (row[1], row[0]) if row else None
