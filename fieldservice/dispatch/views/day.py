"""The page of a day: every visit in a list."""

from flask import g, render_template, request
from werkzeug.wrappers import Response

from fieldservice.core import clock, versions
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.dispatch import day, queries
from fieldservice.dispatch.views.asked import asked_words, read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs import exports as job_exports
from fieldservice.web import exports
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.navigation import may_open


@blueprint.get("/day", endpoint="day")
@needs("desk.read")
def page() -> str | Response:
    """The visits of a day by technician or state."""
    note_automatic_request()
    version = versions.current()[1]  # first: what is committed after it is announced and read again
    asked = read_asked(g.person)
    view = request.args.get("view", "")
    choice = day.Choice(day=asked.day, today=asked.today, view=view if view in day.VIEWS else day.BY_TECHNICIAN,
                        branches=asked.branches, branch=asked.branch, words=asked_words(), viewer=g.person)
    shown = day.read_day(choice, clock.now())
    if exports.asked():
        rows = queries.in_order({row.job.id for section in shown.sections for row in section.rows})
        return exports.send_list("day", _("Day"), job_exports.columns(), lambda: job_exports.rows(rows))
    template = "dispatch/_day.html" if is_fragment_request() else "dispatch/day.html"
    address = asked.addresses("day", view="" if choice.view == day.BY_TECHNICIAN else choice.view, q=choice.words)
    return render_template(template, shown=shown, version=version, address=address, timezone=asked.timezone,
                           asked=asked, can_enter_jobs=may_open("/jobs/new"),
                           is_part=is_fragment_request())
