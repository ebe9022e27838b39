"""The small forms that change a visit: who goes, when, both at once from the board, called off, restored."""

from collections.abc import Callable
from datetime import date, datetime
from json import dumps as ascii_json
from typing import Any

from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.accounts.models import Person
from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, NotAllowed, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch import changes, checking, conflict_words, conflicts, queries, rules, undo
from fieldservice.dispatch.payloads import (
    AssignmentForm,
    CancellationForm,
    Form,
    PlacementForm,
    RestorationForm,
    WindowForm,
    read_form,
)
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.people.queries import skill_names
from fieldservice.web.access import is_fragment_request
from fieldservice.web.addresses import local_address
from fieldservice.web.forms import FormState
from fieldservice.web.notices import say


@blueprint.route("/jobs/<job_id>/assignment", methods=["GET", "POST"])
@needs("jobs.assign")
def assignment(job_id: str) -> AnyResponse | str:
    """Who goes."""
    return _form_of(changes.ASSIGNMENT, AssignmentForm, job_id, _assign)


@blueprint.route("/jobs/<job_id>/window", methods=["GET", "POST"])
@needs("jobs.edit")
def window(job_id: str) -> AnyResponse | str:
    """When."""
    return _form_of(changes.WINDOW, WindowForm, job_id, _move)


@blueprint.route("/jobs/<job_id>/placement", methods=["GET", "POST"])
@needs("jobs.edit")
def placement(job_id: str) -> AnyResponse | str:
    """Who goes and when, as it was dropped on the board."""
    return _form_of(changes.PLACEMENT, PlacementForm, job_id, _place)


@blueprint.route("/jobs/<job_id>/cancellation", methods=["GET", "POST"])
@needs("jobs.edit")
def cancellation(job_id: str) -> AnyResponse | str:
    """The visit is called off."""
    return _form_of(changes.CANCELLATION, CancellationForm, job_id, _cancel)


@blueprint.route("/jobs/<job_id>/restoration", methods=["GET", "POST"])
@needs("jobs.edit")
def restoration(job_id: str) -> AnyResponse | str:
    """The visit takes place after all."""
    return _form_of(changes.RESTORATION, RestorationForm, job_id, _restore)


def _form_of(
    name: str, model: type[Any], job_id: str, act: Callable[[Job, Any, actions.Against], str]
) -> AnyResponse | str:
    """GET shows the form; POST acts, or shows it again with what was typed and why it was not taken."""
    if request.method == "GET":
        job = queries.job_for(g.person, job_id)
        return _show(name, job, FormState.of(_values(name, job)))
    job = queries.job_to_change(g.person, job_id)
    state = FormState.typed(request.form)
    since = queries.changes_since(job, state.since) if state.version != job.version else []
    has_moved_on = state.opened.get("state", [job.state]) != [job.state]
    is_clear = state.merge(changes.row_of(name, job, _values(name, job), state.since))
    stops = has_moved_on or any(changes.stops(name, change.kind) for change in since)
    try:
        if stops or not is_clear:
            raise Conflict("changed_meanwhile", version=job.version)
        form: Form = read_form(model, state.data)
        minds, against = _minds(job, form, state)
        said, before = act(job, form, against), job.version
        said = " ".join([said, *minds, *changes.told(since)])
        back = f"{_back(job)}#job-{job.id}"
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        return _show(name, queries.job_for(g.person, job_id), state, error, since)
    return _done(said, back, job if job.version != before else None)


def _minds(job: Job, form: Form, state: FormState) -> tuple[list[str], actions.Against]:
    """What speaks against the wish and is said, and what of it is overruled. Raises RuleBroken where it has to be wished
    once more: of what did not speak against how it is now. `state.minds` keeps the words for the form.
    """
    wish = _wish(job, form)
    if wish is None:
        return [], {}
    check = checking.Check(job, wish.day, by=g.person, at=clock.now())
    now = checking.Wish(job.lead, job.visit_on, job.window_start_at, job.window_end_at)
    found = check.remarks(wish)
    is_the_same_day = now.lead == wish.lead and now.day == wish.day
    known = {(one.code, one.facts.get("skill")) for one in check.remarks(now, with_ways=False) if is_the_same_day}
    new = [one for one in found if (one.code, one.facts.get("skill")) not in known]
    hard, names = [one for one in new if one.level == conflicts.HARD], skill_names()
    state.minds = [conflict_words.words_of(one, names) for one in new if one.level in (conflicts.HARD, conflicts.SOFT)]
    codes = sorted(checking.hard_codes(hard))
    state.values["anyway"] = [" ".join(codes)]
    if set(codes) - set(form.anyway.split()):
        raise RuleBroken("speaks_against")
    return state.minds, checking.overruled(job, wish, hard)


