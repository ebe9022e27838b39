"""What kind of thing waits in the inbox, in a few words: told apart before the reason is read."""

from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.jobs.rules import ENDED, STEPS
from fieldservice.sync.rules import LATE_EVIDENCE, PHONE_BLOCKED, PHONE_BLOCKED_BEFORE, REJECTED

_ENDING = frozenset(name for name, step in STEPS.items() if step.enters in ENDED)


def sort_word(result: str, reason: str, kind: str, step: str) -> Any:
    """'' for what was applied and only has to be known."""
    if result == LATE_EVIDENCE:
        return _l("Late evidence")
    if reason in (PHONE_BLOCKED, PHONE_BLOCKED_BEFORE, "device_revoked"):
        return _l("From a blocked phone")
    if reason == "job_reassigned":
        if kind == "take_step" and step in _ENDING:
            return _l("Completed after it was given to somebody else")
        return _l("Done after it was given to somebody else")
    if reason == "job_cancelled":
        return _l("Work after the cancellation")
    if result == REJECTED:
        return _l("Cannot be applied")
    return "" if result == "applied" else _l("Not applied, waits for a decision")
