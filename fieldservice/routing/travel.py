"""How long the way from one place to another takes, estimated from the straight line.

`static/js/rules/travel.js` says the same to the second; `tests/vectors/travel.json` holds both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: latitude and longitude in degrees, WGS-84
Place = tuple[float, float]

#: the earth's mean radius, metres
EARTH_METRES = 6_371_008.8
#: as near as this is the same place: nobody drives
SAME_PLACE_METRES = 30


@dataclass(frozen=True, slots=True)
class TravelModel:
    """The numbers of the formula; a branch may have its own.

    A road is longer than the straight line, by `detour_far` on long ways and by `detour_near` more on short ones
    (it fades with `detour_km`). It is driven at `speed_slow` km/h near the start, `speed_gain` more on long ways.
    """

    detour_far: float = 1.28
    detour_near: float = 0.22
    detour_km: float = 4.0
    speed_slow: float = 18.0
    speed_gain: float = 27.0
    speed_km: float = 12.0
    parking_seconds: int = 120
    #: for each hour of the day: driving takes so many thousandths of the usual time
    factor_per_mille: tuple[int, ...] = (1000,) * 24


DEFAULT = TravelModel()


def metres_between(here: Place, there: Place) -> int:
    """The straight line over the ground (haversine; at most 0.3 % off), in whole metres."""
    lat_here, lat_there = math.radians(here[0]), math.radians(there[0])
    across = math.sin((lat_there - lat_here) / 2) ** 2
    along = math.sin(math.radians(there[1] - here[1]) / 2) ** 2
    chord = across + math.cos(lat_here) * math.cos(lat_there) * along
    return math.floor(2 * EARTH_METRES * math.asin(math.sqrt(min(1.0, chord))) + 0.5)


def estimate(metres: int, model: TravelModel = DEFAULT, *, hour: int | None = None) -> int:
    """Seconds for so many metres in a straight line, parking included; with `hour` as driven at that hour."""
    if metres < SAME_PLACE_METRES:
        return 0
    km = metres / 1000
    road_km = km * (model.detour_far + model.detour_near * math.exp(-km / model.detour_km))
    speed = model.speed_slow + model.speed_gain * (1 - math.exp(-road_km / model.speed_km))
    driving = math.floor(road_km / speed * 3600 + 0.5)
    if hour is not None:
        driving = (driving * model.factor_per_mille[hour % 24] + 500) // 1000
    return driving + model.parking_seconds


def matrix(
    places: Sequence[Place], model: TravelModel = DEFAULT, *, hour: int | None = None
) -> NDArray[np.int32]:
    """`estimate` of every place to every other, in seconds; the same there and back."""
    import numpy as np

    metres = metres_matrix(places)
    km = metres / 1000
    road_km = km * (model.detour_far + model.detour_near * np.exp(-km / model.detour_km))
    speed = model.speed_slow + model.speed_gain * (1 - np.exp(-road_km / model.speed_km))
    driving = np.floor(road_km / speed * 3600 + 0.5).astype(np.int64)
    if hour is not None:
        driving = (driving * model.factor_per_mille[hour % 24] + 500) // 1000
    seconds = driving + model.parking_seconds
    seconds[metres < SAME_PLACE_METRES] = 0
    return seconds.astype(np.int32)


def metres_matrix(places: Sequence[Place]) -> NDArray[np.int32]:
    """`metres_between` of every place and every other."""
    import numpy as np

    degrees = np.array(places, dtype=np.float64).reshape(-1, 2)
    lat, lng = np.radians(degrees[:, 0]), np.radians(degrees[:, 1])
    across = np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
    along = np.sin((lng[:, None] - lng[None, :]) / 2) ** 2
    chord = across + np.cos(lat)[:, None] * np.cos(lat)[None, :] * along
    metres = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    return np.floor(metres + 0.5).astype(np.int32)
