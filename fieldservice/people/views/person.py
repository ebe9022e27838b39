"""The planning of a person: skills, week, lunch, where the day begins and ends, days that are different."""

from datetime import date, timedelta
from typing import Any

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import edits_since
from fieldservice.core import clock, i18n
from fieldservice.core.coords import Point
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import needs
from fieldservice.people import actions, queries
from fieldservice.people.availability import branch_place, branch_plannings, week_of
from fieldservice.people.entry import WEEK, field_values
from fieldservice.people.models import ShiftChange, Skill
from fieldservice.people.payloads import DAYS, HOME, DaysForm, PlanningForm, read_days, read_entry
from fieldservice.people.queries import Standing, standing_of
from fieldservice.people.rules import AWAY, PlanningEntry
from fieldservice.people.views.blueprint import blueprint
from fieldservice.people.words import CHANGES, ENDS, STARTS, WEEKDAYS
from fieldservice.people.work import Work, work_of
from fieldservice.web.field_words import FIELDS, saved_words
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.merging import Row
from fieldservice.web.notices import say
from fieldservice.web.positions import (
    KeptPosition,
    MapView,
    PositionFields,
    position_values,
    read_position_fields,
    remember_datum,
    swap_typed,
)

#: days that are over are shown this far back
_BACK = timedelta(days=14)
#: and what is planned on days off is looked for this far ahead
_AHEAD = timedelta(days=400)


@blueprint.get("/team/<person_id>")
@needs("jobs.assign")
def planning(person_id: str) -> Response:
    """Everything planning knows of a person."""
    person = queries.planned_person(g.person, person_id)
    return _page(person, FormState.of(_values(standing_of(person.id))), _days_form())


@blueprint.post("/team/<person_id>")
@needs("jobs.assign")
def save_planning(person_id: str) -> Response:
    """Changes it; what somebody else changed meanwhile is brought together, field by field."""
    person = queries.planned_person(g.person, person_id, to_change=True)
    typed = swap_typed(request.form, HOME) if "swap" in request.form else request.form
    standing, state, view = standing_of(person.id), FormState.typed(typed), _map(person)
    if "swap" not in request.form and not state.merge(_row(standing, state)):
        return _page(person, state, _days_form(), 409, view)
    entry = _read(standing, typed, state, view)
    if "swap" in request.form:
        state.errors.clear()
        return _page(person, state, _days_form(), 200, view)
    if entry is None or state.errors:
        return _page(person, state, _days_form(), 422, view)
    actions.save_planning(person, entry, by=g.person, at=clock.now())
    db.session.commit()
    say(saved_words(state.taken))
    answer = redirect(url_for("people.planning", person_id=person.id), 303)
    return remember_datum(answer, typed.get(f"{HOME}datum", "")) if f"{HOME}datum" in typed else answer


@blueprint.post("/team/<person_id>/days")
@needs("jobs.assign")
def add_days(person_id: str) -> Response:
    """Days off, sick days, other hours. No visit is moved: those planned on these days are named."""
    person = queries.planned_person(g.person, person_id, to_change=True)
    state = FormState.typed(request.form)
    form = read_form(DaysForm, request.form, state, DAYS)
    days, span = read_days(form, state) if form and not state.errors else ([], None)
    if form is None or state.errors:
        return _page(person, FormState.of(_values(standing_of(person.id))), state, 422)
    actions.change_days(person, days, form.kind, span, form.reason, by=g.person, at=clock.now())
    db.session.commit()
    planned = work_of([person.id], days[0], days[-1]) if form.kind in AWAY else {}
    count = sum(len(work) for work in planned.values())
    if count:
        say(_("The days are kept. Visits planned on them: %(count)s. None of them was moved.", count=count))
    else:
        say(_("The days are kept."))
    return redirect(url_for("people.planning", person_id=person.id, _anchor="days"), 303)


@blueprint.get("/team/<person_id>/days")
@needs("jobs.assign")
def days(person_id: str) -> Response:
    """Where a page reloaded after days were refused leads back to."""
    return redirect(url_for("people.planning", person_id=queries.planned_person(g.person, person_id).id))


@blueprint.post("/team/<person_id>/days/<change_id>/removal")
@needs("jobs.assign")
def take_back_day(person_id: str, change_id: str) -> Response:
    """A day is as usual again. Done twice, the second changes nothing and says so."""
    person = queries.planned_person(g.person, person_id, to_change=True)
    change = queries.change_of(person.id, change_id)
    if change is None:
        say(_("This had been taken back before."))
    else:
        day = i18n.day(change.on_day)
        actions.take_back_days(person, [change], by=g.person, at=clock.now())
        db.session.commit()
        say(_("%(day)s is as usual again.", day=day))
    return redirect(url_for("people.planning", person_id=person.id, _anchor="days"), 303)