def _wish(job: Job, form: Form) -> checking.Wish | None:
    """What a form asks for; None: neither who nor when. Raises RuleBroken for what cannot be read."""
    if isinstance(form, AssignmentForm):
        return checking.Wish(_technician(job, form.lead), job.visit_on, job.window_start_at, job.window_end_at)
    if isinstance(form, WindowForm):
        return checking.Wish(job.lead, *form.values(job.branch.timezone))
    if isinstance(form, PlacementForm):
        return _wish_of_placement(job, form)
    return None


def _wish_of_placement(job: Job, form: PlacementForm) -> checking.Wish:
    """Who and when, the length of the visit kept. Of a visit that is planned within its window the start moves alone, as
    long as it is still within it: `begins_at`. Raises RuleBroken.
    """
    length = rules.length_of(job.window_start_at, job.window_end_at, job.planned_minutes)
    day, start_at, end_at = form.values(job.branch.timezone, length)
    lead = _technician(job, form.lead)
    if _stays(job, day, start_at):
        return checking.Wish(lead, job.visit_on, job.window_start_at, job.window_end_at, begins_at=start_at)
    return checking.Wish(lead, day, start_at, end_at)


def _values(name: str, job: Job) -> dict[str, Any]:
    """The fields of a form as the job has them."""
    zone = job.branch.timezone
    start, end = (i18n.clock_time(at, zone) if at else "" for at in (job.window_start_at, job.window_end_at))
    planned = job.planned_start_at if _is_planned_apart(job) else None
    day = job.visit_on.isoformat() if job.visit_on else ""
    lead = job.lead_id or ""
    of_forms: dict[str, dict[str, Any]] = {
        changes.ASSIGNMENT: {"lead": lead, "helpers": [person.id for person in job.helpers]},
        changes.WINDOW: {"day": day, "start": start, "end": end},
        changes.PLACEMENT: {"lead": lead, "day": day, "start": i18n.clock_time(planned, zone) if planned else start},
    }
    return of_forms.get(name, {})


def _assign(job: Job, form: AssignmentForm, against: actions.Against) -> str:
    lead = _technician(job, form.lead)
    crew = [_technician(job, person_id) for person_id in form.helpers]
    actions.assign_job(job, lead, [person for person in crew if person], expected_version=job.version, by=g.person,
                       at=clock.now(), against=against)
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


def _move(job: Job, form: WindowForm, against: actions.Against) -> str:
    visit_on, start_at, end_at = form.values(job.branch.timezone)
    actions.move_job(job, visit_on, start_at, end_at, expected_version=job.version, by=g.person, at=clock.now(),
                     is_promised=True, against=against)
    return _("%(customer)s: new time kept.", customer=job.case.customer.address_form)


def _place(job: Job, form: PlacementForm, against: actions.Against) -> str:
    """Gives and moves in one act. Raises NotAllowed, RuleBroken."""
    zone, at = job.branch.timezone, clock.now()
    wish = _wish_of_placement(job, form)
    if form.lead != (job.lead_id or ""):
        if not g.person.can("jobs.assign"):
            raise NotAllowed("not_allowed")
        actions.assign_job(job, wish.lead, job.helpers, expected_version=job.version, by=g.person, at=at, against=against)
        against = {}  # one entry says it
    assert wish.start_at
    assert wish.end_at
    facts = {"customer": job.case.customer.address_form, "name": wish.lead.name if wish.lead else _("nobody yet"),
             "window": i18n.window(wish.start_at, wish.end_at, zone)}
    if wish.begins_at:
        if wish.begins_at != job.planned_start_at:
            actions.plan_start(job, wish.begins_at, expected_version=job.version, by=g.person, at=at, against=against)
        return _("%(customer)s: %(name)s, begins at %(time)s. The window agreed, %(window)s, stays.",
                 time=i18n.clock_time(wish.begins_at, zone), **facts)
    if (wish.day, wish.start_at, wish.end_at) != (job.visit_on, job.window_start_at, job.window_end_at):
        actions.move_job(job, wish.day, wish.start_at, wish.end_at, expected_version=job.version, by=g.person, at=at,
                         against=against)
    return _("%(customer)s: %(name)s, %(window)s.", **facts)


