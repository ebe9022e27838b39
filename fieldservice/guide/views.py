"""Help at the desk: the tour, the first steps, the keys."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import ADMINISTRATOR, needs
from fieldservice.guide import actions, queries, words
from fieldservice.web.navigation import may_open
from fieldservice.web.notices import say

blueprint = Blueprint("guide", __name__)

HOME = "/"


def _first_open(steps: Sequence[queries.FirstStep]) -> int:
    """Which of the steps is to be done next among those this person may do; -1: none."""
    return next((n for n, step in enumerate(steps) if not step.is_done and g.person.can(step.permission)), -1)


_HELPERS = {"may_open": may_open, "first_open": _first_open}


@blueprint.get("/help")
@needs("desk.read")
def page() -> str:
    """All of it, at any time."""
    return render_template("guide/help.html", tour=_tour(g.person), steps=_first_steps(g.person), **_HELPERS)


@blueprint.post("/help/tour")
@needs("desk.read")
def tour() -> Response:
    """Leaves the tour, or shows it again."""
    if "again" in request.form:
        actions.show_tour(g.person)
    else:
        actions.leave_tour(g.person, at=clock.now())
        say(_("The tour stays under “Help” in the account menu."))
    db.session.commit()
    return redirect(HOME, 303)


@blueprint.post("/help/first-steps")
@needs("desk.read")
def first_steps() -> Response:
    """Puts the first steps away."""
    actions.leave_first_steps(g.person, at=clock.now())
    db.session.commit()
    say(_("The first steps stay under “Help” in the account menu."))
    return redirect(HOME, 303)


@blueprint.post("/help/keys")
@needs("desk.read")
def keys() -> Response:
    """Switches the keys on or off."""
    on = request.form.get("on") == "1"
    actions.switch_keys(g.person, on=on)
    db.session.commit()
    say(_("The keyboard shortcuts are on.") if on else _("The keyboard shortcuts are off."))
    return redirect(url_for("guide.page") + "#keys", 303)


@blueprint.app_context_processor
def _for_pages() -> dict[str, Any]:
    """What the desk's frame asks for; only where a whole page is drawn."""
    return {"guide": _guide}


def _guide() -> dict[str, Any]:
    """What belongs on this page; empty where nobody with a desk is signed in or the database does not answer."""
    person: Person | None = g.get("person")
    if person is None or not person.can("desk.read") or "error_status" in g:
        return {}
    try:
        habit = queries.habit_of(person)
        found: dict[str, Any] = {
            "keys": [key for key in words.PLACES if may_open(key.address)],
            "on_the_page": words.ON_THE_PAGE,
            "keys_off": habit.keys_off,
            **_HELPERS,
        }
        if request.path == HOME:
            steps = () if habit.first_steps_left_at else _first_steps(person)
            found["first_steps"] = () if all(step.is_done for step in steps) else steps
            found["tour"] = () if habit.tour_left_at else _tour(person)
    except sa.exc.SQLAlchemyError:
        return {}
    return found


def _tour(person: Person) -> tuple[words.TourStep, ...]:
    return words.tour_of(person.roles)


def _first_steps(person: Person) -> tuple[queries.FirstStep, ...]:
    return queries.first_steps() if ADMINISTRATOR in person.roles else ()
