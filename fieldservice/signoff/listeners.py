"""What happens on a visit and matters for what was signed."""

from fieldservice.core.db import db
from fieldservice.core.events import listens_to
from fieldservice.jobs.models import Job
from fieldservice.signoff import actions, queries
from fieldservice.visits.events import ShownContentChanged
from fieldservice.visits.queries import reads_sheets

reads_sheets(queries.sheets_of)


@listens_to(ShownContentChanged)
def need_a_new_signature(event: ShownContentChanged) -> None:
    """A later change makes a new revision."""
    actions.settle_sign_offs(db.session.get_one(Job, event.job_id))
