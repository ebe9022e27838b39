"""Words for what stands on the pages of lists of the team."""

from datetime import date
from typing import Any

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.people.queries import skill_words
from fieldservice.rosters.reading import Line
from fieldservice.rosters.rules import WEEKDAYS
from fieldservice.web.words import reason_words

_NAMES = (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))
FIELDS: dict[str, Any] = {
    "staff_no": _l("Staff number"), "name": _l("Name"), "skills": _l("Skills"), "until": _l("Certified until"),
    "number": _l("Certificate number"), **dict(zip(WEEKDAYS, _NAMES, strict=True)), "first": _l("First day"),
    "last": _l("Last day"), "kind": _l("What"), "hours": _l("Hours"), "reason": _l("Reason"),
}  # fmt: skip
KINDS = {"change": _l("Changes something"), "same": _l("The same"), "bad": _l("Bad")}
STATES = {"checked": _l("Checked, nothing written yet"), "applied": _l("Done"), "undone": _l("Undone")}
DAYS = {"off": _l("Day off"), "sick": _l("Sick"), "shift": _l("Other hours")}


def line_words(line: Line) -> list[str]:
    """What a line says, part by part."""
    found = [" ".join(filter(None, (skill_words([code]), until, number))) for code, until, number in line.skills]
    found += [f"{_NAMES[int(day)]} {_span(span) or _('free')}" for day, span in line.week.items()]
    if line.days:
        first, last = (date.fromisoformat(line.days[name]) for name in ("first", "last"))
        days = i18n.day(first) if first == last else f"{i18n.day(first)} – {i18n.day(last)}"
        parts = (days, str(DAYS[line.days["kind"]]), _span(line.days["span"]), line.days["reason"])
        found.append(" ".join(filter(None, parts)))
    return found


def problem_words(problem: dict[str, Any]) -> str:
    """'Skills: …': the column and the reason."""
    facts = {name: value for name, value in problem.items() if name not in ("field", "code")}
    words, name = reason_words(problem["code"], facts), problem.get("field", "")
    return _("%(field)s: %(reason)s", field=FIELDS[name], reason=words) if name in FIELDS else words


def _span(span: list[int]) -> str:
    return "–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)
