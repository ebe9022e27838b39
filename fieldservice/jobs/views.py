"""Pages of jobs: the list, a job with its history, entering and changing one."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, make_response, redirect, render_template, request
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from fieldservice.accounts.queries import edits_since
from fieldservice.cases.models import KINDS, Case
from fieldservice.cases.queries import case_for, cases_of
from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.ids import is_id, new_id
from fieldservice.core.permissions import needs
from fieldservice.customers.models import SPECIAL_NEEDS, Customer
from fieldservice.customers.queries import (
    branches_to_choose,
    customer_for,
    products_at,
    search_customers,
    site_for,
    sites_of,
)
from fieldservice.customers.queries import sorted_by as customers_sorted_by
from fieldservice.jobs import actions, entry, exports, queries
from fieldservice.jobs.case_standing import standing_of
from fieldservice.jobs.models import Job
from fieldservice.jobs.payloads import CUSTOMER, OPEN, PINNED, SITE, SUPPLY, NoteForm, VisitForm
from fieldservice.jobs.rules import ENDED, PLANNED_MINUTES, PRIORITIES, STATES, TYPES
from fieldservice.people.queries import all_skills, name_of, skill_words
from fieldservice.web import exports as web_exports
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.case_words import CASE_KINDS
from fieldservice.web.field_words import saved_words
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.job_words import NEEDS
from fieldservice.web.job_words import PRIORITIES as PRIORITY_WORDS
from fieldservice.web.job_words import TYPES as TYPE_WORDS
from fieldservice.web.listing import asked_order, asked_text, page_of
from fieldservice.web.merging import Row
from fieldservice.web.notices import say
from fieldservice.web.panels import marks_on, panel_on
from fieldservice.web.positions import KeptPosition, MapView, position_values, remember_datum, swap_typed
from fieldservice.web.timeline import KINDS as KINDS_OF_MOMENTS
from fieldservice.web.timeline import Story, timeline

blueprint = Blueprint("jobs", __name__)

Answer = str | Response

blueprint.app_context_processor(lambda: {"time_kinds": KINDS_OF_MOMENTS})

#: what a visit made again begins with
REPEATED = ("type", "brief", "analysis", "remedy", "bring", "special_needs", "special_note")

#: customers offered while one types
OFFERED = 8


@blueprint.get("/jobs")
@needs("desk.read")
def index() -> Answer:
    """All jobs; the address carries filters, order and page."""
    narrowed = _filter()
    sort = asked_order(queries.SORTS, "day", descending=True)
    found = queries.search_jobs(g.person, narrowed)
    ordered = queries.sorted_by(found, sort[0], descending=sort[1])
    if web_exports.asked():
        return web_exports.send_list("jobs", _("Jobs"), exports.columns(), lambda: exports.rows(ordered))
    page = page_of(found, ordered)
    template = "jobs/_list.html" if is_fragment_request() else "jobs/list.html"
    branches = branches_to_choose(g.person)
    return render_template(
        template,
        page=page,
        sort=sort,
        narrowed=narrowed,
        is_narrow=narrowed != queries.JobFilter(),
        branches=branches,
        states=STATES,
        types=TYPES,
        technicians=entry.technicians_of(None),
    )


@blueprint.get("/jobs/<job_id>")
@needs("desk.read")
def show(job_id: str) -> Answer:
    """Everything about a visit."""
    return _page(queries.job_for(g.person, job_id), FormState())


@blueprint.post("/jobs/<job_id>/notes")
@needs("jobs.edit")
def add_note(job_id: str) -> Answer:
    """A note from the desk; it reaches the crew's phones."""
    job = queries.job_for(g.person, job_id, to_change=True)
    state = FormState.typed(request.form)
    form = read_form(NoteForm, request.form, state)
    if form and not form.text:
        state.add("text", "text_missing")
    if form is None or state.errors:
        return make_response(_page(job, state), 422)
    actions.add_office_note(job, form.text, by=g.person, at=clock.now())
    db.session.commit()
    say(_("The note is written."))
    return redirect(f"/jobs/{job.id}", 303)


@blueprint.get("/jobs/<job_id>/notes")
@needs("desk.read")
def notes(job_id: str) -> Answer:
    """Where a page reloaded after a note was refused leads back to."""
    return redirect(f"/jobs/{queries.job_for(g.person, job_id).id}")


