"""Pages of dispatch: what to handle first, the day, the board, the small forms that change a visit, the stream."""

from fieldservice.dispatch.views import (
    away,
    board,
    calibration,
    change,
    day,
    events,
    home,
    map,
    positions,
    proposals,
    sheet,
    slips,
    slots,
    take_back,
)
from fieldservice.dispatch.views.blueprint import blueprint

__all__ = [
    "away",
    "blueprint",
    "board",
    "calibration",
    "change",
    "day",
    "events",
    "home",
    "map",
    "positions",
    "proposals",
    "sheet",
    "slips",
    "slots",
    "take_back",
]
