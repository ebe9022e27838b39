"""The typeface the product brings (README.md beside this file says where it comes from)."""

import lzma
import os
from pathlib import Path

from flask import current_app

#: bytes each has when unpacked; another size is another typeface, or one that was cut
_SIZES = {"NotoSansSC-Regular.ttf": 10_381_968, "NotoSansSC-SemiBold.ttf": 2_275_688, "NotoSansSC-Narrow.ttf": 2_168}


def sans() -> Path:
    """Noto Sans SC Regular with all its characters as a TrueType file, in a folder of its own under DATA_DIR.

    Unpacked by whoever asks first (0.3 s), moved into place whole; it can be made again and needs no backup.
    """
    return _unpacked("NotoSansSC-Regular.ttf")


def sans_bold() -> Path:
    """Its SemiBold for headings, in the same folder: the characters of GB 2312; rarer ones are taken from the other."""
    return _unpacked("NotoSansSC-SemiBold.ttf")


def sans_narrow() -> Path:
    """Quotation marks, dots and the middle dot as wide as Latin letters want them ("Noto Sans SC Narrow"), there too."""
    return _unpacked("NotoSansSC-Narrow.ttf")


def _unpacked(name: str) -> Path:
    place: Path = current_app.config["DATA_DIR"] / "fonts" / name
    if not (place.is_file() and place.stat().st_size == _SIZES[name]):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_name(f".{name}.{os.urandom(8).hex()}")
        try:
            draft.write_bytes(lzma.decompress(Path(__file__).with_name(f"{name}.xz").read_bytes()))
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    return place
