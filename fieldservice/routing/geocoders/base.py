"""What a geocoder must be able to do. One file each; copy `amap.py` to begin another.

geopy knows the services; our part is what its answer is worth. A geocoder makes geopy's object (`make`), and reads each
place it gave into a `Candidate` in WGS-84 (`read`). Requests go out by `core/outbound.py` (`Outbound`), never by geopy.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import current_app
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderInsufficientPrivileges,
    GeocoderParseError,
    GeocoderQuotaExceeded,
    GeocoderServiceError,
    GeocoderTimedOut,
)
from geopy.geocoders.base import Geocoder as GeopyGeocoder
from geopy.location import Location

from fieldservice.core import json, outbound
from fieldservice.core.coords import Datum, Point, convert

#: geopy writes whole addresses with the key in them into the log when it may
logging.getLogger("geopy").setLevel(logging.WARNING)

MOST_BYTES = 1 << 20
SECONDS = 8.0

#: why a found position is doubtful; words in `web/travel_words.py`
AREA_ONLY, LOW_CONFIDENCE, SEVERAL, FAR, ABROAD = "area_only", "low_confidence", "several", "far", "abroad"
DOUBTS = (AREA_ONLY, LOW_CONFIDENCE, SEVERAL, FAR, ABROAD)


class Failed(Exception):
    """The geocoder did not answer as it should: a code with words (`services.Standing`), and what was said."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True)
class Candidate:
    """A place that may be meant."""

    #: WGS-84
    point: Point
    #: the answer names a town or a district, not the street or estate
    is_area: bool = False
    #: the service itself is not sure
    is_unsure: bool = False


class Geocoder(ABC):
    """A geocoder."""

    #: as the setting GEOCODER names it
    code: ClassVar[str]
    name: ClassVar[str]
    needs_key: ClassVar[bool] = False
    datum: ClassVar[Datum] = Datum.WGS84
    #: between two requests to the public service
    pause_seconds: ClassVar[float] = 0.2
    #: what `geocode` takes besides the address
    options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url.rstrip("/"), key

    @abstractmethod
    def make(self) -> GeopyGeocoder:
        """geopy's geocoder, with `Outbound` as its adapter."""

    @abstractmethod
    def read(self, found: Location) -> Candidate:
        """What one place of the answer is worth; its position in WGS-84 (`at`)."""

    def candidates(self, address: str) -> list[Candidate]:
        """The places an address may mean, the likeliest first. Raises Failed."""
        try:
            found = self.make().geocode(address, **self.options)
            places = found if isinstance(found, list) else [found] if found else []
            return [self.read(place) for place in places]
        except (GeocoderAuthenticationFailure, GeocoderInsufficientPrivileges) as error:
            raise Failed("key", _plain(error)) from error
        except GeocoderQuotaExceeded as error:
            raise Failed("quota", _plain(error)) from error
        except GeocoderTimedOut as error:
            raise Failed("away", _plain(error)) from error
        except (GeocoderServiceError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise Failed("answer", _plain(error)) from error

    def at(self, found: Location) -> Point:
        """Where geopy says it is, in WGS-84, six decimals. Raises ValueError for what is no place on earth."""
        lat, lng = float(found.latitude), float(found.longitude)
        if not (-90 <= lat <= 90 and -180 <= lng <= 180):
            raise ValueError("no place on earth")
        point = convert(Point(lat, lng), self.datum, Datum.WGS84)
        return Point(round(point.lat, 6), round(point.lng, 6))


class Outbound(BaseSyncAdapter):
    """geopy's way out: only where this server may send to, for a few seconds, and no redirect."""

    def __init__(self, *, proxies: Any, ssl_context: Any) -> None:
        super().__init__(proxies=proxies, ssl_context=ssl_context)

    def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> Any:
        try:
            return json.loads(self.get_text(url, timeout=timeout, headers=headers))
        except json.BadJson as error:
            raise GeocoderParseError("no JSON") from error

    def get_text(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> str:
        private = bool(current_app.config["OUTBOUND_PRIVATE"])
        try:
            status, said = outbound.get(url, headers, allow_private=private, most_bytes=MOST_BYTES, seconds=SECONDS)
        except outbound.Refused as error:
            raise Failed("address", str(error)) from error
        except outbound.Failed as error:
            raise Failed("away", str(error)) from error
        text = said.decode("utf-8", "replace")
        if status >= 300:
            raise AdapterHTTPError(f"status {status}", status_code=status, headers={}, text="")
        return text


def agent() -> str:
    """Who asks: the rules of Nominatim want to know whom to tell when something goes wrong."""
    return f"fieldservice ({current_app.config['BASE_URL']})"


def _plain(error: Exception) -> str:
    """What went wrong, without an address: its first line, and only of geopy's own messages."""
    said = str(error) if isinstance(error, GeocoderServiceError | GeocoderQuotaExceeded) else type(error).__name__
    return said.split("\n")[0][:80]
