"""A branch's week: who works when."""

from datetime import date, timedelta

from flask import g, render_template
from werkzeug.wrappers import Response

from fieldservice.core import clock, i18n
from fieldservice.core.errors import NotFound
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.people import exports
from fieldservice.people.overview import weeks_of
from fieldservice.people.queries import planned_branches
from fieldservice.people.views.blueprint import blueprint
from fieldservice.web import exports as web_exports
from fieldservice.web.access import is_fragment_request
from fieldservice.web.listing import asked_text, page_of_all


@blueprint.get("/team")
@needs("jobs.assign")
def team() -> str | Response:
    """Who works when in a week, who is away, whose certificate runs out; the address carries week and branch."""
    branches = planned_branches(g.person)
    branch_id = asked_text("branch")
    chosen = [branch for branch in branches if not branch_id or branch.id == branch_id]
    if not chosen:
        raise NotFound()
    today = i18n.local(clock.now(), g.person.branch.timezone).date()
    monday = _asked_week(today)
    branch_ids = [branch.id for branch in chosen]
    if web_exports.asked():
        return web_exports.send_list(
            "team", _("Team"), exports.columns(monday), lambda: weeks_of(branch_ids, monday, today))
    page = page_of_all(weeks_of(branch_ids, monday, today))
    template = "people/_team.html" if is_fragment_request() else "people/team.html"
    return render_template(
        template, page=page, branches=branches, branch_id=branch_id, today=today, monday=monday,
        week_words=f"{i18n.plain_day(monday)} – {i18n.plain_day(monday + timedelta(days=6))}",
        days=[monday + timedelta(days=number) for number in range(7)], before=monday - timedelta(days=7),
        after=monday + timedelta(days=7), is_this_week=monday <= today < monday + timedelta(days=7))  # fmt: skip


def _asked_week(today: date) -> date:
    """The Monday of the week asked for; that of today for what is no day, or one at the end of all days."""
    try:
        asked = date.fromisoformat(asked_text("week"))
    except ValueError:
        asked = today
    if not 2000 <= asked.year <= 2199:
        asked = today
    return asked - timedelta(days=asked.weekday())
