"""Reads of reports."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

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


def troubled(branch_ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """(job id, number, fault) of jobs whose report could not be made, one each; the oldest first."""
    query = (
        sa.select(Job.id, Job.number, sa.func.min(Report.fault))
        .join(Report, Report.job_id == Job.id)
        .where(Job.branch_id.in_(branch_ids), Report.sealed_at.is_(None), Report.fault != "")
        .group_by(Job.id, Job.number)
        .order_by(sa.func.min(Report.id))
        .limit(_MOST)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


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
