"""What the pages of people share."""

from datetime import date
from typing import Any

from flask import Blueprint

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.people.models import PersonSkill
from fieldservice.people.queries import skill_words
from fieldservice.people.rules import initials, is_good
from fieldservice.people.words import (
    CHANGES,
    ENDS,
    STARTS,
    WEEKDAYS,
    clock_words,
    logged_words,
    lunch_words,
    span_words,
)

blueprint = Blueprint("people", __name__)

SKILL_KINDS = {"craft": _l("Craft"), "certificate": _l("Certificate")}

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
        "planning_words": logged_words,
        "is_good": is_good,
    }


blueprint.app_context_processor(_words)
blueprint.record_once(lambda state: state.app.jinja_env.globals.update(initials=initials))
