"""Words about reports at the desk."""

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.i18n import words
from fieldservice.reports.rules import SEAL_FAULTS

LANGUAGES = {"zh": _l("Chinese"), "en": _l("English")}

_FAULTS = {
    "press_missing": _l("Parts that make PDF files are missing on the server. What to install says: flask reports check"),
    "press_slow": _l("It took too long."),
    "press_failed": _l("The page could not be made into a PDF. The log of the worker says why."),
    "press_refused": _l("The page asked for something foreign and was not sealed. Tell the administrator."),
    "report_pictures": _l("The small copy of a photo is not there yet."),
    "server_full": _l("There is no room left on the server."),
}
_SEAL = _l("The key that seals reports cannot be used now. Nothing is handed out unsealed.")

_ADVICE = {
    "press_missing": _l("Have the administrator install them; the reports are then made by themselves"),
    "server_full": _l("Have the administrator make room; the reports are then made by themselves"),
    "press_refused": _l("It is not sealed like this: have the administrator look at the log of the worker"),
    "report_pictures": _l("Look whether its photos open, or do without those that cannot be used"),
}
_TRY = _l("It is tried again by itself; try now, or have the administrator look at the log of the worker")
_SEAL_ADVICE = _l("Have the administrator look at the keys; the reports are then made by themselves")


def advice(code: str) -> str:
    """What to do about it."""
    return words(_SEAL_ADVICE if code.startswith(SEAL_FAULTS) else _ADVICE.get(code, _TRY))


def fault_words(code: str) -> str:
    """Why a report could not be made."""
    return words(_SEAL if code.startswith(SEAL_FAULTS) else _FAULTS.get(code, _FAULTS["press_failed"]))
