"""Words about reports at the desk."""

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.i18n import words

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


def fault_words(code: str) -> str:
    """Why a report could not be made."""
    return words(_SEAL if code.startswith("seal_") else _FAULTS.get(code, _FAULTS["press_failed"]))
