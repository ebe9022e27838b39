"""Plans for a branch's day: `fill` what is open, `replan` what slipped, `full` from nothing.

All three answer with a whole `Plan`: each visit stands in a route or among those left, with its reason. The same day,
weights, seed and number of iterations give the same plan on every machine; with `seconds` the clock decides how far a
search comes (one second where neither is said). `first_answer` and `replan`'s first step run in any process; searches
want the compiled engine and belong into the worker.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypedDict, Unpack

import numpy as np

from fieldservice.routing.engine import kernel
from fieldservice.routing.engine.compiled import (
    PLAIN,
    Engine,
    compiled,
    is_ready,
    keep_beside_the_data,
    make_ready,
    one_at_a_time,
    ready_mark,
)
from fieldservice.routing.engine.tables import (
    Person,
    Prepared,
    early_of,
    held_stop,
    prepare,
    routes_of,
    state_of,
    tables_of,
    write_route,
)
from fieldservice.routing.model import Day, Figures, Plan, Route, Technician, Unassigned, Visit, Weights
from fieldservice.routing.reasons import reasons_of
from fieldservice.routing.schedule import walk, walk_late

__all__ = [
    "Cancelled",
    "figures_of",
    "fill",
    "first_answer",
    "full",
    "is_ready",
    "keep_beside_the_data",
    "make_ready",
    "replan",
    "warm_up",
]  # fmt: skip

#: told how far the search is (0 … 1) and what the best plan costs
OnProgress = Callable[[float, int], None]
IsCancelled = Callable[[], bool]

#: so many rounds times visits are done in Python as it is
SMALL = 10_000
#: a search looks up (progress, cancel, the clock) so often
STEPS = 200
#: what `seconds` are measured by; a bench on a busy machine takes the time of the process
CLOCK: Callable[[], float] = time.monotonic


class Mood(NamedTuple):
    """How freely a search gives up what it has."""

    #: seconds of travel by which a plan may be worse and still be taken: at first, and at the end
    hot: int
    cold: int
    #: so many 1024ths of what is left out do not count at first, when a plan is worse: less and less, at the end none
    ease: int


CALM = Mood(1_500, 8, 920)
#: much more work than can be done: how much of it is done counts more than the last minutes of travel
CROWDED = Mood(5_000, 300, 960)
#: a day is crowded when the plan one begins with leaves more than one visit in so many
MUCH_LEFT = 8
#: a plan that is being mended is searched gently: what is good about it stays
MENDING = Mood(600, 8, 920)


class Cancelled(Exception):
    """Whoever asked for the plan does not want it any more."""


@dataclass(slots=True)
class _Effort:
    """How long to search and whom to tell."""

    seed: int = 1
    seconds: float | None = None
    iterations: int | None = None
    on_progress: OnProgress | None = None
    is_cancelled: IsCancelled | None = None


class Effort(TypedDict, total=False):
    """The same, as a caller says it: whatever is left out is as above."""

    seed: int
    seconds: float | None
    iterations: int | None
    on_progress: OnProgress | None
    is_cancelled: IsCancelled | None


def fill(day: Day, weights: Weights | None = None, **effort: Unpack[Effort]) -> Plan:
    """Places what nobody has; what has a technician and a time stays there to the minute."""
    ready = prepare(day, weights or Weights(), holds_placed=True)
    return _search(ready, [person.held for person in ready.people], _Effort(**effort), changes_cost=False)


def full(day: Day, weights: Weights | None = None, **effort: Unpack[Effort]) -> Plan:
    """Plans the day from nothing; only what is held fast stays."""
    ready = prepare(day, weights or Weights(), holds_placed=False)
    return _search(ready, [person.held for person in ready.people], _Effort(**effort), changes_cost=False)


def replan(day: Day, weights: Weights | None = None, **effort: Unpack[Effort]) -> Plan:
    """Mends the day: what was planned stays where it can, each change has its price."""
    ready, routes = _mended(day, weights or Weights())
    return _search(ready, routes, _Effort(**effort), changes_cost=True)


def first_answer(day: Day, weights: Weights | None = None) -> Plan:
    """`replan`'s first step: what does not fit any more is taken out and put where it costs least. In any process."""
    ready, routes = _mended(day, weights or Weights())
    return _plan_of(ready, routes, 0, is_thorough=False)


def warm_up() -> None:
    """Compiles the search where that is not done yet, all of it: the first plan need not wait.

    Within an application, or with NUMBA_CACHE_DIR. Where another process is at it, waits for that one.
    """
    keep_beside_the_data()
    with one_at_a_time():
        if not is_ready():
            _compile_all()
            ready_mark().touch()


