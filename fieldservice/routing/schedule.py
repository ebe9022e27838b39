"""When each stop of somebody's day happens: the one answer to it, for plans, boards, slips and prints.

A technician sets out as soon as he or she is free and begins each piece of work as early as its windows let. Lunch is
had where the day is over earliest by it; on a way it begins as soon as it may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fieldservice.routing.model import Day, Lunch, Route, Stop, Technician, Visit

FOREVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Broken:
    """This order cannot be kept: at which visit, and by what (`window`, `lunch`), with its facts."""

    visit_id: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beginning:
    """From when and where a technician's day is planned; `stops` are begun already."""

    at: int
    place: int | None
    lunch: Lunch | None
    stops: tuple[Stop, ...] = ()


@dataclass(slots=True)
class _Walk:
    """An order walked once, with lunch on a certain way."""

    starts: list[int]
    arrivals: list[int]
    lunch_at: int | None
    home_at: int
    late: list[int]
    #: the first visit that begins after it may, and by how much
    missed: tuple[int, int] | None = None
    has_lunch: bool = True


def times(
    day: Day,
    technician: Technician,
    visit_ids: Sequence[str],
    *,
    lenient: bool = False,
    keeps_starts: bool = False,
) -> Route | Broken:
    """The route of this order, or where it breaks: a window or lunch that cannot be kept.

    Work beyond the shift breaks nothing; it is the route's `overtime_seconds`. `lenient`: what comes too late is done
    late (`late_seconds` of its stop), lunch that cannot be had is left out, and the answer is always a route.
    `keeps_starts`: nothing begins before the time it is planned for, though there were time.
    """
    known = {visit.id: visit for visit in day.visits}
    visits = [known[one] for one in visit_ids]
    if keeps_starts:
        visits = [one if one.start is None else not_before(one, one.start) for one in visits]
    begun = [visit for visit in visits if is_begun(day, technician, visit)]
    return walk(day, technician, beginning(day, technician, begun), visits[len(begun) :], lenient=lenient)


def project(
    day: Day, technician: Technician, visit_ids: Sequence[str], *, keeps_starts: bool = False
) -> Route:
    """`times` as it will be if nobody changes anything: late where it is late."""
    route = times(day, technician, visit_ids, lenient=True, keeps_starts=keeps_starts)
    assert isinstance(route, Route)
    return route


def is_begun(day: Day, technician: Technician, visit: Visit) -> bool:
    """Whether this work is in progress (or done): held fast, and begun before the technician is free again."""
    return (
        visit.is_fixed
        and visit.lead == technician.id
        and visit.start is not None
        and visit.start < free_at(day, technician)
    )


def free_at(day: Day, technician: Technician) -> int:
    """The first moment at which something can be planned for this technician."""
    return max(technician.shift_start, technician.busy_until or 0, day.now)


def beginning(day: Day, technician: Technician, begun: Sequence[Visit] = ()) -> Beginning:
    """Where the rest of the day begins, behind work in progress."""
    at, place = free_at(day, technician), technician.at
    stops = []
    for visit in sorted(begun, key=lambda one: (one.start or 0, one.id)):
        assert visit.start is not None
        stops.append(Stop(visit.id, visit.start, visit.start, visit.start + visit.seconds, 0, 0))
        if technician.at is None:
            place = visit.place
    if stops and technician.busy_until is None:
        at = max(at, stops[-1].end)
    elif stops:
        stops[-1] = replace(stops[-1], end=at)
    lunch = technician.lunch
    if lunch is not None and at > lunch.latest:
        lunch = None
    return Beginning(at, technician.start if place is None else place, lunch, tuple(stops))


