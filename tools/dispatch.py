"""The planning engine beside VROOM: the same days, the same processor time, both judged by the same checker.

`python tools/dispatch.py [seed]` shows the table; `tools/bench.py dispatch` judges it, `dispatch_large` the largest day.
Days come from a seed nobody has seen, drawn when the run begins and printed; the same seed gives the same days again.
Each solver works in a process of its own, so that its memory and its processor time are its own; clocks on the wall
say little on a machine that does other things. VROOM searches with two threads as far as it goes (−x 5), and the engine,
with one, gets as many seconds of processor as VROOM has used. Both are asked for the same: value first, then travel.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fieldservice.routing import planner, slots  # noqa: E402
from fieldservice.routing.engine import kernel, tables  # noqa: E402
from fieldservice.routing.model import Day, Plan, Reason, Route, Technician, Unassigned, Visit, Weights  # noqa: E402
from fieldservice.routing.schedule import times  # noqa: E402
from tests.routing.checker import complaints  # noqa: E402
from tests.routing.days import HOUR, field_day  # noqa: E402

#: what VROOM is asked for: nothing but value and travel
SAME = Weights(waiting=0.0)
#: so much of its time VROOM must have had; who ends with less though there was time has ended by itself
ENOUGH = 0.9
#: a share of the visits has its window promised in the scenario of a morning that goes wrong
PROMISED = 0.3
URGENT, LATE_STARTS = 8, 3

Orders = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Result:
    """One solver's answer to one day."""

    orders: Orders
    #: what the checker said; anything is too much
    wrong: tuple[str, ...]
    served: int
    lost_value: int
    emergencies_left: int
    travel_seconds: int
    cpu_seconds: float
    megabytes: float


@dataclass(frozen=True)
class Compared:
    """Both answers to a day."""

    name: str
    ours: Result
    theirs: Result


@dataclass(frozen=True)
class Mended:
    """A morning that goes wrong, put right."""

    wrong: tuple[str, ...]
    first_ms: float
    #: visits whose technician is there and that yet go to another: at once, after the search, by VROOM anew
    first_changes: int
    changes: int
    their_changes: int
    promised_dropped: int
    first_promised_dropped: int
    travel_seconds: int
    their_travel_seconds: int
    served: int
    their_served: int
    of: int


def alone(task: Callable[..., Any], *args: Any) -> Any:
    """What a task gives in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(task, *args).result()


def by_us(day: Day, cpu_seconds: float, seed: int = 1) -> Result:
    """The engine's plan after so many seconds of processor time."""
    planner.full(day, SAME, iterations=100)  # loaded or compiled before the clock runs
    planner.CLOCK = time.process_time
    began = time.process_time()
    plan = planner.full(day, SAME, seed=seed, seconds=cpu_seconds)
    return _result(day, plan, time.process_time() - began)


def by_vroom(day: Day, seconds: float | None = None) -> Result:
    """VROOM's plan, in as much time as it wants, or by one thread in so many seconds of processor (or a little more).

    Its own limit is one of the clock on the wall: on a busy machine it is raised until VROOM has had its seconds.
    """
    limit = seconds
    while True:
        began, began_at = time.process_time(), time.monotonic()
        orders = vroom_orders(day, limit)
        used, passed = time.process_time() - began, time.monotonic() - began_at
        if seconds is None or limit is None or used >= ENOUGH * seconds or passed < ENOUGH * limit:
            return judged(day, orders, used)
        limit *= seconds / used


def vroom_orders(day: Day, seconds: float | None = None) -> dict[str, list[str]]:
    """Who goes where by VROOM: skills and persons asked for as its skills, lunch as its break, value as its priority."""
    from datetime import timedelta

    import numpy as np
    import vroom

    problem = vroom.Input()
    problem.set_durations_matrix("car", day.travel.astype(np.uint32))
    words = {word: number for number, word in enumerate(sorted({s for t in day.technicians for s in t.skills}))}
    persons = {one.id: len(words) + number for number, one in enumerate(day.technicians)}
    for number, one in enumerate(day.technicians):
        begins = max(one.shift_start, one.busy_until or 0)
        lunch = one.lunch
        problem.add_vehicle(
            vroom.Vehicle(
                number,
                start=one.start,
                end=one.end,
                skills={words[word] for word in one.skills} | {persons[one.id]},
                time_window=vroom.TimeWindow(begins, one.shift_end),
                breaks=[]
                if lunch is None
                else [vroom.Break(1, [vroom.TimeWindow(lunch.earliest, lunch.latest)], lunch.seconds)],
            )
        )
    known = [one for one in day.visits if one.skills <= words.keys()]
    for number, visit in enumerate(known):
        asked = {persons[visit.pinned]} if visit.pinned is not None else set()
        problem.add_job(
            vroom.Job(
                number,
                visit.place,
                default_service=visit.seconds,
                skills={words[word] for word in visit.skills} | asked,
                priority=visit.value,
                time_windows=[vroom.TimeWindow(*window) for window in visit.windows],
            )
        )
    limit = {"nb_threads": 2} if seconds is None else {"nb_threads": 1, "timeout": timedelta(seconds=seconds)}
    found = problem.solve(exploration_level=5, **limit).to_dict()
    return {
        day.technicians[route["vehicle"]].id: [
            known[step["id"]].id for step in route["steps"] if step["type"] == "job"
        ]
        for route in found["routes"]
    }


