"""Baidu 百度地图 (geopy's BaiduV3), in BD-09."""

from geopy.geocoders import BaiduV3
from geopy.geocoders.base import Geocoder as GeopyGeocoder
from geopy.location import Location

from fieldservice.core.coords import Datum
from fieldservice.routing.geocoders.base import Candidate, Geocoder, Outbound, agent

#: `level` of what is no street, estate or house
AREAS = {"国家", "省", "城市", "区县", "乡镇", "村庄", "商圈", "UNKNOWN", "未知"}
#: `confidence` says how large the error may be: 70 is below 100 m for most, 50 some 500 m
LEAST_CONFIDENCE = 50


class Baidu(Geocoder):
    """It tells one place, its level and how sure it is, 0 to 100."""

    code = "baidu"
    name = "Baidu"
    needs_key = True
    datum = Datum.BD09

    def make(self) -> GeopyGeocoder:
        return _GeopyBaidu(self.key, user_agent=agent(), adapter_factory=Outbound)

    def read(self, found: Location) -> Candidate:
        confidence = found.raw.get("confidence")
        is_sure = isinstance(confidence, int) and confidence >= LEAST_CONFIDENCE
        return Candidate(self.at(found), is_area=found.raw.get("level") in AREAS, is_unsure=not is_sure)


class _GeopyBaidu(BaiduV3):
    def _check_status(self, status: int) -> None:
        if status != 1:  # "no result" for an address it does not know, says its documentation
            super()._check_status(status)
