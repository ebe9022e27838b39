"""The visit at the desk: photos, on-site conduct and charges on its job's page; closing it, doing without a photo."""

from collections.abc import Callable, Sequence

from flask import Blueprint, g, make_response, redirect, render_template, request, send_file
from werkzeug.wrappers import Response

from fieldservice.checklists.models import EVERYWHERE
from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import needs
from fieldservice.evidence.models import Evidence
from fieldservice.evidence.picture import NoVerdict
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for
from fieldservice.visits import actions, flags, markup, queries, rules, tasks
from fieldservice.visits.desk import DeskVisit, content_language, desk_visit
from fieldservice.visits.flag_words import ICONS as FLAG_ICONS
from fieldservice.visits.flag_words import NAMES as FLAG_NAMES
from fieldservice.visits.gallery import state_of
from fieldservice.visits.payloads import NoteForm, ReasonForm, read_rows
from fieldservice.visits.photo_page import photo_page
from fieldservice.visits.stamps import exact_time, span_words
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.checklist_words import helpers as checklist_helpers
from fieldservice.web.forms import FormState, expected_version, read_form
from fieldservice.web.notices import say
from fieldservice.web.panels import marks_on, panel_on
from fieldservice.web.visit_words import helpers as visit_helpers
from fieldservice.web.visit_words import quantity, size_words
from fieldservice.web.words import reason_words

blueprint = Blueprint("visits", __name__)
blueprint.record_once(
    lambda state: state.app.jinja_env.globals.update(
        checklist_helpers(), quantity=quantity, size_words=size_words, **visit_helpers()
    )
)

Answer = str | Response

PHOTO_STATES = {
    "on_phone": _l("Still on the phone"), "arriving": _l("On its way"), "checking": _l("Here, being checked"),
    "unchecked": _l("Here, but it could not be checked yet"),
    "usable": _l("Usable"), "unusable": _l("Cannot be used"), "waived": _l("Done without"),
}  # fmt: skip
PHOTO_ICONS = {
    "on_phone": "smartphone", "arriving": "cloud-upload", "checking": "hourglass", "unchecked": "circle-alert",
    "usable": "image", "unusable": "image-off", "waived": "image-off",
}  # fmt: skip
SOURCE_WORDS = {"camera": _l("camera"), "gallery": _l("from the gallery")}


@panel_on("job_top")
def _top(job: Job) -> str:
    """What has to be seen before anything else: incidents, and whether the visit is closed."""
    return render_template("visits/_top.html", job=job, shown=_shown(job))


@panel_on("job")
def _parts(job: Job) -> str:
    return render_template("visits/_panels.html", **_values(job))


@marks_on("job")
def _closed_ones(jobs: Sequence[Job]) -> dict[str, str]:
    ends = queries.open_ends_of(jobs)
    return {job_id: render_template("visits/_ends.html", ends=found) for job_id, found in ends.items()}


@blueprint.get("/jobs/<job_id>/visit")
@needs("desk.read")
def show(job_id: str) -> Answer:
    """The parts of the page that change by themselves; nothing when the page has this version of the job."""
    note_automatic_request()
    job = job_for(g.person, job_id)
    if not is_fragment_request():
        return redirect(f"/jobs/{job.id}")
    if request.args.get("since") == str(job.version):
        return Response(status=204)
    return render_template("visits/_fragment.html", **_values(job))


@blueprint.route("/jobs/<job_id>/closing", methods=["GET", "POST"])
@needs("jobs.close")
def closing(job_id: str) -> Answer:
    """Closes a visit that has ended."""
    job = job_for(g.person, job_id, to_change=request.method == "POST")
    if request.method == "GET":
        return _closing_page(job)
    if queries.is_closed(job):
        return _done(job, reason_words("closed_already"))
    version = expected_version(request.form)
    try:
        actions.close_job(job, expected_version=version, by=g.person, at=clock.now())
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        return _closing_page(job_for(g.person, job_id), error)
    return _done(job, _("The visit is closed."))


