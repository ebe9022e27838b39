"""When each stop happens: as early as can be, with lunch where the day is over earliest."""

from dataclasses import replace

from fieldservice.routing.model import Day, Lunch, Route, Technician, Visit, Weights
from fieldservice.routing.schedule import Beginning, Broken, beginning, begins, latest, project, times
from fieldservice.routing.travel import matrix
from tests.routing.checker import moments
from tests.routing.days import HOUR, any_day

NOON = 12 * HOUR
DAY = Day(
    (Technician("t", frozenset(), 8 * HOUR, 17 * HOUR, 0, 0, Lunch(11 * HOUR, 13 * HOUR, 1800)),),
    (
        Visit("early", 1, HOUR, ((8 * HOUR, 10 * HOUR),)),
        Visit("noon", 1, 2 * HOUR, ((11 * HOUR, NOON),)),
        Visit("late", 2, HOUR, ((15 * HOUR, 16 * HOUR),), soft_until=17 * HOUR),
    ),
    matrix([(30.0, 120.0), (30.1, 120.0), (30.2, 120.0)]),
)
WAY = int(DAY.travel[0, 1])


def test_stops_begin_as_early_as_their_windows_let() -> None:
    route = times(DAY, DAY.technicians[0], ["early", "noon", "late"])
    assert isinstance(route, Route)
    assert [stop.start for stop in route.stops] == [8 * HOUR + WAY, 11 * HOUR, 15 * HOUR]
    assert route.leave_at == 8 * HOUR
    assert route.lunch_at == 13 * HOUR
    assert route.overtime_seconds == 0
    assert not moments(DAY, DAY.technicians[0], route, {one.id: one for one in DAY.visits}, Weights())


def test_nobody_sets_out_to_wait_at_the_first_door() -> None:
    route = times(DAY, DAY.technicians[0], ["late"])
    assert isinstance(route, Route)
    assert route.leave_at == 15 * HOUR - int(DAY.travel[0, 2])
    assert route.stops[0].wait_seconds == 0


def test_an_order_breaks_at_the_window_that_is_missed() -> None:
    broken = times(DAY, DAY.technicians[0], ["noon", "early"])
    assert isinstance(broken, Broken)
    assert (broken.visit_id, broken.code) == ("early", "window")
    assert broken.facts["minutes"] == 180


def test_what_breaks_is_done_late_when_it_must_be() -> None:
    route = project(DAY, DAY.technicians[0], ["noon", "early"])
    assert [stop.late_seconds for stop in route.stops] == [0, 3 * HOUR + 1800]


def test_lateness_that_has_a_price_breaks_nothing() -> None:
    busy = replace(DAY.technicians[0], busy_until=16 * HOUR + 1200, at=2)
    route = times(DAY, busy, ["late"])
    assert isinstance(route, Route)
    assert route.stops[0].late_seconds == 1200
    promised = replace(DAY, visits=tuple(replace(one, promised=True) for one in DAY.visits))
    assert isinstance(times(promised, busy, ["late"]), Broken)


def test_a_lunch_that_cannot_be_had_breaks_the_day() -> None:
    long = Visit("long", 0, 6 * HOUR, ((8 * HOUR, 8 * HOUR),))
    day = replace(DAY, visits=(long,))
    broken = times(day, DAY.technicians[0], ["long"])
    assert isinstance(broken, Broken)
    assert broken.code == "lunch"
    assert project(day, DAY.technicians[0], ["long"]).lunch_at is None


def test_planned_times_are_kept_though_there_were_time() -> None:
    day = replace(DAY, visits=tuple(replace(one, start=9 * HOUR) for one in DAY.visits[:1]))
    route = project(day, DAY.technicians[0], ["early"], keeps_starts=True)
    assert route.stops[0].start == 9 * HOUR


def test_work_in_progress_is_not_done_again() -> None:
    begun = Visit("begun", 1, HOUR, lead="t", start=9 * HOUR, is_fixed=True)
    day = replace(DAY, visits=(begun, *DAY.visits), now=9 * HOUR + 1800)
    route = project(day, day.technicians[0], ["begun", "noon"])
    assert [(stop.start, stop.end) for stop in route.stops] == [(9 * HOUR, 10 * HOUR), (11 * HOUR, 13 * HOUR)]
    assert route.travel_seconds == WAY


def over_earliest(day: Day, technician: Technician, visits: list[Visit]) -> int | None:
    """When somebody is home who tries lunch at every minute of every way; None: the order cannot be kept."""
    begin = beginning(day, technician)
    tries: list[tuple[int, int] | None] = [None]
    if begin.lunch is not None:
        spans = range(begin.lunch.earliest, begin.lunch.latest + 1, 60)
        tries += [(leg, minute) for leg in range(len(visits) + 1) for minute in spans]
    found = [over for one in tries if (over := over_with(day, technician, visits, begin, one)) is not None]
    return min(found, default=None)


def over_with(
    day: Day, technician: Technician, visits: list[Visit], begin: Beginning, lunch: tuple[int, int] | None
) -> int | None:
    """The same with lunch on this way at this minute."""
    clock, here = begin.at, begin.place
    for leg, visit in enumerate([*visits, None]):
        there = technician.end if visit is None else visit.place
        arrives = clock + (0 if here is None or there is None else int(day.travel[here, there]))
        if lunch and begin.lunch and lunch[0] == leg:
            if lunch[1] < clock:
                return None
            arrives = max(arrives, lunch[1]) + begin.lunch.seconds
        if visit is None:
            is_due = begin.lunch and not lunch and arrives >= begin.lunch.earliest
            return None if is_due else arrives
        start, _ = begins(visit, arrives)
        if start > latest(visit):
            return None
        clock, here = start + visit.seconds, visit.place
    return None


def test_the_day_is_over_as_early_as_by_trying_every_minute_for_lunch() -> None:
    tried = 0
    for seed in range(150):
        day = any_day(seed)
        minutes = (day.travel + 59) // 60 * 60
        day = replace(day, travel=minutes)
        technician = day.technicians[0]
        technician = replace(technician, busy_until=None, shift_start=8 * HOUR, shift_end=30 * HOUR)
        visits = [replace(one, is_fixed=False) for one in day.visits[:3]]
        day = replace(day, technicians=(technician,), visits=tuple(visits))
        route = times(day, technician, [one.id for one in visits])
        expected = over_earliest(day, technician, visits)
        assert (route.home_at if isinstance(route, Route) else None) == expected, f"day {seed}"
        tried += isinstance(route, Route)
    assert tried > 30