def walk(
    day: Day, technician: Technician, begin: Beginning, visits: Sequence[Visit], *, lenient: bool = False
) -> Route | Broken:
    """As `times`, from a beginning that is known."""
    legs = legs_of(day, technician, begin, visits)
    if not visits:
        home_at = begin.at + legs[0] if begin.stops else begin.at
        return _route(technician, begin, visits, legs, _Walk([], [], None, home_at, []))
    walks = [one for way in _ways(begin, visits) if (one := _walk(begin, visits, legs, way, lenient))]
    bare = walks[0]
    sound = [one for one in walks if one.has_lunch and (lenient or one.missed is None)]
    if sound:
        best = min(sound, key=lambda one: (sum(one.late), one.home_at, sum(one.starts)))
        # nobody makes customers wait longer for lunch than lunch is long
        if not lenient or begin.lunch is None or max(best.late) <= max(bare.late) + begin.lunch.seconds:
            return _route(technician, begin, visits, legs, best)
    if lenient:
        return _route(technician, begin, visits, legs, bare)
    if bare.missed is not None:
        position, seconds = bare.missed
        return Broken(visits[position].id, "window", {"minutes": -(-seconds // 60)})
    return Broken(visits[-1].id, "lunch", {})


def walk_late(day: Day, technician: Technician, begin: Beginning, visits: Sequence[Visit]) -> Route:
    """As `walk`, with what comes too late done late."""
    route = walk(day, technician, begin, visits, lenient=True)
    assert isinstance(route, Route)
    return route


def legs_of(day: Day, technician: Technician, begin: Beginning, visits: Sequence[Visit]) -> list[int]:
    """Seconds of travel to each visit, and home behind the last."""
    here, legs = begin.place, []
    for there in [*(visit.place for visit in visits), technician.end]:
        legs.append(0 if here is None or there is None else int(day.travel[here, there]))
        here = there
    return legs


def not_before(visit: Visit, first: int) -> Visit:
    """The same with windows that open then at the earliest; as it is where that leaves none."""
    if not visit.windows:
        return replace(visit, windows=((first, FOREVER),))
    windows = tuple((max(begin, first), end) for begin, end in visit.windows if end >= first)
    return replace(visit, windows=windows) if windows else visit


def begins(visit: Visit, at: int) -> tuple[int, int]:
    """When work begins there for somebody who comes at `at`, and by how much that misses the last window."""
    for first, last in visit.windows:
        if at <= last:
            return max(at, first), 0
    return at, max(0, at - visit.windows[-1][1]) if visit.windows else 0


def latest(visit: Visit) -> int:
    """The last moment at which this work may begin, at whatever price."""
    if not visit.windows:
        return FOREVER
    last = visit.windows[-1][1]
    return last if visit.promised or visit.soft_until is None else max(last, visit.soft_until)


def _ways(begin: Beginning, visits: Sequence[Visit]) -> list[int | None]:
    """On which way lunch could be: to the first visit (0) … home (their number), at home (one more); None: nowhere."""
    return [None] if begin.lunch is None else [None, *range(len(visits) + 2)]


def _walk(
    begin: Beginning, visits: Sequence[Visit], legs: Sequence[int], way: int | None, lenient: bool
) -> _Walk | None:
    """The day with lunch on that way; None where it cannot be had there."""
    clock, lunch = begin.at, begin.lunch
    done = _Walk([], [], None, 0, [])
    for position, visit in enumerate(visits):
        arrives = clock + legs[position]
        ready = arrives
        if way == position and lunch is not None:
            if clock > lunch.latest:
                return None
            done.lunch_at = max(clock, lunch.earliest)
            ready = max(arrives, lunch.earliest if arrives < lunch.earliest else 0) + lunch.seconds
            arrives = arrives if arrives < lunch.earliest else ready
        start, late = begins(visit, ready)
        if start > latest(visit) and done.missed is None:
            done.missed = position, start - latest(visit)
            if not lenient and way is not None:
                return None
        done.arrivals.append(arrives)
        done.starts.append(start)
        done.late.append(late)
        clock = start + visit.seconds
    return _home(done, clock, legs[-1], lunch, way, len(visits))


def _home(done: _Walk, clock: int, leg: int, lunch: Lunch | None, way: int | None, last: int) -> _Walk | None:
    """The way home, with lunch on it or behind it where that is meant."""
    done.home_at = clock + leg
    if lunch is None:
        return done
    if way is None:
        done.has_lunch = done.home_at < lunch.earliest
    elif way == last:
        if clock > lunch.latest:
            return None
        done.lunch_at = max(clock, lunch.earliest)
        done.home_at = (
            max(done.home_at, lunch.earliest if done.home_at < lunch.earliest else 0) + lunch.seconds
        )
    elif way == last + 1:
        if done.home_at > lunch.latest:
            return None
        done.lunch_at = max(done.home_at, lunch.earliest)
        done.home_at = done.lunch_at + lunch.seconds
    return done


def _leaves(begin: Beginning, legs: Sequence[int], done: _Walk) -> int:
    """As late as the first work can still begin then: nobody waits at the first door."""
    if not done.starts:
        return begin.at
    leave_at = done.starts[0] - legs[0]
    if begin.lunch and done.lunch_at is not None and leave_at < done.lunch_at + begin.lunch.seconds:
        is_first = done.lunch_at + begin.lunch.seconds <= done.starts[0]
        leave_at -= begin.lunch.seconds if is_first else 0
    return max(begin.at, leave_at)


def _waits(visits: Sequence[Visit], legs: Sequence[int], begin: Beginning, done: _Walk) -> list[int]:
    """Idle seconds before each visit; none before the first, for which one leaves later."""
    waits, clock = [], 0
    for position, start in enumerate(done.starts):
        wait = start - clock - legs[position] if position else 0
        if position and begin.lunch and done.lunch_at is not None and clock <= done.lunch_at < start:
            wait -= begin.lunch.seconds
        waits.append(max(0, wait))
        clock = start + visits[position].seconds
    return waits


def _route(
    technician: Technician, begin: Beginning, visits: Sequence[Visit], legs: Sequence[int], done: _Walk
) -> Route:
    leave_at = _leaves(begin, legs, done)
    waits = _waits(visits, legs, begin, done)
    stops = tuple(
        Stop(
            visit.id,
            # nobody waits at the first door: one comes when work begins
            done.starts[0] if position == 0 else done.arrivals[position],
            done.starts[position],
            done.starts[position] + visit.seconds,
            legs[position],
            waits[position],
            done.late[position],
        )
        for position, visit in enumerate(visits)
    )
    drives = bool(visits or begin.stops)
    return Route(
        technician.id,
        begin.stops + stops,
        leave_at,
        done.lunch_at,
        done.home_at,
        sum(legs) if drives else 0,
        max(0, done.home_at - technician.shift_end) if drives else 0,
    )
