"""What planning knows of oneself."""

from datetime import timedelta

from flask import g, render_template

from fieldservice.accounts.models import Person
from fieldservice.core import clock, i18n
from fieldservice.core.permissions import signed_in
from fieldservice.people import queries
from fieldservice.people.availability import Roster
from fieldservice.people.overview import held_by
from fieldservice.people.queries import standing_of
from fieldservice.people.views.blueprint import blueprint
from fieldservice.web.panels import panel_on


@blueprint.get("/account/planning")
@signed_in
def own_planning() -> str:
    """One's own skills, week, days off and home: to read. Whoever plans changes them."""
    person: Person = g.person
    today = i18n.local(clock.now(), person.branch.timezone).date()
    days = [today + timedelta(days=number) for number in range(14)]
    roster = Roster([person.branch_id], days[0], days[-1], only=[person.id])
    return render_template(
        "people/own.html", today=today, standing=standing_of(person.id), held=held_by([person.id]).get(person.id, []),
        week=roster.week(person), days=[(roster.on(person, day), roster.change(person, day)) for day in days],
        changes=queries.changes_of(person.id, today))  # fmt: skip


@panel_on("account")
def _link(person: Person) -> str:
    return render_template("people/_own_link.html", whose=person)
