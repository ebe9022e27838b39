"""The inbox page and its decisions."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from fieldservice.core import clock, i18n, versions
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.inbox import actions, exports, queries
from fieldservice.inbox.models import InboxItem
from fieldservice.inbox.overlap_words import overlap_words
from fieldservice.inbox.words import sort_word
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from fieldservice.web import exports as web_exports
from fieldservice.web import visit_words
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.notices import say
from fieldservice.web.panels import panel_on

blueprint = Blueprint("inbox", __name__)
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(
    entry_facts=queries.facts_of, sort_word=sort_word, **visit_words.helpers()))


@panel_on("job_top")
def _overlaps(job: Job) -> str:
    """What the office changed and a technician had not seen."""
    return render_template("inbox/_overlaps.html", overlaps=overlap_words(job))


@panel_on("sheet_acts")
def _decision(sheet: SignOff) -> str:
    """Where it is decided about a sheet that was set aside, or came late; '' nothing waits."""
    item = queries.open_item_of(sheet.op_id)
    return render_template("inbox/_decision.html", item=item) if item else ""


@blueprint.get("/inbox")
@needs("desk.read")
def page() -> str | Response:
    """What sync could not apply, open first."""
    if web_exports.asked():
        columns = exports.columns(g.person.branch.timezone)
        return web_exports.send_list("inbox", _("Inbox"), columns, lambda: exports.rows(g.person))
    note_automatic_request()
    return _page()


@blueprint.post("/inbox/<item_id>/acceptance")
@needs("inbox.decide")
def acceptance(item_id: str) -> Response | tuple[str, int]:
    """The author's work counts."""
    return _decide(item_id, actions.accept)


@blueprint.post("/inbox/<item_id>/refusal")
@needs("inbox.decide")
def refusal(item_id: str) -> Response | tuple[str, int]:
    """The job stays as the office has it."""
    return _decide(item_id, actions.decline)


@blueprint.post("/inbox/<item_id>/acknowledgement")
@needs("inbox.decide")
def acknowledgement(item_id: str) -> Response | tuple[str, int]:
    """Seen."""
    return _decide(item_id, actions.see)


@blueprint.app_context_processor
def _count() -> dict[str, Any]:
    """What waits, for the badge in the rail; asked for only where a whole page is drawn and the database answers."""
    person = g.get("person")
    if person is None or not person.can("desk.read") or "error_status" in g:
        return {"inbox_count": 0}
    try:
        return {"inbox_count": queries.open_count(person)}
    except sa.exc.SQLAlchemyError:
        return {"inbox_count": 0}


def _decide(item_id: str, act: Callable[..., None]) -> Response | tuple[str, int]:
    item = queries.item_for(g.person, item_id)
    try:
        act(item, by=g.person, at=clock.now())
        db.session.commit()
    except (Conflict, RuleBroken) as error:
        db.session.rollback()
        return _page(error, about=queries.item_for(g.person, item_id)), error.status
    if is_fragment_request():
        return _page(), 200
    say(_("Decided. It stands in the history of the job."))
    return redirect(url_for("inbox.page"), 303)


def _page(error: AppError | None = None, about: InboxItem | None = None) -> str:
    version = versions.current()[1]  # first: what is committed after it is announced and read again
    waiting, decided = queries.groups_for(g.person)
    zone = g.person.branch.timezone
    return render_template(
        "inbox/_inbox.html" if is_fragment_request() else "inbox/inbox.html", waiting=waiting, decided=decided,
        version=version, timezone=zone, today=i18n.local(clock.now(), zone).date(), error=error, about=about,
        is_part=is_fragment_request())
