"""Which job shows a sheet, and so takes a new version with it."""

from collections.abc import Iterable

from fieldservice.core.db import db
from fieldservice.core.versions import touches
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff


@touches(SignOff)
def _job_of_sheet(sheet: SignOff) -> Iterable[Job]:
    job = sheet.job or (db.session.get(Job, sheet.job_id) if sheet.job_id else None)
    return [job] if job else []
