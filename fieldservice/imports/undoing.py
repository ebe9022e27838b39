"""Undoing: jobs that nobody touched since are cancelled, changes are changed back; what was touched stays and is named.

Nothing is deleted: phones may hold the jobs, and numbers are given out once. Customers and addresses stay.
"""

from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotAllowed
from fieldservice.core.i18n import gettext as _
from fieldservice.imports import queries, standing
from fieldservice.imports.applying import REMEMBERED
from fieldservice.imports.models import ImportedJob, ImportLine, JobImport
from fieldservice.imports.rules import (
    CHANGED,
    CREATED,
    LEFT,
    NEW,
    TAKEN_BACK,
    UNDOING,
    UNDONE,
    UPDATED,
)
from fieldservice.imports.working import BATCH, for_a_while, held
from fieldservice.jobs.actions import cancel_job
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs


def undo_for_a_while(import_id: str) -> bool:
    """Undoes lines for some seconds; whether there is more to do."""
    return for_a_while(_batch, import_id)


def _batch(import_id: str, size: int = BATCH) -> bool:
    found = held(import_id, UNDOING)
    if found is None:
        return False
    assert found.acting is not None
    rows = queries.next_lines(found, (NEW, CHANGED), (CREATED, UPDATED), size, backwards=True)
    if not rows:
        found.state, found.done = UNDONE, found.total
        db.session.commit()
        return False
    hold_jobs({row.job_id for row in rows if row.job_id})  # else a step taken this moment would be cancelled unseen
    jobs = queries.jobs_by_id(row.job_id for row in rows if row.job_id)
    known = {one.job_id: one for one in queries.imported_jobs(jobs)}
    touched = queries.touched_jobs(row.job_id for row in rows if row.job_id and row.outcome == CREATED)
    with i18n.speaking(found.acting.language or "zh"):
        reason = _("The import of %(file)s was undone.", file=found.file_name[:80])
        for row in rows:
            job = jobs[row.job_id or ""]
            _undo(found, row, job, known.get(job.id), is_touched=job.id in touched, reason=reason)
    found.done += len(rows)
    db.session.commit()
    db.session.expunge_all()
    return True


def _undo(
    found: JobImport, row: ImportLine, job: Job, known: ImportedJob | None, *, is_touched: bool, reason: str
) -> None:
    assert found.acting is not None
    try:
        if not queries.may_change(found.acting, job.branch_id):
            raise NotAllowed("not_allowed")
        if row.outcome == UPDATED:
            _change_back(found, row, job, known)
        elif is_touched:
            _leave(row, "touched_since")
        else:
            cancel_job(job, reason, expected_version=job.version, by=found.acting, at=clock.now())
            if known is not None:
                db.session.delete(known)  # the same list again is new again
            row.outcome = TAKEN_BACK
    except AppError as error:
        _leave(row, error.code)


def _change_back(found: JobImport, row: ImportLine, job: Job, known: ImportedJob | None) -> None:
    """Fields that are still as the import left them are as before; the others are named."""
    now = standing.values_of(job)
    fields = row.before["fields"]
    back = {name: before for name, (before, after) in fields.items() if now[name] == after}
    if job.state not in standing.OPEN_STATES:
        _leave(row, "job_under_way")
        return
    if known is None or known.last_import_id != found.id:
        _leave(row, "imported_since")
        return
    assert found.acting is not None
    if back:
        standing.set_fields(job, back, by=found.acting, at=clock.now())
    for name in REMEMBERED:
        setattr(known, name, row.before["imported"][name])
    if len(back) == len(fields):
        row.outcome = TAKEN_BACK
    else:
        row.outcome = LEFT
        row.problems = [{"field": name, "code": "changed_at_desk"} for name in fields if name not in back]


def _leave(row: ImportLine, code: str) -> None:
    row.outcome, row.problems = LEFT, [{"field": "", "code": code}]
