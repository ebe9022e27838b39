"""Where a branch is and when its people usually work."""

from typing import Any

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts.queries import edits_since
from fieldservice.branches.models import Branch
from fieldservice.core import clock
from fieldservice.core.coords import Point
from fieldservice.core.db import db
from fieldservice.core.permissions import needs
from fieldservice.people import actions, queries
from fieldservice.people.availability import branch_plannings, week_of
from fieldservice.people.entry import clock as clock_text
from fieldservice.people.models import BranchPlanning
from fieldservice.people.payloads import BranchPlanningForm, read_lunch, read_span
from fieldservice.people.rules import END_MINUTE, START_MINUTE, WINDOWS, BranchEntry, Lunch, windows_text
from fieldservice.people.views.blueprint import blueprint
from fieldservice.web.field_words import saved_words
from fieldservice.web.forms import FormState, read_form
from fieldservice.web.merging import Row
from fieldservice.web.notices import say
from fieldservice.web.positions import (
    KeptPosition,
    MapView,
    position_values,
    read_position_fields,
    remember_datum,
    swap_typed,
)


@blueprint.get("/team/branches/<branch_id>")
@needs("jobs.assign")
def branch_hours(branch_id: str) -> Response:
    """The form of a branch's place and hours."""
    branch = queries.planned_branch(g.person, branch_id)
    return _page(branch, FormState.of(_values(_row_of(branch))), MapView([]))


@blueprint.post("/team/branches/<branch_id>")
@needs("jobs.assign")
def save_branch_hours(branch_id: str) -> Response:
    """Changes them; what somebody else changed meanwhile is brought together."""
    branch = queries.planned_branch(g.person, branch_id, to_change=True)
    typed = swap_typed(request.form) if "swap" in request.form else request.form
    row, state, view = _row_of(branch), FormState.typed(typed), MapView([])
    if "swap" not in request.form and not state.merge(_merged(row, state)):
        return _page(branch, state, view, 409)
    form = read_form(BranchPlanningForm, typed, state)
    position = read_position_fields(form, state, view, _kept(row)) if form else None
    entry = _entry(form, state, position.point) if form and position else None
    if "swap" in request.form:
        state.errors.clear()
        return _page(branch, state, view)
    if entry is None or state.errors:
        return _page(branch, state, view, 422)
    actions.save_branch_planning(branch, entry, by=g.person, at=clock.now())
    db.session.commit()
    say(saved_words(state.taken))
    return remember_datum(redirect(url_for("people.team", branch=branch.id), 303), typed.get("datum", ""))


def _entry(form: BranchPlanningForm, state: FormState, point: Point | None) -> BranchEntry:
    if not form.weekdays:
        state.add("weekdays", "week_empty")
    span = read_span(form.start, form.end, state, "start", "end")
    if span is None:
        state.add("start", "value_missing")
    lunch = Lunch(0, 0, 0)
    if form.lunch == "own":
        lunch = read_lunch(form.lunch_earliest, form.lunch_latest, form.lunch_minutes, state)
    start, end = span or (START_MINUTE, END_MINUTE)
    weekdays = tuple(int(day) for day in form.weekdays)
    return BranchEntry(point.lat if point else None, point.lng if point else None, weekdays, start, end,
                       lunch.earliest, lunch.latest, lunch.minutes, form.usual_windows)  # fmt: skip


def _row_of(branch: Branch) -> BranchPlanning | None:
    return branch_plannings([branch.id]).get(branch.id)


def _kept(row: BranchPlanning | None) -> KeptPosition:
    return KeptPosition(None if row is None or row.lat is None or row.lng is None else Point(row.lat, row.lng))


def _values(row: BranchPlanning | None) -> dict[str, Any]:
    week = week_of(row)
    start, end = next(iter(week.days.values()))
    lunch = week.lunch
    return {
        "weekdays": [str(day) for day in week.days],
        "start": clock_text(start),
        "end": clock_text(end),
        "lunch": "own" if lunch else "none",
        "lunch_earliest": clock_text(lunch.earliest) if lunch else "",
        "lunch_latest": clock_text(lunch.latest) if lunch else "",
        "lunch_minutes": lunch.minutes if lunch else "",
        "usual_windows": (row.usual_windows if row else "") or windows_text(WINDOWS),
        **position_values(_kept(row)),
    }


def _merged(row: BranchPlanning | None, state: FormState) -> Row:
    return Row(
        version=row.version if row else 0,
        values=_values(row),
        shown={},
        together=[("start", "end"), ("lng", "lat", "datum"),
                  ("lunch", "lunch_earliest", "lunch_latest", "lunch_minutes")],
        edits=edits_since("branch_planning", row.id, state.since) if row else (),
        columns={"start": ("start_minute",), "end": ("end_minute",), "datum": ("lng", "lat"),
                 "lunch": ("lunch_minutes",)},
    )  # fmt: skip


def _page(branch: Branch, state: FormState, view: MapView, status: int = 200) -> Response:
    version = getattr(_row_of(branch), "version", 0)
    return make_response(
        render_template("people/branch.html", branch=branch, form=state, view=view, row={"version": version}), status
    )
