"""What can be decided about an operation that was set aside."""

QUARANTINED = "quarantined"

#: kinds of operations that can still be applied when the dispatcher says so
APPLICABLE = frozenset({"take_step", "take_back_step", "add_note", "record_contact"})


def is_decidable(result: str, kind: str, *, has_job: bool) -> bool:
    """Whether it can be accepted or declined; anything else can only be taken note of."""
    return result == QUARANTINED and kind in APPLICABLE and has_job

