"""The typeface the product brings (README.md beside this file says where it comes from)."""

import lzma
import os
from pathlib import Path

from flask import current_app

_PACKED = Path(__file__).with_name("NotoSansSC-Regular.ttf.xz")
#: bytes it has when unpacked; another size is another typeface, or one that was cut
_SIZE = 10_381_968


def sans() -> Path:
    """Noto Sans SC Regular with all its characters as a TrueType file, in a folder of its own under DATA_DIR.

    Unpacked by whoever asks first (0.3 s), moved into place whole; it can be made again and needs no backup.
    """
    place: Path = current_app.config["DATA_DIR"] / "fonts" / "NotoSansSC-Regular.ttf"
    if not (place.is_file() and place.stat().st_size == _SIZE):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{os.urandom(8).hex()}")
        try:
            draft.write_bytes(lzma.decompress(_PACKED.read_bytes()))
            draft.replace(place)
        finally:
            draft.unlink(missing_ok=True)
    return place
