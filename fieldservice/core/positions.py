"""What a typed position means: which number is which, on which earth, and whether it is likely."""

import re
from dataclasses import dataclass

from fieldservice.core.coords import Datum, Point, convert

#: what the address bar of a map or a chat message puts between two numbers
_BETWEEN = re.compile(r"[\s,;，；、|]+")
_NUMBER = re.compile(r"[+-]?\d{1,3}(\.\d{1,15})?\Z")


@dataclass(frozen=True)
class Position:
    """A place as typed, and as kept."""

    #: in the datum it was typed in
    typed: Point
    #: WGS-84, six decimals
    kept: Point


@dataclass(frozen=True)
class Doubtful:
    """A position that can be kept only when the person says it is right."""

    position: Position
    #: 'position_swapped' when the other order lies in China, else 'position_abroad'
    code: str


@dataclass(frozen=True)
class Unusable:
    """Why it is no position: a reason code, and the field it is about ('lat', 'lng' or 'pasted')."""

    code: str
    field: str


def read_position(lat: str, lng: str, pasted: str, datum: Datum) -> Position | Doubtful | Unusable | None:
    """The position of three typed texts; `pasted` ('lng,lat' or 'lat,lng') wins. None: nothing was typed."""
    if pasted.strip():
        return _read_pasted(pasted, datum)
    if not lat.strip() and not lng.strip():
        return None
    for text, field in ((lat, "lat"), (lng, "lng")):
        if not text.strip():
            return Unusable("position_incomplete", field)
        if not _NUMBER.match(text.strip()):
            return Unusable("position_bad", field)
    return judge(Point(float(lat), float(lng)), datum)


def judge(typed: Point, datum: Datum) -> Position | Doubtful | Unusable:
    """Whether a point is likely to be meant."""
    if not _is_on_earth(typed):
        swapped = Point(typed.lng, typed.lat)
        if _is_on_earth(swapped) and is_likely(swapped):
            return Unusable("position_swapped", "lat")
        return Unusable("position_outside", "lat")
    position = Position(typed, _kept(typed, datum))
    if is_likely(typed):
        return position
    return Doubtful(
        position, "position_swapped" if is_likely(Point(typed.lng, typed.lat)) else "position_abroad"
    )


def is_likely(point: Point) -> bool:
    """Whether a point lies in the box around China, without the South China Sea."""
    return 18 <= point.lat <= 53.7 and 73.4 <= point.lng <= 135.2


def _read_pasted(pasted: str, datum: Datum) -> Position | Doubtful | Unusable:
    parts = [part for part in _BETWEEN.split(pasted.strip().strip("()[]（）")) if part]
    if len(parts) != 2 or not all(_NUMBER.match(part) for part in parts):
        return Unusable("position_two_numbers", "pasted")
    first, second = (float(part) for part in parts)
    ways = [Point(second, first), Point(first, second)]  # lng,lat as AMap and Baidu copy it, then lat,lng
    likely = [way for way in ways if is_likely(way)]
    possible = [way for way in ways if _is_on_earth(way)]
    if not possible:
        return Unusable("position_outside", "pasted")
    return judge((likely or possible[::-1])[0], datum)


def _kept(typed: Point, datum: Datum) -> Point:
    kept = convert(typed, datum, Datum.WGS84)
    return Point(round(kept.lat, 6), round(kept.lng, 6))


def _is_on_earth(point: Point) -> bool:
    return -90 <= point.lat <= 90 and -180 <= point.lng <= 180
