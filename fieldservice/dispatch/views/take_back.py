"""Taking the own last act back."""

from json import dumps as ascii_json
from typing import Any

from flask import Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import NotAllowed, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch import undo, undo_words
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs import actions
from fieldservice.web.access import is_fragment_request
from fieldservice.web.addresses import local_address
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
        return _answer(undo_words.blocked(act))
    try:
        actions.undo_edits(act.job, act.entries, by=g.person, at=clock.now())
        db.session.commit()
    except RuleBroken as error:
        db.session.rollback()
        return _answer(reason_words(error.code, error.facts))
    return _answer(_("%(customer)s: undone.", customer=customer))


def own_deeds() -> list[undo.Deed]:
    """What this person did last; read once for a page."""
    if "own_deeds" not in g:
        g.own_deeds = undo.last_acts(g.person, clock.now())
    found: list[undo.Deed] = g.own_deeds
    return found


@blueprint.app_context_processor
def _last_acts() -> dict[str, Any]:
    return {"last_acts": lambda: own_deeds() if g.person.can("jobs.edit") else [],
            "act_words": undo_words.deed, "blocked_words": undo_words.deed_blocked}


def _answer(words: str) -> AnyResponse:
    if is_fragment_request():
        told = {"words": words, "undo": ""}
        return Response(status=204, headers={"HX-Trigger": ascii_json({"fieldservice:done": told})})
    say(words)
    return redirect(local_address(request.form.get("next"), url_for("dispatch.day")), 303)
