"""How long things are kept: what would go, when, and having it removed."""

from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.audit import holds, retention
from fieldservice.audit.models import RETAINED
from fieldservice.audit.payloads import RemovalForm
from fieldservice.audit.tasks import remove_what_is_due
from fieldservice.audit.views.blueprint import blueprint
from fieldservice.audit.words import RETAINED_WORDS
from fieldservice.core import clock, queue
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, NotFound
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.notices import say
from fieldservice.web.words import reason_words


@blueprint.get("/audit/retention")
@needs("retention.decide")
def retained() -> str:
    """Each kind with its setting and what would go now; what is kept for disputes; what went."""
    at = clock.now()
    return render_template(
        "audit/retention.html", dues=retention.due_now(at), why_not=retention.why_not_now(at), words=RETAINED_WORDS,
        held=holds.all_held(), runs=retention.latest_runs(), timezone=g.person.branch.timezone,
    )  # fmt: skip


@blueprint.post("/audit/retention/<kind>")
@needs("retention.decide")
def remove_due(kind: str) -> Response:
    """Has removed what the page showed, once somebody says that it was read."""
    if kind not in RETAINED:
        raise NotFound()
    form = read_form(RemovalForm, request.form, FormState.typed(request.form))
    if form is None:
        say(_("Nothing was removed: say first that you have read what goes."))
        return redirect("/audit/retention", 303)
    try:
        run_id = retention.ask(kind, seen=form.seen, by=g.person, at=clock.now()).id
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        say(reason_words(error.code))
        return redirect("/audit/retention", 303)
    queue.later(remove_what_is_due, run_id)
    say(_("It is being removed. The audit chain says so when it is done."))
    return redirect("/audit/retention#runs", 303)
