"""What speaks against a place for a visit, told before it is kept. Pure: values in, codes out.

`static/js/behaviours/board/rules.js` says the same while a visit is dragged; tests/vectors/board.json holds both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fieldservice.jobs.rules import RUNNING

#: refused: cannot be; hard: only when somebody says so once more; soft: said; told: no trouble
REFUSED, HARD, SOFT, TOLD = "refused", "hard", "soft", "told"
_ORDER = (REFUSED, HARD, SOFT, TOLD)
MIDNIGHT = 24 * 60


@dataclass(frozen=True)
class Moment:
    """A day (YYYY-MM-DD), and minutes from its midnight."""

    day: str
    start: int


@dataclass(frozen=True)
class Held:
    """The visit that is to be moved or given."""

    id: str
    state: str
    #: '' where it does not matter
    branch: str
    #: how long its window is, or would be
    minutes: int
    #: who leads it; '' nobody
    lead: str
    lead_name: str
    #: None: without a time
    origin: Moment | None
    needs: Sequence[str] = ()
    #: m² of boards
    load: int = 0
    #: the customer asked for whoever leads it
    is_pinned: bool = False
    #: its position is known
    is_placed: bool = True
    #: of a visit that is planned to begin within its window: from when until when that is, minutes of the day of `origin`
    room: tuple[int, int] | None = None
    #: and how long the work is
    work: int = 0


@dataclass(frozen=True)
class Target:
    """Where it would be; `lead` '' nobody goes."""

    lead: str
    name: str
    branch: str
    day: str
    start: int


@dataclass(frozen=True)
class Other:
    """A visit of that person on that day, minutes from midnight."""

    id: str
    name: str
    start: int
    end: int
    is_over: bool = False
    load: int = 0


@dataclass(frozen=True)
class Duty:
    """What is known of a person on a day; `why` as in `people.availability`, minutes from midnight."""

    why: str = ""
    shift: tuple[int, int] | None = None
    #: None: not known
    skills: frozenset[str] | None = None
    #: skill → last day it was good
    expired: dict[str, str] = field(default_factory=dict)
    #: m² the van takes; None: no limit
    van: int | None = None


@dataclass(frozen=True)
class Late:
    """A visit that would be begun so many minutes after it may."""

    id: str
    name: str
    minutes: int


@dataclass(frozen=True)
class Now:
    """`now`: minutes of today."""

    today: str
    now: int
    can_assign: bool


@dataclass(frozen=True)
class Remark:
    """Something that is to be known; `facts` fill the words (`conflict_words`)."""

    code: str
    level: str
    facts: dict[str, Any] = field(default_factory=dict)


def remarks(held: Held, to: Target, others: Iterable[Other], duty: Duty, late: Iterable[Late], now: Now) -> list[Remark]:
    """The worst first; none: nothing speaks against it."""
    found = _about(held, to, now)
    if to.lead:
        found += _against(held, to, list(others), duty, late)
    return sorted(found, key=lambda one: _ORDER.index(one.level))


def is_within(held: Held, to: Target) -> bool:
    """Whether the window agreed with the customer stays, and only the planned start moves."""
    if held.room is None or held.origin is None or held.origin.day != to.day:
        return False
    return held.room[0] <= to.start < held.room[1]


def length_at(held: Held, to: Target) -> int:
    """Minutes that lie there: the work within its window, else the window, which moves along."""
    return held.work if is_within(held, to) else held.minutes


def window(start: int, end: int) -> str:
    """'13:00–14:30'."""
    return f"{_clock(start)}–{_clock(end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _about(held: Held, to: Target, now: Now) -> list[Remark]:
    """Of the time, and of the visit itself."""
    end = to.start + length_at(held, to)
    found = []
    if to.lead != held.lead and not now.can_assign:
        found.append(Remark("may_not_assign", REFUSED))
    if end > MIDNIGHT:
        found.append(Remark("over_midnight", SOFT))
    if to.day < now.today or (to.day == now.today and end <= now.now):
        found.append(Remark("window_over", SOFT))
    elif to.day == now.today and to.start < now.now:
        found.append(Remark("window_begun", SOFT))
    if held.origin and (held.origin.start != to.start or held.origin.day != to.day):
        told = window(*(held.room or (held.origin.start, held.origin.start + held.minutes)))
        if is_within(held, to):
            found.append(Remark("window_stays", TOLD, {"window": told}))
        else:
            day = "" if held.origin.day == to.day else held.origin.day
            found.append(Remark("customer_told", TOLD, {"day": day, "window": told}))
    if to.lead != held.lead and held.state in RUNNING:
        found.append(Remark("has_begun", SOFT))
    if not to.lead and held.lead:
        found.append(Remark("nobody_goes", SOFT))
    return found


def _against(held: Held, to: Target, others: list[Other], duty: Duty, late: Iterable[Late]) -> list[Remark]:
    """Of the person."""
    name, end = to.name, to.start + length_at(held, to)
    found = []
    if held.branch and to.branch != held.branch:
        found.append(Remark("other_branch", REFUSED, {"name": name}))
    if held.is_pinned and held.lead and held.lead != to.lead:
        found.append(Remark("pinned", HARD, {"name": held.lead_name}))
    for skill in held.needs if duty.skills is not None else ():
        if until := duty.expired.get(skill):
            found.append(Remark("certificate_expired", HARD, {"name": name, "skill": skill, "until": until}))
        elif skill not in (duty.skills or ()):
            found.append(Remark("no_skill", HARD, {"name": name, "skill": skill}))
    if duty.why:
        found.append(Remark(duty.why, SOFT if duty.why == "no_shift" else HARD, {"name": name}))
    elif duty.shift and (to.start < duty.shift[0] or end > duty.shift[1]):
        found.append(Remark("outside_shift", SOFT, {"name": name, "window": window(*duty.shift)}))
    for other in others:
        if other.id != held.id and not other.is_over and other.start < end and to.start < other.end:
            facts = {"name": name, "customer": other.name, "window": window(other.start, other.end)}
            found.append(Remark("overlap", SOFT, facts))
    for one in late:
        if one.id == held.id:
            found.append(Remark("late_here", SOFT, {"name": name, "minutes": one.minutes}))
        else:
            found.append(Remark("late_there", SOFT, {"name": name, "customer": one.name, "minutes": one.minutes}))
    if not held.is_placed:
        found.append(Remark("no_position", SOFT))
    load = held.load + sum(other.load for other in others if other.id != held.id and not other.is_over)
    if duty.van is not None and held.load and load > duty.van:
        found.append(Remark("load", SOFT, {"name": name, "load": load, "van": duty.van}))
    return found
