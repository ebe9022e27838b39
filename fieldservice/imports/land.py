"""Whether a position lies on China's land, roughly: near enough to say that a home does not stand in the sea."""

import json
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

from fieldservice.core.coords import Point

_EARTH_M = 6_371_000


@cache
def _outlines() -> list[list[tuple[float, float]]]:
    found = json.loads(Path(__file__).with_name("land.json").read_text("utf-8"))
    return [[(lng, lat) for lng, lat in found[name]] for name in ("mainland", "taiwan")]


def is_on_land(point: Point) -> bool:
    """Whether the point lies inside one of the outlines."""
    return any(_is_inside(point, outline) for outline in _outlines())


def _is_inside(point: Point, outline: list[tuple[float, float]]) -> bool:
    """Counts how often a ray to the east crosses the outline."""
    inside = False
    for (lng1, lat1), (lng2, lat2) in zip(outline, outline[-1:] + outline[:-1], strict=True):
        if (lat1 > point.lat) != (lat2 > point.lat):
            crossing = (lng2 - lng1) * (point.lat - lat1) / (lat2 - lat1) + lng1
            inside ^= point.lng < crossing
    return inside


def metres(one: Point, other: Point) -> float:
    """How far apart two points are."""
    lat1, lat2 = radians(one.lat), radians(other.lat)
    north, east = (lat2 - lat1) / 2, radians(other.lng - one.lng) / 2
    return 2 * _EARTH_M * asin(min(1, sqrt(sin(north) ** 2 + cos(lat1) * cos(lat2) * sin(east) ** 2)))
