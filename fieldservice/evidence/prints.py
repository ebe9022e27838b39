"""What a picture looks like in 128 bits, the same for a copy that was made smaller or saved again. Used by `decoder.py`.

Two hashes of 64 bits: `wave` (the slow waves of the picture, by cosine transform) and `steps` (whether it grows brighter
to the right). Pictures are alike when both are close: floors resemble one another, and one hash alone would say so often.
"""

from __future__ import annotations

import math
import statistics

from PIL import Image

#: bits that may differ of 64
WAVE_DIFFERS = 6
STEPS_DIFFER = 10
#: bands of 16 bits of `wave`, by which likely ones are found
BANDS = 4

_SIDE = 32
_WAVES = 8
#: grey levels: what varies less is a wall, a ceiling or a covered lens, and like every other one
_LEAST_SPREAD = 4.0

_COSINES = [[math.cos(math.pi * (2 * at + 1) * wave / (2 * _SIDE)) for at in range(_SIDE)] for wave in range(_WAVES)]


def print_of(image: Image.Image) -> str:
    """32 hex digits, `wave` before `steps`; '' for a picture that shows nothing of its own."""
    grey = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    rows = [list(grey.crop((0, y, _SIDE, y + 1)).tobytes()) for y in range(_SIDE)]
    if statistics.pstdev(value for row in rows for value in row) < _LEAST_SPREAD:
        return ""
    return f"{_wave(rows):016x}{_steps(image):016x}"


def _wave(rows: list[list[int]]) -> int:
    across = [[sum(value * cosine for value, cosine in zip(row, wave, strict=True)) for wave in _COSINES] for row in rows]
    found = [
        sum(across[y][wave] * down[y] for y in range(_SIDE)) for down in _COSINES for wave in range(_WAVES)
    ]
    middle = statistics.median(found[1:])  # the first is how bright it is as a whole
    return _bits(value > middle for value in found)


def _steps(image: Image.Image) -> int:
    small = image.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    return _bits(small[row * 9 + at] < small[row * 9 + at + 1] for row in range(8) for at in range(8))


def _bits(values: object) -> int:
    found = 0
    for value in values:  # type: ignore[attr-defined]
        found = found << 1 | bool(value)
    return found


def bands_of(found: str) -> list[int]:
    """The four bands of a print, 0 to 65535 each."""
    return [int(found[at : at + 4], 16) for at in range(0, 4 * BANDS, 4)]


def are_alike(one: str, other: str) -> bool:
    """Whether two prints are of pictures that look the same."""
    differs = int(one, 16) ^ int(other, 16)
    return (differs >> 64).bit_count() <= WAVE_DIFFERS and (differs & (1 << 64) - 1).bit_count() <= STEPS_DIFFER