def _is_planned_apart(job: Job) -> bool:
    return rules.is_planned_apart(job.planned_start_at, job.planned_minutes, job.window_start_at, job.window_end_at)


def _stays(job: Job, visit_on: date, start_at: datetime) -> bool:
    """Whether a visit that is drawn where it is planned is put down within the window that was agreed."""
    start, end = job.window_start_at, job.window_end_at
    if not _is_planned_apart(job) or visit_on != job.visit_on or start is None or end is None:
        return False
    return start <= start_at < end


def _cancel(job: Job, form: CancellationForm, _against: actions.Against) -> str:
    actions.cancel_job(job, form.reason, expected_version=job.version, by=g.person, at=clock.now())
    return _("%(customer)s: cancelled.", customer=job.case.customer.address_form)


def _restore(job: Job, form: RestorationForm, _against: actions.Against) -> str:
    actions.restore_job(job, expected_version=job.version, by=g.person, at=clock.now())
    return _("%(customer)s: takes place after all.", customer=job.case.customer.address_form)


def _show(name: str, job: Job, state: FormState, error: AppError | None = None,
          since: list[queries.Change] | None = None) -> AnyResponse:
    inner = "dispatch/_change.html"
    state.opened["state"] = [job.state]  # no field, but no form counts for another state than the one it was opened in
    answer = make_response(render_template(
        inner if is_fragment_request() else "dispatch/change.html", name=name, job=job, form=state, error=error,
        people=_people(job, state) if name in (changes.ASSIGNMENT, changes.PLACEMENT) else [],
        is_planned_apart=_is_planned_apart,
        since=since if isinstance(error, Conflict) else [], back=_back(job)))
    answer.status_code = error.status if error else 200
    return answer


def _people(job: Job, state: FormState) -> list[dict[str, Any]]:
    """Who can be sent, what each already has that day, where that is at the same time, what else speaks against them."""
    busy = queries.crew_windows(job.branch_id, job.visit_on, except_job_id=job.id)
    check, names = checking.Check(job, job.visit_on, by=g.person, at=clock.now()), skill_names()

    def minds(person: Person) -> list[str]:
        wish = checking.Wish(person, job.visit_on, job.window_start_at, job.window_end_at)
        return [conflict_words.words_of(one, names) for one in check.remarks(wish, with_ways=False)
                if one.code in checking.OF_THE_PERSON]

    return [{"person": person, "jobs": busy.get(person.id, []), "is_lead": person.id == state.value("lead"),
             "is_helper": person.id in state.all("helpers"), "minds": minds(person),
             "clashes": [other for other in busy.get(person.id, []) if _is_at_the_same_time(job, other)]}
            for person in queries.technicians_of([job.branch_id])]


def _is_at_the_same_time(job: Job, other: Job) -> bool:
    windows = (job.window_start_at, job.window_end_at, other.window_start_at, other.window_end_at)
    moments = [moment for moment in windows if isinstance(moment, datetime)]
    return len(moments) == 4 and rules.overlap(*moments)


def _done(said: str, back: str, changed: Job | None) -> AnyResponse:
    """Told to the page that asked by htmx, which reads the day again by itself; else back to where one was."""
    if is_fragment_request():
        act = undo.last_act_on(changed, g.person) if changed else None
        told = {"words": said, "undo": url_for("dispatch.take_back", act_id=act) if act else ""}
        # ascii_json: a header holds no Chinese
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": told})})
    say(said)
    return redirect(back, 303)


def _back(job: Job) -> str:
    day_of_it = url_for("dispatch.day", day=job.visit_on.isoformat() if job.visit_on else None)
    return local_address(request.values.get("next"), day_of_it)
