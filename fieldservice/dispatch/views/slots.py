"""The best times for a visit: on the page of a job, and in the form of a new one."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from flask import g, make_response, redirect, render_template, request
from pydantic import BeforeValidator, Field
from werkzeug.wrappers import Response

from fieldservice.branches.models import Branch
from fieldservice.core import clock, i18n
from fieldservice.core.coords import Datum
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.core.positions import Position, read_position
from fieldservice.customers.queries import branches_to_choose, customer_for, products_at, site_for
from fieldservice.dispatch import changes, queries, slots
from fieldservice.dispatch.slots import Slot, Wish
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED, PLANNED_MINUTES, PRIORITIES, RUNNING, TYPES, usual_load_m2
from fieldservice.routing.model import Reason
from fieldservice.web.addresses import local_address
from fieldservice.web.forms import Form, FormState, expected_version, one_of, read_form
from fieldservice.web.notices import say
from fieldservice.web.words import reason_words

Answer = str | Response


class SlotsForm(Form):
    """What is known of a visit while its form is filled; what is not, or is wrong, is as usual."""

    type: Annotated[str, one_of(TYPES)] = "repair"
    priority: Annotated[str, one_of(PRIORITIES)] = "normal"
    planned_minutes: Annotated[Annotated[int, Field(ge=5, le=1440)] | None,
                               BeforeValidator(lambda text: text if str(text).isdigit() else None)] = None  # fmt: skip
    product_id: str = ""
    skills_by: str = ""
    skills: tuple[str, ...] = ()


@blueprint.route("/jobs/<job_id>/slots", methods=["GET", "POST"])
@needs("jobs.assign")
def job_slots(job_id: str) -> Answer:
    """GET shows the best times of a job; POST takes one: day, window and who goes."""
    if request.method == "GET":
        return _page(queries.job_for(g.person, job_id))
    job = queries.job_to_change(g.person, job_id)
    try:
        said = _take(job)
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        return _page(queries.job_for(g.person, job_id), reason_words(error.code, error.facts), error.status)
    say(said)
    return redirect(_back(job_id), 303)


@blueprint.post("/jobs/slots")
@needs("jobs.edit")
def new_slots() -> Answer:
    """The best times for a form that is being filled, as a part of its page. Nothing is changed."""
    form = read_form(SlotsForm, request.form, FormState()) or SlotsForm()
    branch, place, product = _known()
    if place is None or branch is None:
        return _no_times(_("Say where it is first: with a position on the map the best times can be told."))
    skills = form.skills if form.skills_by else actions.usual_skills(form.type, product)
    load = usual_load_m2(form.type, product.area_m2 if product else None) or 0
    wish = Wish(branch, place, form.planned_minutes or PLANNED_MINUTES[form.type], frozenset(skills), load, form.priority)
    fault = slots.fault_of(wish, clock.now())
    if fault:
        return _no_times(_fault_words(fault))
    by = _order()
    found = slots.best_slots(wish, at=clock.now(), by=by)
    return render_template("dispatch/_slots.html", slots=found, words="", zone=branch.timezone, job=None,
                           names=_names(found), by=by, why=slots.why_first(found))  # fmt: skip


def _no_times(words: str) -> str:
    return render_template("dispatch/_slots.html", slots=[], words=words, zone="UTC", job=None, names={}, by="cost")


def _order() -> slots.Order:
    """How the times are to be ordered; whatever is no order is the usual one."""
    return next((one for one in slots.ORDERS if one == request.values.get("by")), "cost")


@blueprint.get("/jobs/slots")
@needs("jobs.edit")
def back_to_form() -> Answer:
    """Where a reloaded part leads back to."""
    return redirect("/jobs/new")


def _fault_words(fault: Reason) -> str:
    """Why nobody can be sent there, in a sentence."""
    if fault.code == "too_far":
        return _("Its position is %(km)s km from whoever could come. Put the pin right.", km=fault.facts["km"])
    return _("Its position lies in the sea or abroad. Put the pin right.")


def _back(job_id: str) -> str:
    """Where one came from, a page of ours; else the job."""
    return local_address(request.values.get("next"), f"/jobs/{job_id}")


def _page(job: Job, refused: str = "", status: int = 200) -> Response:
    wish = None if job.state in ENDED | RUNNING else slots.wish_of(job)
    fault = slots.fault_of(wish, clock.now()) if wish else None
    by = _order()
    found = slots.best_slots(wish, at=clock.now(), by=by) if wish and not fault else []
    words = _fault_words(fault) if fault else ""
    if job.state in ENDED | RUNNING:
        words = _("The visit is under way or has ended.")
    elif wish is None:
        words = _("Nobody knows where it is: set its position on the map.")
    return make_response(render_template(
        "dispatch/slots.html", job=job, slots=found, words=words, refused=refused, zone=job.branch.timezone,
        names=_names(found), back=_back(job.id), by=by, why=slots.why_first(found)), status)  # fmt: skip


def _take(job: Job) -> str:
    """Moves and gives the visit, if that time is still free. Raises Conflict, RuleBroken."""
    version, at = expected_version(request.form), clock.now()
    since = queries.changes_since(job, max(version, 0)) if version != job.version else []
    if version < 0 or any(changes.stops(changes.PLACEMENT, change.kind) for change in since):
        raise Conflict("changed_meanwhile", version=job.version)
    if job.state in ENDED | RUNNING:
        raise RuleBroken("slot_gone")
    slot = _chosen(job, at)
    lead = next((one for one in queries.technicians_of([job.branch_id]) if one.id == slot.person_id), None)
    if lead is None:
        raise Conflict("slot_gone")
    actions.move_job(job, slot.day, slot.start_at, slot.end_at, expected_version=job.version, by=g.person, at=at,
                     is_promised=True)  # whoever takes a time has the customer on the phone
    if lead.id != job.lead_id:
        actions.assign_job(job, lead, job.helpers, expected_version=job.version, by=g.person, at=at)
    return _("%(customer)s: %(name)s, %(day)s %(window)s.", customer=job.case.customer.address_form, name=lead.name,
             day=i18n.day(slot.day), window=i18n.window(slot.start_at, slot.end_at, job.branch.timezone))  # fmt: skip


def _chosen(job: Job, at: datetime) -> Slot:
    """The one the form names, still free. Raises Conflict."""
    wish, given = slots.wish_of(job), request.form
    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError:
        raise Conflict("slot_gone") from None
    today = i18n.local(at, job.branch.timezone).date()
    if wish is None or not 0 <= (day - today).days < slots.DAYS:
        raise Conflict("slot_gone")
    wanted = (given.get("lead"), given.get("start"))
    for slot in slots.all_on(wish, day, at=at):
        if (slot.person_id, i18n.clock_time(slot.start_at, job.branch.timezone)) == wanted:
            return slot
    raise Conflict("slot_gone")


def _known() -> tuple[Branch | None, tuple[float, float] | None, Any]:
    """Branch, place and product of a form that is being filled. Raises NotFound for others' ids."""
    given = request.form
    site = site_for(g.person, given["site"]) if given.get("site") else None
    if site is not None:
        product = next((one for one in products_at(site) if one.id == given.get("product_id")), None)
        place = (site.lat, site.lng) if site.lat is not None and site.lng is not None else None
        return site.customer.branch, place, product
    branches = branches_to_choose(g.person)
    branch = next((one for one in branches if one.id == given.get("customer_branch_id")),
                  branches[0] if len(branches) == 1 else None)  # fmt: skip
    if given.get("customer"):
        branch = customer_for(g.person, given["customer"]).branch
    return branch, _typed_place(), None


def _typed_place() -> tuple[float, float] | None:
    given = request.form
    try:
        datum = Datum(given.get("site_datum", Datum.WGS84.value))
    except ValueError:
        raise NotFound() from None
    found = read_position(given.get("site_lat", ""), given.get("site_lng", ""), given.get("site_pasted", ""), datum)
    return (found.kept.lat, found.kept.lng) if isinstance(found, Position) else None


def _names(found: Iterable[Slot]) -> dict[str, str]:
    """Visit before a slot → whose it is."""
    ids = {slot.after.split("+", 1)[0] for slot in found if slot.after}
    return {job.id: job.case.customer.address_form for job in queries.jobs_with(g.person, ids)}
