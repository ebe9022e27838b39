"""Applying: lines become jobs, in batches. A batch is one transaction; each line is done once, whatever is killed."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.cases.actions import JOB_LETTER, open_case, take_number
from fieldservice.cases.models import Case
from fieldservice.core import clock, i18n
from fieldservice.core.db import db, flushed_together
from fieldservice.core.errors import AppError, NotAllowed
from fieldservice.customers import actions as customer_actions
from fieldservice.customers.models import FIRM, Customer, Site
from fieldservice.imports import queries, standing
from fieldservice.imports.checking import line_of, verdict
from fieldservice.imports.lines import Line, case_kind, customer_kind, planned_minutes
from fieldservice.imports.models import ImportedJob, ImportLine, JobImport
from fieldservice.imports.rules import (
    APPLIED,
    APPLYING,
    CHANGED,
    CONFLICT,
    CREATED,
    FAILED,
    KNOWN,
    NEW,
    UPDATED,
)
from fieldservice.imports.vocabulary import plain
from fieldservice.imports.working import BATCH, for_a_while, held, let_others_write
from fieldservice.jobs.actions import create_job
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs

#: lines written one by one before others get their turn
_LINES_BETWEEN = 10

_log = logging.getLogger("fieldservice.imports")


def apply_for_a_while(import_id: str) -> bool:
    """Applies lines for some seconds; whether there is more to do."""
    return for_a_while(_batch, import_id)


def _batch(import_id: str, size: int = BATCH) -> bool:
    """One transaction; whether there is more. A batch in which a line fails is done again line by line."""
    found = held(import_id, APPLYING)
    if found is None:
        return False
    lines = queries.next_lines(found, (NEW, CHANGED), ("",), size)
    if not lines:
        found.state, found.done, found.applied_at = APPLIED, found.total, clock.now()
        db.session.commit()
        return False
    count, first = len(lines), lines[0].number
    try:
        _apply(found, lines)
        db.session.commit()
    except (AppError, IntegrityError) as error:
        db.session.rollback()
        if size > 1:
            return all(_one(import_id, place) for place in range(count))
        _note_failure(import_id, first, error)
    finally:
        db.session.expunge_all()
    return True


def _one(import_id: str, place: int) -> bool:
    """A line by itself; after every few others may write."""
    if place % _LINES_BETWEEN == 0:
        let_others_write()
    return _batch(import_id, 1)


def _apply(found: JobImport, rows: list[ImportLine]) -> None:
    by, at = found.acting, clock.now()
    assert by is not None
    if not all(queries.may_change(by, row.said["branch_id"]) for row in rows):
        raise NotAllowed("not_allowed")  # who goes on with it now is of another branch than who had it checked
    hold_jobs({row.job_id for row in rows if row.job_id})  # a phone or the desk may be at one of them this moment
    known = _known(rows)
    fresh: list[_Fresh] = []
    for row in rows:
        line = line_of(row)
        imported = known.get((line.branch_id, row.known_by)) or known.get(("", row.job_id or ""))
        if row.kind == CHANGED and imported:
            _update(found, row, line, imported, by=by, at=at)
        elif imported:  # the same list, applied by somebody else since the check
            row.outcome, row.job_id = KNOWN, imported.job_id
        else:  # also a changed one: what it was about was undone since the check
            row.kind, row.job_id = NEW, None
            fresh.append(_Fresh(row, line, db.session.get_one(Branch, line.branch_id)))
    with flushed_together():
        _create(found, fresh, by=by, at=at)
    found.done += len(rows)


def _known(rows: list[ImportLine]) -> dict[tuple[str, str], ImportedJob]:
    """(branch, what it is known by) and ('', job) → what is known of the job."""
    found: dict[tuple[str, str], ImportedJob] = {}
    for branch_id in {row.said["branch_id"] for row in rows}:
        keys = [row.known_by for row in rows if row.said["branch_id"] == branch_id]
        for job in queries.imported_by(branch_id, known_by=keys):
            found[branch_id, job.known_by] = job
    for job in queries.imported_jobs({row.job_id for row in rows if row.job_id}):
        found["", job.job_id] = job
    return found


@dataclass
class _Fresh:
    """A line that becomes a job."""

    row: ImportLine
    line: Line
    branch: Branch
    customer: Customer | None = None
    site: Site | None = None
    case: Case | None = None
    job: Job | None = None


def _create(found: JobImport, fresh: list[_Fresh], *, by: Person, at: datetime) -> None:
    """All customers, then all addresses, cases and jobs: each kind goes to the database at once."""
    _add_customers(fresh, by=by, at=at)
    db.session.flush()
    _add_sites(fresh, by=by, at=at)
    db.session.flush()
    for one in fresh:
        assert one.customer
        one.case = open_case(one.customer, case_kind(one.line), one.line.value("case_words"), by=by, at=at)
    db.session.flush()
    for one in fresh:
        assert one.case
        assert one.site
        technician = one.line.value("technician")
        one.job = create_job(
            standing.plan_with(_plan_values(one.line), one.branch),
            number=take_number(one.branch, JOB_LETTER, i18n.local(at, one.branch.timezone).date()),
            case=one.case,
            site=one.site,
            lead=db.session.get(Person, technician) if technician else None,
            by=by,
            at=at,
        )
        one.job.case, one.job.site = one.case, one.site
    db.session.flush()
    for one in fresh:
        assert one.job
        _remember(found, one.row, one.line, one.job)
        one.row.outcome, one.row.job_id = CREATED, one.job.id


def _plan_values(line: Line) -> dict[str, Any]:
    names = ("type", "brief", "visit_on", "window", "priority", "priority_reason", "special_needs", "special_note",
             "bring", "skills", "load_m2", "only_technician", "promised", "amount", "amount_reason")  # fmt: skip
    return {**{name: line.value(name) for name in names}, "planned_minutes": planned_minutes(line)}


def _add_customers(fresh: list[_Fresh], *, by: Person, at: datetime) -> None:
    """The customer of each line: known, of another line of this batch, or new."""
    seen: dict[tuple[str, ...], Customer] = {}
    phones: dict[str, set[str]] = {}
    for one in fresh:
        phones.setdefault(one.branch.id, set()).add(one.line.value("phone"))
    has = {branch_id: queries.names_by_phone(branch_id, wanted) for branch_id, wanted in phones.items()}
    for one in fresh:
        line = one.line
        name, phone, kind = line.value("customer"), line.value("phone"), customer_kind(line)
        address, unit = line.value("address"), line.value("unit")
        place = () if phone or kind == FIRM else (plain(address), plain(unit))
        key = (one.branch.id, phone or plain(name), kind, *place)
        if key not in seen:
            known = None
            if not phone or phone in has[one.branch.id]:
                known = queries.find_customer(
                    one.branch, name=name, phone=phone, kind=kind, address=address, unit=unit
                )
            details = customer_actions.CustomerDetails(name, phone, kind, line.value("address_form"))
            seen[key] = known or customer_actions.add_customer(one.branch, details, by=by, at=at)
        one.customer = seen[key]


def _add_sites(fresh: list[_Fresh], *, by: Person, at: datetime) -> None:
    """The address of each line in the same way."""
    seen: dict[tuple[str, ...], Site] = {}
    for one in fresh:
        assert one.customer
        key = (one.customer.id, plain(one.line.value("address")), plain(one.line.value("unit")))
        if key not in seen:
            seen[key] = _site(one.customer, one.line, by=by, at=at)
        one.site = seen[key]


def _site(customer: Customer, line: Line, *, by: Person, at: datetime) -> Site:
    is_new = not customer.version  # no transaction has written it yet
    found = None if is_new else queries.find_site(customer, address=line.value("address"), unit=line.value("unit"))
    details = customer_actions.SiteDetails(
        address=line.value("address"),
        district=line.value("district"),
        unit=line.value("unit"),
        access_note=line.value("access_note"),
        position=line.point,
        position_source="import" if line.point else "",
    )
    if found is None:
        return customer_actions.add_site(customer, details, by=by, at=at)
    if found.lat is None and line.point:  # the list knows what we did not
        filled = customer_actions.SiteDetails(
            address=found.address, district=found.district or details.district, unit=found.unit,
            access_note=found.access_note or details.access_note, position=line.point, position_source="import",
        )  # fmt: skip
        customer_actions.change_site(found, filled, expected_version=found.version, by=by, at=at)
    return found


def _remember(found: JobImport, row: ImportLine, line: Line, job: Job) -> None:
    db.session.add(
        ImportedJob(
            job_id=job.id,
            branch_id=job.branch_id,
            known_by=row.known_by,
            content_key=row.content_key,
            reference=line.said.get("reference", ""),
            identity=row.said["identity"],
            said=line.said,
            became=standing.values_of(job),
            import_id=found.id,
            last_import_id=found.id,
        )
    )


def _update(found: JobImport, row: ImportLine, line: Line, imported: ImportedJob, *, by: Person, at: datetime) -> None:
    """Changes what the list says anew, if it is still as the list left it."""
    job = queries.jobs_by_id([imported.job_id])[imported.job_id]
    kind, changes, problems = verdict(line, imported, job)
    if kind == CONFLICT:
        row.kind, row.problems, row.changes = CONFLICT, problems, changes
        return
    before = standing.values_of(job)
    wanted = {name: change[1] for name, change in changes.items() if change[1] != change[2]}
    if wanted:
        standing.set_fields(job, wanted, by=by, at=at)
        db.session.flush()
    after = standing.values_of(job)
    row.before = {
        "fields": {name: [before[name], after[name]] for name in after if before[name] != after[name]},
        "imported": {name: getattr(imported, name) for name in REMEMBERED},
    }
    imported.known_by, imported.content_key = row.known_by, row.content_key
    imported.reference = line.said.get("reference", "")
    imported.identity, imported.said = row.said["identity"], line.said
    # only what the list changed is as the list left it; what the desk changed elsewhere stays the desk's
    imported.became = {**imported.became, **{name: after[name] for name in after if before[name] != after[name]}}
    imported.last_import_id = found.id
    row.outcome, row.job_id = UPDATED, job.id


#: what is known of a job and goes back when an update is undone
REMEMBERED = ("known_by", "content_key", "reference", "identity", "said", "became", "last_import_id")


def _note_failure(import_id: str, number: int, error: Exception) -> None:
    """The line stays as it is, with the reason; the others go on."""
    if not isinstance(error, AppError):
        _log.error("line %s of import %s", number, import_id, exc_info=error)
    found = held(import_id, APPLYING)
    if found is None:
        return
    row = db.session.get_one(ImportLine, (import_id, number))
    code, facts = (error.code, error.facts) if isinstance(error, AppError) else ("changed_meanwhile", {})
    row.outcome, row.problems = FAILED, [{"field": "", "code": code, **{k: str(v) for k, v in facts.items()}}]
    found.done += 1
    db.session.commit()
