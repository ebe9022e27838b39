"""Making reports: begun in one transaction, rendered and sealed outside of any, written down in another.

Done twice, at once or after a kill, one file comes of it: the row that was begun says which number, code and time it has.
"""

import hashlib
import io
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.core import audit, clock, files
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.core.i18n import LANGUAGES
from fieldservice.evidence import stamping
from fieldservice.evidence.models import USABLE, VERIFIED, Evidence
from fieldservice.evidence.picture import NoVerdict
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from fieldservice.reports import content, page, pressing, queries, rules, seal
from fieldservice.reports.evidence_file import NAME, Proof, evidence_of
from fieldservice.reports.models import Report, ReportWatch
from fieldservice.visits.queries import visit_of

_log = logging.getLogger("fieldservice.reports")

audit.stands_for(Report, "id", "job_id", "run", "sign_off_id", "revision", "language", "code", "sealed_sha256",
                 "evidence_sha256")  # fmt: skip


@dataclass(frozen=True)
class _Begun:
    """What the press needs, read in the transaction that began it."""

    report_id: str
    content_sha256: str
    sheet: pressing.Sheet
    made_at: datetime


class _NoPictures(Exception):
    """A small copy is not there and could not be made now."""


def make_reports(job_id: str, *, is_asked: bool = False) -> int:
    """Makes what is missing of a job's reports, in every language; how many were made. Commits.

    `is_asked`: somebody waits for it, so what failed a moment ago is tried at once.
    """
    return sum(_make(job_id, language, is_asked=is_asked) for language in LANGUAGES)


def note_seen(version: int) -> None:
    """Jobs up to this version were looked at; the caller commits."""
    watch = db.session.get(ReportWatch, 1)
    if watch is None:
        db.session.add(ReportWatch(id=1, seen_version=version))
    else:
        watch.seen_version = max(watch.seen_version, version)


def _make(job_id: str, language: str, *, is_asked: bool) -> bool:
    begun_id = ""
    try:
        report = _begin(job_id, language, at=clock.now(), is_asked=is_asked)
        if report is None:
            db.session.rollback()
            return False
        begun_id = report.id
        begun = _prepared(report)
        printed = pressing.print_pdf(begun.sheet)
        sealed = seal.seal(printed.pdf, at=begun.made_at)
        return _finish(begun, sealed, printed.pages, at=clock.now())
    except pressing.PressTrouble as error:
        _log.warning("report of job %s: %s", job_id, error)
        _note_fault(begun_id, error.code)
    except AppError as error:
        _log.warning("report of job %s: %s", job_id, error.code)
        _note_fault(begun_id, error.code)
    except _NoPictures as error:
        _log.warning("report of job %s: %s", job_id, error)
        _note_fault(begun_id, "report_pictures")
    except Exception:
        _log.exception("report of job %s", job_id)
        _note_fault(begun_id, "press_failed")
    return False


def _begin(job_id: str, language: str, *, at: datetime, is_asked: bool) -> Report | None:
    """The row of what has to be made, committed; None: there is nothing to make (yet)."""
    job = next(iter(hold_jobs([job_id])), None)
    if job is not None and job.case.customer.erased_at is not None:
        return None
    visit = visit_of(job) if job is not None else None
    if job is None or visit is None or not content.is_ready(job, visit):
        return None
    found = content.found_in(job, visit, language)
    latest = queries.latest(job.id, language, hold=True)
    is_same = latest is not None and latest.content_sha256 == found.sha256 and latest.run == job.run
    if latest is not None and latest.sealed_at is not None:
        if is_same:
            return None
        report = _new(job, language, latest.revision + 1, at)
    elif latest is not None:
        if latest.try_at is not None and latest.try_at > at and is_same and not is_asked:
            return None
        report = latest  # nobody has seen it yet, so it takes what is true now
    else:
        report = _new(job, language, 1, at)
    report.run, report.content_sha256 = job.run, found.sha256
    report.sign_off_id = found.sheet.id if found.sheet else None
    db.session.commit()
    return report


def _new(job: Job, language: str, revision: int, at: datetime) -> Report:
    """The first report of a run in the language of its sheet has the code that the phone shows."""
    code, first = rules.new_code(), queries.code_of_visit(job)
    shown = _sheet_language(job)
    if language == shown and queries.is_code_free(first):
        code = first
    report = Report(job_id=job.id, run=job.run, revision=revision, language=language, code=code, made_at=at,
                    content_sha256="")  # fmt: skip
    db.session.add(report)
    return report


