"""Typed positions: which number is which, and whether it is likely."""

import pytest

from fieldservice.core.coords import Datum, Point
from fieldservice.core.positions import Doubtful, Position, Unusable, read_position


def kept(lat: str = "", lng: str = "", pasted: str = "", datum: Datum = Datum.WGS84) -> Point:
    found = read_position(lat, lng, pasted, datum)
    assert isinstance(found, Position)
    return found.kept


@pytest.mark.parametrize(
    "pasted", ["116.4698,39.9911", "39.9911,116.4698", "116.4698 39.9911", "(39.9911；116.4698)"]
)
def test_two_numbers_in_any_order_and_dress(pasted: str) -> None:
    assert kept(pasted=pasted) == Point(39.9911, 116.4698)


def test_in_the_far_west_both_numbers_could_be_latitudes() -> None:
    kashgar = Point(39.47, 75.99)
    assert kept(pasted="75.99,39.47") == kept(pasted="39.47,75.99") == kashgar


def test_it_is_kept_in_wgs84() -> None:
    assert kept("39.990464", "116.481488", datum=Datum.GCJ02) == Point(39.989168, 116.47538)


def test_pasted_numbers_win_over_the_two_fields() -> None:
    assert kept("1", "2", "116.4698,39.9911") == Point(39.9911, 116.4698)


def test_nothing_typed_is_no_position() -> None:
    assert read_position(" ", "", "  ", Datum.WGS84) is None


@pytest.mark.parametrize(
    ("lat", "lng", "pasted", "code", "field"),
    [
        ("39.9", "", "", "position_incomplete", "lng"),
        ("", "116", "", "position_incomplete", "lat"),
        ("x", "116", "", "position_bad", "lat"),
        ("39.9", "1e2", "", "position_bad", "lng"),
        ("39.9", "inf", "", "position_bad", "lng"),
        ("116.4", "39.9", "", "position_swapped", "lat"),
        ("99", "200", "", "position_outside", "lat"),
        ("", "", "1,2,3", "position_two_numbers", "pasted"),
        ("", "", "200,300", "position_outside", "pasted"),
    ],
)
def test_what_cannot_be_a_position(lat: str, lng: str, pasted: str, code: str, field: str) -> None:
    assert read_position(lat, lng, pasted, Datum.WGS84) == Unusable(code, field)


@pytest.mark.parametrize(
    ("lat", "lng", "code"), [("48.85", "2.35", "position_abroad"), ("75.99", "39.47", "position_swapped")]
)
def test_what_is_possible_but_unlikely_is_doubted(lat: str, lng: str, code: str) -> None:
    found = read_position(lat, lng, "", Datum.WGS84)
    assert isinstance(found, Doubtful)
    assert (found.code, found.position.kept) == (code, Point(float(lat), float(lng)))
