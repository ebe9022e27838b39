"""The link and the customer's words on the pages of cases and jobs, and what the desk does about them."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import g, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.cases.models import Case
from fieldservice.cases.queries import case_for
from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import needs
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import job_for
from fieldservice.portal import actions, queries, rules
from fieldservice.portal.models import DECLINED, NOTED, WISH, CustomerWord
from fieldservice.portal.payloads import AgreedForm, AnswerForm
from fieldservice.portal.views.blueprint import blueprint
from fieldservice.portal.words import ABOUT_WORDS, tie_words
from fieldservice.signoff import queries as sign_queries
from fieldservice.signoff.models import SignOff
from fieldservice.web.addresses import local_address
from fieldservice.web.forms import FormState, expected_version, read_form
from fieldservice.web.notices import say
from fieldservice.web.panels import panel_on
from fieldservice.web.qr import qr_svg

Answer = str | Response

KIND_WORDS = {
    "confirmed": _l("Confirmed the work"), "disputed": _l("Disputes the work"), "wish": _l("Asks for another time"),
    "rating": _l("Rated the visit"), "complaint": _l("Complains"),
}  # fmt: skip
ANSWER_WORDS = {"accepted": _l("Agreed"), "declined": _l("Declined"), "noted": _l("Answered")}
KIND_ICONS = {
    "confirmed": "circle-check", "disputed": "message-square-warning", "wish": "calendar-sync", "rating": "star",
    "complaint": "megaphone",
}  # fmt: skip


@panel_on("case")
def _on_case(case: Case) -> str:
    return _panel(case, None)


@panel_on("job")
def _on_job(job: Job) -> str:
    return _panel(job.case, job)


@panel_on("job_top")
def _waiting(job: Job) -> str:
    """What waits for an answer, before anything else on the page."""
    words = queries.words_of(job.case_id)
    standing = queries.standing_ids(words)
    waiting = [word for word in words if word.answer_by_at and word.answer is None and word.id in standing
               and word.job_id in (job.id, None)]  # fmt: skip
    return render_template("portal/_waiting.html", words=waiting, **_common(job.case, waiting)) if waiting else ""


@blueprint.post("/cases/<case_id>/link/rotation")
@needs("jobs.edit")
def rotate(case_id: str) -> Answer:
    """A new address; made, too, where there is none."""
    case = case_for(g.person, case_id)
    actions.rotate_link(case, by=g.person, at=clock.now())
    said = _("The customer's link is new. The old one no longer works: send the new one.")
    return _done(said, _case_page(case))


@blueprint.post("/cases/<case_id>/link/revocation")
@needs("jobs.edit")
def revoke(case_id: str) -> Answer:
    """The address opens nothing any more."""
    case = case_for(g.person, case_id)
    actions.revoke_link(case, by=g.person, at=clock.now())
    return _done(_("The customer's link is revoked and no longer works."), _case_page(case))


@blueprint.get("/cases/<case_id>/link/rotation")
@blueprint.get("/cases/<case_id>/link/revocation")
@needs("desk.read")
def back_to_case(case_id: str) -> Answer:
    """Where a reloaded page leads back to."""
    return redirect(f"/cases/{case_for(g.person, case_id).id}")


@blueprint.route("/words/<word_id>/answer", methods=["GET", "POST"])
@needs("jobs.edit")
def answer(word_id: str) -> Answer:
    """Answers what a customer said; a wish is declined here."""
    word = _word(word_id)
    kind = DECLINED if word.kind == WISH else NOTED

    def act(form: AnswerForm) -> None:
        actions.answer_word(word, kind, form.words, by=g.person, at=clock.now())

    return _with_form(word, AnswerForm, "portal/answer.html", act, {})


@blueprint.route("/words/<word_id>/acceptance", methods=["GET", "POST"])
@needs("jobs.edit")
def accept(word_id: str) -> Answer:
    """Moves the visit to the time the customer wished for, or to the one agreed upon by phone."""
    word = _word(word_id)
    if word.kind != WISH or word.job_id is None:
        raise NotFound()
    job = job_for(g.person, word.job_id, to_change=request.method == "POST")
    zone = job.branch.timezone
    version = expected_version(request.form)

    def act(form: AgreedForm) -> None:
        window = form.window(zone)
        if window is None:
            raise RuleBroken("window_order" if form.start and form.end and form.day else "window_incomplete")
        actions.grant_wish(word, job, window, form.words, expected_version=version, by=g.person, at=clock.now())

    return _with_form(word, AgreedForm, "portal/acceptance.html", act, _wished(word, job))


@blueprint.post("/words/<word_id>/owner")
@needs("jobs.edit")
def own(word_id: str) -> Answer:
    """Whoever presses it looks after it from now on."""
    word = _word(word_id)
    actions.take_over(word, by=g.person, at=clock.now())
    return _done(_("You look after it from now on."), _page_of(word))


@blueprint.get("/words/<word_id>/owner")
@needs("desk.read")
def back_to_word(word_id: str) -> Answer:
    """Where a reloaded page leads back to."""
    return redirect(_page_of(_word(word_id)))


def _word(word_id: str) -> CustomerWord:
    """What a customer of the own branch said. Raises NotFound."""
    word = queries.word_of(word_id)
    if word is None:
        raise NotFound()
    case_for(g.person, word.case_id)
    return word


def _wished(word: CustomerWord, job: Job) -> dict[str, Any]:
    start, end = word.wish_start_at or job.window_start_at, word.wish_end_at or job.window_end_at
    if start is None or end is None:
        return {"day": job.visit_on}
    first, last = (i18n.local(moment, job.branch.timezone) for moment in (start, end))
    return {"day": first.date(), "start": f"{first:%H:%M}", "end": f"{last:%H:%M}"}


def _with_form(
    word: CustomerWord, model: Any, template: str, act: Callable[[Any], None], first: dict[str, Any]
) -> Answer:
    """GET shows the form; POST acts, or shows it again with what was typed and why it was not taken."""
    address = _page_of(word)
    if word.answer is not None:
        return _done(_("This has been answered already."), address)
    if request.method == "GET":
        return _form_page(word, template, FormState.of(first))
    state = FormState.typed(request.form)
    form, status, word_id = read_form(model, request.form, state), 422, word.id
    if form:
        try:
            act(form)
        except Conflict:
            state.add("", "changed_meanwhile")
            status = 409
        except RuleBroken as error:
            field = {"words_missing": "words", "window_order": "end", "window_incomplete": "day"}.get(error.code, "")
            state.add_rule(field, error)
    if form and not state.errors:
        db.session.commit()
        said = _("The customer reads the answer on the page behind the link. Call, too, where it matters.")
        return _done(said, address)
    db.session.rollback()
    found = queries.word_of(word_id)
    assert found
    return make_response(_form_page(found, template, state), status)


def _form_page(word: CustomerWord, template: str, state: FormState) -> str:
    back = local_address(request.values.get("next"), _page_of(word))
    return render_template(template, word=word, job=word.job, form=state, next=back, **_common(word.case, [word]))


def _panel(case: Case, job: Job | None) -> str:
    link = queries.case_link_of(case.id)
    address, now = actions.address_of(link) if link else "", clock.now()
    words = [word for word in queries.words_of(case.id) if job is None or word.job_id in (job.id, None)]
    good_until = queries.good_until(link, at=now) if link else None
    return render_template(
        "portal/_panel.html", case=case, job=job, link=link, address=address, qr=qr_svg(address) if link else "",
        opening=queries.opening_of(link) if link else None, good_until=good_until,
        is_good=_is_good(link, good_until, now), words=list(reversed(words)),
        standing=queries.standing_ids(words), **_common(case, words),
    )  # fmt: skip


def _is_good(link: Any, good_until: Any, now: Any) -> bool:
    return link is not None and link.revoked_at is None and good_until > now


def _common(case: Case, words: Sequence[CustomerWord]) -> dict[str, Any]:
    numbers = queries.numbers_of_codes({word.code_id for word in words if word.code_id})
    ties = {word.id: tie_words(word.tied_by, numbers.get(word.code_id or "", "")) for word in words}
    return {"kinds": KIND_WORDS, "icons": KIND_ICONS, "answers": ANSWER_WORDS, "zone": case.branch.timezone,
            "is_low": rules.is_low, "viewer_id": g.person.id, "about": ABOUT_WORDS, "ties": ties,
            "owners": queries.owners_of([word.id for word in words])}  # fmt: skip


@panel_on("sheet")
def _on_sheet(sheet: SignOff) -> str:
    """What the customer said by link about this very sheet, and what ties the person to it."""
    words = queries.second_acts([sheet.id]).get(sheet.id, [])
    signed = sign_queries.link_signatures([sheet.id]).get(sheet.id)
    numbers = queries.numbers_of_codes({signed.code_id} if signed and signed.code_id else ())
    tie = tie_words(signed.tied_by, numbers.get(signed.code_id or "", "")) if signed else ""
    return render_template(
        "portal/_second_act.html", sheet=sheet, words=words, signed=signed, tie=tie,
        is_same={word.id: word.presented_sha256 == sign_queries.digest_of(sheet) for word in words},
        **_common(sheet.job.case, words),
    ) if words or signed else ""  # fmt: skip


def _page_of(word: CustomerWord) -> str:
    return f"/jobs/{word.job_id}" if word.job_id else _case_page(word.case)


def _case_page(case: Case) -> str:
    return f"/cases/{case.id}"


def _done(said: str, otherwise: str) -> Response:
    """Back on the page it was asked from. What was changed is kept first."""
    db.session.commit()
    say(said)
    return redirect(local_address(request.values.get("next"), otherwise), 303)
