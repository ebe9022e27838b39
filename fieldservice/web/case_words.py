"""Words for the codes of customers and cases."""

from collections.abc import Callable
from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l

CASE_KINDS = {
    "enquiry": _l("Enquiry"),
    "survey": _l("Survey"),
    "installation": _l("Installation"),
    "repair": _l("Repair request"),
    "maintenance": _l("Maintenance"),
    "complaint": _l("Complaint"),
    "return_exchange": _l("Return or exchange"),
    "suggestion": _l("Suggestion or praise"),
}

CUSTOMER_KINDS = {"person": _l("Private person"), "firm": _l("Firm")}

POSITION_SOURCES = {
    "pin": _l("pin on the map"),
    "typed": _l("typed"),
    "import": _l("imported"),
    "geocoder": _l("found by address"),
    "on_site": _l("taken on site"),
}

#: why a step has no place
NO_PLACES = {
    "denied": _l("No place: the phone was not allowed to say it"),
    "unavailable": _l("No place: there was none to be had"),
    "timeout": _l("No place: it took too long"),
    "off": _l("No place: switched off on the phone"),
}

#: what became of something a phone sent, where it was not simply applied
RESULTS = {
    "conflict_lost": _l("the entry of the office stands"),
    "late_evidence": _l("came in late, kept in the history"),
    "quarantined": _l("set aside"),
    "rejected": _l("not applied"),
}


def helpers() -> dict[str, Callable[[str], Any]]:
    """What templates call: `case_kind_word('repair')`; an unknown code is shown as it is."""
    return {
        f"{name}_word": _reader(words)
        for name, words in (
            ("case_kind", CASE_KINDS),
            ("customer_kind", CUSTOMER_KINDS),
            ("position_source", POSITION_SOURCES),
            ("no_place", NO_PLACES),
            ("result", RESULTS),
        )
    }


def _reader(words: dict[str, Any]) -> Callable[[str], Any]:
    return lambda code: words.get(code, code)
