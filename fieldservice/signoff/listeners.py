"""What happens on a visit and matters for what was signed."""

from fieldservice.core.db import db
from fieldservice.core.events import listens_to
from fieldservice.jobs.events import RunChanged
from fieldservice.jobs.models import Job
from fieldservice.signoff import actions, queries
from fieldservice.visits.events import ShownContentChanged
from fieldservice.visits.queries import reads_sheets

reads_sheets(queries.sheets_of)


@listens_to(ShownContentChanged)
def need_a_new_signature(event: ShownContentChanged) -> None:
    """A later change makes a new revision."""
    actions.outdate_sign_offs(event.job_id)


@listens_to(RunChanged)
def let_late_sheets_stand(event: RunChanged) -> None:
    """The dispatcher gave the job back to whom it was taken from."""
    actions.restore_late_sheets(db.session.get_one(Job, event.job_id))
