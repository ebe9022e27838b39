"""Datums of maps in China: the vectors the phone runs too, and ways there and back."""

import json
from itertools import product
from math import cos, hypot, radians
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldservice.core.coords import Datum, Point, convert, is_in_china

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "coords.json").read_text(encoding="utf-8"))
PAIRS = list(product(Datum, Datum))


def metres(a: Point, b: Point) -> float:
    return hypot(a.lat - b.lat, (a.lng - b.lng) * cos(radians(a.lat))) * 111_320


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_it_says_what_gcoord_says(source, target):
    assert len(VECTORS["points"]) >= 200
    for vector in VECTORS["points"]:
        # At the very edge a shifted point lies outside, where nothing is shifted back: in the sea or abroad.
        if vector["name"].startswith("just inside") and source != Datum.WGS84:
            continue
        got = convert(Point(*vector[source]), source, target)
        assert metres(got, Point(*vector[target])) <= VECTORS["tolerance_m"], vector["name"]


@given(lat=st.floats(17, 54), lng=st.floats(73, 136), ways=st.sampled_from(PAIRS))
def test_a_way_there_and_back_ends_within_5_cm(lat, lng, ways):
    there, back = ways
    point = Point(lat, lng)
    assert metres(convert(convert(point, there, back), back, there), point) <= 0.05


def test_the_shift_in_china_is_some_hundred_metres():
    wgs = Point(39.9966, 116.4703)
    assert 250 < metres(wgs, convert(wgs, Datum.WGS84, Datum.GCJ02)) < 650


def test_outside_china_a_point_stays_what_it_is():
    tokyo = Point(35.6762, 139.6503)
    assert not is_in_china(tokyo)
    assert all(convert(tokyo, source, target) == tokyo for source, target in PAIRS)