def _compile_all() -> None:
    """Calls each entry once, as a plan does."""
    engine = compiled()
    place = Visit("v", 0, 60)
    day = Day((Technician("t", frozenset(), 0, 120, 0, 0),), (place, replace(place, id="w")), np.zeros((1, 1), np.int32))
    ready = prepare(day, Weights(), holds_placed=False)
    t = tables_of(ready, as_arrays=True, changes_cost=False)
    s = state_of(t, 1, as_arrays=True)
    engine.load_plan(t, s)
    engine.insert_all(t, s)
    engine.search(t, s, 1, 0, 0, 0)
    engine.displaced(t, s, 0, 1)


def _mended(day: Day, weights: Weights) -> tuple[Prepared, list[list[int]]]:
    """The planned routes without what breaks them, and everything put back that fits somewhere."""
    ready = prepare(day, weights, holds_placed=False, keeps_starts=True)
    routes = _insert(ready, _planned_routes(ready))
    placed = {number for route in routes for number in route}
    if len(placed) < len(ready.visits):
        # who is left has no time to keep any more
        ready.visits = [
            one if number in placed else ready.given[number] for number, one in enumerate(ready.visits)
        ]
        routes = _insert(ready, routes, makes_room=True)
    return ready, routes


def _planned_routes(ready: Prepared) -> list[list[int]]:
    """Who has what now, in the order of the planned times."""
    routes: list[list[int]] = [list(person.held) for person in ready.people]
    numbers = {person.technician.id: number for number, person in enumerate(ready.people)}
    for number, visit in enumerate(ready.given):
        if visit.is_placed and not ready.is_held[number] and visit.lead in numbers:
            routes[numbers[visit.lead]].append(number)
    for route in routes:
        route.sort(key=lambda number: (ready.given[number].start or 0, number))
    return routes


def _insert(
    ready: Prepared, routes: Sequence[Sequence[int]], *, makes_room: bool = False
) -> list[list[int]]:
    """Routes that can be kept, made of these, with everything put in that fits.

    `makes_room`: for what is promised and does not fit, one that is worth less is taken out and put elsewhere if it can.
    """
    t = tables_of(ready, as_arrays=False, changes_cost=True, neighbours=False)
    s = state_of(t, 1, as_arrays=False)
    for r, order in enumerate(routes):
        write_route(t, s, r, order)
    for r in range(t.people_number):
        _shed(t, s, r)
    kernel.load_plan(t, s)
    kernel.insert_all(t, s)
    if makes_room:
        _make_room(t, s, ready)
    return routes_of(t, s, best=False)


def _make_room(t: kernel.Tables, s: kernel.State, ready: Prepared) -> None:
    """Puts the promised that are left where the least worth others stand; these come elsewhere or are left."""
    left = [s.left[k] for k in range(s.numbers[kernel.LEFT])]
    changed = False
    for v in sorted((v for v in left if ready.given[v].promised), key=lambda v: (-t.visits[v].worth, v)):
        r, out = kernel.displaced(t, s, v, 1)
        if r < 0 or t.visits[out].worth >= t.visits[v].worth:
            continue
        order = [s.stops[r * t.width + k].visit for k in range(s.routes[r].length)]
        order.remove(out)
        write_route(t, s, r, order)
        kernel.refresh(t, s, r)
        at, _ = kernel.place_in(t, s, r, v)
        # without a place after all, by what soft windows and overtime allow, the other one is put back by `insert_all`
        write_route(t, s, r, [*order[:at], v, *order[at:]] if at >= 0 else order)
        kernel.refresh(t, s, r)
        changed = True
    if changed:
        kernel.load_plan(t, s)
        kernel.insert_all(t, s)


def _shed(t: kernel.Tables, s: kernel.State, r: int) -> None:
    """Takes visits out of a route until it can be kept: as few, and as little worth, as will do."""
    order = [s.stops[r * t.width + k].visit for k in range(s.routes[r].length)]
    order = [v for v in order if t.can[v * t.people_number + r]]
    while not _keeps(t, s, r, order):
        free = [v for v in order if t.visits[v].is_free]
        if not free:
            return  # what is held clashes with itself: nothing more is put there
        singles = sorted(free, key=lambda v: (t.visits[v].worth, -order.index(v)))
        out = next((v for v in singles if _keeps(t, s, r, [w for w in order if w != v])), None)
        if out is None:
            out = _breaking(t, s, r, order, singles)
        order = [v for v in order if v != out]


