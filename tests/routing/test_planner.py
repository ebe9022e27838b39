"""Plans of all modes on days of any shape: each holds, tells every visit once, and comes again from the same seed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fieldservice.routing import planner, slots
from fieldservice.routing.model import Day, Plan, Technician, Visit, Weights
from fieldservice.routing.travel import matrix
from tests.routing.checker import complaints
from tests.routing.days import HOUR, any_day, field_day

MODES = (planner.fill, planner.replan, planner.full)
NINE_TO_SIX = (9 * HOUR, 18 * HOUR)


def a_day(people: int = 1, visits: int = 1, **visit: object) -> Day:
    """Technicians who can do everything from nine to six, and visits near them."""
    places = [(30.2, 120.1 + n / 100) for n in range(people + visits)]
    return Day(
        tuple(Technician(f"t{n}", frozenset(), *NINE_TO_SIX, n, n) for n in range(people)),
        tuple(Visit(f"v{n}", people + n, HOUR, **visit) for n in range(visits)),  # type: ignore[arg-type]
        matrix(places),
    )


@pytest.mark.parametrize("part", range(6))
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.__name__)
def test_a_plan_of_any_day_holds(mode: Callable[..., Plan], part: int) -> None:
    for seed in range(part * 25, part * 25 + 25):
        day = any_day(seed)
        weights = Weights(
            fairness=(seed % 3) / 2, waiting=(seed % 2) / 5, overtime_limit_minutes=60 * (seed % 4 == 0)
        )
        plan = mode(day, weights, seed=seed, iterations=30)
        assert not complaints(day, plan, weights, holds_placed=mode is planner.fill), f"day {seed}"


def test_the_first_answer_of_any_day_holds() -> None:
    for seed in range(100, 150):
        day = any_day(seed)
        assert not complaints(day, planner.first_answer(day)), f"day {seed}"


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.__name__)
def test_the_same_seed_gives_the_same_plan_compiled_or_not(
    mode: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (5, 6):
        day = any_day(seed)
        plain = mode(day, seed=seed, iterations=60)
        monkeypatch.setattr(planner, "SMALL", 0)
        assert mode(day, seed=seed, iterations=60) == plain
        monkeypatch.undo()


def test_a_day_of_the_bench_is_planned_better_with_time() -> None:
    day = field_day(10, 60, 3)
    begun, later = planner.full(day, iterations=0), planner.full(day, iterations=3_000)
    assert not complaints(day, begun)
    assert not complaints(day, later)
    assert later.figures.lost_value <= begun.figures.lost_value
    assert (later.figures.lost_value, later.figures.travel_seconds) < (
        begun.figures.lost_value,
        begun.figures.travel_seconds,
    )


def test_a_search_tells_how_far_it_is_and_can_be_cancelled() -> None:
    told: list[float] = []
    planner.full(a_day(2, 4), iterations=100, on_progress=lambda share, _cost: told.append(share))
    assert told[0] == 0
    assert told[-1] == 1
    assert told == sorted(told)
    with pytest.raises(planner.Cancelled):
        planner.full(a_day(2, 4), iterations=100, is_cancelled=lambda: True)


def test_filling_moves_nothing_that_is_placed() -> None:
    day = a_day(2, 4)
    placed = replace(day.visits[0], lead="t0", start=12 * HOUR + 7)
    day = replace(day, visits=(placed, *day.visits[1:]))
    plan = planner.fill(day, iterations=50)
    stops = {
        stop.visit_id: (route.technician_id, stop.start) for route in plan.routes for stop in route.stops
    }
    assert stops["v0"] == ("t0", 12 * HOUR + 7)
    assert len(stops) == 4


def test_mending_keeps_who_has_what_when_only_one_is_ill() -> None:
    day = field_day(10, 40, 11)
    before = planner.full(day, iterations=200)
    placed = {
        stop.visit_id: (route.technician_id, stop.start) for route in before.routes for stop in route.stops
    }
    visits = tuple(
        replace(one, lead=placed[one.id][0], start=placed[one.id][1], pinned=None)
        if one.id in placed
        else one
        for one in day.visits
    )
    ill = before.routes[0].technician_id
    people = tuple(one for one in day.technicians if one.id != ill)
    slipped = replace(day, technicians=people, visits=visits)
    for after in (planner.first_answer(slipped), planner.replan(slipped, iterations=200)):
        assert not complaints(slipped, after)
        kept = [
            stop.visit_id
            for route in after.routes
            for stop in route.stops
            if placed.get(stop.visit_id, ("", 0))[0] == route.technician_id
        ]
        others = [one for one in placed.values() if one[0] != ill]
        assert len(others) - len(kept) <= 2


def a_tight_morning(value: int) -> Day:
    """Three pairs: the first of each pair alone can do a new visit, if the other takes over what the first has then."""
    people, visits = [], []
    for n in range(3):
        people.append(Technician(f"a{n}", frozenset({f"old{n}", f"new{n}"}), *NINE_TO_SIX, 0, 0))
        people.append(Technician(f"b{n}", frozenset({f"old{n}"}), *NINE_TO_SIX, 0, 0))
        at_ten = ((10 * HOUR, 10 * HOUR),)
        old = Visit(f"old{n}", 0, HOUR, at_ten, frozenset({f"old{n}"}), value)
        visits.append(replace(old, lead=f"a{n}", start=10 * HOUR))
        visits.append(Visit(f"new{n}", 0, HOUR, at_ten, frozenset({f"new{n}"}), value))
    return Day(tuple(people), tuple(visits), matrix([(30.2, 120.1)]))


def test_more_than_a_few_technicians_are_changed_only_for_what_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for small in (planner.SMALL, 0):
        monkeypatch.setattr(planner, "SMALL", small)
        for value, few, changed in ((10, 3, 3), (10, 1, 1), (10, 0, 0), (30, 0, 3)):
            day, weights = a_tight_morning(value), Weights(few_changes=few)
            plan = planner.replan(day, weights, iterations=200)
            assert not complaints(day, plan, weights)
            assert plan.figures.changed_technician == changed
            assert plan.figures.served == 3 + changed


def an_afternoon_that_fills(at: int, **old: object) -> Day:
    """One technician; a visit planned at three, due by then and possible since nine, and a new one at just that hour."""
    kept = Visit("old", 0, HOUR, ((9 * HOUR, 15 * HOUR),), lead="t0", start=15 * HOUR)
    new = Visit("new", 0, HOUR, ((at, at),))
    one = Technician("t0", frozenset(), *NINE_TO_SIX, 0, 0)
    return Day((one,), (replace(kept, **old), new), matrix([(30.2, 120.1)]))  # type: ignore[arg-type]


def test_a_mended_day_begins_a_visit_much_earlier_only_where_that_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for small in (planner.SMALL, 0):
        monkeypatch.setattr(planner, "SMALL", small)
        day = an_afternoon_that_fills(15 * HOUR)
        plan = planner.replan(day, iterations=200)
        assert not complaints(day, plan)
        starts = {stop.visit_id: stop.start for stop in plan.routes[0].stops}
        assert starts["old"] <= 14 * HOUR
        assert starts["new"] == 15 * HOUR
        assert plan.figures.changed_start == 1
        # with room beside it, it waits for its time; what is held fast and what costs more than it brings stays too
        for other, weights in (
            (an_afternoon_that_fills(11 * HOUR), Weights()),
            (an_afternoon_that_fills(15 * HOUR, is_fixed=True), Weights()),
            (an_afternoon_that_fills(15 * HOUR), Weights(change_start_minutes=600)),
        ):
            plan = planner.replan(other, weights, iterations=200)
            assert not complaints(other, plan, weights)
            starts = {stop.visit_id: stop.start for stop in plan.routes[0].stops}
            assert starts.get("old", 15 * HOUR) >= 14 * HOUR + 1800
            assert plan.figures.changed_start == 0


def test_the_first_answer_keeps_a_promise_before_what_is_worth_less() -> None:
    at_ten = ((10 * HOUR, 10 * HOUR),)
    kept = Visit("kept", 0, HOUR, at_ten, lead="t0", start=10 * HOUR)
    promised = Visit("promised", 0, HOUR, at_ten, promised=True, lead="ill", start=10 * HOUR)
    day = Day((Technician("t0", frozenset(), *NINE_TO_SIX, 0, 0),), (kept, promised), matrix([(30.2, 120.1)]))
    plan = planner.first_answer(day)
    assert not complaints(day, plan)
    assert [one.visit_id for one in plan.unassigned] == ["kept"]
    worth_more = replace(day, visits=(replace(kept, value=100), promised))
    assert [one.visit_id for one in planner.first_answer(worth_more).unassigned] == ["promised"]
    both = replace(day, technicians=(*day.technicians, Technician("t1", frozenset(), *NINE_TO_SIX, 0, 0)))
    assert not planner.first_answer(both).unassigned


def test_many_technicians_are_planned_alike_compiled_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    day = field_day(40, 80, 2)
    plain = planner.full(day, iterations=100)
    monkeypatch.setattr(planner, "SMALL", 0)
    assert planner.full(day, iterations=100) == plain
    assert not complaints(day, plain)


def test_nobody_to_plan_for_is_a_reason_and_no_error() -> None:
    day = replace(a_day(1, 3), technicians=())
    for mode in MODES:
        plan = mode(day, iterations=10)
        assert [one.reason.code for one in plan.unassigned] == ["no_technicians"] * 3
    assert slots.best(day, day.visits[0]) == []


def test_a_day_without_visits_is_an_empty_plan() -> None:
    day = replace(a_day(2, 1), visits=())
    for mode in MODES:
        assert mode(day, iterations=10).routes == ()


def test_fifteen_hundred_visits_for_three_are_all_told() -> None:
    day = field_day(3, 1500, 1)
    plan = planner.first_answer(day)
    assert not complaints(day, plan)
    assert plan.figures.served + len(plan.unassigned) == 1500


def test_windows_that_overlap_or_stand_out_of_order_are_understood() -> None:
    visit = Visit("v", 0, HOUR, ((14 * HOUR, 15 * HOUR), (9 * HOUR, 11 * HOUR), (10 * HOUR, 12 * HOUR)))
    assert visit.windows == ((9 * HOUR, 12 * HOUR), (14 * HOUR, 15 * HOUR))
