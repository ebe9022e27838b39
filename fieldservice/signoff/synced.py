"""Which job shows a sheet, and so takes a new version with it."""

from collections.abc import Iterable

from fieldservice.core.db import db
from fieldservice.core.versions import touches
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import LinkSignature, SignOff


@touches(SignOff)
def _job_of_sheet(sheet: SignOff) -> Iterable[Job]:
    job = sheet.job or (db.session.get(Job, sheet.job_id) if sheet.job_id else None)
    return [job] if job else []


@touches(LinkSignature)
def _job_of_link_signature(signature: LinkSignature) -> Iterable[Job]:
    sheet = signature.sign_off or db.session.get(SignOff, signature.sign_off_id)
    return _job_of_sheet(sheet) if sheet else []
