"""Times for one more visit: each can be kept, the cheapest first, nothing placed is moved."""

from dataclasses import replace

from fieldservice.routing import planner, slots
from fieldservice.routing.model import Day, Plan, Visit, Weights
from fieldservice.routing.schedule import beginning, walk_late
from tests.routing.checker import complaints
from tests.routing.days import HOUR, field_day


def placed(day: Day, plan: Plan) -> Day:
    """The day with what this plan says as what is planned."""
    known = {
        stop.visit_id: (route.technician_id, stop.start) for route in plan.routes for stop in route.stops
    }
    return replace(
        day,
        visits=tuple(
            replace(one, lead=known[one.id][0], start=known[one.id][1]) if one.id in known else one
            for one in day.visits
        ),
    )


DAY = field_day(12, 24, 5)
PLANNED = placed(DAY, planner.full(DAY, iterations=50))
NEW = replace(
    DAY.visits[0],
    id="new",
    pinned=None,
    windows=((8 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)),
    skills=frozenset(),
)


def test_every_slot_can_be_kept_and_moves_nothing() -> None:
    day = replace(PLANNED, visits=(*PLANNED.visits, NEW))
    found = slots.best(day, NEW, count=100)
    assert len(found) > 8
    assert {one.window for one in found} == {0, 1}
    for slot in found:
        taken = replace(NEW, lead=slot.technician_id, start=slot.start)
        plan = planner.fill(replace(day, visits=(*PLANNED.visits, taken)), iterations=0)
        assert not complaints(day, plan, holds_placed=True)
        first, last = NEW.windows[slot.window or 0]
        assert first <= slot.start <= last


def test_the_cheapest_slot_is_the_first() -> None:
    day = replace(PLANNED, visits=(*PLANNED.visits, NEW))
    found = slots.best(day, NEW, count=100)
    assert [one.cost for one in found] == sorted(one.cost for one in found)
    assert slots.best(day, NEW, count=3) == found[:3]
    before = planner.fill(PLANNED, iterations=0).figures.travel_seconds
    taken = replace(NEW, lead=found[0].technician_id, start=found[0].start)
    after = planner.fill(replace(day, visits=(*PLANNED.visits, taken)), iterations=0).figures.travel_seconds
    left_open = [one for one in PLANNED.visits if one.lead is None]
    assert left_open or after - before == found[0].extra_travel_seconds


def test_who_lacks_the_skill_or_was_not_asked_for_has_no_slot() -> None:
    asked = PLANNED.technicians[3]
    day = replace(PLANNED, visits=(*PLANNED.visits, replace(NEW, pinned=asked.id)))
    assert {one.technician_id for one in slots.best(day, day.visits[-1], count=100)} <= {asked.id}
    day = replace(PLANNED, visits=(*PLANNED.visits, replace(NEW, skills=frozenset({"unknown"}))))
    assert slots.best(day, day.visits[-1]) == []


def walked(technician_id: str, visits: list[Visit]) -> tuple[int, int]:
    """Seconds of travel and of waiting of somebody's day, each visit begun when it is planned."""
    person = next(one for one in DAY.technicians if one.id == technician_id)
    order = sorted(visits, key=lambda one: one.start or 0)
    held = [replace(one, windows=((one.start or 0, one.start or 0),)) for one in order]
    route = walk_late(replace(PLANNED, visits=tuple(visits)), person, beginning(PLANNED, person), held)
    return route.travel_seconds, sum(stop.wait_seconds for stop in route.stops)


def test_way_and_waiting_are_what_the_day_has_more_of_and_make_the_cost() -> None:
    found = slots.best(replace(PLANNED, visits=(*PLANNED.visits, NEW)), NEW, count=100)
    assert any(one.extra_wait_seconds for one in found)
    for slot in found:
        theirs = [one for one in PLANNED.visits if one.lead == slot.technician_id and one.start is not None]
        before = walked(slot.technician_id, theirs) if theirs else (0, 0)
        after = walked(slot.technician_id, [*theirs, replace(NEW, lead=slot.technician_id, start=slot.start)])
        assert after[0] - before[0] == slot.extra_travel_seconds
        assert abs(after[1] - before[1] - slot.extra_wait_seconds) <= 1
        assert abs(slot.extra_travel_seconds + slot.extra_wait_seconds * Weights().waiting - slot.cost) <= 1


def test_where_waiting_counts_for_nothing_the_least_way_is_the_first() -> None:
    day = replace(PLANNED, visits=(*PLANNED.visits, NEW))
    found = slots.best(day, NEW, count=100, weights=Weights(waiting=0.0))
    ways = [one.extra_travel_seconds for one in found]
    assert ways == sorted(ways)
    usual = slots.best(day, NEW, count=100)
    assert [one.extra_travel_seconds for one in usual] != ways, "no day to tell them apart"
    assert min(ways) <= min(one.extra_travel_seconds for one in usual)
