"""The engine's constant-time check against walking the whole route."""

from dataclasses import replace

from fieldservice.routing.engine import kernel
from fieldservice.routing.engine.tables import prepare, state_of, tables_of, write_route
from fieldservice.routing.model import Route, Weights
from fieldservice.routing.schedule import walk
from tests.routing.days import any_day


def test_one_step_says_the_same_as_walking_the_whole_route() -> None:
    """The constant-time check of the engine against the schedule, at every position of random routes."""
    fitted = refused = 0
    for seed in range(200):
        day = replace(
            any_day(seed), visits=tuple(replace(one, is_fixed=False) for one in any_day(seed).visits)
        )
        ready = prepare(day, Weights(), holds_placed=False)
        t = tables_of(ready, as_arrays=False, changes_cost=False, neighbours=False)
        s = state_of(t, 1, as_arrays=False)
        kernel.load_plan(t, s)
        kernel.insert_all(t, s)
        for v in range(t.number):
            for r, person in enumerate(ready.people):
                order = [s.stops[r * t.width + k].visit for k in range(s.routes[r].length)]
                if s.places[v].route >= 0 or not t.can[v * t.people_number + r]:
                    continue
                for at in range(len(order) + 1):
                    visits = [ready.visits[one] for one in (*order[:at], v, *order[at:])]
                    route = walk(day, person.technician, person.begin, visits)
                    holds = isinstance(route, Route) and route.home_at <= person.ends
                    stop = s.stops[r * t.width + at]
                    here = order[at - 1] if at else t.number + r
                    there = order[at] if at < len(order) else t.number + t.people_number + r
                    says = kernel.fits_between(
                        t.spans, t.people[r], t.visits[v], stop.free0, stop.free1, stop.last0, stop.last1,
                        t.ways[here * t.nodes + v], t.ways[v * t.nodes + there],
                    )  # fmt: skip
                    assert says == holds, f"day {seed}, visit {v}, technician {r}, position {at}"
                    fitted, refused = fitted + says, refused + (not says)
                if order:
                    # one out and in again: here it fits
                    write_route(t, s, r, order[1:])
                    kernel.refresh(t, s, r)
                    assert (
                        kernel.place_in(t, s, r, order[0])[0] >= 0
                        or t.people[r].capacity < t.visits[order[0]].load
                    )
                    write_route(t, s, r, order)
                    kernel.refresh(t, s, r)
    assert refused > 300


def test_what_a_plan_costs_is_known_after_each_round() -> None:
    """Summed up change by change, it is what reckoning the whole plan anew gives."""
    moved = 0
    for seed in range(60):
        weights = Weights(few_changes=1, change_technician_minutes=5, fairness=(seed % 2) / 2)
        ready = prepare(any_day(seed), weights, holds_placed=False)
        t = tables_of(ready, as_arrays=False, changes_cost=True)
        s = state_of(t, seed, as_arrays=False)
        if not t.number:
            continue
        kernel.load_plan(t, s)
        kernel.insert_all(t, s)
        s.numbers[kernel.BEST] = kernel.DEAR
        for _ in range(8):
            kernel.search(t, s, 3, 60_000_000, 1024)
            told = [s.numbers[n] for n in (kernel.COST, kernel.LOST, kernel.MOVED)]
            moved = max(moved, s.numbers[kernel.MOVED])
            assert kernel.load_plan(t, s)
            assert told == [s.numbers[n] for n in (kernel.COST, kernel.LOST, kernel.MOVED)], f"day {seed}"
    assert moved > 1
