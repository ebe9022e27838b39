"""Words for how services outside stand, and for what speaks against a found position."""

from typing import Any

from fieldservice.core.i18n import lazy_gettext as _l

TROUBLES: dict[str, Any] = {
    "away": _l("it does not answer"),
    "answer": _l("its answer was not understood"),
    "quota": _l("its quota is used up"),
    "key": _l("it does not take the key"),
    "address": _l("its address is not one we send to"),
    "unset": _l("a setting is missing"),
}

DOUBTS: dict[str, Any] = {
    "area_only": _l("only the town or district was found"),
    "low_confidence": _l("the geocoder is not sure"),
    "several": _l("several places have this address"),
    "far": _l("far from where the branch works"),
    "abroad": _l("not in China"),
}

#: why a trip is not counted
LEFT_OUT: dict[str, Any] = {
    "near": _l("too near"),
    "time": _l("too short or too long"),
    "odd": _l("four times too fast or too slow"),
    "clock": _l("clock not sure"),
    "elsewhere": _l("came from elsewhere"),
}

#: of a service, as people call it
NAMES = {"osrm": "OSRM", "valhalla": "Valhalla", "amap": "AMap", "tencent": "Tencent", "nominatim": "Nominatim",
         "baidu": "Baidu"}  # fmt: skip
