"""What a dispatcher must see first: which visits are late, in which order the day stands, how it goes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fieldservice.accounts.rules import UNSENT_AFTER, UNSENT_OVERDUE_AFTER
from fieldservice.jobs.rules import (
    ABSENT,
    ACCEPTED,
    ARRIVED,
    ASSIGNED,
    CANCELLED,
    EN_ROUTE,
    ENDED,
    FINISHED,
    STATES,
    UNASSIGNED,
    UNFINISHED,
    WORKING,
)

#: what the heading always counts, so that its figures stay in their places
ALWAYS_COUNTED = frozenset({UNASSIGNED, ACCEPTED, EN_ROUTE, WORKING, FINISHED})

#: sections of the view by state, most in need of the dispatcher first
BY_NEED = (UNASSIGNED, ASSIGNED, ACCEPTED, EN_ROUTE, ARRIVED, WORKING, UNFINISHED, ABSENT, FINISHED, CANCELLED)

#: a moved visit begins on a quarter of an hour
SNAP_MINUTES = 15
#: a visit without a window is at least this long when it gets one
LEAST_MINUTES = 30

#: a visit nobody goes to yet is due this long before its window begins
DUE_BEFORE = timedelta(hours=2)
SOON = "soon"

NOT_UNDER_WAY = "not_under_way"
WINDOW_OVER = "window_over"

UNSENT = "unsent"
SILENT = "silent"
#: a phone in use speaks every few minutes where there is signal; a cellar or a lift takes less than this
SILENT_AFTER = timedelta(hours=2)


@dataclass(frozen=True)
class Late:
    """A promise at risk: `kind` says which, `minutes` how long since `since`."""

    kind: str
    since: datetime
    minutes: int


def lateness(state: str, start_at: datetime | None, end_at: datetime | None, now: datetime) -> Late | None:
    """Whether the visit is late: its window is over, or has begun and nobody is on the way. None: it is not (yet by
    a whole minute).
    """
    if state in ENDED or start_at is None or end_at is None:
        return None
    if _minutes(end_at, now) >= 1:
        return Late(WINDOW_OVER, end_at, _minutes(end_at, now))
    if _minutes(start_at, now) >= 1 and state in (UNASSIGNED, ASSIGNED, ACCEPTED):
        return Late(NOT_UNDER_WAY, start_at, _minutes(start_at, now))
    return None


def due(state: str, priority: str, start_at: datetime | None, now: datetime) -> str:
    """What the promise to the customer asks for, of a visit that is not late: SOON, when nobody goes yet and its window
    begins within two hours; else its priority, 'emergency' or 'urgent', while nobody is on the way. '' nothing.
    """
    if state == UNASSIGNED and start_at is not None and start_at - now <= DUE_BEFORE:
        return SOON
    return priority if priority != "normal" and state in (UNASSIGNED, ASSIGNED, ACCEPTED) else ""


def flow(states: Iterable[str]) -> list[tuple[str, int]]:
    """How many visits stand in each state, in the order of the work; rare states only where somebody is in them."""
    counts = Counter(states)
    return [(state, counts[state]) for state in STATES if counts[state] or state in ALWAYS_COUNTED]


def obvious_action(state: str, *, late: Late | None, has_day: bool, has_window: bool, is_last: bool = True) -> str:
    """The one thing to do next: 'assign', 'plan', 'reassign', 'restore', 'revisit' or 'open'.

    `is_last`: no later visit stands under the same case.
    """
    if state == CANCELLED:
        return "restore"
    if state in (UNFINISHED, ABSENT) and is_last:
        return "revisit"
    if state in ENDED:
        return "open"
    if not has_day:
        return "plan"
    if state == UNASSIGNED:
        return "assign"
    if not has_window:
        return "plan"
    if late and state in (ASSIGNED, ACCEPTED):
        return "reassign"
    return "open"


def is_planned_apart(planned_start_at: datetime | None, minutes: int, start_at: datetime | None,
                     end_at: datetime | None) -> bool:  # fmt: skip
    """Whether a visit lies on the board where it is planned, with its window behind it: not where both are the same."""
    if planned_start_at is None or start_at is None:
        return False
    return (planned_start_at, planned_start_at + timedelta(minutes=minutes)) != (start_at, end_at)


def length_of(start_at: datetime | None, end_at: datetime | None, planned_minutes: int) -> int:
    """How many minutes a visit keeps when it is moved: those of its window, else as planned, in quarters of an hour."""
    if start_at and end_at:
        return _minutes(start_at, end_at)
    return max(LEAST_MINUTES, -(-planned_minutes // SNAP_MINUTES) * SNAP_MINUTES)


def overlap(start_at: datetime, end_at: datetime, other_start_at: datetime, other_end_at: datetime) -> bool:
    """Whether two windows share time; one that ends when the other begins does not."""
    return start_at < other_end_at and other_start_at < end_at


@dataclass(frozen=True)
class Stuck:
    """A phone to ask about: `kind` says why, `since` since when; `due_at` None: it is not overdue yet."""

    kind: str
    since: datetime
    due_at: datetime | None


def stuck_phone(oldest_unsent_at: datetime | None, last_contact_at: datetime | None,
                duty: tuple[datetime, datetime, bool] | None, now: datetime) -> Stuck | None:
    """Whether somebody should ask about a phone: unsent work grows old on it, or it is silent during work.

    `duty`: when the technician's day starts and ends, and whether a visit is under way; None: none today.
    """
    if oldest_unsent_at and now - oldest_unsent_at >= UNSENT_AFTER:
        overdue_at = oldest_unsent_at + UNSENT_OVERDUE_AFTER
        return Stuck(UNSENT, oldest_unsent_at, overdue_at if overdue_at <= now else None)
    if duty is None or last_contact_at is None:
        return None
    starts_at, ends_at, is_under_way = duty
    quiet_since = max(last_contact_at, starts_at)
    is_on_duty = starts_at <= now and (now <= ends_at or is_under_way)
    return Stuck(SILENT, last_contact_at, None) if is_on_duty and now - quiet_since >= SILENT_AFTER else None


def _minutes(since: datetime, now: datetime) -> int:
    return int((now - since).total_seconds() // 60)


# Proposals -----------------------------------------------------------------------------------------------------------

#: place what waits and move nothing; repair what slipped with as few changes as can be; plan anew
FILL, REPLAN, FULL = "fill", "replan", "full"
PROPOSAL_MODES = (FILL, REPLAN, FULL)

WAITING, COMPUTING, DONE, CALLED_OFF, FAILED, OUTDATED = "waiting", "working", "done", "cancelled", "failed", "outdated"
PROPOSAL_STATES = (WAITING, COMPUTING, DONE, CALLED_OFF, FAILED, OUTDATED)

#: nobody went; somebody else goes; the same goes at another time
GIVE, CHANGE, TIME = "give", "change", "time"
LINE_KINDS = (GIVE, CHANGE, TIME)

APPLIED, REFUSED, TAKEN_BACK = "applied", "refused", "undone"
LINE_OUTCOMES = ("", APPLIED, REFUSED, TAKEN_BACK)

#: what a dispatcher may weigh, each on the levels below
WISHES = ("travel", "changes", "fairness", "punctuality")
#: not, as usual, more, much more
LEVELS = (0, 1, 2, 3)
USUAL_LEVEL = 1
#: a start that moves by less than this is not worth a line
RETIMED_MINUTES = 15
