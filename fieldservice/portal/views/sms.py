"""Codes by SMS on the customer's pages: sent on wish, entered beside what they are for."""

import logging

from flask import redirect, request
from werkzeug.wrappers import Response

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import public
from fieldservice.jobs.models import Job
from fieldservice.portal import codes, queries, rules
from fieldservice.portal.gateways import NotSent, gateway
from fieldservice.portal.models import CASE, Link
from fieldservice.portal.payloads import CodeForm
from fieldservice.portal.rules import masked_middle
from fieldservice.portal.views.blueprint import pages
from fieldservice.portal.views.customer import check_open, code_cookie, judgement_page
from fieldservice.portal.views.signing import signature_page
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.notices import say

_log = logging.getLogger("fieldservice.portal")


class NotSentNow(AppError):
    """The gateway did not take a message."""

    status = 503


@pages.post("/c/<token>/visits/<job_id>/code")
@public
def send_code(token: str, job_id: str) -> Response:
    """Has a code sent to the number on file. What was typed elsewhere on the page waits for it."""
    at = clock.now()
    link = queries.link_of(token, CASE, at=at)
    check_open(link, at)
    back = _code_page(token, queries.visit_of(link, job_id))
    branch, name = link.case.branch.name, masked_middle(link.case.customer.phone)
    sending = codes.begin(link, at=at, address=request.remote_addr or "")
    text = _("%(code)s is your code for %(branch)s. It is good for 10 minutes. Give it to nobody: we never ask for it.",
             code=sending.code, branch=branch)  # fmt: skip
    way = gateway()
    assert way
    try:
        way.send(sending.number, text, sending.code_id)
    except NotSent as error:
        _log.error("a code was not sent: %s", error)
        raise NotSentNow("code_not_sent") from error
    codes.note_sent(sending.code_id, at=clock.now())
    db.session.commit()
    say(_("A code is on its way to %(number)s.", number=name))
    return redirect(back, 303)


@pages.post("/c/<token>/visits/<job_id>/code/entry")
@public
def enter_code(token: str, job_id: str) -> Response:
    """The code that came; this browser is tied by it for a while."""
    at = clock.now()
    link = queries.link_of(token, CASE, at=at)
    check_open(link, at)
    back, link_id = _code_page(token, queries.visit_of(link, job_id)), link.id
    state = FormState.typed(request.form)
    form = read_form(CodeForm, request.form, state)
    try:
        if form is None:
            raise RuleBroken("code_bad")
        code = codes.check(link, form.code, at=at, address=request.remote_addr or "")
    except RuleBroken as error:
        db.session.rollback()
        state.errors.clear()
        state.add_rule("code", error)
        link = queries.link_of(token, CASE, at=at)
        make_page = signature_page if request.form.get("for") == "signature" else judgement_page
        return make_page(link, token, queries.visit_of(link, job_id), state, error)
    answer = redirect(back, 303)
    link = db.session.get_one(Link, link_id)
    answer.set_cookie(
        code_cookie(link), codes.proof_of(link, code), secure=True, httponly=True, samesite="Lax", path="/",
        max_age=round(rules.CODE_BELIEVED_FOR.total_seconds()),
    )  # fmt: skip
    say(_("Thank you: the code is right."))
    return answer


@pages.get("/c/<token>/visits/<job_id>/code")
@pages.get("/c/<token>/visits/<job_id>/code/entry")
@public
def back_to_judgement(token: str, job_id: str) -> Response:
    """Where a page reloaded after a code was refused leads back to."""
    link = queries.link_of(token, CASE, at=clock.now())
    return redirect(f"/c/{token}/visits/{queries.visit_of(link, job_id).id}/judgement")


def _code_page(token: str, job: Job) -> str:
    """Where the form to enter a code is: beside what it is for."""
    kind = "signature" if request.form.get("for") == "signature" else "judgement"
    return f"/c/{token}/visits/{job.id}/{kind}"