def judged(day: Day, orders: Orders, cpu_seconds: float) -> Result:
    """A plan given as orders, by the moments the schedule finds for it."""
    technicians = {one.id: one for one in day.technicians}
    wrong, routes = [], []
    for one, order in orders.items():
        route = times(day, technicians[one], order)
        if isinstance(route, Route):
            routes.append(route)
        else:
            wrong.append(f"{one}: {route.code} at {route.visit_id}")
    placed = {stop.visit_id for route in routes for stop in route.stops}
    left = tuple(Unassigned(one.id, Reason("full")) for one in day.visits if one.id not in placed)
    plan = Plan(tuple(routes), left, planner.figures_of(day, SAME, routes, left))
    return _result(day, plan, cpu_seconds, tuple(wrong))


def _result(day: Day, plan: Plan, cpu_seconds: float, wrong: tuple[str, ...] = ()) -> Result:
    left = {one.visit_id for one in plan.unassigned}
    return Result(
        {route.technician_id: [stop.visit_id for stop in route.stops] for route in plan.routes},
        wrong + tuple(complaints(day, plan, SAME)),
        plan.figures.served,
        plan.figures.lost_value,
        sum(one.priority == 1 for one in day.visits if one.id in left),
        plan.figures.travel_seconds,
        cpu_seconds,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def compare(
    technicians: int, visits: int, seed: int, cpu_seconds: float | None = None, *, limited: bool = False
) -> Compared:
    """A day by both. `cpu_seconds`: so much for us, and for VROOM too where it is `limited`; None: as much as it used."""
    day = field_day(technicians, visits, seed)
    theirs: Result = alone(by_vroom, day, cpu_seconds if limited else None)
    ours: Result = alone(by_us, day, theirs.cpu_seconds if cpu_seconds is None else cpu_seconds)
    return Compared(f"{technicians} × {visits}", ours, theirs)


def show(found: Compared) -> None:
    """Both, a line each."""
    for name, one in (("ours ", found.ours), ("VROOM", found.theirs)):
        print(
            f"        {found.name} {name} {one.served:>5} served, {one.lost_value:>5} lost, "
            f"{one.travel_seconds / HOUR:>6.1f} h of travel, {one.cpu_seconds:>5.1f} s of processor, "
            f"{one.megabytes:.0f} MB{', WRONG: ' + str(one.wrong[:2]) if one.wrong else ''}",
            flush=True,
        )


def goes_wrong(seed: int, technicians: int = 40, visits: int = 200) -> tuple[Day, Day]:
    """A planned day, and the same day in the morning: one is ill, some start an hour late, urgent visits have come."""
    chance = random.Random(seed)  # noqa: S311
    day = field_day(technicians, visits + URGENT, seed)
    planned, urgent = day.visits[:visits], day.visits[visits:]
    planned = tuple(replace(one, promised=chance.random() < PROMISED) for one in planned)
    before = replace(day, visits=planned)
    plan = alone(by_us, before, 5.0)
    starts = _starts(before, plan.orders)
    ill, *late = chance.sample([one.id for one in day.technicians if plan.orders.get(one.id)], 1 + LATE_STARTS)
    people = tuple(_in_the_morning(one, late) for one in day.technicians if one.id != ill)
    known = tuple(
        replace(one, lead=starts[one.id][0], start=starts[one.id][1], pinned=None if one.pinned == ill else one.pinned)
        if one.id in starts
        else one
        for one in planned
    )
    new = tuple(_urgent(one, people) for one in urgent)
    return before, replace(day, technicians=people, visits=(*known, *new))


def _starts(day: Day, orders: Orders) -> dict[str, tuple[str, int]]:
    technicians = {one.id: one for one in day.technicians}
    found = {}
    for one, order in orders.items():
        route = times(day, technicians[one], order)
        assert isinstance(route, Route)
        found.update({stop.visit_id: (one, stop.start) for stop in route.stops})
    return found


def _in_the_morning(one: Technician, late: Sequence[str]) -> Technician:
    return replace(one, busy_until=one.shift_start + HOUR) if one.id in late else one


def _urgent(visit: Visit, people: Sequence[Technician]) -> Visit:
    """Today, whenever; somebody who is there can do it."""
    skills = visit.skills if any(visit.skills <= one.skills for one in people) else frozenset()
    return replace(
        visit, priority=1, value=100, windows=((9 * HOUR, 17 * HOUR),), pinned=None, skills=skills
    )


def mend(day: Day, cpu_seconds: float) -> Mended:
    """The morning put right by us, gently, and by VROOM, which knows no plan that was."""
    theirs: Result = alone(by_vroom, day)
    return alone(_mend, day, cpu_seconds, theirs)


def _mend(day: Day, cpu_seconds: float, theirs: Result) -> Mended:
    planner.first_answer(day, SAME)
    taken = []
    for _ in range(5):
        began = time.process_time()
        first = planner.first_answer(day, SAME)
        taken.append((time.process_time() - began) * 1000)
    planner.replan(day, SAME, iterations=100)
    planner.CLOCK = time.process_time
    after = planner.replan(day, SAME, seconds=cpu_seconds)
    # what nobody had the day before is not dropped by leaving it
    promised = {one.id for one in day.visits if one.promised and one.lead is not None}
    return Mended(
        tuple(complaints(day, first, SAME) + complaints(day, after, SAME)),
        statistics.median(taken),
        changes(day, _orders(first)),
        changes(day, _orders(after)),
        changes(day, theirs.orders),
        len(promised & {one.visit_id for one in after.unassigned}),
        len(promised & {one.visit_id for one in first.unassigned}),
        after.figures.travel_seconds,
        theirs.travel_seconds,
        after.figures.served,
        theirs.served,
        len(day.visits),
    )


def _orders(plan: Plan) -> Orders:
    return {route.technician_id: [stop.visit_id for stop in route.stops] for route in plan.routes}


def changes(day: Day, orders: Orders) -> int:
    """How many visits go to another technician though theirs is there."""
    there = {one.id for one in day.technicians}
    now = {visit: one for one, order in orders.items() for visit in order}
    return sum(now[one.id] != one.lead for one in day.visits if one.lead in there and one.id in now)


def slot_times(seed: int) -> list[float]:
    """Milliseconds of processor for the best slots of a new visit over 150 technicians with a day of work, 20 visits."""
    day = field_day(150, 770, seed)
    ready = tables.prepare(replace(day, visits=day.visits[:750]), SAME, holds_placed=False)
    t = tables.tables_of(ready, as_arrays=False, changes_cost=False, neighbours=False)
    s = tables.state_of(t, 1, as_arrays=False)
    kernel.load_plan(t, s)
    kernel.insert_all(t, s)
    orders = {
        ready.people[r].technician.id: [ready.visits[one].id for one in order]
        for r, order in enumerate(tables.routes_of(t, s, best=False))
    }
    starts = _starts(day, orders)
    placed = tuple(
        replace(one, lead=starts[one.id][0], start=starts[one.id][1]) for one in day.visits if one.id in starts
    )
    planned = replace(day, visits=placed)
    gc.collect()
    gc.freeze()  # what making the day left behind is no server's
    taken = []
    for visit in day.visits[750:]:
        began = time.process_time()
        slots.best(planned, replace(visit, pinned=None, skills=frozenset()))
        taken.append((time.process_time() - began) * 1000)
    return taken


def drawn_seed() -> int:
    """A seed nobody has seen, or the one that was asked for."""
    given = os.environ.get("DISPATCH_SEED", "")
    return int(given) if given else random.SystemRandom().randrange(10**8)


if __name__ == "__main__":
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else drawn_seed()
    print(f"seed {seed}")
    for size in ((10, 60), (20, 150), (40, 200), (40, 300)):
        show(compare(*size, seed))
    mended = mend(goes_wrong(seed)[1], 5.0)
    print(mended)
    print(f"slots: {statistics.median(slot_times(seed)):.1f} ms in the median, {max(slot_times(seed)):.1f} at most")
