"""Pure rules of sync: limits, the corrected time of an operation, the hash of a manifest."""

import hashlib
import json
from dataclasses import dataclass

PROTO = 1
MIN_PROTO = 1
SCHEMA = 1
#: operations of so many schemas are understood, the newest among them (sync.md, Server rules)
SCHEMAS_UNDERSTOOD = 6

APPLIED = "applied"
MERGED = "merged"
CONFLICT_LOST = "conflict_lost"
LATE_EVIDENCE = "late_evidence"
QUARANTINED = "quarantined"
REJECTED = "rejected"
RESULTS = (APPLIED, MERGED, CONFLICT_LOST, LATE_EVIDENCE, QUARANTINED, REJECTED)

#: a dispatcher may still say yes to these; whatever else breaks a rule cannot mean anything
DECIDABLE = frozenset(
    {
        "job_cancelled",
        "job_reassigned",
        "job_ended",
        "job_closed",
        "step_out_of_order",
        "not_lead",
        "nothing_to_take_back",
        "signed_already",
        "checklist_incomplete",
        "checklist_other",
        "checklist_old",
        "unknown_kind",
        "device_unknown",
        "server_trouble",
        "phone_blocked",
        "phone_blocked_before",
    }
)

#: from a blocked phone: by its times done before it was blocked, or after
PHONE_BLOCKED = "phone_blocked"
PHONE_BLOCKED_BEFORE = "phone_blocked_before"

MAX_OPS = 100  # sync.md, The shape
MAX_BYTES = 256 * 1024  # sync.md, The shape
MAX_CHANGES = 200  # jobs in one answer: some 400 kB before compression

#: the phone holds ended jobs of the last 7 days and the next 14, and all that are not ended (sync.md, Client rules)
DAYS_BACK = 7
DAYS_AHEAD = 14

#: a request can be under way this long: an operation made meanwhile is older than the contact
UNDER_WAY_MS = 120_000
#: two clocks compared over a mobile network are never better than this
LEAST_UNCERTAINTY_MS = 1_000


@dataclass(frozen=True)
class Anchor:
    """The last answer of the server in the page session that took the operation."""

    server_ms: int
    t: int
    rtt: int


@dataclass(frozen=True)
class Corrected:
    """When something happened, milliseconds since 1970, and how far off that may be."""

    at_ms: int
    uncertainty_ms: int


def corrected_time(
    *,
    device_ms: int,
    device_now_ms: int,
    received_ms: int,
    t: int | None,
    anchor: Anchor | None,
    all_sent_ms: int | None,
) -> Corrected:
    """The server's best knowledge of when an operation happened; no clock of a phone is believed.

    device_ms: the phone's clock at the act; device_now_ms: the same clock at sending; t: `performance.now()` at the
    act, in the page session of `anchor`; all_sent_ms: last contact after which nothing was left on the phone.
    """
    if anchor is not None and t is not None:
        guess = Corrected(anchor.server_ms + t - anchor.t, max(anchor.rtt // 2, 1))
    else:
        off = received_ms - device_now_ms
        guess = Corrected(device_ms + off, max(abs(off), LEAST_UNCERTAINTY_MS))
    earliest = all_sent_ms - UNDER_WAY_MS if all_sent_ms is not None else guess.at_ms
    at_ms = min(max(guess.at_ms, earliest, 0), received_ms)
    return Corrected(at_ms, max(guess.uncertainty_ms, abs(at_ms - guess.at_ms)))


def min_schema() -> int:
    """The oldest shape of arguments that is still lifted."""
    return max(1, SCHEMA - SCHEMAS_UNDERSTOOD + 1)


def carried_time(
    *, device_ms: int, received_ms: int, exported_ms: int | None, clock_off_ms: int | None
) -> Corrected:
    """As `corrected_time`, for an operation that somebody carried here in a file.

    exported_ms: the phone's clock when the file was written; clock_off_ms: how far that clock was ahead at its last
    contact. None: the file does not say. How long the file was carried is not known, so a clock that is not known to be
    right can be off by all of that time.
    """
    if clock_off_ms is not None:
        guess = Corrected(device_ms - clock_off_ms, max(abs(clock_off_ms), LEAST_UNCERTAINTY_MS))
    else:
        carried_ms = abs(received_ms - exported_ms) if exported_ms is not None else abs(received_ms - device_ms)
        guess = Corrected(device_ms, max(carried_ms, LEAST_UNCERTAINTY_MS))
    at_ms = min(max(guess.at_ms, 0), received_ms)
    return Corrected(at_ms, max(guess.uncertainty_ms, abs(at_ms - guess.at_ms)))


def manifest_hash(manifest: list[tuple[str, int]]) -> str:
    """First 16 hex digits of the SHA-256 of the manifest, sorted by id, as compact JSON."""
    text = json.dumps(sorted(map(list, manifest)), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