@blueprint.get("/jobs/<job_id>/timeline")
@needs("desk.read")
def line_of_time(job_id: str) -> Answer:
    """The timeline alone; nothing when the page has this version of the job."""
    note_automatic_request()
    job = queries.job_for(g.person, job_id)
    if not is_fragment_request():
        return redirect(f"/jobs/{job.id}#timeline")
    if request.args.get("since") == str(job.version):
        return Response(status=204)
    return render_template("jobs/_timeline.html", **_line(job))


@blueprint.route("/jobs/new", methods=["GET", "POST"])
@needs("jobs.edit")
def add() -> Answer:
    """A new job: first for whom, then everything else on one page."""
    if request.method == "POST":
        return _save_new()
    known = _known(request.args)
    if known.site is None and "new" not in request.args and "new_site" not in request.args:
        sites = sites_of(known.customer) if known.customer else []
        if len(sites) == 1:
            known.site = sites[0]
        elif not known.customer or sites:
            return _pick(known)
    return _new_form(known, FormState.of(_first_values(known)), known.map_view())


@blueprint.route("/jobs/<job_id>/edit", methods=["GET", "POST"])
@needs("jobs.edit")
def edit(job_id: str) -> Answer:
    """Changes what the office decides; who goes has a form of its own."""
    job = queries.job_for(g.person, job_id, to_change=request.method == "POST")
    if request.method == "GET":
        return _edit_form(job, FormState.of(_values(job)))
    state = FormState.typed(request.form)
    if not state.merge(_row(job, state)):
        return _edit_form(job, state, 409)
    form = read_form(VisitForm, request.form, state)
    plan = entry.check_plan(form, state, job.branch) if form else None
    products = products_at(job.site)
    product = next((one for one in products if form and one.id == form.product_id), None)
    if form and form.product_id and product is None:
        state.add("product_id", "choose_one")
    if form and form.pinned_lead and job.lead_id is None:
        state.add("pinned_lead", "pin_without_lead")
    if plan is None or state.errors:
        return _edit_form(job, state, 422)
    try:
        actions.edit_job(
            job,
            plan,
            product=product,
            expected_version=job.version,
            by=g.person,
            at=clock.now(),
        )
    except RuleBroken as error:
        state.add_rule("", error)
        return _edit_form(job, state, error.status)
    db.session.commit()
    say(saved_words(state.taken))
    return redirect(f"/jobs/{job.id}", 303)


@panel_on("customer")
def _visits_of_customer(customer: Customer) -> str:
    return render_template("jobs/_visits.html", jobs=queries.visits_of_customer(customer))


@panel_on("case_top")
def _standing_of_case(case: Case) -> str:
    return render_template("jobs/_case_standing.html", case=case, standing=standing_of(_visits(case), now=clock.now()))


@panel_on("case")
def _visits_of_case(case: Case) -> str:
    return render_template("jobs/_visits.html", jobs=queries.visits_of_case(case), case=case)


@panel_on("case_timeline")
def _line_of_case(case: Case) -> str:
    jobs = _visits(case)
    return render_template("jobs/_case_timeline.html", case=case, jobs={job.id: job for job in jobs},
                           zone=case.branch.timezone, line=timeline(Story(jobs, case), f"/cases/{case.id}"))


@panel_on("case_side")
def _sites_of_case(case: Case) -> str:
    sites = {job.site_id: job.site for job in _visits(case)}
    others = [one for one in cases_of(case.customer) if one.id != case.id]
    return render_template("jobs/_case_side.html", case=case, sites=list(sites.values()), others=others)


def _visits(case: Case) -> list[Job]:
    """All visits of a case; read once for a page, however many of its parts ask."""
    if g.get("visits_of") != case.id:
        g.visits_of, g.visits = case.id, queries.all_visits_of_case(case)
    return list(g.visits)


@marks_on("case")
def _visits_of_cases(cases: Sequence[Case]) -> dict[str, str]:
    visits = queries.states_by_case(cases)
    return {case.id: render_template("jobs/_case_mark.html", visits=visits.get(case.id, [])) for case in cases}


def _filter() -> queries.JobFilter:
    return queries.JobFilter(
        search=asked_text("q"),
        state=asked_text("state"),
        type=asked_text("type"),
        technician_id=asked_text("technician"),
        branch_id=asked_text("branch"),
        from_on=_asked_day("from"),
        to_on=_asked_day("to"),
    )


def _asked_day(name: str) -> date | None:
    try:
        return date.fromisoformat(asked_text(name))
    except ValueError:
        return None


