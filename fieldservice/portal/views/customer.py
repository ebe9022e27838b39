"""The customer's page `/c/<token>`: plain HTML, no account; whoever knows the last four digits sees all of it."""

from datetime import datetime
from typing import Any

from flask import Response, g, make_response, redirect, render_template, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.core import clock, json
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotAllowed, NotFound, RuleBroken, TooMany
from fieldservice.core.i18n import gettext as _
from fieldservice.core.ids import is_id, new_id
from fieldservice.core.permissions import public
from fieldservice.evidence.picture import THUMB, VIEW
from fieldservice.jobs.models import Job
from fieldservice.people.queries import portrait_bytes
from fieldservice.people.rules import initials
from fieldservice.portal import access, actions, codes, queries, rules
from fieldservice.portal.models import CASE, COMPLAINT, WISH, Link
from fieldservice.portal.page import heading, page_of
from fieldservice.portal.payloads import DigitsForm, SayForm, window_code
from fieldservice.portal.rules import Tie, masked_middle
from fieldservice.portal.standing import STATE_WORDS, capital, hotline_hours, technician_words
from fieldservice.portal.views.blueprint import pages
from fieldservice.portal.views.public import opened
from fieldservice.portal.words import ABOUT_WORDS
from fieldservice.signoff import queries as sign_queries
from fieldservice.web import panels
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.notices import say
from fieldservice.web.visit_words import SLOTS, quantity

Answer = str | AnyResponse


SAID = {
    "confirmed": lambda: _("Thank you: you confirmed the work."),
    "disputed": lambda: _("Thank you for telling us. Somebody will call you by the time shown below."),
    "wish": lambda: _("We have your request. Until we answer, the time we agreed stands."),
    "rating": lambda: _("Thank you for your rating."),
    "complaint": lambda: _("We have your complaint. Somebody will call you by the time shown below."),
}


@pages.get("/c/<token>")
@public
def customer(token: str) -> Answer:
    """Where the case stands; everything else once the digits are known."""
    link = opened(token, CASE)
    return _page(link, token)


@pages.post("/c/<token>/digits")
@public
def digits(token: str) -> Answer:
    """The last four digits of the customer's phone; this browser is believed for a while."""
    at = clock.now()
    link = queries.link_of(token, CASE, at=at)
    state = FormState.typed(request.form)
    form = read_form(DigitsForm, request.form, state)
    link_id = link.id
    if form:
        try:
            if actions.check_digits(link, form.digits, at=at, address=request.remote_addr or ""):
                return _let_in(db.session.get_one(Link, link_id), token, at)
            state.add("digits", "digits_wrong")
        except TooMany as error:
            state.add("digits", error.code, **error.facts)
            return _page(queries.link_of(token, CASE, at=at), token, state, error)
    state.values.pop("digits", None)
    return _page(queries.link_of(token, CASE, at=at), token, state, RuleBroken("digits_wrong"))


@pages.post("/c/<token>/words")
@public
def tell(token: str) -> Answer:
    """Confirms, disputes, wishes for another time, rates, complains. Sent twice, it is said once."""
    at = clock.now()
    link = queries.link_of(token, CASE, at=at)
    check_open(link, at)
    job = queries.visit_of(link, request.form["job"]) if request.form.get("job") else None
    state = FormState.typed(request.form)
    form = read_form(SayForm, request.form, state)
    word_id = request.form.get("word_id", "")
    if form is None:
        return _page(link, token, state, RuleBroken("value_bad"))
    try:
        said = form.said(queries.offers_for(job, at=at) if job else [])
        actions.say(link, job, said, word_id if is_id(word_id) else new_id(), at=at, tie=tie_of(link, at))
        db.session.commit()
    except ValueError:
        state.add("", "offer_gone")
    except RuleBroken as error:
        db.session.rollback()
        state.add_rule("", error)
    if state.errors:
        link = queries.link_of(token, CASE, at=at)
        job_id = request.form.get("job", "")
        if request.form.get("from") == "judgement" and job_id:
            return judgement_page(link, token, queries.visit_of(link, job_id), state, RuleBroken("value_bad"))
        return _page(link, token, state, RuleBroken("value_bad"))
    say(SAID[form.kind]())
    return redirect(f"/c/{token}" + (f"#v-{job.id}" if job and form.kind in actions.JUDGEMENTS else ""), 303)


@pages.get("/c/<token>/visits/<job_id>/judgement")
@public
def judge(token: str, job_id: str) -> Answer:
    """The sheet of a visit, whole; to be confirmed, or disputed."""
    link = access.opened_link(token, at=clock.now())
    return judgement_page(link, token, queries.visit_of(link, job_id), FormState())


