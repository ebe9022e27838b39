"""The order of one technician's day, and the travel formula: the same in Python and JavaScript, down to the second."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from fieldservice.routing.dayorder import DayLunch, DayOrder, DayStop, TechnicianDay, best_order, first_order

_VECTORS = Path(__file__).parents[1] / "vectors"


def _read(name: str) -> list[Any]:
    found: list[Any] = json.loads((_VECTORS / name).read_text())
    return found


def _day(plain: dict[str, Any]) -> TechnicianDay:
    points = plain["points"]

    def way(here: int, there: int) -> int:
        (x, y), (u, v) = points[here], points[there]
        return 0 if here == there else 120 + (abs(x - u) + abs(y - v)) // 7 + (here * 31 + there * 17) % 60

    stops = [
        DayStop(name, at + 1, seconds, tuple((a, b) for a, b in windows), weight, pinned, following, *planned)
        for at, (name, seconds, windows, weight, pinned, following, *planned) in enumerate(plain["stops"])
    ]
    return TechnicianDay(
        now=plain["now"],
        start=plain["start"],
        end=plain["end"],
        shift=(plain["shift"][0], plain["shift"][1]),
        lunch=DayLunch(**plain["lunch"]) if plain["lunch"] else None,
        stops=tuple(stops),
        travel=[[way(here, there) for there in range(len(points))] for here in range(len(points))],
    )


def _compact(found: DayOrder) -> dict[str, Any]:
    return {
        "order": list(found.order),
        "at": [[stop.arrive, stop.start] for stop in found.stops],
        "rest": [
            found.leave_at, found.lunch_at, found.home_at, found.travel, found.overtime, found.cost, found.proven,
            list(found.unplaced), found.off_plan,
        ],
    }  # fmt: skip


def test_vectors_agree_with_the_phone() -> None:
    vectors = _read("day_order.json")
    assert len(vectors) >= 300
    for vector in vectors:
        order = first_order if vector["by"] == "first" else best_order
        assert _compact(order(_day(vector["day"]))) == {key: vector[key] for key in ("order", "at", "rest")}


def test_by_hand() -> None:
    """Two stops an hour apart, one of them in its window only when it is second; lunch fits between."""
    stops = (
        DayStop("late", 1, 3600, ((43200, 46800),), 30),
        DayStop("early", 2, 3600, ((32400, 36000),), 30),
    )
    travel = [[0, 600, 600], [600, 0, 1200], [600, 1200, 0]]
    day = TechnicianDay(28800, 0, 0, (28800, 64800), DayLunch(41400, 48600, 2700), stops, travel)
    found = best_order(day)
    assert (found.order, found.proven) == (("early", "late"), True)
    assert [(stop.arrive, stop.start) for stop in found.stops] == [(32400, 32400), (37200, 45300 - 1200)]
    assert (found.leave_at, found.lunch_at, found.home_at, found.overtime) == (31800, 41400, 48300, 0)
    waited = 48300 - 28800 - 2400 - 7200 - 2700
    assert found.cost == 10 * 2400 + 2 * waited


@pytest.mark.parametrize("seed", range(8))
def test_no_order_costs_less(seed: int) -> None:
    """Against every order of six stops, each held in place by pins: the proof needs no search then."""
    vector = [one for one in _read("day_order.json") if len(one["day"]["stops"]) == 6][seed]
    plain = vector["day"] | {"stops": [[*stop[:4], None, False] for stop in vector["day"]["stops"]]}
    costs = []
    for order in itertools.permutations(range(6)):
        pinned = [[*stop[:4], order[at], False] for at, stop in enumerate(plain["stops"])]
        costs.append(first_order(_day(plain | {"stops": pinned})).cost)
    assert best_order(_day(plain)).cost == min(costs)
