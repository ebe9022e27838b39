"""Opens pictures that strangers may have made, each in a process of its own with little memory and time.

This file is run as a program (`picture.py` starts it). It reads one request a line (JSON: `path`, `view`, `thumb`; `side`
of the smaller copy, else THUMB_SIDE) and answers each with a line. For each it forks: the fork has Pillow loaded, is
limited, decodes, and ends. Only the standard library and Pillow are imported, so that a fork is small and quick.

Answer: `{"why":"", "format":"JPEG", "width":…, "height":…, "peak_kb":…}`; `why` is a code when the picture is unusable;
`{"failed":"…"}`: no verdict, for the disk is full, time or memory ran out, or somebody ended it.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import warnings
from typing import Any

from PIL import Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

_PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)  # loaded before any fork

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 50_000_000  # trust.md: 50 MP, 12,000 a side; a phone's camera makes 12 to 50
MOST_SIDE = 12_000
#: these need several bytes a pixel beside the picture itself, and would not fit into the memory below
MOST_PIXELS_WEBP = 16_000_000
MOST_PIXELS_PROGRESSIVE = 24_000_000
VIEW_SIDE = 1600
THUMB_SIDE = 480

_MEMORY_BYTES = 300 * 1024 * 1024
_CPU_SECONDS = 20
_WALL_SECONDS = 30
_OUTPUT_BYTES = 16 * 1024 * 1024
_PR_SET_PDEATHSIG = 1

#: rows decoded into colours at a time where that takes more memory than the picture itself
_BAND_ROWS = 256


class Unusable(Exception):
    """The picture cannot be used; the text is the code that says why."""


def main() -> None:
    """Answers until the input ends: whoever asks has gone."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    _prepare()
    for line in sys.stdin:
        print(json.dumps(_in_a_fork(json.loads(line))), file=answers, flush=True)


def _prepare() -> None:
    warnings.simplefilter("ignore")
    # Pillow refuses above twice this, before it makes room
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2


def _in_a_fork(request: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _end_with_parent()
        _answer_and_end(request, writing)
    os.close(writing)
    said = _read_until_end(reading)
    os.kill(child, signal.SIGKILL)  # it has ended, or its time is up; it is not yet waited for, so the number is its own
    _pid, _status, used = os.wait4(child, 0)
    found: dict[str, Any] = json.loads(said) if said.endswith(b"}") else {"failed": "it took too long, or was ended"}
    return {**found, "peak_kb": used.ru_maxrss}


def _read_until_end(handle: int) -> bytes:
    """What the fork said; b"" when it took too long or ended without a word."""
    poller, said = select.poll(), b""
    poller.register(handle, select.POLLIN)
    with os.fdopen(handle, "rb", buffering=0) as pipe:
        while poller.poll(_WALL_SECONDS * 1000):
            piece = pipe.read(4096)
            if not piece:
                return said
            said += piece
    return b""


def _answer_and_end(request: dict[str, Any], writing: int) -> None:
    try:
        _limit()
        try:
            side = request.get("side", THUMB_SIDE)
            found = look(request["path"], view=request["view"], thumb=request["thumb"], side=side)
        except Unusable as unusable:
            found = {"why": str(unusable)}
        except MemoryError:
            found = {"failed": "no memory"}
        except OSError as error:
            found = {"failed": str(error)}
        os.write(writing, json.dumps(found).encode())
    finally:
        os._exit(0)


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def look(path: str, *, view: str, thumb: str, side: int = THUMB_SIDE) -> dict[str, Any]:
    """Format and upright size of a picture; writes its two small copies. Raises Unusable, OSError when writing fails."""
    with open(path, "rb") as file:
        image = _opened(file)
        turned = _orientation(image)
        width, height = image.size if turned < 5 else image.size[::-1]
        small = _upright(_shrunk(image), turned)
    small.save(view, "JPEG", quality=80)
    small.thumbnail((side, side))
    small.save(thumb, "JPEG", quality=75)
    kind = "JPEG" if image.format == "MPO" else image.format
    return {"why": "", "format": kind, "width": width, "height": height}


def _opened(file: Any) -> Image.Image:
    head = file.read(16)
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise Unusable("too_many_pixels") from error
    except Exception as error:  # every kind of error there is, from broken headers
        raise Unusable(_why_not_opened(file, head)) from error
    if image.width * image.height > _most_pixels(image):
        raise Unusable("too_many_pixels")
    if max(image.size) > MOST_SIDE:
        raise Unusable("too_large_side")
    # a JPEG with further pictures behind the first (depth, second lens) does not move
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise Unusable("animated")
    return image


def _most_pixels(image: Image.Image) -> int:
    if image.format == "WEBP":
        return MOST_PIXELS_WEBP
    return MOST_PIXELS_PROGRESSIVE if image.info.get("progressive") else MOST_PIXELS


def _why_not_opened(file: Any, head: bytes) -> str:
    file.seek(0, os.SEEK_END)
    size = file.tell()
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "truncated" if size < int.from_bytes(head[4:8], "little") + 8 else "damaged"
    for start, end in ((b"\xff\xd8\xff", b"\xff\xd9"), (b"\x89PNG\r\n\x1a\n", b"IEND")):
        if head.startswith(start):
            file.seek(max(0, size - 64))
            return "damaged" if end in file.read() else "truncated"
    return "not_a_picture"


def _orientation(image: Image.Image) -> int:
    """How the camera was held (EXIF, 1 to 8); 1 when that cannot be read."""
    try:
        found = image.getexif().get(0x0112, 1)
    except MemoryError:
        raise
    except Exception:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _shrunk(image: Image.Image) -> Image.Image:
    """The picture in red, green and blue, as large as `view`, with nothing else of the file. Raises Unusable."""
    try:
        if image.mode in ("RGB", "L", "CMYK"):
            image.thumbnail((VIEW_SIDE, VIEW_SIDE))
            return _plain(image)
        image.load()
        return _in_bands(image)
    except MemoryError:
        raise
    except Exception as error:
        is_cut = "truncated" in str(error).lower() or isinstance(error, EOFError)
        raise Unusable("truncated" if is_cut else "damaged") from error


def _in_bands(image: Image.Image) -> Image.Image:
    """For pictures of few bytes a pixel: colours for all of it at once would take too much memory."""
    factor = max(1, max(image.size) // VIEW_SIDE)
    found = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    rows = _BAND_ROWS // factor * factor or factor
    for top in range(0, image.height, rows):
        band = _plain(image.crop((0, top, image.width, min(top + rows, image.height))))
        found.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    found.thumbnail((VIEW_SIDE, VIEW_SIDE))
    return found


def _plain(image: Image.Image) -> Image.Image:
    """A copy in red, green and blue upon white, without what else the file said (comments, profiles, place)."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")  # 16 bits of grey
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        found = Image.new("RGB", image.size, "white")
        found.paste(image, mask=image.getchannel("A"))
        return found
    found = Image.new("RGB", image.size)
    found.paste(image.convert("RGB"))
    return found


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
