"""What pages say of rescue files."""

from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.rescue import rules

STATES = {rules.OPEN: _l("begun, not finished"), rules.TAKEN: _l("taken"), rules.KEPT: _l("kept, not taken")}
RESULTS = {
    "applied": _l("counts"), "merged": _l("counts"), "conflict_lost": _l("the office’s entry stands"),
    "late_evidence": _l("kept as late evidence"), "quarantined": _l("waits in the inbox"),
    "rejected": _l("could not be applied"),
}  # fmt: skip
PHOTOS = {
    rules.NEW: _l("taken from this file"), rules.KNOWN: _l("was here before"),
    rules.DIFFERS: _l("damaged in the file"), rules.GONE: _l("the phone had lost it"),
    rules.ORPHAN: _l("belongs to no entry we know"),
}  # fmt: skip


def helpers() -> dict[str, Any]:
    """What templates call."""
    return {
        "rescue_state_word": lambda code: STATES.get(code, code),
        "rescue_result_word": lambda code: RESULTS.get(code, code),
        "rescue_photo_word": lambda code: PHOTOS.get(code, code),
    }
