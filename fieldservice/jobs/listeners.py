"""What jobs add to pages of features above them, beside the visits of a customer (`views`)."""

from flask import render_template

from fieldservice.checklists.models import ChecklistVersion
from fieldservice.jobs import planned  # noqa: F401 registers who has which visits
from fieldservice.jobs.checklist_use import checklist_use
from fieldservice.web.panels import panel_on


@panel_on("checklist_publishing")
def visits_concerned(version: ChecklistVersion) -> str:
    """For whom publishing this version changes what."""
    return render_template("jobs/_checklist_use.html", version=version, use=checklist_use(version.template))
