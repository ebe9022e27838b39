"""Pages of dispatch: what to handle first, the day, the board, the small forms that change a visit, the stream."""

from fieldservice.dispatch.views import (
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
