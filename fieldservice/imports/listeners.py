"""What imports add to pages of features above them: where a job came from."""

from flask import g, render_template

from fieldservice.imports import queries
from fieldservice.jobs.models import Job
from fieldservice.web.panels import panel_on


@panel_on("job")
def origin(job: Job) -> str:
    """The list and the reference a job came with; '' for one that was entered by hand."""
    found = queries.import_of_job(job)
    if found is None:
        return ""
    job_import, known = found
    may_open = g.person.can("jobs.edit") and (g.person.sees_all_branches or job_import.branch_id == g.person.branch_id)
    return render_template("imports/_origin.html", found=job_import, known=known, may_open=may_open)
