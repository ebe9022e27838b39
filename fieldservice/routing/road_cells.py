"""How answers of road services are kept: one row of bytes a place, read by NumPy without a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fieldservice.routing.travel import Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: seconds of a cell for which the service knows no way, or said what cannot be
NO_WAY = -1
#: cells of a place that are kept, the youngest
MOST_CELLS = 4000

_CELL = [("target", "<i8"), ("seconds", "<i4"), ("metres", "<i4"), ("minute", "<i4")]
#: places as near as this are one: about a metre
_STEPS = 100_000


def key_of(place: Place) -> int:
    """A number for a place, the same for all within a metre."""
    lat, lng = round((place[0] + 90) * _STEPS), round((place[1] + 180) * _STEPS)
    return lat * 40_000_000 + lng


def keys_of(places: Sequence[Place]) -> NDArray[np.int64]:
    """`key_of` each."""
    import numpy as np

    return np.fromiter((key_of(place) for place in places), dtype=np.int64, count=len(places))


def unpack(data: bytes) -> NDArray[np.void]:
    """The cells of a row, in the order of their targets; none where the bytes are not whole."""
    import numpy as np

    dtype = np.dtype(_CELL)
    return np.frombuffer(data, dtype=dtype) if len(data) % dtype.itemsize == 0 else np.empty(0, dtype)


def pack(
    old: bytes, targets: NDArray[np.int64], seconds: NDArray[np.int32], metres: NDArray[np.int32], minute: int
) -> bytes:
    """A row with new cells in the place of old ones of the same targets. `minute`: when they were asked, since 1970."""
    import numpy as np

    fresh = np.empty(len(targets), np.dtype(_CELL))
    fresh["target"], fresh["seconds"], fresh["metres"], fresh["minute"] = targets, seconds, metres, minute
    kept = unpack(old)
    kept = kept[~np.isin(kept["target"], targets)]
    cells = np.concatenate([fresh, kept])
    if len(cells) > MOST_CELLS:
        cells = cells[np.argsort(-cells["minute"], kind="stable")[:MOST_CELLS]]
    return bytes(cells[np.argsort(cells["target"], kind="stable")].tobytes())


def look_up(data: bytes, targets: NDArray[np.int64], oldest_minute: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Seconds and metres to each target; −2 where nothing is kept or it is too old, NO_WAY where there is no way."""
    import numpy as np

    seconds = np.full(len(targets), -2, np.int32)
    metres = np.full(len(targets), -2, np.int32)
    cells = unpack(data)
    if len(cells) == 0:
        return seconds, metres
    at = np.minimum(np.searchsorted(cells["target"], targets), len(cells) - 1)
    found = cells[at]
    good = (found["target"] == targets) & (found["minute"] >= oldest_minute)
    seconds[good], metres[good] = found["seconds"][good], found["metres"][good]
    return seconds, metres
