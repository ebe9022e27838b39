"""What the pages of people share."""

from datetime import date
from typing import Any

from flask import Blueprint

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.people.models import PersonSkill
from fieldservice.people.queries import skill_words
from fieldservice.people.rules import Lunch, initials, is_good

blueprint = Blueprint("people", __name__)

WEEKDAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))
CHANGES = {"off": _l("Day off"), "sick": _l("Sick"), "shift": _l("Other hours")}
SKILL_KINDS = {"craft": _l("Craft"), "certificate": _l("Certificate")}
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


def expiry_words(until: date, today: date) -> str:
    """'ran out on 20 Nov 2026', 'good until 3 Dec 2026'."""
    if is_good(until, today):
        return _("good until %(day)s", day=i18n.full_date(until))
    return _("ran out on %(day)s", day=i18n.full_date(until))


def held_words(held: PersonSkill, today: date) -> str:
    """'Electrician's certificate, ran out on 20 Nov 2026'."""
    name = skill_words([held.skill])
    if held.certified_until is None:
        return name
    return _("%(skill)s, %(until)s", skill=name, until=expiry_words(held.certified_until, today))


def _words() -> dict[str, Any]:
    return {
        "weekday_words": WEEKDAYS,
        "change_words": CHANGES,
        "start_words": STARTS,
        "end_words": ENDS,
        "clock_words": clock_words,
        "span_words": span_words,
        "lunch_words": lunch_words,
        "expiry_words": expiry_words,
        "held_words": held_words,
        "skill_words": skill_words,
        "is_good": is_good,
    }


blueprint.app_context_processor(_words)
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(initials=initials))
