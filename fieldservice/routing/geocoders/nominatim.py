"""Nominatim of OpenStreetMap: the public one (one request a second, no key) or one's own (GEOCODER_URL)."""

from urllib.parse import urlsplit

from geopy.geocoders import Nominatim as GeopyNominatim
from geopy.geocoders.base import Geocoder as GeopyGeocoder
from geopy.location import Location

from fieldservice.routing.geocoders.base import Candidate, Geocoder, Outbound, agent

#: `place_rank` up to which it is a town, district or township: streets begin at 26
AREA_RANK = 24


class Nominatim(Geocoder):
    """It gives no confidence, but what kind of thing it found."""

    code = "nominatim"
    name = "Nominatim"
    pause_seconds = 1.1
    options = {"exactly_one": False, "limit": 3, "language": "zh"}

    def make(self) -> GeopyGeocoder:
        more = {}
        if self.url:
            parts = urlsplit(self.url)
            more = {"scheme": parts.scheme, "domain": f"{parts.netloc}{parts.path}"}
        return GeopyNominatim(user_agent=agent(), adapter_factory=Outbound, **more)

    def read(self, found: Location) -> Candidate:
        rank = found.raw.get("place_rank")
        return Candidate(self.at(found), is_area=isinstance(rank, int) and rank <= AREA_RANK)
