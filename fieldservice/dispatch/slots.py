"""Times for an appointment over all technicians of a branch: for the desk with whom and why, for a customer only when."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from flask import current_app

from fieldservice.branches.models import Branch
from fieldservice.core import i18n
from fieldservice.dispatch import planning, slips
from fieldservice.dispatch.planning import PRIORITIES, Place
from fieldservice.jobs.models import Job
from fieldservice.people.availability import branch_plannings, windows_of
from fieldservice.routing import roads
from fieldservice.routing import slots as engine
from fieldservice.routing.model import Day, Reason, Visit, Weights

#: days looked at, from today on
DAYS = 7
#: slots shown
COUNT = 5
#: a day later is worth this many seconds of travel, so that nobody waits a week to save a minute
A_DAY_LATER = 600
#: days of branches kept in a process
_KEPT = 128
#: a technician is not sent anywhere within so long
_SOON = 1800  # seconds
#: whoever begins as a window ends is in the next one
_MINUTE = 60

#: how slots are ordered: all that counts taken together, the way alone, or the time alone
Order = Literal["cost", "way", "time"]
ORDERS: tuple[Order, ...] = get_args(Order)
#: somebody's place for a visit is looked for by its way; waiting decides between equal ones
_BY_WAY = Weights(waiting=0.001)


@dataclass(frozen=True)
class Wish:
    """What is to be placed."""

    branch: Branch
    #: WGS-84
    place: Place
    minutes: int
    skills: frozenset[str] = frozenset()
    load_m2: int = 0
    priority: str = "normal"
    #: the only one who may go; None: anybody
    pinned_id: str | None = None
    #: the job it is about; '' a new one
    job_id: str = ""


@dataclass(frozen=True)
class Slot:
    """A window with somebody who can keep it."""

    day: date
    start_at: datetime
    end_at: datetime
    person_id: str
    name: str
    #: when work would begin
    begins_at: datetime
    extra_minutes: int
    #: how much longer he or she waits between visits; below 0: less long
    waits_minutes: int
    #: id of the visit it follows; None: the first of the day
    after: str | None
    cost: int


@dataclass(frozen=True)
class Why:
    """Why the first of some slots stands before the one with the least way, which has so many minutes less."""

    nearest: Slot
    minutes: int
    days_sooner: int
    waits_less: int


def fault_of(wish: Wish, at: datetime) -> Reason | None:
    """What is wrong with where it is, seen from where people set out today; None: nothing."""
    known = _day_of(wish.branch, i18n.local(at, wish.branch.timezone).date(), at)
    begins = {known.places[one.start] for one in known.day.technicians if one.start is not None}
    return planning.fault_of_position(wish.place, begins)


def wish_of(job: Job) -> Wish | None:
    """What a job needs; None: nobody knows where it is."""
    if job.site.lat is None or job.site.lng is None:
        return None
    return Wish(job.branch, (job.site.lat, job.site.lng), job.planned_minutes, frozenset(job.skills), job.load_m2 or 0,
                job.priority, job.lead_id if job.pinned_lead else None, job.id)  # fmt: skip


def best_slots(
    wish: Wish, *, at: datetime, days: int = DAYS, count: int = COUNT, first: date | None = None, by: Order = "cost"
) -> list[Slot]:
    """The best windows of the days from `first` (None: today) on, one technician for each.

    `cost`: the cheapest first; what is sooner counts a little more. `way`: the least way first, of equal minutes the
    soonest. `time`: the soonest first.
    """
    found = [replace(slot, cost=slot.cost + number * A_DAY_LATER)
             for number, day in enumerate(_days(wish.branch, at, days, first))
             for slot in slots_on(wish, day, at=at, by=by)]  # fmt: skip
    return sorted(found, key=lambda one: (_rank(one, by), one.start_at))[:count]


def slots_on(wish: Wish, day: date, *, at: datetime, by: Order = "cost") -> list[Slot]:
    """Of a day: for each window of the branch whoever costs least there (`way`: has the least way), in the order of
    the windows."""
    found: dict[datetime, Slot] = {}
    for slot in all_on(wish, day, at=at, by=by):
        found.setdefault(slot.start_at, slot)
    return [found[start_at] for start_at in sorted(found)]


def why_first(found: Sequence[Slot]) -> Why | None:
    """Why the first stands before one with less way; None: none has less."""
    if not found:
        return None
    nearest = min(found, key=lambda one: one.extra_minutes)
    less = found[0].extra_minutes - nearest.extra_minutes
    if less <= 0:
        return None
    return Why(nearest, less, max(0, (nearest.day - found[0].day).days),
               max(0, nearest.waits_minutes - found[0].waits_minutes))  # fmt: skip


def _rank(slot: Slot, by: Order) -> int:
    return {"cost": slot.cost, "way": slot.extra_minutes, "time": 0}[by]


def all_on(wish: Wish, day: date, *, at: datetime, by: Order = "cost") -> list[Slot]:
    """Of a day every window with everybody who can keep it, the cheapest (`way`: those with the least way) first."""
    known = _day_of(wish.branch, day, at)
    windows, soonest = _windows(known, at)
    if not windows:
        return []
    board, visit = _with(wish, known, at)
    found = []
    for some in _apart(windows):
        spans = tuple((max(start, soonest), end - _MINUTE) for start, end in some)
        everybody = len(spans) * max(1, len(board.technicians))
        weights = _BY_WAY if by == "way" else None
        for slot in engine.best(board, replace(visit, windows=spans), count=everybody, weights=weights):
            if slot.window is not None:
                found.append(_shown(slot, known, some[slot.window]))
    return sorted(found, key=lambda one: (one.cost, one.start_at, one.person_id))


def windows_for(job: Job, *, at: datetime, most: int) -> list[tuple[datetime, datetime, bool]]:
    """Windows for the customer of a visit, from tomorrow on, on different half-days, but not the one agreed; whether the
    same technician keeps it. Days are looked at only until there are enough.
    """
    wish = wish_of(job)
    found: list[tuple[datetime, datetime, bool]] = []
    if wish is None:
        return found
    tomorrow = i18n.local(at, job.branch.timezone).date() + timedelta(days=1)
    for day in _days(job.branch, at, DAYS, tomorrow):
        halves: set[bool] = set()
        for slot in slots_on(wish, day, at=at):
            is_morning = i18n.local(slot.start_at, job.branch.timezone).hour < 12
            is_agreed = job.window_start_at is not None and job.window_end_at is not None and (
                slot.start_at < job.window_end_at and job.window_start_at < slot.end_at)  # fmt: skip
            if is_morning in halves or is_agreed:
                continue
            halves.add(is_morning)
            found.append((slot.start_at, slot.end_at, slot.person_id == job.lead_id))
            if len(found) == most:
                return found
    return found


@dataclass(frozen=True)
class _Known:
    """A day without rows: what the engine reads, and names."""

    day: Day
    places: tuple[Place, ...]
    names: dict[str, str]
    midnight: datetime
    on: date
    windows: tuple[tuple[int, int], ...]


def _days(branch: Branch, at: datetime, days: int, first: date | None) -> Iterator[date]:
    begin = first or i18n.local(at, branch.timezone).date()
    return (begin + timedelta(days=number) for number in range(days))


def _day_of(branch: Branch, day: date, at: datetime) -> _Known:
    """Read once for each change of the day; today once a minute."""
    kept: OrderedDict[tuple[str, date], tuple[Any, _Known]]
    kept = current_app.extensions.setdefault("slot_days", OrderedDict())
    is_today = i18n.local(at, branch.timezone).date() == day
    mark = (slips.mark_of(branch.id, day), at.timestamp() // 60 if is_today else None)
    known = kept.get((branch.id, day))
    if known is not None and known[0] == mark:
        return known[1]
    with slips.apart():
        planned = planning.day_of([branch.id], day, at=at, with_undated=False)
        names = {one.person.id: one.person.name for one in planned.people.values()}
        row = branch_plannings([branch.id]).get(branch.id)
        fresh = _Known(planned.day, tuple(planned.places), names, planning.midnight(day, branch.timezone), day,
                       tuple((start * 60, end * 60) for start, end in windows_of(row)))  # fmt: skip
    with slips.LOCK:
        kept[branch.id, day] = (mark, fresh)
        kept.move_to_end((branch.id, day))
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return fresh


def _windows(known: _Known, at: datetime) -> tuple[list[tuple[int, int]], int]:
    """The windows that are still ahead, and the first moment at which somebody could be sent anywhere."""
    soonest = int((at - known.midnight).total_seconds()) + _SOON
    return [(start, end) for start, end in known.windows if end - _MINUTE > soonest], soonest


def _apart(windows: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """In groups in which none shares time with another: the engine looks at windows that follow each other."""
    groups: list[list[tuple[int, int]]] = []
    for window in windows:
        group = next((one for one in groups if one[-1][1] <= window[0]), None)
        if group is None:
            groups.append([window])
        else:
            group.append(window)
    return groups


def _with(wish: Wish, known: _Known, at: datetime) -> tuple[Day, Visit]:
    """The day with one more place, and the visit there."""
    places = list(known.places)
    if wish.place not in places:
        places.append(wish.place)
    day = known.day
    if len(places) != len(known.places):
        day = replace(day, travel=roads.matrix_for(wish.branch, places, at).seconds)
    priority, value = PRIORITIES[wish.priority]
    visit = Visit(
        id=wish.job_id or "new", place=places.index(wish.place), seconds=wish.minutes * 60, skills=wish.skills,
        value=value, priority=priority, pinned=wish.pinned_id, load=wish.load_m2)  # fmt: skip
    return day, visit


def _shown(slot: engine.Slot, known: _Known, window: tuple[int, int]) -> Slot:
    def moment(seconds: int) -> datetime:
        return known.midnight + timedelta(seconds=seconds)

    return Slot(
        day=known.on, start_at=moment(window[0]), end_at=moment(window[1]),
        person_id=slot.technician_id, name=known.names.get(slot.technician_id, ""), begins_at=moment(slot.start),
        extra_minutes=max(0, round(slot.extra_travel_seconds / 60)),
        waits_minutes=round(slot.extra_wait_seconds / 60), after=slot.after, cost=slot.cost)  # fmt: skip
