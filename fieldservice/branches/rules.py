"""What a branch must be like. Pure."""

from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

#: offered first
NEAR_ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei")


@dataclass(frozen=True)
class BranchEntry:
    """A branch as it shall be, cleaned and checked (`payloads.BranchForm`)."""

    code: str
    name: str
    kind: str
    timezone: str
    phone: str = ""
    address: str = ""


@cache
def other_zones() -> tuple[str, ...]:
    """Every other zone with a place in its name."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return tuple(sorted(zone for zone in available_timezones() if zone.startswith(regions) and zone not in NEAR_ZONES))