@blueprint.route("/jobs/<job_id>/reopening", methods=["GET", "POST"])
@needs("jobs.close")
def reopening(job_id: str) -> Answer:
    """Takes the closing back."""
    job = job_for(g.person, job_id, to_change=request.method == "POST")
    if not queries.is_closed(job):
        return _done(job, reason_words("not_closed"))
    version = expected_version(request.form)

    def act(reason: str) -> None:
        actions.reopen_job(job, reason, expected_version=version, by=g.person, at=clock.now())

    return _with_reason(job, "visits/reopening.html", act, _("The visit is open again."))


@blueprint.route("/jobs/<job_id>/photos/<evidence_id>/waiver", methods=["GET", "POST"])
@needs("jobs.close")
def waiver(job_id: str, evidence_id: str) -> Answer:
    """The office does without a picture that cannot be used, or that never comes."""
    job = job_for(g.person, job_id, to_change=request.method == "POST")
    photo = queries.photo_of(job, evidence_id)
    if photo.is_void or photo.waived_at is not None or not rules.can_be_waived(photo, clock.now()):
        return _done(job, reason_words("photo_not_unusable"))

    def act(reason: str) -> None:
        actions.waive_photo(photo, reason, by=g.person, at=clock.now())

    return _with_reason(job, "visits/waiver.html", act, _("The office does without this photo."), photo)


@blueprint.get("/jobs/<job_id>/photos/<evidence_id>")
@needs("desk.read")
def photo(job_id: str, evidence_id: str) -> Answer:
    """Everything that is known of one photo."""
    job = job_for(g.person, job_id)
    return _photo_page(job, queries.photo_of(job, evidence_id))


@blueprint.post("/jobs/<job_id>/photos/<evidence_id>/flags/<kind>")
@needs("evidence.review")
def look_at_flag(job_id: str, evidence_id: str, kind: str) -> Answer:
    """Somebody has looked at what speaks against a photo, and says what it is."""
    job = job_for(g.person, job_id, to_change=True)
    photo = queries.photo_of(job, evidence_id)
    state = FormState.typed(request.form)
    form = read_form(NoteForm, request.form, state)
    if form:
        try:
            flags.look_at_flag(photo, kind, form.note, by=g.person, at=clock.now())
        except RuleBroken as found:
            state.add_rule("note", found)
    if not state.errors:
        return _back_to_photo(photo, _("Written down: somebody has looked at it."))
    db.session.rollback()
    job = job_for(g.person, job_id)
    return make_response(_photo_page(job, queries.photo_of(job, evidence_id), noted=(kind, state)), 422)


@blueprint.post("/jobs/<job_id>/photos/<evidence_id>/markups")
@needs("evidence.review")
def draw(job_id: str, evidence_id: str) -> Answer:
    """Keeps what was drawn on a copy of a photo."""
    job = job_for(g.person, job_id, to_change=True)
    photo = queries.photo_of(job, evidence_id)
    rows = read_rows(request.form)
    words = request.form.get("words", "")
    try:
        drawn = markup.draw_on(photo, markup.read_shapes(rows), words, by=g.person, at=clock.now())
    except RuleBroken as error:
        db.session.rollback()
        job = job_for(g.person, job_id)
        page = _photo_page(job, queries.photo_of(job, evidence_id), drawn=(rows, words, error))
        return make_response(page, 422)
    markup_id = drawn.id
    answer = _back_to_photo(photo, _("The drawing is kept."))
    try:
        markup.make(markup.markup_of(photo, markup_id))  # half a second, and the page shows it
    except NoVerdict:
        queue.later(tasks.make_markup, markup_id)
    return answer


@blueprint.post("/jobs/<job_id>/photos/<evidence_id>/markups/<markup_id>/removal")
@needs("evidence.review")
def remove_markup(job_id: str, evidence_id: str, markup_id: str) -> Answer:
    """Takes a drawing off a photo; it stays in the history."""
    job = job_for(g.person, job_id, to_change=True)
    photo = queries.photo_of(job, evidence_id)
    markup.void(markup.markup_of(photo, markup_id), by=g.person, at=clock.now())
    return _back_to_photo(photo, _("The drawing is removed."))


