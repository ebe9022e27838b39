"""The smallest change that helps, on plain days."""

import numpy as np

from fieldservice.dispatch.relief import relieve
from fieldservice.routing.model import Day, Technician, Visit

HOUR = 3600


def test_nobody_is_sent_home_hours_later_so_that_others_are_in_time() -> None:
    """Moving the long work behind the others would have everybody in time, and it end two hours after the shift."""
    technician = Technician("a", frozenset(), 8 * HOUR, 18 * HOUR)
    visits = (
        Visit("long", 0, 3 * HOUR, ((9 * HOUR, 18 * HOUR),), lead="a", start=14 * HOUR),
        Visit("second", 0, HOUR * 3 // 2, ((14 * HOUR, 16 * HOUR),), lead="a", start=17 * HOUR),
        Visit("third", 0, HOUR * 3 // 2, ((14 * HOUR, 16 * HOUR),), lead="a", start=18 * HOUR),
    )
    day = Day((technician,), visits, np.zeros((1, 1), np.int32), now=14 * HOUR)
    change = relieve(day, {"a": ("long", "second", "third")}, "a")
    assert change is None or "long" not in {move.visit_id for move in change.moves}
    longer = Day((Technician("a", frozenset(), 8 * HOUR, 20 * HOUR),), visits, day.travel, now=day.now)
    found = relieve(longer, {"a": ("long", "second", "third")}, "a")
    assert found
    assert [move.visit_id for move in found.moves] == ["long"], "within the shift it is what helps"


def test_time_on_the_road_and_a_later_evening_are_told_apart() -> None:
    technician = Technician("a", frozenset(), 8 * HOUR, 18 * HOUR, start=0, end=0)
    visits = (
        Visit("easy", 1, 2 * HOUR, ((14 * HOUR, 17 * HOUR),), lead="a", start=14 * HOUR),
        Visit("late", 2, 2 * HOUR, ((14 * HOUR, 15 * HOUR),), lead="a", start=16 * HOUR),
    )
    ways = np.array([[0, 600, 2400], [600, 0, 600], [1800, 600, 0]], np.int32)
    change = relieve(Day((technician,), visits, ways, now=14 * HOUR), {"a": ("easy", "late")}, "a")
    assert change
    assert [move.visit_id for move in change.moves] == ["late"]
    assert (change.extra_travel, change.extra_overtime) == (600, 600)
