"""The team as a file: what the import of the team reads again. Neither homes nor reasons stand in it."""

from collections.abc import Callable, Sequence

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.people.overview import Line
from fieldservice.people.queries import skill_words
from fieldservice.web.exports import Columns

_DAYS = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))


def columns(lines: Sequence[Line]) -> Columns:
    """What a row of the file says of a person. `lines`: all of them, for the days of the heads."""
    days = [day.at.day for day in lines[0].days] if lines else []
    return (
        (_l("Staff number"), lambda line: line.person.staff_no),
        (_l("Name"), lambda line: line.person.name),
        (_l("Branch"), lambda line: line.person.branch.name),
        (_l("Skills"), lambda line: _("; ").join(_skill(one) for one in line.held)),
        *((name, _usual(weekday)) for weekday, name in enumerate(_DAYS)),
        *((day.isoformat(), _day(place)) for place, day in enumerate(days)),
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
