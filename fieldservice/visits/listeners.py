"""What a visit does when something above it changes, and who may see its photos."""

from collections.abc import Sequence

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.core.events import listens_to
from fieldservice.core.versions import touch
from fieldservice.evidence.access import reader
from fieldservice.evidence.events import BlobChanged, PictureChecked
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.events import RunChanged
from fieldservice.jobs.models import Job, JobHelper
from fieldservice.jobs.queries import jobs_for
from fieldservice.visits import stamps  # noqa: F401 - says what a stamp says
from fieldservice.visits.flags import look_at_photos_with
from fieldservice.visits.queries import pinned_in_run


@listens_to(RunChanged)
def pin_as_the_run_was(event: RunChanged) -> None:
    """Who goes on with an own run goes on with the checklist of its answers."""
    job = db.session.get_one(Job, event.job_id)
    job.checklist_id = pinned_in_run(job)


@listens_to(BlobChanged)
def show_the_new_state(event: BlobChanged) -> None:
    """Every job that shows these bytes takes a new version."""
    shown = sa.select(Evidence.job_id).filter_by(sha256=event.sha256).distinct()
    for job_id in db.session.scalars(shown).all():
        touch(db.session.get_one(Job, job_id))  # of many photos of one job it is read once


@listens_to(PictureChecked)
def look_for_flags(event: PictureChecked) -> None:
    """What it looks like is known now: was it used before?"""
    look_at_photos_with(event.sha256)


@reader
def sees_a_job_with_it(person: Person, photos: Sequence[Evidence]) -> bool:
    """At the desk whoever sees the job, on the road whoever goes there."""
    job_ids = {photo.job_id for photo in photos}
    helped = sa.select(JobHelper.job_id).filter_by(person_id=person.id)
    seen = [Job.lead_id == person.id, Job.id.in_(helped)]
    if person.can("desk.read"):
        seen.append(Job.id.in_(jobs_for(person).with_only_columns(Job.id)))
    query = sa.select(Job.id).where(Job.id.in_(job_ids), sa.or_(*seen))
    return db.session.scalar(query.limit(1)) is not None
