"""The three datums of maps in China, and the ways between them.

Points are stored in WGS-84 (what a receiver says); AMap, Tencent, Google and Apple draw mainland China in
GCJ-02, 250 to 630 m away; Baidu in BD-09. Convert on input and output only.

Nothing is rounded here; six decimals, 0.1 m, when a link or an answer is written. The inverse ways approach
their answer in four passes: a round trip stays under 0.05 m. Outside the rectangle around China every way is
the identity; the rectangle is the one all map makers' converters use and takes in parts of the neighbours.
The twin is ``static/js/core/coords.js``; ``tests/vectors/coords.json`` runs on both.
"""

from collections.abc import Callable
from enum import StrEnum
from math import asin, atan2, cos, hypot, pi, radians, sin, sqrt
from typing import NamedTuple

RADIUS = 6378245.0  # metres, Krasovsky 1940, on which GCJ-02 is defined
ECCENTRICITY_2 = 0.006693421622965823  # squared, of the same ellipsoid
BAIDU = pi * 3000 / 180
_EARTH_M = 6_371_000
PASSES = 4


class Datum(StrEnum):
    """Which earth a pair of degrees is measured on."""

    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


class Point(NamedTuple):
    """Degrees, latitude first."""

    lat: float
    lng: float


def convert(point: Point, source: Datum, target: Datum) -> Point:
    """The same place in another datum; the point itself where nothing changes."""
    if source == target or not is_in_china(point):
        return point
    gcj = point
    if source == Datum.WGS84:
        gcj = _gcj_from_wgs(point)
    elif source == Datum.BD09:
        gcj = _inverse(_bd_from_gcj, point)
    if target == Datum.WGS84:
        return _inverse(_gcj_from_wgs, gcj)
    return _bd_from_gcj(gcj) if target == Datum.BD09 else gcj


def metres(one: Point, other: Point) -> float:
    """How far apart two points are, as the crow flies."""
    lat1, lat2 = radians(one.lat), radians(other.lat)
    north, east = (lat2 - lat1) / 2, radians(other.lng - one.lng) / 2
    return 2 * _EARTH_M * asin(min(1, sqrt(sin(north) ** 2 + cos(lat1) * cos(lat2) * sin(east) ** 2)))


def is_in_china(point: Point) -> bool:
    """Roughly: the rectangle outside of which no map is shifted."""
    return 72.004 <= point.lng <= 137.8347 and 0.8293 <= point.lat <= 55.8271


def _gcj_from_wgs(wgs: Point) -> Point:
    x, y = wgs.lng - 105, wgs.lat - 35
    both = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (both + 20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (both + 20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    angle = wgs.lat * pi / 180
    curve = 1 - ECCENTRICITY_2 * sin(angle) ** 2
    return Point(
        wgs.lat + north * 180 * curve * sqrt(curve) / (RADIUS * (1 - ECCENTRICITY_2) * pi),
        wgs.lng + east * 180 * sqrt(curve) / (RADIUS * cos(angle) * pi),
    )


def _bd_from_gcj(gcj: Point) -> Point:
    z = hypot(gcj.lng, gcj.lat) + 0.00002 * sin(gcj.lat * BAIDU)
    theta = atan2(gcj.lat, gcj.lng) + 0.000003 * cos(gcj.lng * BAIDU)
    return Point(z * sin(theta) + 0.006, z * cos(theta) + 0.0065)


def _inverse(forward: Callable[[Point], Point], target: Point) -> Point:
    """The point whose image is the target: each pass moves the guess by what its image misses.

    Two passes leave up to 3 cm for GCJ-02 and 15 cm for the short waves of BD-09; four leave less than 1 mm.
    """
    guess = target
    for _ in range(PASSES):
        image = forward(guess)
        guess = Point(guess.lat + target.lat - image.lat, guess.lng + target.lng - image.lng)
    return guess