def _known(given: Any) -> entry.Entry:
    """Customer, site and case named by the address or by hidden fields. Raises NotFound for others' ids."""
    site_id, customer_id, case_id = (given.get(name, "") for name in ("site", "customer", "case"))
    site = site_for(g.person, site_id) if site_id else None
    case = case_for(g.person, case_id) if case_id else None
    customer = customer_for(g.person, customer_id) if customer_id else None
    found = entry.new_entry(customer, site, case)
    owners = {row.customer_id for row in (site, case) if row} | ({customer.id} if customer else set())
    if len(owners) > 1:
        raise NotFound()
    if site is None and case is not None:
        visits = queries.visits_of_case(case)
        found.site = visits[0].site if visits else None
    return found


def _pick(known: entry.Entry) -> Answer:
    search = asked_text("q")
    found = []
    if known.customer:
        found = [known.customer]
    elif search:
        query = customers_sorted_by(search_customers(g.person, search=search), "created", descending=True)
        found = list(db.session.scalars(query.limit(OFFERED)))
    template = "jobs/_pick.html" if is_fragment_request() else "jobs/pick.html"
    return render_template(template, customers=found, search=search, known=known)


def _save_new() -> Answer:
    known = _known(request.form)
    typed = swap_typed(request.form, SITE) if "swap" in request.form else request.form
    state, view = FormState.typed(typed), known.map_view()
    job_id = typed.get("job_id", "")
    if not is_id(job_id):
        job_id = new_id()
    checked = entry.check(known, typed, state, view)
    if "swap" in request.form:
        state.errors.clear()
        return _new_form(known, state, view)
    if checked is None:
        return _new_form(known, state, view, 422)
    if db.session.get(Job, job_id) is not None:
        return _made_before(job_id)
    try:
        job = entry.keep(known, checked, job_id, by=g.person, at=clock.now())
        number = job.number
        db.session.commit()
    except IntegrityError:
        db.session.rollback()  # the same form at the same moment
        return _made_before(job_id)
    except RuleBroken as error:
        db.session.rollback()
        state.add_rule("", error)
        return _new_form(_known(request.form), state, view, error.status)
    say(_("Job %(number)s is entered.", number=number))
    answer = redirect(f"/jobs/{job_id}", 303)
    return remember_datum(answer, typed.get(f"{SITE}datum", "")) if typed.get(f"{SITE}datum") else answer


def _made_before(job_id: str) -> Response:
    """The form was sent twice: the job it made is the answer. Raises NotFound when it made none of ours."""
    job = queries.job_for(g.person, job_id)
    say(
        _(
            "Job %(number)s had been entered before. What was changed in the form since is not kept: change it here.",
            number=job.number,
        )
    )
    return redirect(f"/jobs/{job.id}", 303)


def _first_values(known: entry.Entry) -> dict[str, Any]:
    """What a fresh form shows."""
    zone = (known.branch or g.person.branch).timezone
    now = clock.now()
    again = queries.visit_to_repeat(known.case) if known.case else None
    day = i18n.local(max(now, _promised_at(known) or now), zone).date()
    return {
        "job_id": new_id(),
        "type": "repair",
        **({name: getattr(again, name) for name in REPEATED} if again else {}),
        "stops_supply": _supply(again) if again else (),
        **(_needs(again) if again else {}),
        "case_kind": "repair",
        "priority": "normal",
        "case_id": known.case.id if known.case else "",
        "visit_on": asked_text("day") or day.isoformat(),
        f"{CUSTOMER}kind": "person",
        f"{CUSTOMER}name": asked_text("name"),
        "product_id": known.case.product_id if known.case else "",
        **position_values(KeptPosition(), SITE),
    }


def _new_form(known: entry.Entry, state: FormState, view: MapView, status: int = 200) -> Response:
    return make_response(
        render_template(
            "jobs/new.html",
            known=known,
            promised_at=_promised_at(known),
            form=state,
            view=view,
            kinds=[(kind, CASE_KINDS[kind]) for kind in KINDS],
            technicians=known.technicians,
            **_choices(known.products),
        ),
        status,
    )


def _promised_at(known: entry.Entry) -> datetime | None:
    """What the customer was told about the visit to be made; None: nothing."""
    again = queries.visit_to_repeat(known.case) if known.case else None
    return queries.promised_at(again) if again else None


