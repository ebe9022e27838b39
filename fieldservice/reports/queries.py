"""Reads of reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import selectinload

from fieldservice.accounts.models import Person
from fieldservice.core import files, json
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for
from fieldservice.jobs.rules import ACCEPTED, ARRIVED, ASSIGNED, EN_ROUTE, WORKING
from fieldservice.reports import rules
from fieldservice.reports.models import Report, ReportWatch

#: looked at in one go
_MOST = 200
#: states in which a phone must know the code of the visit's report: it may be without signal from now on
_SHOWN_IN = rules.REPORTED | {ASSIGNED, ACCEPTED, EN_ROUTE, ARRIVED, WORKING}


def reports_of(job: Job) -> list[Report]:
    """Every revision of a job, the latest first, Chinese before English."""
    query = sa.select(Report).filter_by(job_id=job.id)
    return list(db.session.scalars(query.order_by(Report.revision.desc(), Report.language.desc())))


def report_for(viewer: Person, job_id: str, report_id: str) -> Report:
    """A report that is made, of a job this person sees. Raises NotFound."""
    job = job_for(viewer, job_id)
    found = db.session.get(Report, report_id)
    if found is None or found.job_id != job.id or found.sealed_at is None:
        raise NotFound()
    return found


def offered_for(job_ids: Iterable[str]) -> dict[str, list[Report]]:
    """Job id → its latest reports that are made, Chinese first; one query."""
    query = sa.select(Report).where(
        Report.job_id.in_(set(job_ids)), Report.sealed_at.is_not(None), Report.superseded_at.is_(None)
    )
    found: dict[str, list[Report]] = {}
    for report in db.session.scalars(query.order_by(Report.job_id, Report.language.desc())):
        found.setdefault(report.job_id, []).append(report)
    return found


def latest(job_id: str, language: str, *, hold: bool = False) -> Report | None:
    """The latest revision, made or not; None: there is none. `hold`: nobody else changes it until the commit."""
    query = sa.select(Report).filter_by(job_id=job_id, language=language).order_by(Report.revision.desc()).limit(1)
    if hold:
        query = query.with_for_update(of=Report).execution_options(populate_existing=True)
    return db.session.scalar(query)


def held(report_id: str) -> sa.Select[Report]:
    """Asks for a report that nobody else changes until the commit."""
    query = sa.select(Report).filter_by(id=report_id).with_for_update(of=Report)
    return query.execution_options(populate_existing=True)


def made_before(report: Report) -> Report | None:
    """The revision it takes the place of; None: it is the first that was made."""
    query = sa.select(Report).where(
        Report.job_id == report.job_id, Report.language == report.language, Report.revision < report.revision,
        Report.sealed_at.is_not(None),
    )  # fmt: skip
    return db.session.scalar(query.order_by(Report.revision.desc()).limit(1))


def is_code_free(code: str) -> bool:
    """Whether no report has this code."""
    return db.session.scalar(sa.select(Report.id).filter_by(code=code)) is None


def code_of_visit(job: Job) -> str:
    """The code the phone shows for the present run, '' while there is nothing to show; the first report carries it."""
    return rules.code_of_visit(job.id, job.run, job.sign_nonce) if job.state in _SHOWN_IN else ""


def address_of(code: str) -> str:
    """Where anybody checks the report with this code."""
    return f"{current_app.config['BASE_URL']}/verify/{rules.shown_code(code)}"


def verification_address(job: Job) -> str:
    """Where the report of the present run can be checked once it is made; '' while there is nothing to show."""
    code = code_of_visit(job)
    return address_of(code) if code else ""


def changed_jobs(after: int) -> Sequence[tuple[str, str, int]]:
    """(id, state, version) of the next jobs that changed after that version, in order."""
    query = sa.select(Job.id, Job.state, Job.version).where(Job.version > after).order_by(Job.version, Job.id)
    return [(row.id, row.state, row.version) for row in db.session.execute(query.limit(_MOST))]


def seen_version() -> int:
    """Up to which version jobs were looked through."""
    return db.session.scalar(sa.select(ReportWatch.seen_version)) or 0


def unfinished(at: datetime) -> list[str]:
    """Ids of jobs with a report whose making was begun and that is to be tried (again) by now, the oldest first."""
    query = sa.select(Report.job_id).where(Report.sealed_at.is_(None), Report.superseded_at.is_(None))
    due = query.where(sa.or_(Report.try_at.is_(None), Report.try_at <= at))
    return list(dict.fromkeys(db.session.scalars(due.order_by(Report.id).limit(_MOST))))


@dataclass(frozen=True)
class Trouble:
    """A report that could not be made. What hinders all of them: the visit that waits longest, and how many do."""

    job_id: str
    number: str
    type: str
    customer: str
    lead: str
    fault: str
    since: datetime
    jobs: int = 1


def troubled(branch_ids: Sequence[str], before: datetime, limit: int) -> list[Trouble]:
    """Visits whose report was begun before that moment and could not be made, the oldest first. What hinders them all is
    given once, with how many wait for it. Two queries.
    """
    waits = (Job.branch_id.in_(branch_ids), Job.state.in_(rules.REPORTED), Report.sealed_at.is_(None),
             Report.superseded_at.is_(None), Report.fault != "", Report.made_at <= before)  # fmt: skip
    shared = sa.or_(Report.fault.in_(rules.SHARED_FAULTS), Report.fault.startswith(rules.SEAL_FAULTS))
    counted = sa.select(Report.fault, sa.func.count(sa.distinct(Report.job_id)), sa.func.min(Report.id))
    faults = db.session.execute(counted.join(Job, Job.id == Report.job_id).where(*waits, shared).group_by(Report.fault))
    jobs_by_report = {report_id: jobs for _fault, jobs, report_id in faults}
    one_each = sa.select(sa.func.min(Report.id)).join(Job, Job.id == Report.job_id).where(*waits, ~shared)
    wanted = sa.or_(Report.id.in_(jobs_by_report), Report.id.in_(one_each.group_by(Report.job_id)))
    query = sa.select(Report).where(wanted).order_by(Report.id).limit(limit)
    # by a query of its own: joined, the way over the case's product leaves the job's site without its customer
    rows = db.session.scalars(query.options(selectinload(Report.job))).unique()
    return [_trouble(row, jobs_by_report.get(row.id, 1)) for row in rows]


def _trouble(report: Report, jobs: int) -> Trouble:
    job = report.job
    return Trouble(job.id, job.number, job.type, job.case.customer.address_form, job.lead.name if job.lead else "",
                   report.fault, report.made_at, jobs)  # fmt: skip


def pdf_of(report: Report) -> bytes:
    """The file that is handed out now. Raises NotFound when it is not on the disk."""
    path = files.path_of(report.pdf_sha256 or "")
    if report.pdf_sha256 is None or not path.is_file():
        raise NotFound("not_ready")
    return path.read_bytes()


def press_state_path() -> Path:
    """Where the worker says whether reports can be made."""
    folder: Path = current_app.config["DATA_DIR"]
    return folder / "press.state"


def press_state() -> dict[str, Any]:
    """{"ok", "found", "by"} as the worker last wrote it; {} when it has not looked yet."""
    try:
        found: dict[str, Any] = json.loads(press_state_path().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found