def _breaking(t: kernel.Tables, s: kernel.State, r: int, order: list[int], singles: list[int]) -> int:
    """The least worth of those up to the first that cannot be reached."""
    _keeps(t, s, r, order)
    behind = [s.stops[r * t.width + k + 1] for k in range(len(order))]
    missed = [k for k, stop in enumerate(behind) if min(stop.free0, stop.free1) >= kernel.NEVER]
    early = set(order[: missed[0] + 1] if missed else order)
    return next((v for v in singles if v in early), singles[0])


def _keeps(t: kernel.Tables, s: kernel.State, r: int, order: Sequence[int]) -> bool:
    """Writes this order into a route; whether it can be kept."""
    write_route(t, s, r, order)
    return kernel.refresh(t, s, r)


def _search(
    ready: Prepared, routes: Sequence[Sequence[int]], effort: _Effort, *, changes_cost: bool
) -> Plan:
    """Improves these routes as long as is wanted."""
    engine = _engine_for(ready, effort)
    if not changes_cost:
        t, s, done = _improved(ready, routes, effort, engine)
        return _plan_of(ready, routes_of(t, s, best=True), done, engine)
    # what the first half finds without much earlier starts is the least that comes of it
    t, s, first = _improved(ready, routes, effort, engine, mending=1)
    t, s, done = _improved(ready, routes_of(t, s, best=True), effort, engine, mending=2)
    orders = routes_of(t, s, best=True)
    _loosen(ready, orders, early_of(t, s))
    return _plan_of(ready, orders, first + done, engine)


def _improved(
    ready: Prepared, routes: Sequence[Sequence[int]], effort: _Effort, engine: Engine, *, mending: int = 0
) -> tuple[kernel.Tables, kernel.State, int]:
    """Tables with the best plan that was found from these routes, and the rounds; `mending`: in which half of it."""
    t = tables_of(
        ready, as_arrays=engine.as_arrays, changes_cost=mending > 0, may_be_early=mending == 2
    )
    s = state_of(t, effort.seed, as_arrays=engine.as_arrays)
    for r, order in enumerate(routes):
        write_route(t, s, r, order)
    engine.load_plan(t, s)
    engine.insert_all(t, s)
    s.numbers[kernel.BEST] = kernel.DEAR
    # the plan one begins with is the best yet
    engine.search(t, s, 0, 0, 0, 0)
    done = 0
    if t.number and t.people_number:
        mood = MENDING if mending else CALM
        if not mending and s.numbers[kernel.LEFT] * MUCH_LEFT > t.number:
            mood = CROWDED
        done = _anneal(engine, t, s, _half(effort, mending) if mending else effort, mood)
    return t, s, done


def _half(effort: _Effort, part: int) -> _Effort:
    """The first or the second half of it; progress goes on from one to the other."""
    tell = effort.on_progress
    return replace(
        effort,
        seconds=(effort.seconds or 1.0) / 2,
        iterations=None if effort.iterations is None else (effort.iterations + part - 1) // 2,
        on_progress=tell and (lambda share, cost: tell((share + part - 1) / 2, cost)),
    )


def _loosen(ready: Prepared, orders: Sequence[Sequence[int]], is_early: Sequence[bool]) -> None:
    """Gives the windows as they came to what has to begin much earlier than planned, and to what is left.

    Who could wait for the planned time does: a technician's waiting is no reason to move a customer.
    """
    kept = list(ready.visits)
    placed = {number for order in orders for number in order}
    for number, given in enumerate(ready.given):
        if not ready.is_held[number] and (is_early[number] or number not in placed):
            ready.visits[number] = given
    for person, order in zip(ready.people, orders, strict=True):
        for number in reversed(order):
            early = ready.visits[number]
            if early == kept[number]:
                continue
            before = _hardship(ready, person, order)
            ready.visits[number] = kept[number]
            if _hardship(ready, person, order) > before:
                ready.visits[number] = early


def _hardship(ready: Prepared, person: Person, order: Sequence[int]) -> tuple[float, int]:
    """Of a route: seconds late or beyond the shift (endless where it does not hold), and starts that are moved."""
    route = walk(ready.day, person.technician, person.begin, [ready.visits[number] for number in order])
    if not isinstance(route, Route) or route.home_at > person.ends:
        return math.inf, 0
    stops = route.stops[len(person.begin.stops) :]
    slack = ready.weights.change_from_minutes * 60
    late = sum(stop.late_seconds for stop in stops) + route.overtime_seconds
    moved = sum(
        _moved(ready.given[number], stop.start) > slack for number, stop in zip(order, stops, strict=True)
    )
    return late, moved


