"""Somebody is ill or has a day off: the few forms for it, from the board and from the page of the person."""

from datetime import date

from flask import g, render_template, request, url_for

from fieldservice.accounts.models import Person
from fieldservice.core import clock, i18n
from fieldservice.core.errors import NotFound
from fieldservice.core.permissions import TECHNICIAN, needs
from fieldservice.dispatch import queries
from fieldservice.dispatch.views.blueprint import blueprint
from fieldservice.jobs.rules import ENDED
from fieldservice.people.availability import available
from fieldservice.people.queries import planned_person, plans
from fieldservice.web.access import is_fragment_request
from fieldservice.web.panels import panel_on


@blueprint.get("/board/<person_id>/away", endpoint="away")
@needs("jobs.assign")
def page(person_id: str) -> str:
    """What can be noted of this person for a day, with the visits it would touch."""
    person = planned_person(g.person, person_id)
    today = i18n.local(clock.now(), person.branch.timezone).date()
    day = _day(today)
    there = next((one for one in available([person.branch_id], day) if one.person.id == person.id), None)
    if there is None:
        raise NotFound()
    own = [job for job in queries.jobs_on([person.branch_id], day) if job.lead_id == person.id and job.state not in ENDED]
    branch = person.branch.code if g.person.sees_all_branches else None
    on = None if day == today else day.isoformat()
    return render_template(
        "dispatch/_away.html" if is_fragment_request() else "dispatch/away.html", whose=person, day=day, there=there,
        count=len(own), is_over=day < today, next=url_for("dispatch.slips", day=on, branch=branch),
        board=url_for("dispatch.board", day=on, branch=branch))


@panel_on("person")
def _panel(person: Person) -> str:
    """The way to it from the page of a technician's account."""
    if TECHNICIAN not in person.roles or not person.is_active or not plans(g.person, person.branch_id):
        return ""
    return render_template("dispatch/_away_link.html", whose=person)


def _day(today: date) -> date:
    """That of the address; one that cannot be read is today."""
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
