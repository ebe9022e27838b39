"""Whether a position lies on China's land, roughly: near enough to say that a home does not stand in the sea."""

import json
from functools import cache
from pathlib import Path

from fieldservice.core.coords import Point


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
