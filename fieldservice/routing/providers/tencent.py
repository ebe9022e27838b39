"""Tencent 腾讯位置服务: `GET /ws/distance/v1/matrix` (lbs.qq.com/service/webService/webServiceGuide/webServiceMatrix)."""

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
    lat_lng,
    object_of,
    table_of,
)

#: 'status' of a key that is wrong, missing or not from this address
KEY_CODES = {110, 111, 112, 113, 190, 199, 311}
#: of too many requests a second or a day
QUOTA_CODES = {120, 121}


class Tencent(RoadProvider):
    """By car, with the traffic of the moment it was asked in. It counts pairs, not requests."""

    code = "tencent"
    name = "Tencent"
    usual_url = "https://apis.map.qq.com"
    needs_key = True
    datum = Datum.GCJ02
    most_sources = 25
    most_targets = 25

    def question(self, sources: Sequence[Point], targets: Sequence[Point]) -> Question:
        asked = {
            "mode": "driving",
            "from": ";".join(lat_lng(point) for point in sources),
            "to": ";".join(lat_lng(point) for point in targets),
            "output": "json",
            "key": self._key,
        }
        return Question(f"{self._url}/ws/distance/v1/matrix?{urlencode(asked, safe=',;')}")

    def read(self, answer: Any, sources: int, targets: int) -> Told:
        found = object_of(answer, "the answer")
        status = found.get("status")
        if status != 0:
            said = f"{str(status)[:10]} {str(found.get('message', ''))[:60]}"
            if status in KEY_CODES:
                raise Declined("key", said)
            if status in QUOTA_CODES:
                raise Declined("quota", said)
            raise NotUnderstood(said)
        rows = object_of(found.get("result"), "result").get("rows")
        if not isinstance(rows, list):
            raise NotUnderstood("rows: no list")
        cells = table_of([object_of(row, "a row").get("elements") for row in rows], sources, targets, "rows")
        whole = [[object_of(cell, "an element") for cell in row] for row in cells]
        return Told([[_value(cell, "duration") for cell in row] for row in whole],
                    [[_value(cell, "distance") for cell in row] for row in whole])


def _value(cell: dict[str, Any], name: str) -> Any:
    """None where it says by `status` that there is no way."""
    return None if cell.get("status", 0) not in (0, None) else cell.get(name)
