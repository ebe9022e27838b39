"""Taking the own last act back."""

from json import dumps as ascii_json
from typing import Any

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import NotAllowed, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch import undo
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs import actions
from fieldservice.web.access import is_fragment_request
from fieldservice.web.addresses import local_address
from fieldservice.web.job_words import ACTS
from fieldservice.web.notices import say
from fieldservice.web.words import reason_words


@blueprint.post("/undo/<act_id>")
@needs("jobs.edit")
def take_back(act_id: str) -> AnyResponse:
    """Undoes one of the person's own last acts, or says who changed the job since."""
    act = undo.act_to_undo(g.person, act_id)
    if "office.assign_job" in act.kinds and not g.person.can("jobs.assign"):
        raise NotAllowed("not_allowed")
    customer = act.job.case.customer.address_form
    if act.blocked_by:
        return _answer(blocked_words(act))
    try:
        actions.undo_edits(act.job, act.entries, by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        db.session.rollback()
        return _answer(reason_words(error.code, error.facts))
    return _answer(_("%(customer)s: undone.", customer=customer))


@blueprint.app_context_processor
def _last_acts() -> dict[str, Any]:
    return {"last_acts": lambda: undo.last_acts(g.person, clock.now()) if g.person.can("jobs.edit") else [],
            "act_words": act_words, "blocked_words": blocked_words}


def act_words(act: undo.Act) -> str:
    """'张女士: who goes, when'."""
    done = {"office.assign_job": _("who goes"), "office.move_job": _("when"), "office.cancel_job": _("cancelled"),
            "office.restore_job": _("restored"), "office.plan_start": _("when it begins")}
    return _("%(customer)s: %(what)s", customer=act.job.case.customer.address_form,
             what=_(", ").join(words for kind, words in done.items() if kind in act.kinds))


def blocked_words(act: undo.Act) -> str:
    """Why it cannot be undone any more."""
    change = act.blocked_by
    if change is None:
        return ""
    return _("%(customer)s: not undone. %(name)s %(act)s, %(time)s.", customer=act.job.case.customer.address_form,
             name=change.who.name if change.who else _("The system"), act=ACTS.get(change.kind, change.kind),
             time=i18n.day_and_time(change.at, act.job.branch.timezone))


def _answer(words: str) -> AnyResponse:
    if is_fragment_request():
        told = {"words": words, "undo": ""}
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": told})})
    say(words)
    return redirect(local_address(request.form.get("next"), url_for("dispatch.day")), 303)