def away_work(person: Person, changes: list[ShiftChange], today: date) -> list[tuple[ShiftChange, list[Work]]]:
    """What is planned on days on which this person is away, from today on."""
    away = [one for one in changes if one.kind in AWAY and today <= one.on_day <= today + _AHEAD]
    work = work_of([person.id], away[0].on_day, away[-1].on_day) if away else {}
    return [(one, work[person.id, one.on_day]) for one in away if (person.id, one.on_day) in work]


def _read(standing: Standing, typed: MultiDict[str, str], state: FormState, view: MapView) -> PlanningEntry | None:
    form = read_form(PlanningForm, typed, state)
    fields = read_form(PositionFields, typed, state, HOME)
    kept = KeptPosition(Point(*standing.entry.home) if standing.entry.home else None)
    home = read_position_fields(fields, state, view, kept, p=HOME) if fields else None
    if form is None or home is None:
        return None
    point = home.point
    entry = read_entry(form, state, _offered(standing), (point.lat, point.lng) if point else None)
    if "home" in (form.start_from, form.ends) and entry.home is None:
        state.add("start_from" if form.start_from == "home" else "ends", "home_missing")
    return entry


def _offered(standing: Standing) -> list[Skill]:
    """Skills that can be ticked: those that are offered, and those this person has."""
    held = {one.skill for one in standing.entry.skills}
    return [skill for skill in queries.all_skills() if skill.is_active or skill.code in held]


def _values(standing: Standing) -> dict[str, Any]:
    home = standing.entry.home
    return {**field_values(standing.entry), **position_values(KeptPosition(Point(*home) if home else None), HOME)}


def _row(standing: Standing, state: FormState) -> Row:
    values = _values(standing)
    blank: dict[str, Any] = {}
    for skill in _offered(standing):
        blank |= {f"until_{skill.code}": "", f"number_{skill.code}": ""}
    position = tuple(f"{HOME}{name}" for name in ("lng", "lat", "datum"))
    return Row(
        version=standing.version,
        values={**blank, **values},
        shown={"start_from": str(STARTS[standing.entry.start_from]), "ends": str(ENDS[standing.entry.ends]),
               "skills": queries.skill_words(one.skill for one in standing.entry.skills)},
        together=[*((f"start_{day}", f"end_{day}") for day in WEEK), position,
                  ("lunch", "lunch_earliest", "lunch_latest", "lunch_minutes")],
        edits=edits_since("person_planning", standing.row.id, state.since) if standing.row else (),
        columns=dict.fromkeys(position, ("home",)),
    )  # fmt: skip


def _labels(standing: Standing) -> dict[str, str]:
    """Field → its words, for the list of what has to be put right."""
    found = {name: str(words) for name, words in FIELDS.items()}
    for skill in _offered(standing):
        name = queries.name_of(skill)
        found[f"until_{skill.code}"] = _("%(skill)s, certified until", skill=name)
        found[f"number_{skill.code}"] = _("%(skill)s, certificate number", skill=name)
    for day, words in enumerate(WEEKDAYS):
        found[f"start_{day}"] = found[f"end_{day}"] = str(words)
    return found


def _days_form() -> FormState:
    return FormState.of({f"{DAYS}kind": "off"})


def _map(person: Person) -> MapView:
    """The branch to find one's way by; other people's homes are nobody's landmarks."""
    place = branch_place(person.branch_id)
    return MapView([[place[0], place[1], person.branch.name]] if place else [])


def _page(
    person: Person, form: FormState, days_form: FormState, status: int = 200, view: MapView | None = None
) -> Response:
    standing, today = standing_of(person.id), i18n.local(clock.now(), person.branch.timezone).date()
    changes = queries.changes_of(person.id, today - _BACK)
    return make_response(
        render_template(
            "people/planning.html", whose=person, form=form, days=days_form, view=view or _map(person), today=today,
            planning=standing, skills=_offered(standing), changes=changes, clashes=away_work(person, changes, today),
            labels=_labels(standing), kinds=CHANGES.items(),
            branch_week=week_of(branch_plannings([person.branch_id]).get(person.branch_id)),
        ),
        status,
    )  # fmt: skip
