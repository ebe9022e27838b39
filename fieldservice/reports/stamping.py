"""Trusted time, added later: a worker asks the authority for reports that have none, as long as it takes."""

import logging
from datetime import datetime

import sqlalchemy as sa
from flask import current_app

from fieldservice.core import audit, clock, files
from fieldservice.core.db import db
from fieldservice.reports import queries, seal
from fieldservice.reports.actions import keep_file
from fieldservice.reports.models import Report

_log = logging.getLogger("fieldservice.reports")

#: asked for in one go: an authority is somebody else's machine
_AT_ONCE = 20


def add_time() -> int:
    """Has the reports that stand without trusted time dated, the oldest first; how many were. Commits.

    One answer that does not come ends it until the next minute: no report waits for it, all stand as they are.
    """
    if not current_app.config["TIME_STAMP_URL"]:
        return 0
    done = 0
    for report_id in _without_time():
        try:
            done += _stamp(report_id)
        except (seal.NoTime, OSError) as error:
            db.session.rollback()
            _log.warning("no trusted time for reports: %s", error)
            break
    return done


def _without_time() -> list[str]:
    query = sa.select(Report.id).where(Report.sealed_at.is_not(None), Report.time_stamped_at.is_(None))
    found = list(db.session.scalars(query.order_by(Report.id).limit(_AT_ONCE)))
    db.session.rollback()  # nothing is held while the authority is asked
    return found


def _stamp(report_id: str) -> bool:
    row = db.session.get_one(Report, report_id)
    path, before = files.path_of(row.pdf_sha256 or ""), row.pdf_sha256
    if not path.is_file():
        _log.warning("report %s is not on the disk", report_id)
        db.session.rollback()
        return False
    pdf = path.read_bytes()
    db.session.rollback()
    found = seal.stamp_time(pdf)
    if found is None:
        return False
    stamped, at = found
    return _note(report_id, before, stamped, at)


def _note(report_id: str, before: str | None, stamped: bytes, stamped_at: datetime) -> bool:
    """The file with the time takes the place of the one without, which stays on the disk, unless somebody was quicker."""
    row = db.session.scalar(queries.held(report_id))
    if row is None or row.time_stamped_at is not None or row.pdf_sha256 != before:
        db.session.rollback()
        return False
    row.pdf_sha256, row.size, row.time_stamped_at = keep_file(stamped), len(stamped), stamped_at
    audit.note(
        "report.time_stamped", entity_type="job", entity_id=row.job_id, by_id=None, at=clock.now(),
        facts={"report": row.id, "sha256": row.pdf_sha256, "time": stamped_at},
    )  # fmt: skip
    db.session.commit()
    return True
