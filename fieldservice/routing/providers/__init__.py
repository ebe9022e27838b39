"""Road services: one file each, in this explicit list. `base.py` is the contract."""

from fieldservice.routing.providers.amap import Amap
from fieldservice.routing.providers.base import RoadProvider
from fieldservice.routing.providers.osrm import Osrm
from fieldservice.routing.providers.tencent import Tencent
from fieldservice.routing.providers.valhalla import Valhalla

PROVIDERS: dict[str, type[RoadProvider]] = {one.code: one for one in (Osrm, Valhalla, Amap, Tencent)}
