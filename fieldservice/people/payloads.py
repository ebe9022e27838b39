"""Forms of planning: a person's skills and week, days that are different, a branch's place and hours."""

from datetime import date, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from fieldservice.people.entry import WEEK
from fieldservice.people.models import Skill
from fieldservice.people.rules import (
    CHANGES,
    ENDS,
    FIRST_YEAR,
    LAST_YEAR,
    STARTS,
    Held,
    Lunch,
    PlanningEntry,
    is_one_name,
    read_windows,
    windows_text,
)
from fieldservice.web.forms import NONE_IF_EMPTY, Form, FormState, line, one_of, problem, some_of
from fieldservice.web.positions import PositionFields

#: what the names of the fields of a home, and of a day that is different, begin with
HOME, DAYS = "home_", "days_"
#: days entered at once
MOST_DAYS = 92

_MINUTES = Annotated[int, Field(ge=5, le=240)]


def _one_name(text: str) -> str:
    if not is_one_name(text):
        raise problem("skill_name_parts")
    return text


_SkillName = Annotated[str, line(40), AfterValidator(_one_name)]


class SkillForm(Form):
    """A skill of the catalogue as typed."""

    name_zh: _SkillName
    name_en: _SkillName
    kind: Annotated[str, one_of(("craft", "certificate"))]


class PlanningForm(Form):
    """What planning knows of a person, but skills and week, whose fields are as many as there are."""

    own_week: Annotated[str, one_of(("", "own"))] = ""
    lunch: Annotated[str, one_of(("", "own", "none"))] = ""
    lunch_earliest: Annotated[time | None, NONE_IF_EMPTY] = None
    lunch_latest: Annotated[time | None, NONE_IF_EMPTY] = None
    lunch_minutes: Annotated[_MINUTES | None, NONE_IF_EMPTY] = None
    start_from: Annotated[str, one_of(STARTS)] = "branch"
    ends: Annotated[str, one_of(ENDS)] = "branch"
    home_address: Annotated[str, line(200, least=0)] = ""
    van_m2: Annotated[Annotated[int, Field(ge=0, le=9999)] | None, NONE_IF_EMPTY] = None


class DaysForm(Form):
    """Days on which somebody is away or works at other times."""

    first: date
    #: None: that one day
    last: Annotated[date | None, NONE_IF_EMPTY] = None
    kind: Annotated[str, one_of(CHANGES)] = "off"
    start: Annotated[time | None, NONE_IF_EMPTY] = None
    end: Annotated[time | None, NONE_IF_EMPTY] = None
    reason: Annotated[str, line(200, least=0)] = ""


def _windows(text: str) -> str:
    found = read_windows(text)
    if found is None:
        raise problem("windows_unreadable")
    return windows_text(found)


class BranchPlanningForm(PositionFields):
    """Where a branch is and when its people work."""

    usual_windows: Annotated[str, AfterValidator(_windows)] = ""

    weekdays: Annotated[tuple[str, ...], some_of(str(day) for day in WEEK)] = ()
    start: Annotated[time | None, NONE_IF_EMPTY] = None
    end: Annotated[time | None, NONE_IF_EMPTY] = None
    lunch: Annotated[str, one_of(("own", "none"))] = "own"
    lunch_earliest: Annotated[time | None, NONE_IF_EMPTY] = None
    lunch_latest: Annotated[time | None, NONE_IF_EMPTY] = None
    lunch_minutes: Annotated[_MINUTES | None, NONE_IF_EMPTY] = None


def read_entry(
    form: PlanningForm, state: FormState, skills: list[Skill], home: tuple[float, float] | None
) -> PlanningEntry:
    """The whole as it shall be; what is wrong stands in `state`, and then it is not to be kept."""
    week = {day: span for day in WEEK if (span := _span(state, day))} if form.own_week else None
    if form.own_week and not week and not state.errors:
        state.add("own_week", "week_empty")
    return PlanningEntry(
        skills=tuple(held for code in sorted(one.code for one in skills) if (held := _held(state, code))),
        week=week,
        lunch=_lunch(form, state),
        start_from=form.start_from,
        ends=form.ends,
        home=home,
        home_address=form.home_address,
        van_m2=form.van_m2,
    )


def read_days(form: DaysForm, state: FormState) -> tuple[list[date], tuple[int, int] | None]:
    """(the days, the hours of a changed shift); what is wrong stands in `state`."""
    last, span = form.last or form.first, None
    for name, day in (("first", form.first), ("last", last)):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            state.add(f"{DAYS}{name}", "day_unreadable")
    if last < form.first:
        state.add(f"{DAYS}last", "days_order")
    elif (last - form.first).days >= MOST_DAYS:
        state.add(f"{DAYS}last", "days_too_many", limit=MOST_DAYS)
    if form.kind == "shift":
        span = read_span(form.start, form.end, state, f"{DAYS}start", f"{DAYS}end")
        if span is None:
            state.add(f"{DAYS}start", "value_missing")
    if state.errors:
        return [], None
    return [form.first + timedelta(days=number) for number in range((last - form.first).days + 1)], span


def read_span(
    start: time | None, end: time | None, state: FormState, start_name: str, end_name: str
) -> tuple[int, int] | None:
    """(first, last minute); midnight as an end is that of the day's end. None: nothing was typed, or it is wrong."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        state.add(start_name if start is None else end_name, "time_incomplete")
        return None
    span = (_minute(start), _minute(end) or 24 * 60)
    if span[0] >= span[1]:
        state.add(end_name, "shift_order")
        return None
    return span


def read_lunch(earliest: time | None, latest: time | None, minutes: int | None, state: FormState) -> Lunch:
    """An own lunch; what is wrong stands in `state`."""
    for name, value in (("lunch_earliest", earliest), ("lunch_latest", latest), ("lunch_minutes", minutes)):
        if value is None:
            state.add(name, "value_missing")
    if earliest is None or latest is None or minutes is None:
        return Lunch(0, 0, 0)
    if latest < earliest:
        state.add("lunch_latest", "lunch_order")
    return Lunch(_minute(earliest), _minute(latest), minutes)


def _lunch(form: PlanningForm, state: FormState) -> Lunch | None:
    if form.lunch == "own":
        return read_lunch(form.lunch_earliest, form.lunch_latest, form.lunch_minutes, state)
    return Lunch(0, 0, 0) if form.lunch == "none" else None


def _held(state: FormState, code: str) -> Held | None:
    if code not in state.all("skills"):
        return None
    number = " ".join(state.value(f"number_{code}").replace("\0", "").split())
    if len(number) > 40:
        state.add(f"number_{code}", "text_too_long", limit=40, length=len(number))
    return Held(code, _day(state, f"until_{code}"), number.encode("utf-8", "replace").decode())


def _day(state: FormState, name: str) -> date | None:
    text = state.value(name).strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        state.add(name, "day_bad")
        return None


def _span(state: FormState, weekday: int) -> tuple[int, int] | None:
    names = f"start_{weekday}", f"end_{weekday}"
    found = []
    for name in names:
        text = state.value(name).strip()
        try:
            found.append(None if not text else time(0) if text == "24:00" else time.fromisoformat(text))
        except ValueError:
            state.add(name, "time_bad")
            return None
    return read_span(found[0], found[1], state, *names)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute
