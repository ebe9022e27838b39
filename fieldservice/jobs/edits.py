"""Edits of the office as people read them: each field in words, before and after. Values are as the log holds them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from fieldservice.core import i18n
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.people.queries import skill_words
from fieldservice.web.job_words import NEEDS, PRIORITIES, TYPES
from fieldservice.web.timeline import Fact

LABELS = {
    "type": _l("Type"), "brief": _l("Task"), "product_id": _l("Product"), "visit_on": _l("Day"),
    "window": _l("Window"), "planned_minutes": _l("Planned minutes"), "priority": _l("Priority"),
    "priority_reason": _l("Why it is urgent"), "analysis": _l("Our analysis of the fault"),
    "remedy": _l("Proposed remedy"), "bring": _l("To bring"), "special_needs": _l("Special needs"),
    "special_note": _l("And in words"), "amount_fen": _l("To collect"), "amount_reason": _l("What for"),
    "stops_supply": _l("Water, heat or gas"), "skills": _l("Skills needed"), "load_m2": _l("Boards to bring, m²"),
    "pinned_lead": _l("Only this technician"), "is_promised": _l("Agreed with the customer"),
}  # fmt: skip
#: what is said of a job that was entered; everything else stands on its page
FIRST = ("type", "brief", "visit_on", "window", "priority", "amount_fen")

Names = Mapping[str, str]


def columns_after(before: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan of the log as columns: what is empty is left out of it there."""
    names = [name for name in LABELS if name != "window"] + ["window_start_at", "window_end_at"]
    return {**before, **{name: plan.get(name) for name in names}}


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any], names: Names, zone: str) -> list[Fact]:
    """What is not the same, in the order of the form; only fields that stand in `after`."""
    old, new = _words(before, names, zone), _words(after, names, zone)
    return [
        Fact(str(LABELS[name]), new[name] or _("nothing"), old.get(name) or _("nothing"))
        for name in LABELS
        if name in new and new[name] != old.get(name, "")
    ]


def first_facts(plan: Mapping[str, Any], names: Names, zone: str) -> list[Fact]:
    """The most important fields of a job that was entered."""
    said = _words(plan, names, zone)
    is_plain = plan.get("priority", "normal") == "normal"
    return [
        Fact(str(LABELS[name]), said[name]) for name in FIRST if said.get(name) and not (name == "priority" and is_plain)
    ]


def crew_changes(before: Mapping[str, Any] | None, after: Mapping[str, Any], names: Names) -> list[Fact]:
    """Who goes, and went. `before`: None for a job that was entered, {} where the log does not say."""
    found = []
    for label, words in ((_("Lead technician"), _lead), (_("Helpers"), _helpers)):
        old, new = words(before, names) if before else "", words(after, names)
        if before is None:
            found += [Fact(label, new)] if new else []
        elif new != old:
            found.append(Fact(label, new or _("nobody"), old or _("nobody")))
    return found


def _lead(crew: Mapping[str, Any], names: Names) -> str:
    lead_id = crew.get("lead_id")
    return names.get(lead_id, _("somebody")) if lead_id else ""


def _helpers(crew: Mapping[str, Any], names: Names) -> str:
    return _(", ").join(names.get(one, _("somebody")) for one in crew.get("helper_ids") or [])


def _words(plan: Mapping[str, Any], names: Names, zone: str) -> dict[str, str]:
    """Field → its value in words; '' for nothing."""
    found = {name: _value(name, plan[name], names) for name in LABELS if name in plan}
    if "window_start_at" in plan:
        found["window"] = _window(plan.get("window_start_at"), plan.get("window_end_at"), zone)
    return found


def _value(name: str, value: Any, names: Names) -> str:
    if value in (None, "", [], False):
        return ""
    read = _READERS.get(name)
    if name == "product_id":
        return names.get(str(value), "")
    try:
        return read(value) if read else str(value)
    except (KeyError, TypeError, ValueError):
        return str(value)


_READERS: dict[str, Callable[[Any], str]] = {
    "type": lambda code: str(TYPES[code]),
    "priority": lambda code: str(PRIORITIES[code]),
    "visit_on": lambda day: i18n.day(date.fromisoformat(str(day))),
    "special_needs": lambda codes: _(", ").join(str(NEEDS.get(code, code)) for code in codes),
    "amount_fen": i18n.sum_words,
    "stops_supply": lambda _yes: _("yes"),
    "skills": skill_words,
    "pinned_lead": lambda _yes: _("yes"),
    "is_promised": lambda _yes: _("yes"),
}


def _window(start: Any, end: Any, zone: str) -> str:
    try:
        return i18n.window(datetime.fromisoformat(str(start)), datetime.fromisoformat(str(end)), zone)
    except ValueError:
        return ""
