"""Signing by the link what was left unsigned on site: the same text, later, on the customer's own device."""

from typing import Annotated

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.core import clock, i18n, json
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import public
from fieldservice.jobs.models import Job
from fieldservice.portal import access, codes, queries
from fieldservice.portal.models import CASE, Link
from fieldservice.portal.views.blueprint import pages
from fieldservice.portal.views.customer import check_open, code_facts, tie_of
from fieldservice.signoff import actions, rules
from fieldservice.signoff import queries as sign_queries
from fieldservice.web.forms import Form, FormState, line, one_of, read_form
from fieldservice.web.notices import say
from fieldservice.web.sheet_words import ROLES
from fieldservice.web.visit_words import SLOTS, quantity

Answer = str | Response

NAME_LIMIT = 60  # characters
#: who signs by a link; a neighbour does not
OFFERED_ROLES = ("customer", "family", "tenant", "property", "other")
#: field → codes that belong to it
_PLACES = {
    "link_consent_missing": "consent", "link_name_missing": "signer", "link_mark_missing": "strokes",
    "link_mark_long": "strokes",
}  # fmt: skip


class SignForm(Form):
    """What the page sends. `strokes`: JSON of the mark; '' without JavaScript. `whole` stands last: all came."""

    sheet: str = ""
    sha256: str = ""
    consent: str = ""
    signer: Annotated[str, line(NAME_LIMIT, least=0)] = ""
    role: Annotated[str, one_of(OFFERED_ROLES)] = "customer"
    strokes: str = ""
    whole: str = ""


@pages.get("/c/<token>/visits/<job_id>/signature")
@public
def sign_page(token: str, job_id: str) -> Answer:
    """What was done, and the field to sign in."""
    link = access.opened_link(token, at=clock.now())
    return signature_page(link, token, queries.visit_of(link, job_id), FormState.of({"role": "customer"}))


@pages.post("/c/<token>/visits/<job_id>/signature")
@public
def sign(token: str, job_id: str) -> Answer:
    """Keeps the signature. Sent twice, it is kept once."""
    at = clock.now()
    link = queries.link_of(token, CASE, at=at)
    check_open(link, at)
    job = queries.visit_of(link, job_id)
    state = FormState.typed(request.form)
    form = read_form(SignForm, request.form, state)
    if form is None:
        return signature_page(link, token, job, state, RuleBroken("value_bad"))
    if form.whole != "1":
        raise AppError("bad_request")
    tie = tie_of(link, at)
    given = actions.SigningByLink(
        sheet_id=form.sheet, presented_sha256=form.sha256, consent=form.consent, language=_language(), name=form.signer,
        role=form.role, strokes=form.strokes, tied_by=tie.by, code_id=tie.code_id or "",
    )  # fmt: skip
    try:
        if sign_queries.job_of_sheet(given.sheet_id) != job.id:
            raise NotFound("link_gone")
        codes.check_tie(link, tie)
        actions.sign_by_link(given, case_id=link.case_id, link_id=link.id, at=at)
        db.session.commit()
    except RuleBroken as error:
        db.session.rollback()
        state.add_rule(_PLACES.get(error.code, ""), error)
        link = queries.link_of(token, CASE, at=at)
        return signature_page(link, token, queries.visit_of(link, job_id), state, error)
    say(_("Thank you: your signature is kept with the visit."))
    return redirect(f"/c/{token}#v-{job_id}", 303)


def signature_page(
    link: Link, token: str, job: Job, form: FormState, error: AppError | None = None
) -> Response:
    """The page on which a sheet is signed. `form`: what was typed, and why it was not taken."""
    sheet = sign_queries.sheets_to_sign([job]).get(job.id)
    shown = json.loads(sheet.presented) if sheet else None
    photos = {photo.sha256: photo for photo in queries.photos_of([job])[job.id]}
    language = _language()
    return make_response(
        render_template(
            "portal/sign.html", link=link, token=token, job=job, sheet=sheet, shown=shown, form=form, slots=SLOTS,
            photos=[photos[one["sha256"]] for one in shown["photos"] if one["sha256"] in photos] if shown else [],
            statement=rules.link_statement(rules.LINK_CONSENT, language), consent=rules.LINK_CONSENT, quantity=quantity,
            roles=[(code, ROLES[code]) for code in OFFERED_ROLES], zone=job.branch.timezone,
            **code_facts(link, clock.now()),
        ),
        error.status if error else 200 if sheet else 410,
    )  # fmt: skip


def _language() -> str:
    """The reader's, if the text to agree to is written in it."""
    language = i18n.chosen_language()
    return language if language in i18n.LANGUAGES else i18n.DEFAULT_LANGUAGE
