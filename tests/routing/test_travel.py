"""The estimate of a way, one by one and as a matrix."""

import random

import pytest

from fieldservice.routing.travel import TravelModel, estimate, matrix, metres_between, metres_matrix

HANGZHOU = (30.2741, 120.1551)


def test_a_degree_of_latitude_is_as_long_as_known() -> None:
    assert metres_between((30.0, 120.0), (31.0, 120.0)) == 111_195


def test_there_is_no_way_within_thirty_metres() -> None:
    assert estimate(29) == 0
    assert estimate(30) > TravelModel().parking_seconds


@pytest.mark.parametrize(
    ("metres", "seconds"), [(1_000, 368), (5_000, 938), (20_000, 2_327), (60_000, 6_270)]
)
def test_a_way_takes_as_long_as_the_formula_says(metres: int, seconds: int) -> None:
    assert estimate(metres) == seconds


def test_an_hour_of_slow_traffic_lengthens_driving_but_not_parking() -> None:
    slow = TravelModel(factor_per_mille=tuple(1500 if hour == 8 else 1000 for hour in range(24)))
    usual = estimate(5_000, slow, hour=12)
    assert usual == estimate(5_000)
    assert estimate(5_000, slow, hour=8) == 120 + ((usual - 120) * 1500 + 500) // 1000


def test_the_matrix_says_the_same_as_one_by_one() -> None:
    chance = random.Random(7)
    places = [(HANGZHOU[0] + chance.uniform(-1, 1), HANGZHOU[1] + chance.uniform(-1, 1)) for _ in range(60)]
    places += [HANGZHOU, (HANGZHOU[0] + 0.0001, HANGZHOU[1]), HANGZHOU]
    metres, seconds = metres_matrix(places), matrix(places)
    assert seconds.dtype == "int32"
    for a, here in enumerate(places):
        for b, there in enumerate(places):
            assert metres[a, b] == metres_between(here, there)
            assert seconds[a, b] == estimate(int(metres[a, b]))


def test_no_places_give_an_empty_matrix() -> None:
    assert matrix([]).shape == (0, 0)
