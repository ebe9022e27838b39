"""Valhalla: `POST /sources_to_targets` (valhalla.github.io/valhalla/api/matrix/api-reference)."""

from collections.abc import Sequence
from typing import Any

from fieldservice.core import json
from fieldservice.core.coords import Point
from fieldservice.routing.providers.base import (
    NotUnderstood,
    Question,
    RoadProvider,
    Told,
    object_of,
    table_of,
)

_JSON = {"Content-Type": "application/json"}


class Valhalla(RoadProvider):
    """Seconds, and kilometres, which become metres here."""

    code = "valhalla"
    name = "Valhalla"
    #: its servers take 50 places or 2,500 pairs unless they are set up for more
    most_sources = 25
    most_targets = 25

    def question(self, sources: Sequence[Point], targets: Sequence[Point]) -> Question:
        body = {
            "sources": [_place(point) for point in sources],
            "targets": [_place(point) for point in targets],
            "costing": "auto",
            "units": "kilometers",
        }
        return Question(f"{self._url}/sources_to_targets", json.dumps(body).encode(), _JSON)

    def read(self, answer: Any, sources: int, targets: int) -> Told:
        found = object_of(answer, "the answer")
        if "error_code" in found:
            raise NotUnderstood(f"error {str(found['error_code'])[:20]}")
        if found.get("units", "kilometers") not in ("kilometers", "km"):
            raise NotUnderstood("other units than kilometres")
        told = found.get("sources_to_targets")
        if isinstance(told, dict):  # without `verbose`: two tables
            seconds = table_of(told.get("durations"), sources, targets, "durations")
            kilometres = table_of(told.get("distances"), sources, targets, "distances")
            return Told(seconds, [[_metres(value) for value in row] for row in kilometres])
        rows = table_of(told, sources, targets, "sources_to_targets")
        cells = [[object_of(cell, "a cell") for cell in row] for row in rows]
        return Told([[cell.get("time") for cell in row] for row in cells],
                    [[_metres(cell.get("distance")) for cell in row] for row in cells])


def _place(point: Point) -> dict[str, float]:
    return {"lat": round(point.lat, 6), "lon": round(point.lng, 6)}


def _metres(kilometres: Any) -> Any:
    is_number = isinstance(kilometres, int | float) and not isinstance(kilometres, bool)
    return kilometres * 1000 if is_number else None
