"""Planning of people in words: hours, lunch, where a day begins, and what the log kept of a change."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.people.queries import skill_words
from fieldservice.people.rules import Lunch

WEEKDAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))
CHANGES = {"off": _l("Day off"), "sick": _l("Sick"), "shift": _l("Other hours")}
STARTS = {"branch": _l("at the branch"), "home": _l("at home")}
ENDS = {**STARTS, "open": _l("wherever the last visit is")}


def clock_words(minute: int) -> str:
    """480 → '08:00', 1440 → '24:00'."""
    return f"{minute // 60:02}:{minute % 60:02}"


def span_words(start: int, end: int) -> str:
    """Two minutes of a day → '08:00–18:00'."""
    return f"{clock_words(start)}–{clock_words(end)}"


def lunch_words(lunch: Lunch | None) -> str:
    """'begun between 11:30 and 13:30, 45 min'."""
    if lunch is None or not lunch.minutes:
        return _("none")
    return _("begun between %(first)s and %(last)s, %(minutes)s min", first=clock_words(lunch.earliest),
             last=clock_words(lunch.latest), minutes=lunch.minutes)  # fmt: skip


def logged_words(kind: str, body: Mapping[str, Any]) -> str:
    """What an entry of the log says of a person's planning, in short sentences; '' for any other kind.

    `body`: as the log kept it; with `kind` of days, where the reader may know it.
    """
    if kind == "office.change_planning":
        return _("; ").join(_changed(body))
    if kind in ("office.change_days", "office.take_back_days"):
        days = _(", ").join(i18n.full_date(date.fromisoformat(day)) for day in body.get("days", ()))
        if kind == "office.take_back_days":
            return days
        span = body.get("span")
        away = CHANGES.get(body.get("kind", ""), _("away"))
        return _("%(field)s: %(reason)s", field=days, reason=span_words(*span) if span else str(away))
    return ""


def _changed(body: Mapping[str, Any]) -> Iterator[str]:
    """Each thing that was changed, as it was left."""
    names = set(body.get("changed", ()))

    def has(*beginnings: str) -> bool:
        return any(name.startswith(beginnings) for name in names)

    if has("skills", "until_", "number_"):
        held = [_held_words(one) for one in body.get("skills", ())]
        yield _said(_("Skills"), _(", ").join(held) or _("none is entered"))
    if has("own_week", "start_0", "start_1", "start_2", "start_3", "start_4", "start_5", "start_6", "end_"):
        week = body.get("week")
        days = [f"{WEEKDAYS[int(day)]} {span_words(*span)}" for day, span in (week or {}).items()]
        yield _said(_("Week"), _(", ").join(days) if week is not None else _("that of the branch"))
    if has("lunch"):
        lunch = body.get("lunch")
        yield _said(_("Lunch"), lunch_words(Lunch(*lunch)) if lunch else _("as in the branch"))
    for name, label, words in (("start_from", _("The day begins"), STARTS), ("ends", _("and ends"), ENDS)):
        if name in names:
            yield _said(label, str(words.get(body.get(name, ""), "")))
    if "van_m2" in names:
        van = body.get("van_m2")
        yield _said(_("Load of the van"), _("no limit") if van is None else _("%(area)s m² of boards", area=van))
    if has("home"):
        yield _("Home")


def _held_words(held: Mapping[str, Any]) -> str:
    name, until = skill_words([held["skill"]]), held.get("until")
    return _("%(skill)s until %(day)s", skill=name, day=i18n.full_date(date.fromisoformat(until))) if until else name


def _said(field: str, value: str) -> str:
    return _("%(field)s: %(reason)s", field=field, reason=value)
