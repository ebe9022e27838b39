"""What can be decided about an operation that was set aside."""

from fieldservice.sync.rules import DECIDABLE, QUARANTINED

#: reason of what is parked until this server knows it
UNKNOWN_KIND = "unknown_kind"


def is_decidable(result: str, reason: str, *, is_final: bool, has_job: bool) -> bool:
    """Whether it can be accepted or declined; anything else can only be taken note of.

    `is_final`: of a kind that is not known, or that this reason settles for good.
    A sheet that does not verify is quarantined too, but nobody can decide that it does.
    """
    return result == QUARANTINED and reason in DECIDABLE and not is_final and has_job
