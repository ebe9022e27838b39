"""The engine's constant-time check against walking the whole route."""

from dataclasses import replace

from fieldservice.routing.engine import kernel
from fieldservice.routing.engine.tables import early_of, prepare, routes_of, state_of, tables_of, write_route
from fieldservice.routing.model import Route, Weights
from fieldservice.routing.schedule import walk
from tests.routing.days import any_day
from tests.routing.test_planner import a_tight_morning


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


def begun(t: kernel.Tables, seed: int) -> kernel.State:
    """All that fits is put in, and the best plan is still to be found."""
    s = state_of(t, seed, as_arrays=False)
    kernel.load_plan(t, s)
    kernel.insert_all(t, s)
    s.numbers[kernel.BEST] = kernel.DEAR
    return s


def test_what_a_plan_costs_is_known_after_each_round() -> None:
    """Summed up change by change, it is what reckoning the whole plan anew gives."""
    moved = 0
    for seed in range(60):
        weights = Weights(few_changes=1, change_technician_minutes=5, fairness=(seed % 2) / 2)
        ready = prepare(any_day(seed), weights, holds_placed=False)
        t = tables_of(ready, as_arrays=False, changes_cost=True)
        if not t.number:
            continue
        s = begun(t, seed)
        for _ in range(8):
            kernel.search(t, s, 3, 60_000_000, 1024, 0)
            told = [s.numbers[n] for n in (kernel.COST, kernel.LOST, kernel.MOVED)]
            moved = max(moved, s.numbers[kernel.MOVED])
            assert kernel.load_plan(t, s)
            assert told == [s.numbers[n] for n in (kernel.COST, kernel.LOST, kernel.MOVED)], f"day {seed}"
    assert moved > 1


def test_what_may_begin_earlier_is_known_after_each_round_and_of_the_best_plan() -> None:
    """A round that is taken back leaves the windows as they were; the best plan holds with its own."""
    early = kept = 0
    for seed in range(120):
        ready = prepare(any_day(seed), Weights(), holds_placed=False, keeps_starts=True)
        t = tables_of(ready, as_arrays=False, changes_cost=True, may_be_early=True)
        if not t.number:
            continue
        s = begun(t, seed)
        for heat in (60_000_000, 0) * 4:
            kernel.search(t, s, 12, heat, 1024, 0)
            told = s.numbers[kernel.COST]
            assert kernel.load_plan(t, s), f"day {seed}"
            assert s.numbers[kernel.COST] == told, f"day {seed}"
        for v, is_early in enumerate(early_of(t, s)):
            is_choice = t.visits[v].any_from != t.visits[v].kept_from
            early, kept = early + (is_early and is_choice), kept + (not is_early and is_choice)
            kernel.span_of(t, s, v, int(is_early))
        for r, order in enumerate(routes_of(t, s, best=True)):
            write_route(t, s, r, order)
        assert kernel.load_plan(t, s), f"day {seed}"
        assert s.numbers[kernel.COST] == s.numbers[kernel.BEST], f"day {seed}"
    assert early > 5
    assert kept > 15


def test_a_search_passes_through_more_changes_than_its_best_plan_may_have() -> None:
    """By what a change too many costs meanwhile; the best plan is judged by all of its price."""
    most = []
    for more_price in (0, Weights().more_changes_minutes * 60_000):
        ready = prepare(a_tight_morning(10), Weights(few_changes=1), holds_placed=False, keeps_starts=True)
        t = tables_of(ready, as_arrays=False, changes_cost=True, may_be_early=True)
        s = state_of(t, 1, as_arrays=False)
        for r, person in enumerate(ready.people):
            write_route(t, s, r, [n for n, one in enumerate(ready.given) if one.lead == person.technician.id])
        kernel.load_plan(t, s)
        s.numbers[kernel.BEST] = kernel.DEAR
        met = []
        for _ in range(100):
            kernel.search(t, s, 2, 8_000, 0, more_price)
            met.append(s.numbers[kernel.MOVED])
        best = routes_of(t, s, best=True)
        changed = [t.visits[v].lead not in (-1, r) for r, order in enumerate(best) for v in order]
        assert sum(changed) == 1
        most.append(max(met))
    assert most == [3, 1]