@blueprint.get("/jobs/<job_id>/photos/<evidence_id>/markups/<markup_id>.jpg")
@needs("desk.read")
def marked_copy(job_id: str, evidence_id: str, markup_id: str) -> Response:
    """The copy with what was drawn on it."""
    photo = queries.photo_of(job_for(g.person, job_id), evidence_id)
    found = markup.markup_of(photo, markup_id)
    path = markup.path_of(found)
    if not path.is_file():
        queue.later(tasks.make_markup, markup_id)
    if not path.is_file():
        raise NotFound("not_ready")
    answer = send_file(path, mimetype="image/jpeg", etag=markup_id)
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.vary.add("Cookie")  # who is signed in next asks anew
    return answer


Drawn = tuple[list[dict[str, str]], str, RuleBroken]


def _photo_page(
    job: Job, photo: Evidence, *, noted: tuple[str, FormState] | None = None, drawn: Drawn | None = None
) -> str:
    """`noted`: the note on a flag that was not taken; `drawn`: rows, words and fault of a drawing that was not taken."""
    return render_template(
        "visits/photo.html", job=job, shown=photo_page(job, photo, g.person, content_language()),
        zone=job.branch.timezone, photo_states=PHOTO_STATES, photo_icons=PHOTO_ICONS, sources=SOURCE_WORDS,
        noted=noted or ("", FormState()), drawn=drawn, most_shapes=markup.MOST_SHAPES, span_words=span_words,
        exact_time=exact_time,
    )  # fmt: skip


def _back_to_photo(photo: Evidence, said: str) -> Response:
    address = f"/jobs/{photo.job_id}/photos/{photo.id}"
    db.session.commit()
    say(said)
    return redirect(address, 303)


def _with_reason(
    job: Job, template: str, act: Callable[[str], None], said: str, photo: Evidence | None = None
) -> Answer:
    """GET shows the form; POST acts, or shows it again with what was typed and why it was not taken."""
    if request.method == "GET":
        return render_template(template, job=job, photo=photo, form=FormState(), error=None, said=_photo_words(photo))
    job_id, photo_id = job.id, photo.id if photo else None
    state = FormState.typed(request.form)
    form, error = read_form(ReasonForm, request.form, state), None
    if form:
        try:
            act(form.reason)
        except Conflict as found:
            error = found
        except RuleBroken as found:
            state.add_rule("reason", found)
    if error is None and not state.errors:
        return _done(job, said)
    db.session.rollback()
    job = job_for(g.person, job_id)
    photo = queries.photo_of(job, photo_id) if photo_id else None
    state.version = None
    page = render_template(template, job=job, photo=photo, form=state, error=error, said=_photo_words(photo))
    return make_response(page, 409 if error else 422)


def _photo_words(photo: Evidence | None) -> str:
    """Why one cannot look at it."""
    if photo is None:
        return ""
    return reason_words(photo.blob.why) if photo.blob.why else str(PHOTO_STATES[state_of(photo, clock.now())])


def _closing_page(job: Job, error: AppError | None = None) -> Answer:
    page = render_template("visits/closing.html", job=job, shown=_shown(job), error=error)
    return make_response(page, error.status if error else 200)


def _done(job: Job, said: str) -> Response:
    """Back on the page of the job. What was changed is kept first."""
    address = f"/jobs/{job.id}"
    db.session.commit()
    say(said)
    return redirect(address, 303)


def _values(job: Job) -> dict[str, object]:
    return {
        "job": job, "shown": _shown(job), "zone": job.branch.timezone, "photo_states": PHOTO_STATES,
        "photo_icons": PHOTO_ICONS, "sources": SOURCE_WORDS, "everywhere": EVERYWHERE,
        "flag_names": FLAG_NAMES, "flag_icons": FLAG_ICONS,
    }  # fmt: skip


def _shown(job: Job) -> DeskVisit:
    """Read once for a page, however many of its parts ask."""
    found: DeskVisit | None = g.get("desk_visit")
    if found is None or found.job is not job:
        found = g.desk_visit = desk_visit(job)
    return found
