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