def _engine_for(ready: Prepared, effort: _Effort) -> Engine:
    """The compiled one, unless the search is over sooner than that is loaded. Both say the same."""
    if effort.iterations is not None and effort.iterations * len(ready.visits) <= SMALL:
        return PLAIN
    return compiled()


def _anneal(engine: Engine, t: kernel.Tables, s: kernel.State, effort: _Effort, mood: Mood) -> int:
    """Rounds of search, cooling down; how many there were."""
    began, done = CLOCK(), 0
    rounds = 200 if effort.iterations is None else -(-effort.iterations // STEPS)
    while True:
        passed = CLOCK() - began
        if effort.iterations is not None:
            share = done / effort.iterations if effort.iterations else 1.0
        else:
            share = passed / (effort.seconds or 1.0)
        if share >= 1:
            break
        if effort.is_cancelled and effort.is_cancelled():
            raise Cancelled
        if effort.on_progress:
            effort.on_progress(share, int(s.numbers[kernel.BEST]))
        if effort.iterations is not None:
            rounds = min(rounds, effort.iterations - done)
        # one change too many costs little at first: a few are exchanged for others only by way of one more
        more_price = round(t.more_price * share * share)
        engine.search(t, s, rounds, _heat(share, mood), round(mood.ease * (1 - share)), more_price)
        done += rounds
        if effort.iterations is None and done:
            speed = done / max(1e-6, CLOCK() - began)
            rounds = max(50, min(int(speed * (effort.seconds or 1.0) / STEPS), 50_000))
    if effort.on_progress:
        effort.on_progress(1.0, int(s.numbers[kernel.BEST]))
    return done


def _heat(share: float, mood: Mood) -> int:
    """The temperature, in thousandths of a second of travel: falls by the same part in each part of the search."""
    return round(mood.hot * 1000 * (mood.cold / mood.hot) ** share)


def _plan_of(
    ready: Prepared,
    orders: Sequence[Sequence[int]],
    iterations: int,
    engine: Engine = PLAIN,
    *,
    is_thorough: bool = True,
) -> Plan:
    """The plan of these orders, with its reasons and figures."""
    routes = []
    for person, order in zip(ready.people, orders, strict=True):
        route = walk_late(ready.day, person.technician, person.begin, [ready.visits[one] for one in order])
        begun = len(person.begin.stops)
        stops = [
            held_stop(ready, number, stop) for number, stop in zip(order, route.stops[begun:], strict=True)
        ]
        if stops or begun:
            routes.append(replace(route, stops=(*route.stops[:begun], *stops)))
    left = reasons_of(ready, orders, engine, is_thorough=is_thorough)
    return Plan(tuple(routes), left, figures_of(ready.day, ready.weights, routes, left), iterations)


def figures_of(day: Day, weights: Weights, routes: Sequence[Route], left: Sequence[Unassigned]) -> Figures:
    """These routes in numbers."""
    visits = {visit.id: visit for visit in day.visits}
    unserved = [visits[one.visit_id] for one in left]
    stops = [(visits[stop.visit_id], route, stop) for route in routes for stop in route.stops]
    slack = weights.change_from_minutes * 60
    return Figures(
        served=len(stops),
        lost_value=sum(visit.value for visit in unserved),
        travel_seconds=sum(route.travel_seconds for route in routes),
        late_seconds=sum(stop.late_seconds for _, _, stop in stops),
        overtime_seconds=sum(route.overtime_seconds for route in routes),
        waiting_seconds=sum(stop.wait_seconds for _, _, stop in stops),
        promised_kept=sum(visit.promised for visit, _, _ in stops),
        promised_of=sum(visit.promised for visit in day.visits),
        changed_technician=sum(
            visit.is_placed and visit.lead != route.technician_id for visit, route, _ in stops
        ),
        changed_start=sum(_moved(visit, stop.start) > slack for visit, _, stop in stops),
    )


def _moved(visit: Visit, start: int) -> int:
    """Seconds between the planned start and this one."""
    return abs(start - visit.start) if visit.is_placed and visit.start is not None else 0


if __name__ == "__main__":
    # behind the web processes, as a search is; at the very lowest priority it took minutes on a busy machine
    os.nice(10)
    warm_up()
