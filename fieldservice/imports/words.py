"""Words for what stands on the pages of imports: fields, verdicts, outcomes, states, problems."""

from typing import Any

from flask import g

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.money import yuan
from fieldservice.people.queries import skill_words
from fieldservice.web import case_words, job_words
from fieldservice.web.masks import mask_phone
from fieldservice.web.words import reason_words

FIELDS: dict[str, Any] = {
    "reference": _l("Reference"),
    "branch": _l("Branch"),
    "customer": _l("Customer"),
    "customer_kind": _l("Kind of customer"),
    "address_form": _l("Form of address"),
    "phone": _l("Phone"),
    "district": _l("District"),
    "address": _l("Estate or street with number"),
    "unit": _l("Building, entrance, floor, room"),
    "access_note": _l("Getting in"),
    "lng": _l("Longitude"),
    "lat": _l("Latitude"),
    "position": _l("Position in one column"),
    "type": _l("Type"),
    "brief": _l("Task"),
    "visit_on": _l("Date"),
    "window": _l("Window in one column"),
    "start": _l("Window from"),
    "end": _l("Window until"),
    "planned_minutes": _l("Planned minutes"),
    "technician": _l("Technician"),
    "priority": _l("Priority"),
    "priority_reason": _l("Why it is urgent"),
    "special_needs": _l("Special needs"),
    "special_note": _l("Note on needs"),
    "bring": _l("Bring"),
    "skills": _l("Skills needed"),
    "load_m2": _l("Boards to bring, m²"),
    "only_technician": _l("Only this technician"),
    "promised": _l("Agreed with the customer"),
    "amount": _l("To collect"),
    "amount_reason": _l("What it is for"),
    "case_kind": _l("Kind of case"),
    "case_words": _l("The customer’s words"),
}

#: the form of the columns, part by part
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_l("Who"), ("reference", "branch", "customer", "phone", "customer_kind", "address_form")),
    (_l("Where"), ("district", "address", "unit", "access_note", "lng", "lat", "position")),
    (_l("What"), ("type", "brief", "case_kind", "case_words", "priority", "priority_reason")),
    (_l("When and by whom"), ("visit_on", "window", "start", "end", "planned_minutes", "technician")),
    (_l("More"), ("special_needs", "special_note", "bring", "skills", "load_m2", "only_technician", "promised", "amount",
                  "amount_reason")),
)

KINDS: dict[str, Any] = {
    "new": _l("New"), "changed": _l("Changed"), "same": _l("The same"), "conflict": _l("Conflicts"), "bad": _l("Bad"),
}
KIND_ICONS = {"new": "plus", "changed": "pencil", "same": "check", "conflict": "history", "bad": "circle-alert"}

OUTCOMES: dict[str, Any] = {
    "": _l("Waiting"),
    "created": _l("Jobs made"),
    "updated": _l("Jobs changed"),
    "known": _l("Known by another import"),
    "failed": _l("Failed"),
    "taken_back": _l("Taken back"),
    "left": _l("Left as they are"),
}

STATES: dict[str, Any] = {
    "columns": _l("Columns to be named"),
    "checking": _l("Being checked"),
    "checked": _l("Checked, nothing written yet"),
    "applying": _l("Being written"),
    "stopped": _l("Stopped"),
    "applied": _l("Done"),
    "undoing": _l("Being undone"),
    "undone": _l("Undone"),
}


def problem_words(problem: dict[str, Any]) -> str:
    """'Phone: Write a phone number …': the column and the reason."""
    facts = {name: value for name, value in problem.items() if name not in ("field", "code")}
    words = reason_words(problem["code"], facts)
    name = problem.get("field", "")
    return _("%(field)s: %(reason)s", field=FIELDS[name], reason=words) if name in FIELDS else words


def problems_words(problems: list[dict[str, Any]]) -> str:
    """All of them in one text, for a cell."""
    return " ".join(problem_words(problem) for problem in problems)


def value_words(name: str, value: Any) -> str:
    """A field of a line as people read it."""
    if value in ("", None, []):
        return _("empty")
    if name == "special_needs":
        return _(", ").join(str(job_words.NEEDS.get(code, code)) for code in value)
    if name == "skills":
        return skill_words(value)
    if name in ("only_technician", "promised"):
        return _("yes") if value == "yes" else _("no")
    lists: dict[str, dict[str, Any]] = {
        "type": job_words.TYPES, "priority": job_words.PRIORITIES, "case_kind": case_words.CASE_KINDS,
        "customer_kind": case_words.CUSTOMER_KINDS,
    }  # fmt: skip
    if name in lists:
        return str(lists[name].get(value, value))
    if name == "phone":
        return mask_phone(str(value))
    if name == "amount":
        return f"¥ {yuan(int(value))}"
    if name == "technician":
        person = db.session.get(Person, value)
        return person.name if person else _("empty")
    return str(value)


def helpers() -> dict[str, Any]:
    """What the templates of imports call."""
    return {
        "field_word": lambda name: FIELDS.get(name, name),
        "import_state_word": lambda state: STATES[state],
        "kind_word": lambda kind: KINDS[kind],
        "kind_icon": lambda kind: KIND_ICONS[kind],
        "outcome_word": lambda outcome: OUTCOMES[outcome],
        "problem_words": problem_words,
        "value_words": value_words,
        "moment_day": lambda moment: i18n.full_date(i18n.local(moment, g.person.branch.timezone).date()),
        "import_day": lambda found: i18n.day_and_time(found.created_at, g.person.branch.timezone),
    }
