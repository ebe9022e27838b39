"""The small forms that change a visit: who goes, when, called off, restored."""

from collections.abc import Callable
from json import dumps as ascii_json
from typing import Any

from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch import queries, rules
from fieldservice.dispatch.payloads import (
    AssignmentForm,
    CancellationForm,
    Form,
    RestorationForm,
    WindowForm,
    read_form,
)
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.web.access import is_fragment_request
from fieldservice.web.addresses import local_address
from fieldservice.web.notices import say

#: what a form is about: its template, the permission its view has
ASSIGNMENT, WINDOW, CANCELLATION, RESTORATION = "assignment", "window", "cancellation", "restoration"


@blueprint.route("/jobs/<job_id>/assignment", methods=["GET", "POST"])
@needs("jobs.assign")
def assignment(job_id: str) -> AnyResponse | str:
    """Who goes."""
    return _form_of(ASSIGNMENT, AssignmentForm, job_id, _assign)


@blueprint.route("/jobs/<job_id>/window", methods=["GET", "POST"])
@needs("jobs.edit")
def window(job_id: str) -> AnyResponse | str:
    """When."""
    return _form_of(WINDOW, WindowForm, job_id, _move)


@blueprint.route("/jobs/<job_id>/cancellation", methods=["GET", "POST"])
@needs("jobs.edit")
def cancellation(job_id: str) -> AnyResponse | str:
    """The visit is called off."""
    return _form_of(CANCELLATION, CancellationForm, job_id, _cancel)


@blueprint.route("/jobs/<job_id>/restoration", methods=["GET", "POST"])
@needs("jobs.edit")
def restoration(job_id: str) -> AnyResponse | str:
    """The visit takes place after all."""
    return _form_of(RESTORATION, RestorationForm, job_id, _restore)


def _form_of(name: str, model: type[Any], job_id: str, act: Callable[[Job, Any], str]) -> AnyResponse | str:
    """GET shows the form; POST acts, or shows it again with what was typed and why it was not taken."""
    if request.method == "GET":
        return _show(name, queries.job_for(g.person, job_id), None)
    job = queries.job_to_change(g.person, job_id)
    form: Form = read_form(model, request.form)
    try:
        said = act(job, form)
        back = f"{_back(job)}#job-{job.id}"
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        return _show(name, queries.job_for(g.person, job_id), form, error)
    return _done(said, back)


def _assign(job: Job, form: AssignmentForm) -> str:
    lead = _technician(job, form.lead)
    crew = [_technician(job, person_id) for person_id in form.helpers]
    actions.assign_job(job, lead, [person for person in crew if person], expected_version=form.version, by=g.person,
                       at=clock.now())
    return _("%(customer)s: %(name)s goes.", customer=job.case.customer.address_form, name=lead.name) if lead else _(
        "%(customer)s: nobody goes yet.", customer=job.case.customer.address_form)


def _technician(job: Job, person_id: str) -> Person | None:
    """One of those the form offers, or of the crew; anybody else is not to be guessed. Raises RuleBroken."""
    if not person_id:
        return None
    offered = {person.id: person for person in [*queries.technicians_of([job.branch_id]), *_crew(job)]}
    if person_id not in offered:
        raise RuleBroken("not_a_technician")
    return offered[person_id]


def _crew(job: Job) -> list[Person]:
    return [*([job.lead] if job.lead else []), *job.helpers]


def _move(job: Job, form: WindowForm) -> str:
    visit_on, start_at, end_at = form.values(job.branch.timezone)
    actions.move_job(job, visit_on, start_at, end_at, expected_version=form.version, by=g.person, at=clock.now())
    return _("%(customer)s: new time kept.", customer=job.case.customer.address_form)


def _cancel(job: Job, form: CancellationForm) -> str:
    actions.cancel_job(job, form.reason, expected_version=form.version, by=g.person, at=clock.now())
    return _("%(customer)s: cancelled.", customer=job.case.customer.address_form)


def _restore(job: Job, form: RestorationForm) -> str:
    actions.restore_job(job, expected_version=form.version, by=g.person, at=clock.now())
    return _("%(customer)s: takes place after all.", customer=job.case.customer.address_form)


def _show(name: str, job: Job, form: Form | None, error: AppError | None = None) -> AnyResponse:
    inner = "dispatch/_change.html"
    answer = make_response(render_template(
        inner if is_fragment_request() else "dispatch/change.html", name=name, job=job, form=form, error=error,
        people=_people(job, form) if name == ASSIGNMENT else [],
        clashes=queries.changes_since(job, form.version) if form and isinstance(error, Conflict) else [],
        back=_back(job)))
    answer.status_code = error.status if error else 200
    return answer


def _people(job: Job, form: Form | None) -> list[dict[str, Any]]:
    """Who can be sent, what each already has that day, and where that is at the same time."""
    busy = queries.crew_windows(job.branch_id, job.visit_on, except_job_id=job.id)
    lead_id = form.lead if isinstance(form, AssignmentForm) else job.lead_id
    helper_ids = form.helpers if isinstance(form, AssignmentForm) else [person.id for person in job.helpers]
    return [{"person": person, "jobs": busy.get(person.id, []), "is_lead": person.id == lead_id,
             "is_helper": person.id in helper_ids,
             "clashes": [other for other in busy.get(person.id, []) if _is_at_the_same_time(job, other)]}
            for person in queries.technicians_of([job.branch_id])]


def _is_at_the_same_time(job: Job, other: Job) -> bool:
    if not (job.window_start_at and job.window_end_at and other.window_start_at and other.window_end_at):
        return False
    return rules.overlap(job.window_start_at, job.window_end_at, other.window_start_at, other.window_end_at)


def _done(said: str, back: str) -> AnyResponse:
    """Told to the page that asked by htmx, which reads the day again by itself; else back to where one was."""
    if is_fragment_request():
        # ascii_json: a header holds no Chinese
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": {"words": said}})})
    say(said)
    return redirect(back, 303)


def _back(job: Job) -> str:
    day_of_it = url_for("dispatch.day", day=job.visit_on.isoformat() if job.visit_on else None)
    return local_address(request.values.get("next"), day_of_it)
