"""Travel times of a branch's day: what a road service said, where one is set, and the estimate for everything else.

Reading asks nobody: a page is never held up by somebody else's server. The answers are fetched beforehand by the worker
(`road_asking.learn`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app

from fieldservice.branches.models import Branch
from fieldservice.core.db import db
from fieldservice.routing import road_cells, travel
from fieldservice.routing.models import RoadRow
from fieldservice.routing.queries import model_of
from fieldservice.routing.travel import Place, TravelModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ESTIMATE = "estimate"
#: one matrix for the whole day: driving as in the mean of these hours
_WORKING_HOURS = range(8, 18)
_CHUNK = 500


@dataclass(frozen=True)
class Matrix:
    """From each place to each other."""

    #: with parking at the end; int32
    seconds: NDArray[np.int32]
    #: along the road, as told or as estimated; int32
    metres: NDArray[np.int32]
    #: 'estimate', or the code of the service that told at least one of them
    source: str
    #: pairs that a service was to tell and that are estimated; 0 where none is set
    missing: int


def matrix_for(branch: Branch | str, places: Sequence[Place], at: datetime, *, hour: int | None = None) -> Matrix:
    """Travel between places (WGS-84) for a branch, as known at this moment; two queries and one for each 500 places.

    `hour`: of departure, on the branch's clock; None: the mean of the working hours.
    """
    model = model_of(branch if isinstance(branch, str) else branch.id)
    seconds = travel.matrix(places, of_the_day(model) if hour is None else model, hour=0 if hour is None else hour)
    straight = travel.metres_matrix(places)
    metres = road_metres(straight, model)
    provider = str(current_app.config["ROADS"])
    if not provider or len(places) < 2:
        return Matrix(seconds, metres, ESTIMATE, 0)
    return _with_answers(provider, places, at, model, seconds, metres, straight)


def of_the_day(model: TravelModel) -> TravelModel:
    """The formula with the mean of the working hours at every hour."""
    mean = sum(model.factor_per_mille[hour] for hour in _WORKING_HOURS) // len(_WORKING_HOURS)
    return replace(model, factor_per_mille=(mean,) * 24)


def road_metres(straight: NDArray[np.int32], model: TravelModel) -> NDArray[np.int32]:
    """Metres along the road, estimated from the straight line."""
    import numpy as np

    km = straight / 1000
    found = straight * (model.detour_far + model.detour_near * np.exp(-km / model.detour_km))
    found[straight < travel.SAME_PLACE_METRES] = 0
    return np.floor(found + 0.5).astype(np.int32)


def known(provider: str, keys: NDArray[np.int64], at: datetime) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """What is kept between places: seconds and metres; −2 nothing (or too old), −1 no way."""
    import numpy as np

    seconds = np.full((len(keys), len(keys)), -2, np.int32)
    metres = seconds.copy()
    rows = _rows(provider, [int(key) for key in keys])
    oldest = int((at - timedelta(days=current_app.config["ROADS_KEEP_DAYS"])).timestamp()) // 60
    for index, key in enumerate(keys):
        data = rows.get(int(key))
        if data is not None:
            seconds[index], metres[index] = road_cells.look_up(data, keys, oldest)
    return seconds, metres


def _with_answers(
    provider: str, places: Sequence[Place], at: datetime, model: TravelModel,
    seconds: NDArray[np.int32], metres: NDArray[np.int32], straight: NDArray[np.int32],
) -> Matrix:  # fmt: skip
    told_seconds, told_metres = known(provider, road_cells.keys_of(places), at)
    wanted = straight >= travel.SAME_PLACE_METRES
    good = wanted & (told_seconds >= 0)
    seconds[good] = told_seconds[good] + model.parking_seconds
    metres[good] = told_metres[good]
    return Matrix(seconds, metres, provider if good.any() else ESTIMATE, int((wanted & ~good).sum()))


def _rows(provider: str, keys: list[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for begin in range(0, len(keys), _CHUNK):
        query = sa.select(RoadRow.origin, RoadRow.cells).where(
            RoadRow.provider == provider, RoadRow.origin.in_(keys[begin : begin + _CHUNK]))
        found.update({origin: bytes(cells) for origin, cells in db.session.execute(query)})
    return found