def judgement_page(
    link: Link, token: str, job: Job, form: FormState, error: AppError | None = None
) -> AnyResponse:
    """The page on which a sheet is confirmed or disputed. `form`: what was typed, and why it was not taken."""
    at = clock.now()
    shown = next((one for one in page_of(link, is_open=True, now=at).ended if one.job.id == job.id), None)
    if shown is None or not shown.can_be_judged:
        raise NotFound("link_gone")
    sheet = shown.sheet
    photos = {photo.sha256: photo for photo in queries.photos_of([job])[job.id]}
    presented = json.loads(sheet.presented) if sheet else None
    return make_response(
        render_template(
            "portal/judgement.html", page=page_of(link, is_open=True, now=at), one=shown, job=job, token=token, form=form,
            sheet=sheet, shown=presented, new_id=new_id, about=ABOUT_WORDS, slots=SLOTS, quantity=quantity,
            photos=[photos[one["sha256"]] for one in presented["photos"] if one["sha256"] in photos] if presented else [],
            is_standing=sheet is not None and sheet.id in sign_queries.standing_ids(job), hours=hotline_hours(),
            zone=job.branch.timezone, **code_facts(link, at),
        ),
        error.status if error else 200,
    )  # fmt: skip


def code_facts(link: Link, at: datetime) -> dict[str, Any]:
    """What a page says of codes by SMS: whether one can be sent, is needed, is known here, and to which number."""
    return {
        "has_codes": codes.is_offered(link), "needs_code": codes.is_required(link), "tie": tie_of(link, at),
        "number": masked_middle(link.case.customer.phone),
    }  # fmt: skip


def tie_of(link: Link, at: datetime) -> Tie:
    """What ties this browser, in which the digits are known."""
    return codes.tie_of(link, request.cookies.get(code_cookie(link), ""), at=at)


def code_cookie(link: Link) -> str:
    """Name of the cookie that says a code was entered in this browser."""
    return f"__Host-code-{link.id[-12:]}"


@pages.get("/c/<token>/digits")
@pages.get("/c/<token>/words")
@public
def back(token: str) -> Answer:
    """Where a page reloaded after something was refused leads back to."""
    return redirect(f"/c/{token}")


@pages.get("/c/<token>/visits/<job_id>/photos")
@public
def photos(token: str, job_id: str) -> Answer:
    """The photos of one visit."""
    link = access.opened_link(token, at=clock.now())
    job = queries.visit_of(link, job_id)
    found = queries.photos_of([job])[job.id]
    return render_template("portal/photos.html", token=token, job=job, photos=found, slots=SLOTS)


@pages.get("/c/<token>/photos/<photo_id>")
@public
def photo(token: str, photo_id: str) -> Response:
    """One photo of the case, small or large."""
    at = clock.now()
    link = queries.link_of(token, CASE, at=at)
    if not is_open(link, at):
        raise NotFound("link_gone")
    name = THUMB if request.args.get("as") == "thumb" else VIEW
    answer = send_file(queries.photo_path(link, photo_id, name), mimetype="image/jpeg", etag=f"{photo_id}-{name}")
    return _own_picture(answer)


@pages.get("/c/<token>/portraits/<person_id>")
@public
def portrait(token: str, person_id: str) -> Response:
    """The portrait of somebody who goes to one of the case's visits."""
    link = queries.link_of(token, CASE, at=clock.now())
    goes = any(job.lead_id == person_id for job in queries.visits_of(link.case))
    found = portrait_bytes(person_id) if goes else None
    if found is None:
        raise NotFound("link_gone")
    return _own_picture(Response(found[0], mimetype="image/jpeg"))


@pages.route("/c/", defaults={"token": ""})
@pages.get("/c/<path:token>")
@public
def nothing(token: str) -> Answer:
    """Whatever else begins like a link."""
    raise NotFound("link_gone")


def _page(link: Link, token: str, state: FormState | None = None, error: AppError | None = None) -> AnyResponse:
    now = clock.now()
    form = state or FormState()
    page = page_of(link, is_open=is_open(link, now), now=now)
    return make_response(
        render_template(
            "portal/page.html", page=page, token=token, form=form, title=heading(link.case), new_id=new_id,
            states=STATE_WORDS, technician=technician_words, capital=capital, hours=hotline_hours(), initials=initials,
            masked_name=rules.masked_name(link.case.customer.name),
            masked_number=rules.masked_number(link.case.customer.phone),
            asks_digits=bool(rules.last_digits(link.case.customer.phone)), window_code=window_code, quantity=quantity,
            wish_fault=rules.wish_fault, wish=WISH, complaint=COMPLAINT, is_refused=bool(form.errors),
            has_codes=codes.is_offered(link), about=ABOUT_WORDS,
            added=panels.marks("customer_visit", [access.Linked(one.job.id, token) for one in page.ended]),
        ),
        error.status if error else 200,
    )  # fmt: skip


def _let_in(link: Link, token: str, at: datetime) -> AnyResponse:
    answer = redirect(f"/c/{token}", 303)
    answer.set_cookie(
        access.cookie_of(link), actions.proof_of_digits(link, at + rules.OPENED_FOR), secure=True, httponly=True,
        samesite="Lax", path="/", max_age=round(rules.OPENED_FOR.total_seconds()),
    )  # fmt: skip
    return answer


def check_open(link: Link, at: datetime) -> None:
    """Raises NotAllowed when the digits were not given in this browser, or one of our own people is signed in in it."""
    if g.get("person") is not None:
        raise NotAllowed("staff_browser")
    if not is_open(link, at):
        raise NotAllowed("digits_needed")


def is_open(link: Link, at: datetime) -> bool:
    """Whether this browser knew the digits, not too long ago."""
    return access.is_open(link, request.cookies, at)


def _own_picture(answer: Any) -> Response:
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    found: Response = answer
    return found


