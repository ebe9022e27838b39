"""Which jobs show what was done on a visit, and so take a new version with it."""

from collections.abc import Iterable

import sqlalchemy as sa

from fieldservice.checklists.models import DRAFT, EVERYWHERE, ChecklistVersion
from fieldservice.core.db import db
from fieldservice.core.versions import touches
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.visits.models import (
    ChargeStatement,
    ChecklistAnswer,
    Incident,
    JobClosure,
    PhotoFlag,
    PhotoMarkup,
)


@touches(ChecklistAnswer)
@touches(ChargeStatement)
@touches(Incident)
@touches(JobClosure)
@touches(Evidence)
def _job_of_row(row: ChecklistAnswer | ChargeStatement | Incident | JobClosure | Evidence) -> Iterable[Job]:
    job = db.session.get(Job, row.job_id) if row.job_id else None
    return [job] if job else []


@touches(PhotoFlag)
@touches(PhotoMarkup)
def _job_of_photo(row: PhotoFlag | PhotoMarkup) -> Iterable[Job]:
    photo = db.session.get(Evidence, row.evidence_id)
    job = db.session.get(Job, photo.job_id) if photo else None
    return [job] if job else []


@touches(ChecklistVersion)
def _jobs_not_begun(version: ChecklistVersion) -> Iterable[Job]:
    """Another version was published: visits that have not begun are done by it."""
    if version.state == DRAFT or not sa.inspect(version).attrs.state.history.has_changes():
        return []
    template = version.template
    query = sa.select(Job).where(Job.type == template.job_type, Job.checklist_id.is_(None), Job.state.not_in(ENDED))
    if template.scope != EVERYWHERE:
        query = query.where(Job.branch_id == template.branch_id)
    return db.session.scalars(query).unique()