def _edit_form(job: Job, state: FormState, status: int = 200) -> Response:
    return make_response(
        render_template(
            "jobs/edit.html",
            job=job,
            form=state,
            timezone=job.branch.timezone,
            **_choices(products_at(job.site), job.skills),
        ),
        status,
    )


def _choices(products: list[Any], needed: Collection[str] = ()) -> dict[str, Any]:
    """What the forms offer. `needed`: skills the visit has asked for so far, offered though they are retired."""
    return {
        "types": [(code, TYPE_WORDS[code]) for code in TYPES],
        "priorities": [(code, PRIORITY_WORDS[code]) for code in PRIORITIES],
        "needs": [(code, NEEDS[code]) for code in SPECIAL_NEEDS],
        "products": [(one.id, " · ".join(filter(None, (one.model, one.room)))) for one in products],
        "usual_minutes": PLANNED_MINUTES,
        "skills": [(one.code, name_of(one)) for one in all_skills() if one.is_active or one.code in needed],
    }


def _line(job: Job) -> dict[str, Any]:
    """What the timeline of one visit is shown with."""
    asked = urlencode({"since": job.version, **{k: v for k, v in request.args.items() if k in ("kind", "moments")}})
    return {
        "job": job, "zone": job.branch.timezone, "jobs": {job.id: job},
        "line": timeline(Story([job]), f"/jobs/{job.id}"), "timeline_address": f"/jobs/{job.id}/timeline?{asked}",
    }  # fmt: skip


def _page(job: Job, note: FormState) -> str:
    return render_template(
        "jobs/page.html",
        **_line(job),
        form=note,
        is_ended=job.state in ENDED,
        is_cancelled=job.state == "cancelled",
        siblings=[other for other in queries.visits_of_case(job.case) if other.id != job.id],
    )


def _row(job: Job, state: FormState) -> Row:
    """The job as it is now, for whoever has its form open."""
    return Row(
        version=job.version,
        values=_values(job),
        shown=_value_words(job),
        together=[("visit_on", "start", "end"), ("skills_by", "skills")],
        edits=edits_since("job", job.id, state.since),
        columns={"start": ("window_start_at",), "end": ("window_end_at",), "skills_by": ("skills",),
                 "not_promised": ("is_promised",)},
    )


def _values(job: Job) -> dict[str, Any]:
    """The fields of the form as the job has them."""
    zone = job.branch.timezone
    start, end = (
        moment and f"{i18n.local(moment, zone):%H:%M}" for moment in (job.window_start_at, job.window_end_at)
    )
    yuan = f"{job.amount_fen // 100}.{job.amount_fen % 100:02}" if job.amount_fen else ""
    names = (
        "type",
        "brief",
        "product_id",
        "visit_on",
        "planned_minutes",
        "priority",
        "priority_reason",
        "analysis",
        "remedy",
        "bring",
        "special_needs",
        "special_note",
        "amount_reason",
        "load_m2",
    )
    return {
        **{name: getattr(job, name) for name in names},
        "start": start,
        "end": end,
        "stops_supply": _supply(job),
        **_needs(job),
        "pinned_lead": (PINNED,) if job.pinned_lead else (),
        "not_promised": (OPEN,) if job.window_start_at and not job.is_promised else (),
        "amount_fen": yuan.removesuffix(".00"),
    }


def _supply(job: Job) -> tuple[str, ...]:
    """The tick of a job that stops water, heat or gas."""
    return (SUPPLY,) if job.stops_supply else ()


def _needs(job: Job) -> dict[str, Any]:
    """What whoever goes must be able to do, where it is not what such a visit usually needs."""
    is_usual = set(job.skills) == set(actions.usual_skills(job.type, job.product))
    return {"skills_by": "" if is_usual else "chosen", "skills": () if is_usual else tuple(job.skills)}


def _value_words(job: Job) -> dict[str, str]:
    """Codes in words, for what a field is now."""
    return {
        "type": str(TYPE_WORDS[job.type]),
        "priority": str(PRIORITY_WORDS[job.priority]),
        "special_needs": _(", ").join(str(NEEDS.get(code, code)) for code in job.special_needs),
        "product_id": job.product.model if job.product else "",
        "stops_supply": _("yes") if job.stops_supply else "",
        "skills": skill_words(job.skills),
        "skills_by": skill_words(job.skills),
        "pinned_lead": _("yes") if job.pinned_lead else "",
        "not_promised": _("yes") if job.window_start_at and not job.is_promised else "",
    }
