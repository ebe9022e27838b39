"""What a road service must be able to say. One file a service; copy `osrm.py` to begin another.

A service turns two lists of places into one request (`question`), and what came back into one number of seconds and one
of metres a pair (`read`). It sends nothing itself, keeps nothing and knows no clock: `road_asking.py` cuts what is wanted
into blocks, sends, checks every number, keeps the answers and falls back to the estimate.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fieldservice.core.coords import Datum, Point, convert


class NotUnderstood(Exception):
    """The answer is not what the service documents. The text says what was wrong, without anything secret."""


class Declined(Exception):
    """The service answered that it will not: `code` is 'quota' or 'key'."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class Question:
    """One request."""

    address: str
    #: None: asked by GET
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """One answer: for each source a row with a value a target; None: the service knows no way.

    The values are whatever stood there; whether they can be is looked at by who asked.
    """

    seconds: list[list[Any]]
    metres: list[list[Any]]


class RoadProvider(ABC):
    """A road service."""

    #: as the setting ROADS names it
    code: ClassVar[str]
    #: as people call it
    name: ClassVar[str]
    #: where it is asked when ROADS_URL is empty; '' when it must be set
    usual_url: ClassVar[str] = ""
    needs_key: ClassVar[bool] = False
    #: the datum of what goes out
    datum: ClassVar[Datum] = Datum.WGS84
    #: sources and targets of one request, as the service allows
    most_sources: ClassVar[int]
    most_targets: ClassVar[int]

    def __init__(self, url: str, key: str) -> None:
        self._url = (url or self.usual_url).rstrip("/")
        self._key = key

    @abstractmethod
    def question(self, sources: Sequence[Point], targets: Sequence[Point]) -> Question:
        """The request for a block; the places are in the service's datum already."""

    @abstractmethod
    def read(self, answer: Any, sources: int, targets: int) -> Told:
        """What the parsed JSON says. Raises NotUnderstood, Declined."""

    def ask_for(self, sources: Sequence[Point], targets: Sequence[Point]) -> Question:
        """The request for a block of places in WGS-84."""
        return self.question([self._there(point) for point in sources], [self._there(point) for point in targets])

    def _there(self, point: Point) -> Point:
        return convert(point, Datum.WGS84, self.datum)


def lng_lat(point: Point) -> str:
    """'116.469800,39.991100'"""
    return f"{point.lng:.6f},{point.lat:.6f}"


def lat_lng(point: Point) -> str:
    """'39.991100,116.469800'"""
    return f"{point.lat:.6f},{point.lng:.6f}"


def table_of(value: Any, sources: int, targets: int, name: str) -> list[list[Any]]:
    """A list of `sources` lists of `targets` values. Raises NotUnderstood."""
    if not isinstance(value, list) or len(value) != sources:
        raise NotUnderstood(f"{name}: not {sources} rows")
    for row in value:
        if not isinstance(row, list) or len(row) != targets:
            raise NotUnderstood(f"{name}: a row has not {targets} values")
    return value


def object_of(value: Any, name: str) -> dict[str, Any]:
    """An object of JSON. Raises NotUnderstood."""
    if not isinstance(value, dict):
        raise NotUnderstood(f"{name} is no object")
    return value
