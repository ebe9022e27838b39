"""The first page of the desk: what to handle first, and how the day goes."""

from typing import Any

import sqlalchemy as sa
from flask import g, redirect, render_template, request
from werkzeug.wrappers import Response

from fieldservice.accounts.models import Person
from fieldservice.core import clock, versions
from fieldservice.core.errors import NotAllowed
from fieldservice.core.permissions import signed_in
from fieldservice.dispatch import first_count, queries, rules
from fieldservice.dispatch.views.asked import read_asked
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs.rules import CANCELLED
from fieldservice.web import exceptions
from fieldservice.web.access import is_fragment_request, note_automatic_request
from fieldservice.web.navigation import may_open


@blueprint.get("/")
@signed_in
def home() -> Response | str:
    """What to handle first; a technician without a desk belongs in the app."""
    note_automatic_request()
    person: Person = g.person
    if not person.can("desk.read"):
        if person.can("phone.use"):
            return redirect("/app/")
        raise NotAllowed("not_allowed")
    version = versions.current()[1]  # first: what is committed after it is announced and read again
    asked, now = read_asked(person), clock.now()
    found = exceptions.find(exceptions.Asked(asked.branch_ids, person, now, asked.timezone))
    if asked.branches == asked.offered:
        g.first_count = len(found.matters)  # the rail need not look again
    wanted = request.args.get("kind", "")
    kind = wanted if wanted in exceptions.KINDS else ""
    shown = [matter for matter in found.matters if not kind or matter.kind == kind]
    states = queries.states_on(asked.branch_ids, asked.today)
    return render_template(
        "dispatch/_home.html" if is_fragment_request() else "dispatch/home.html",
        found=found, shown=shown, kind=kind, kinds=exceptions.KINDS,
        asked=asked, at=now, version=version, timezone=asked.timezone,
        address=asked.addresses("home", asked.today, kind=kind),
        flow=rules.flow(states), count=sum(state != CANCELLED for state in states),
        undated=queries.undated_count(asked.branch_ids), can_enter_jobs=may_open("/jobs/new"),
        is_part=is_fragment_request())


@blueprint.app_context_processor
def _count() -> dict[str, Any]:
    """How much is to be handled first, for the rail; asked for only where a whole page is drawn."""
    return {"exceptions_count": _rail_count}


def _rail_count() -> str:
    """'' where there is nothing, or where the database does not answer."""
    person = g.get("person")
    if person is None or not person.can("desk.read") or "error_status" in g:
        return ""
    try:
        count = g.first_count if "first_count" in g else first_count.count(
            person, clock.now(), keep=request.method in ("GET", "HEAD"))
    except sa.exc.SQLAlchemyError:
        return ""
    return f"{first_count.MOST}+" if count > first_count.MOST else str(count or "")
