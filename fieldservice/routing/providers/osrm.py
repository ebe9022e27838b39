"""OSRM, mostly a server of one's own: `GET /table/v1/driving/…` (project-osrm.org/docs/v5.24.0/api/#table-service)."""

from collections.abc import Sequence
from typing import Any

from fieldservice.core.coords import Point
from fieldservice.routing.providers.base import (
    NotUnderstood,
    Question,
    RoadProvider,
    Told,
    lng_lat,
    object_of,
    table_of,
)


class Osrm(RoadProvider):
    """Seconds and metres without traffic."""

    code = "osrm"
    name = "OSRM"
    #: `osrm-routed` takes 100 places a request unless it is started with more
    most_sources = 50
    most_targets = 50

    def question(self, sources: Sequence[Point], targets: Sequence[Point]) -> Question:
        places = ";".join(lng_lat(point) for point in (*sources, *targets))
        firsts = ";".join(str(index) for index in range(len(sources)))
        lasts = ";".join(str(len(sources) + index) for index in range(len(targets)))
        options = f"sources={firsts}&destinations={lasts}&annotations=duration,distance"
        return Question(f"{self._url}/table/v1/driving/{places}?{options}")

    def read(self, answer: Any, sources: int, targets: int) -> Told:
        found = object_of(answer, "the answer")
        if found.get("code") != "Ok":
            raise NotUnderstood(f"code {str(found.get('code'))[:40]}")
        seconds = table_of(found.get("durations"), sources, targets, "durations")
        metres = found.get("distances")  # servers before 5.18 do not give them
        if metres is None:
            return Told(seconds, [[None] * targets for _ in range(sources)])
        return Told(seconds, table_of(metres, sources, targets, "distances"))
