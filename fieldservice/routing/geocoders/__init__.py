"""Geocoders: one file each, in this explicit list. `base.py` is the contract. Loaded by whoever asks, not at start."""

from fieldservice.routing.geocoders.amap import Amap
from fieldservice.routing.geocoders.baidu import Baidu
from fieldservice.routing.geocoders.base import Geocoder
from fieldservice.routing.geocoders.nominatim import Nominatim

GEOCODERS: dict[str, type[Geocoder]] = {one.code: one for one in (Nominatim, Amap, Baidu)}
