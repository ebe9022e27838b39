"""AMap 高德: `GET /v3/distance` (lbs.amap.com/api/webservice/guide/api/direction): many origins, one destination."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fieldservice.core.coords import Datum, Point
from fieldservice.routing.providers.base import (
    Declined,
    NotUnderstood,
    Question,
    RoadProvider,
    Told,
    lng_lat,
    object_of,
)

#: 'infocode' of a key that is wrong, not of this service, or not from this address
KEY_CODES = {"10001", "10002", "10005", "10006", "10007", "10008", "10009", "10012", "10026"}
#: of too many requests: a day, a second, over all services, of the account
QUOTA_CODES = {"10003", "10004", "10014", "10019", "10020", "10021", "10029", "10044", "10045"}


class Amap(RoadProvider):
    """By car, with the traffic of the moment it was asked in."""

    code = "amap"
    name = "AMap"
    usual_url = "https://restapi.amap.com"
    needs_key = True
    datum = Datum.GCJ02
    most_sources = 100
    most_targets = 1

    def question(self, sources: Sequence[Point], targets: Sequence[Point]) -> Question:
        asked = {
            "origins": "|".join(lng_lat(point) for point in sources),
            "destination": lng_lat(targets[0]),
            "type": "1",
            "output": "JSON",
            "key": self._key,
        }
        return Question(f"{self._url}/v3/distance?{urlencode(asked, safe=',|')}")

    def read(self, answer: Any, sources: int, targets: int) -> Told:
        found = object_of(answer, "the answer")
        check_status(found)
        rows = found.get("results")
        if not isinstance(rows, list) or len(rows) != sources:
            raise NotUnderstood(f"results: not {sources} rows")
        by_origin: dict[int, dict[str, Any]] = {}
        for row in rows:
            cell = object_of(row, "a result")
            by_origin[_whole(cell.get("origin_id"))] = cell
        if set(by_origin) != set(range(1, sources + 1)):
            raise NotUnderstood("results: not one for each origin")
        ordered = [by_origin[index] for index in range(1, sources + 1)]
        return Told([[_value(cell, "duration")] for cell in ordered], [[_value(cell, "distance")] for cell in ordered])


def check_status(found: dict[str, Any]) -> None:
    """What AMap says of a request. Raises Declined, NotUnderstood; used by its geocoder too."""
    if str(found.get("status")) == "1":
        return
    code, info = str(found.get("infocode", ""))[:10], str(found.get("info", ""))[:60]
    if code in KEY_CODES:
        raise Declined("key", f"{code} {info}")
    if code in QUOTA_CODES:
        raise Declined("quota", f"{code} {info}")
    raise NotUnderstood(f"{code} {info}".strip() or "no status")


def _value(cell: dict[str, Any], name: str) -> Any:
    """A number written as text; None where it says by `code` that there is no way."""
    if "code" in cell:
        return None
    text = cell.get(name)
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError as error:
        raise NotUnderstood(f"{name} is no number") from error


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise NotUnderstood("origin_id is no number") from error
