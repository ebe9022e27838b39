"""Keeping a case for a dispute, on the page of the case."""

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.audit import holds
from fieldservice.audit.payloads import HoldForm
from fieldservice.audit.views.blueprint import blueprint
from fieldservice.cases.models import Case
from fieldservice.cases.queries import case_for
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.notices import say
from fieldservice.web.panels import panel_on
from fieldservice.web.words import reason_words


@panel_on("case_side")
def _case_panel(case: Case) -> str:
    hold = holds.hold_of(case)
    if hold is None and (case.customer.erased_at is not None or not g.person.can("cases.hold")):
        return ""
    return render_template("audit/_hold.html", case=case, hold=hold)


@blueprint.post("/cases/<case_id>/hold")
@needs("cases.hold")
def hold(case_id: str) -> Response:
    """Keeps the case from now on, for the reason given."""
    case = case_for(g.person, case_id)
    form = read_form(HoldForm, request.form, FormState.typed(request.form))
    try:
        holds.hold(case, form.reason if form else "", by=g.person, at=clock.now())
        db.session.commit()
        say(_("The case is kept: neither its age nor a wish to erase removes it."))
    except AppError as error:
        db.session.rollback()
        say(reason_words(error.code))
    return redirect(f"/cases/{case_id}#hold", 303)


@blueprint.post("/cases/<case_id>/hold/end")
@needs("cases.hold")
def end_hold(case_id: str) -> Response:
    """Ends it; that it was kept, and by whom, stays in the chain."""
    holds.release(case_for(g.person, case_id), by=g.person, at=clock.now())
    db.session.commit()
    return redirect(f"/cases/{case_id}#hold", 303)
