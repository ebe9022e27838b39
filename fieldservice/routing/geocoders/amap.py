"""AMap 高德: `GET /v3/geocode/geo` (lbs.amap.com/api/webservice/guide/api/georegeo), in GCJ-02.

geopy lacks it, so this is a geocoder of geopy's kind.
"""

from typing import Any
from urllib.parse import urlencode

from geopy.exc import GeocoderAuthenticationFailure, GeocoderQuotaExceeded, GeocoderServiceError
from geopy.geocoders.base import Geocoder as GeopyGeocoder
from geopy.location import Location

from fieldservice.core.coords import Datum
from fieldservice.routing.geocoders.base import SECONDS, Candidate, Geocoder, Outbound, agent
from fieldservice.routing.providers.amap import check_status
from fieldservice.routing.providers.base import Declined, NotUnderstood

URL = "https://restapi.amap.com/v3/geocode/geo"
#: `level` of what is no street, estate or house
AREAS = {"国家", "省", "市", "区县", "开发区", "乡镇", "村庄", "热点商圈", "未知"}


class Amap(Geocoder):
    """It tells every place it takes for possible, and the level of each."""

    code = "amap"
    name = "AMap"
    needs_key = True
    datum = Datum.GCJ02

    def make(self) -> GeopyGeocoder:
        return _GeopyAmap(self.key)

    def read(self, found: Location) -> Candidate:
        return Candidate(self.at(found), is_area=found.raw.get("level") in AREAS)


class _GeopyAmap(GeopyGeocoder):
    def __init__(self, key: str) -> None:
        super().__init__(user_agent=agent(), adapter_factory=Outbound)
        self._key = key

    def geocode(self, query: str) -> list[Location]:
        asked = urlencode({"address": query, "output": "JSON", "key": self._key})
        found: list[Location] = self._call_geocoder(f"{URL}?{asked}", _locations, timeout=SECONDS)
        return found


def _locations(page: Any) -> list[Location]:
    if not isinstance(page, dict):
        raise GeocoderServiceError("the answer is no object")
    try:
        check_status(page)
    except Declined as error:
        kind = GeocoderAuthenticationFailure if error.code == "key" else GeocoderQuotaExceeded
        raise kind(str(error)) from error
    except NotUnderstood as error:
        raise GeocoderServiceError(str(error)) from error
    return [_location(place) for place in page["geocodes"]]


def _location(place: dict[str, Any]) -> Location:
    lng, lat = (float(text) for text in place["location"].split(","))
    return Location("", (lat, lng), place)