def _sheet_language(job: Job) -> str:
    signed = [sheet for sheet in job.sign_offs if sheet.run == job.run and sheet.kind == "sign_off"]  # type: ignore[attr-defined]
    language = max(signed, key=lambda sheet: (sheet.happened_at, sheet.id)).language if signed else ""
    return language if language in LANGUAGES else LANGUAGES[0]


def _prepared(report: Report) -> _Begun:
    """Page, evidence and pictures as they stand; read in one transaction, which ends here."""
    job = report.job
    visit = visit_of(job)
    found = content.found_in(job, visit, report.language)
    pictures = {photo.id: _picture(photo, report.language) for photo in found.photos if _is_shown(photo)}
    proof = Proof(
        job=job, sheet=found.sheet, spki=found.spki, by_link=found.by_link, photos=found.photos,
        stamped={photo_id: hashlib.sha256(picture).hexdigest() for photo_id, picture in pictures.items()},
        **_chain(found),
    )  # fmt: skip
    replaced = queries.made_before(report)
    sheet = pressing.Sheet(
        page=page.page_of(report, found.content, replaced), evidence=evidence_of(report, proof).encode(),
        evidence_name=NAME, pictures=pictures, title=page.title_of(report, found.content), at=report.made_at,
    )  # fmt: skip
    begun = _Begun(report.id, found.sha256, sheet, report.made_at)
    db.session.rollback()  # the press takes a while: no transaction is held
    return begun


def _is_shown(photo: Evidence) -> bool:
    return photo.blob.state == VERIFIED and photo.blob.picture == USABLE


def _picture(photo: Evidence, language: str) -> bytes:
    try:
        return stamping.report_copy(photo, language).read_bytes()
    except (AppError, NoVerdict, OSError) as error:
        raise _NoPictures(f"no copy of photo {photo.id}: {error}") from error


def _chain(found: content.Found) -> dict[str, Any]:
    """Where what it stands on is in the audit chain, and the chain's end."""
    wanted: dict[str, list[str]] = {"evidence": [photo.id for photo in found.photos]}
    if found.sheet is not None:
        wanted["sign_off"] = [found.sheet.id]
    if found.by_link is not None:
        wanted["link_signature"] = [found.by_link.id]
    chain = [
        {"source_table": table, "source_id": row_id, "seq": place.seq, "entry_hash": place.entry_hash}
        for table, row_ids in wanted.items()
        for row_id, place in sorted(audit.positions_of(table, row_ids).items())
    ]
    head = audit.head()
    return {"chain": chain, "head": {"size": head.size, "entry_hash": head.entry_hash, "root": head.root}}


def _finish(begun: _Begun, sealed: bytes, pages: int, *, at: datetime) -> bool:
    """Keeps the file and says so, unless somebody was quicker or the content has changed meanwhile."""
    row = db.session.scalar(queries.held(begun.report_id))
    if row is None or row.sealed_at is not None or row.content_sha256 != begun.content_sha256:
        db.session.rollback()
        return False
    sha256 = keep_file(sealed)
    row.pdf_sha256 = row.sealed_sha256 = sha256
    row.size, row.pages, row.sealed_at = len(sealed), pages, at
    row.evidence_sha256 = hashlib.sha256(begun.sheet.evidence).hexdigest()
    row.fault, row.try_at = "", None
    earlier = sa.select(Report).where(
        Report.job_id == row.job_id, Report.language == row.language, Report.revision < row.revision,
        Report.superseded_at.is_(None),
    )  # fmt: skip
    for one in db.session.scalars(earlier):
        one.superseded_at = at
    audit.note(
        "report.sealed", entity_type="job", entity_id=row.job_id, by_id=None, at=at, source=row,
        facts={"report": row.id, "code": row.code, "language": row.language, "revision": row.revision, "sha256": sha256},
    )  # fmt: skip
    db.session.commit()
    return True


def keep_file(sealed: bytes) -> str:
    """Brings the file to the disk before the row says so; gives its SHA-256. Raises OSError."""
    files.check_room(len(sealed))
    with files.draft_of(io.BytesIO(sealed), most=len(sealed)) as draft:
        files.keep(draft.path, draft.sha256)
        return draft.sha256


def _note_fault(report_id: str, code: str) -> None:
    db.session.rollback()
    row = db.session.scalar(queries.held(report_id)) if report_id else None
    if row is not None and row.sealed_at is None:
        row.fault, row.tries = code, row.tries + 1
        row.try_at = clock.now() + rules.pause_after(row.tries)
        db.session.commit()
    else:
        db.session.rollback()
