"""Reports where they are offered: on the pages of job and case, and behind the customer's link."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, after_this_request, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.accounts.actions import note_access
from fieldservice.cases.models import Case
from fieldservice.core import clock, queue
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.errors import NotFound
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs, public
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for, jobs_for
from fieldservice.portal.access import Linked, opened_link
from fieldservice.portal.queries import visit_of
from fieldservice.reports import queries, rules, tasks
from fieldservice.reports.models import Report
from fieldservice.reports.words import LANGUAGES, fault_words
from fieldservice.web.notices import say
from fieldservice.web.panels import marks_on, panel_on
from fieldservice.web.visit_words import size_words

blueprint = Blueprint("reports", __name__)


@panel_on("job")
def _reports_of_job(job: Job) -> str:
    if job.state not in rules.REPORTED:
        return ""
    reports = queries.reports_of(job)
    made = [one for one in reports if one.sealed_at is not None]
    waiting = [one for one in reports if one.sealed_at is None]
    fault = next((one for one in waiting if one.fault), None)
    return render_template(
        "reports/_reports.html", job=job, latest=[one for one in made if one.superseded_at is None],
        earlier=[one for one in made if one.superseded_at is not None], fault=fault,
        is_made=bool(waiting), languages=LANGUAGES, fault_words=fault_words, shown_code=rules.shown_code,
        size_words=size_words, zone=job.branch.timezone,
    )  # fmt: skip


@panel_on("case")
def _reports_of_case(case: Case) -> str:
    jobs = list(db.session.scalars(jobs_for(g.person).where(Job.case_id == case.id).order_by(Job.id)).unique())
    found = queries.offered_for(job.id for job in jobs)
    rows = [(job, found[job.id]) for job in jobs if job.id in found]
    if not rows:
        return ""
    return render_template("reports/_case.html", rows=rows, languages=LANGUAGES, shown_code=rules.shown_code)


@marks_on("customer_visit")
def _reports_of_visits(visits: Sequence[Linked]) -> dict[str, str]:
    found = queries.offered_for(visit.id for visit in visits)
    return {
        visit.id: render_template("reports/_customer.html", reports=found[visit.id], token=visit.token,
                                  languages=LANGUAGES, size_words=size_words)
        for visit in visits
        if visit.id in found
    }  # fmt: skip


@blueprint.post("/jobs/<job_id>/reports")
@needs("jobs.close")
def make(job_id: str) -> AnyResponse:
    """Has the report of a visit made now: one that failed, or one of a visit from before there were reports."""
    job = job_for(g.person, job_id)
    address = f"/jobs/{job.id}#reports"
    if job.state in rules.REPORTED:
        db.session.rollback()
        queue.later(tasks.make, job_id)
        say(_("The report is being made. Look again in a moment."))
    return redirect(address, 303)


@blueprint.get("/jobs/<job_id>/reports/<report_id>.pdf")
@needs("evidence.original")
def download(job_id: str, report_id: str) -> Response:
    """The sealed file, with everything that was signed attached: for who may see evidence."""
    report = queries.report_for(g.person, job_id, report_id)
    pdf = queries.pdf_of(report)
    _note(report)
    return _file(report, pdf)


@blueprint.get("/c/<token>/visits/<job_id>/reports/<report_id>.pdf")
@public
def download_by_link(token: str, job_id: str, report_id: str) -> AnyResponse:
    """The latest report of a visit of the case, for its customer."""
    @after_this_request
    def unlisted(answer: Response) -> Response:
        answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return answer

    return _by_link(token, job_id, report_id, clock.now())


def _by_link(token: str, job_id: str, report_id: str, at: datetime) -> AnyResponse:
    try:
        job = visit_of(opened_link(token, at=at), job_id)
        report = next((one for one in queries.offered_for([job.id]).get(job.id, []) if one.id == report_id), None)
        if report is None:
            raise NotFound()
        pdf = queries.pdf_of(report)
    except NotFound:
        return Response(render_template("portal/gone.html"), 404)
    _note(report)
    return _file(report, pdf)


def _file(report: Report, pdf: bytes) -> Response:
    answer = Response(pdf, mimetype="application/pdf")
    name = f"{report.job.number}-{report.language}-{report.revision}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _note(report: Report) -> None:
    """Written before the first byte goes; a GET only reads, so it takes a transaction of its own."""
    report_id, person = report.id, g.get("person")
    with transaction_mode("write"):
        row = db.session.get_one(Report, report_id)
        note_access("report_downloaded", by=person, at=clock.now(), subject=row, address=request.remote_addr or "")
        db.session.commit()
