"""What a branch's trips say: with the numbers behind, and only what enough of them say."""

import random
from dataclasses import replace

import pytest

from fieldservice.routing import calibration
from fieldservice.routing.calibration import Trip, calibrate
from fieldservice.routing.travel import DEFAULT, estimate

SLOW_TOWN = replace(DEFAULT, speed_slow=13.0, speed_gain=20.0,
                    factor_per_mille=tuple(1300 if 7 <= hour < 9 else 1000 for hour in range(24)))  # fmt: skip


def trips_in(model: object, count: int, *, seed: int = 1, noise: float = 0.15) -> list[Trip]:
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        metres, hour = chance.choice((1200, 3500, 7000, 14000)) + chance.randrange(800), chance.choice((7, 8, 10, 14, 17))
        seconds = estimate(metres, model, hour=hour)  # type: ignore[arg-type]
        found.append(Trip(metres, round(seconds * chance.uniform(1 - noise, 1 + noise)), hour))
    return found


def test_too_few_trips_say_nothing() -> None:
    found = calibrate(trips_in(SLOW_TOWN, 19), DEFAULT)
    assert (found.trips, found.proposal, found.off_percent) == (19, None, None)
    assert all(band.per_mille is None for band in (*found.distances, *found.hours))


def test_the_speed_of_the_town_and_its_rush_hour_are_found() -> None:
    found = calibrate(trips_in(SLOW_TOWN, 600), DEFAULT)
    assert found.proposal is not None
    assert found.off_percent is not None
    assert found.then_off_percent is not None
    assert found.off_percent >= 25
    assert found.then_off_percent <= 10, "what is left is chance"
    factors = found.proposal.factor_per_mille
    assert 1.2 < factors[7] / factors[10] < 1.4
    assert factors[3] == 1000, "nobody drove then"
    for band in found.distances:
        if band.then_per_mille is not None:
            assert band.per_mille is not None
            assert band.per_mille > 1150
            assert 930 < band.then_per_mille < 1070


def test_numbers_that_fit_are_left_alone() -> None:
    found = calibrate(trips_in(DEFAULT, 600, noise=0.0), DEFAULT)
    assert (found.proposal, found.off_percent) == (None, 0)


def test_the_same_trips_give_the_same_numbers_in_any_order() -> None:
    trips = trips_in(SLOW_TOWN, 200)
    assert calibrate(trips, DEFAULT) == calibrate(trips[::-1], DEFAULT)


@pytest.mark.parametrize(
    ("trip", "why"),
    [
        (Trip(3000, 600, 9, unsure_ms=130_000), calibration.CLOCK), (Trip(3000, 600, 9, is_elsewhere=True), "elsewhere"),
        (Trip(200, 120, 9), "near"), (Trip(3000, 20, 9), "time"), (Trip(3000, 4 * 3600, 9), "time"),
        (Trip(3000, 5000, 9), "odd"), (Trip(30000, 400, 9), "odd"),
    ],
)  # fmt: skip
def test_what_is_no_trip_is_left_out_and_told(trip: Trip, why: str) -> None:
    good = trips_in(DEFAULT, 30, noise=0.0)
    found = calibrate([*good, trip], DEFAULT)
    assert (found.trips, found.left_out) == (30, {why: 1})


def test_a_single_wild_band_does_not_run_away() -> None:
    """Twenty trips of one distance, three times too slow: the numbers move, and stay numbers of a car."""
    found = calibrate([Trip(1500, 3 * estimate(1500), 10)] * 20, DEFAULT)
    assert found.proposal is not None
    assert 8 <= found.proposal.speed_slow <= 18
    assert 500 <= min(found.proposal.factor_per_mille) <= max(found.proposal.factor_per_mille) <= 2500
