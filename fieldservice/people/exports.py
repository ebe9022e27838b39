"""The team as a file: what the import of the team reads again. Neither homes nor reasons stand in it."""

from collections.abc import Callable
from datetime import date, timedelta

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.people.catalogue import Use
from fieldservice.people.models import Skill
from fieldservice.people.overview import Line
from fieldservice.people.queries import skill_words
from fieldservice.people.rules import is_good
from fieldservice.web.exports import Columns

_DAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))


def columns(monday: date) -> Columns:
    """What a row of the file says of a person, in the week that begins on `monday`."""
    return (
        (_l("Staff number"), lambda line: line.person.staff_no),
        (_l("Name"), lambda line: line.person.name),
        (_l("Branch"), lambda line: line.person.branch.name),
        (_l("Skills"), lambda line: _("; ").join(_skill(one) for one in line.held)),
        *((name, _usual(weekday)) for weekday, name in enumerate(_DAYS)),
        *(((monday + timedelta(days=place)).isoformat(), _day(place)) for place in range(7)),
    )


def skill_columns(today: date) -> Columns:
    """What a row of the file says of a skill and its use."""

    def held(row: tuple[Skill, Use]) -> str:
        return _("; ").join(f"{person.name} {person.staff_no}" for _held, person in row[1].held)

    def run_out(row: tuple[Skill, Use]) -> int:
        return sum(not is_good(one.certified_until, today) for one, _person in row[1].held)

    return (
        (_l("Name in Chinese"), lambda row: row[0].name_zh),
        (_l("Name in English"), lambda row: row[0].name_en),
        (_l("Kind"), lambda row: _("Certificate") if row[0].is_certificate else _("Craft")),
        (_l("State"), lambda row: _("offered") if row[0].is_active else _("not offered any more")),
        (_l("Who has it"), held),
        (_l("Of these run out"), run_out),
        (_l("Open visits that need it"), lambda row: row[1].visits),
    )


def _usual(weekday: int) -> Callable[[Line], str]:
    def hours(line: Line) -> str:
        span = line.week.days.get(weekday)
        return _span(span[0] * 60, span[1] * 60) if span else _("free")

    return hours


def _day(place: int) -> Callable[[Line], str]:
    def hours(line: Line) -> str:
        at = line.days[place].at
        if at.is_there:
            return _span(at.shift_start, at.shift_end)
        return _("free") if at.why_not == "no_shift" else _("away")

    return hours


def _skill(held: object) -> str:
    """'Electrician's certificate 2026-12-31 京A123'."""
    code, until, number = (getattr(held, name) for name in ("skill", "certified_until", "certificate_no"))
    return " ".join(filter(None, (skill_words([code]), until and until.isoformat(), number)))


def _span(start: int, end: int) -> str:
    return "–".join(f"{seconds // 3600:02}:{seconds // 60 % 60:02}" for seconds in (start, end))
