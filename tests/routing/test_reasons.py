"""Every reason is true: each is taken at its word and tried on the plan it was given for."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from fieldservice.routing import planner
from fieldservice.routing.model import Day, Lunch, Plan, Route, Technician, Unassigned, Visit
from fieldservice.routing.reasons import CODES
from fieldservice.routing.schedule import free_at, latest, project, times
from fieldservice.routing.travel import matrix
from tests.routing.days import HOUR, any_day, field_day


def has(day: Day, technician: Technician, visits: list[Visit]) -> bool:
    """Whether somebody can do these visits in some order that keeps the order they stand in, the first anywhere."""
    first, *others = visits
    known = replace(day, visits=(first, *others))
    for at in range(len(others) + 1):
        order = [one.id for one in (*others[:at], first, *others[at:])]
        route = times(known, technician, order)
        if isinstance(route, Route) and route.overtime_seconds == 0 and takes(technician, visits):
            return True
    return False


def takes(technician: Technician, visits: list[Visit]) -> bool:
    """Whether the van has room."""
    return technician.capacity is None or sum(one.load for one in visits) <= technician.capacity


def lunch(technician: Technician) -> int:
    """Seconds of a lunch."""
    return technician.lunch.seconds if technician.lunch else 0


def able(day: Day, visit: Visit) -> list[Technician]:
    """Who may be given it, times and room aside."""
    return [
        one
        for one in day.technicians
        if one.has_shift and visit.skills <= one.skills and visit.pinned in (None, one.id)
    ]


def is_true(day: Day, plan: Plan, left: Unassigned, *, keeps_starts: bool = False) -> bool:
    """Whether what the reason says of this visit is so.

    `keeps_starts`: it was said of a plan in which the others are not begun much earlier than they were planned.
    """
    visits = {one.id: one for one in day.visits}
    visit, code, facts = visits[left.visit_id], left.reason.code, left.reason.facts
    people = {one.id: one for one in day.technicians}
    orders = {one.id: [] for one in day.technicians} | {
        route.technician_id: [visits[stop.visit_id] for stop in route.stops] for route in plan.routes
    }
    free = replace(visit, windows=(), soft_until=None)
    if code == "no_technicians":
        return not any(one.has_shift for one in day.technicians)
    if code == "window_past":
        return latest(visit) < day.now
    if code == "pinned_cannot":
        return facts["technician"] == visit.pinned and not any(
            has(day, one, [visit]) for one in able(day, visit)
        )
    if code == "no_skill":
        return not any(visit.skills <= one.skills for one in day.technicians)
    if code == "no_shift":
        asked = people.get(str(facts["technician"]))
        return asked is None or not able(day, visit)
    if code == "too_long":
        return all(visit.seconds > one.shift_end - free_at(day, one) - lunch(one) for one in able(day, visit))
    if code == "too_far":
        return not any(has(day, one, [free]) for one in able(day, visit)) and facts["minutes"] > 0
    if code == "lunch":
        one = replace(people[facts["technician"]], lunch=None)
        return has(day, one, [free]) and not any(has(day, one, [visit]) for one in able(day, visit))
    if code in ("window", "after_shift"):
        one = people[facts["technician"]]
        route = project(replace(day, visits=(visit,)), one, [visit.id])
        late, over = route.stops[0].start - latest(visit), route.overtime_seconds
        nobody = not any(has(day, other, [visit]) for other in able(day, visit))
        return nobody and facts["minutes"] == -(-(late if code == "window" else over) // 60) > 0
    if code == "load":
        one = people[facts["technician"]]
        empty = [replace(other, load=0) for other in (visit, *orders[one.id])]
        return not takes(one, [visit, *orders[one.id]]) and has(day, one, empty)
    if code == "would_displace":
        one = people[facts["technician"]]
        rest = [other for other in orders[one.id] if other.id != facts["visit_id"]]
        is_crowded = keeps_starts or not has(day, one, [visit, *orders[one.id]])
        is_named = visits[facts["visit_id"]].value == facts["value"] and len(rest) == len(orders[one.id]) - 1
        return is_named and is_crowded and has(day, one, [visit, *rest])
    assert code == "full", code
    singles = [
        (one, [other for other in orders[one.id] if other.id != out.id])
        for one in able(day, visit)
        for out in orders[one.id]
        if not out.is_fixed
    ]
    return any(has(day, one, [visit]) for one in able(day, visit)) and (
        keeps_starts or not any(has(day, one, [visit, *rest]) for one, rest in singles)
    )


@pytest.mark.parametrize("mode", [planner.replan, planner.full], ids=lambda mode: mode.__name__)
def test_what_is_said_of_each_visit_that_is_left_is_true(mode: Callable[..., Plan]) -> None:
    told: Counter[str] = Counter()
    for seed in range(200):
        day = any_day(seed)
        # what is held fast may break a day already; here all is as it was planned
        day = replace(day, visits=tuple(replace(one, is_fixed=False) for one in day.visits))
        plan = mode(day, seed=seed, iterations=15)
        for left in plan.unassigned:
            assert is_true(day, plan, left, keeps_starts=mode is planner.replan), f"day {seed}: {left}"
            told[left.reason.code] += 1
    assert set(told) >= {
        "no_skill",
        "window",
        "would_displace",
        "pinned_cannot",
        "full",
        "load",
        "no_shift",
    }, told


def test_a_day_with_too_much_work_names_who_would_have_to_go() -> None:
    day = field_day(4, 50, 2)
    plan = planner.full(day, iterations=150)
    assert {one.reason.code for one in plan.unassigned} & {"would_displace", "full"}
    assert all(is_true(day, plan, one) for one in plan.unassigned)


CAN = frozenset({"carpet"})
ONE = Technician("t", CAN, 9 * HOUR, 17 * HOUR, 0, 0, Lunch(12 * HOUR, 13 * HOUR, 1800), 50)
WORK = Visit("v", 1, HOUR, skills=CAN)


@pytest.mark.parametrize(
    ("technician", "visit", "now", "code"),
    [
        (replace(ONE, shift_end=0), WORK, 0, "no_technicians"),
        (ONE, replace(WORK, windows=((9 * HOUR, 10 * HOUR),)), 11 * HOUR, "window_past"),
        (ONE, replace(WORK, skills=frozenset({"tile"})), 0, "no_skill"),
        (ONE, replace(WORK, pinned="gone"), 0, "pinned_cannot"),
        (ONE, replace(WORK, pinned="t", skills=frozenset({"tile"})), 0, "pinned_cannot"),
        (ONE, replace(WORK, load=51), 0, "load"),
        (ONE, replace(WORK, seconds=9 * HOUR), 0, "too_long"),
        (ONE, replace(WORK, place=2), 0, "too_far"),
        (ONE, replace(WORK, windows=((8 * HOUR, 9 * HOUR),)), 0, "window"),
        (ONE, replace(WORK, windows=((16 * HOUR + 1800, 17 * HOUR),)), 0, "after_shift"),
        (ONE, replace(WORK, seconds=3 * HOUR, windows=((10 * HOUR + 1800, 11 * HOUR),)), 0, "lunch"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_alone_has_its_own_reason(
    technician: Technician, visit: Visit, now: int, code: str
) -> None:
    ways = matrix([(30.0, 120.0), (30.05, 120.0), (34.0, 120.0)])
    plan = planner.full(Day((technician,), (visit,), ways, now), iterations=5)
    assert [one.reason.code for one in plan.unassigned] == [code]
    assert code in CODES


def test_somebody_without_a_shift_is_no_help() -> None:
    off = replace(ONE, id="off", skills=frozenset({"tile"}), shift_end=0)
    day = Day((ONE, off), (replace(WORK, skills=off.skills),), matrix([(30.0, 120.0), (30.1, 120.0)]))
    (left,) = planner.full(day, iterations=5).unassigned
    assert (left.reason.code, left.reason.facts) == ("no_shift", {"technician": "off"})


def test_a_visit_held_by_somebody_who_is_gone_is_told() -> None:
    held = replace(WORK, lead="gone", start=10 * HOUR)
    day = Day((ONE,), (held,), matrix([(30.0, 120.0), (30.1, 120.0)]))
    (left,) = planner.fill(day, iterations=5).unassigned
    assert (left.reason.code, left.reason.facts) == ("no_shift", {"technician": "gone"})
    assert planner.replan(day, iterations=5).figures.served == 1
