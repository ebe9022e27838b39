"""Opens pictures that strangers may have made, each in a process of its own with little memory and time.

This file is run as a program (`picture.py` starts it). It reads one request a line (JSON: `path`, `view`, `thumb`; `side`
of the smaller copy, else THUMB_SIDE; `draws`: copies with something drawn on them, `font`: the typeface for that) and
answers each with a line, from a fork that has Pillow loaded, is limited, decodes, and ends (`core/forked.py`). Only the
standard library, Pillow and libheif are imported, so that a fork is small and quick.

`view` and `thumb` may be missing: then only `draws` are made. One of these is `{"path":…, "side":…, "quality":…,
"most":…}` with `"rows":[["…"]]` (a stamp) or `"shapes":[…]` (mark-up); `most`: bytes it may have, 0 as many as it takes.

Answer: `{"why":"", "format":"JPEG", "width":…, "height":…, "look":"…", "peak_kb":…}`; `why` is a code when the picture is
unusable; `look`: its print (`prints.py`). `{"failed":"…"}`: no verdict, for the disk is full, time or memory ran out, or
somebody ended it.
"""

import importlib.util
import io
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pillow_heif
from PIL import Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

_PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)  # loaded before any fork

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MOST_PIXELS = 50_000_000  # trust.md: 50 MP, 12,000 a side; a phone's camera makes 12 to 50
MOST_SIDE = 12_000
#: these need several bytes a pixel beside the picture itself, and would not fit into the memory below
MOST_PIXELS_WEBP = 16_000_000
MOST_PIXELS_PROGRESSIVE = 24_000_000
VIEW_SIDE = 1600
THUMB_SIDE = 480

#: below that the letters of a stamp fray
_LEAST_QUALITY = 24
_QUALITY_STEP = 7
#: of copies that are too large even so: gravel, leaves, grain of a dark room
_DETAILS = (0.7, 0.5, 0.35, 0.25)

#: of address space, 35 MB of it libraries that hardly take memory
_MEMORY_BYTES = 330 * 1024 * 1024
#: libheif leaves gaps in it: 48 MP in tiles, as phones write them, take 240 MB of memory
_MEMORY_HEIC_BYTES = 450 * 1024 * 1024
_CPU_SECONDS = 20
_WALL_SECONDS = 30
_OUTPUT_BYTES = 16 * 1024 * 1024

#: rows decoded into colours at a time where that takes more memory than the picture itself
_BAND_ROWS = 256


def _loaded(place: str) -> Any:
    """A module of ours by its place: as a program this file belongs to no package."""
    path = Path(__file__).parent / f"{place}.py"
    spec = importlib.util.spec_from_file_location(f"_decoder_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


drawing, prints, forked = _loaded("drawing"), _loaded("prints"), _loaded("../core/forked")


class Unusable(Exception):
    """The picture cannot be used; the text is the code that says why."""


def main() -> None:
    """Answers until the input ends."""
    _prepare()
    forked.serve(_answer, wall_seconds=_WALL_SECONDS, silent={"failed": "it took too long, or was ended"})


def _prepare() -> None:
    warnings.simplefilter("ignore")
    # Pillow refuses above twice this, before it makes room
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2
    # one thread: each takes address space. No thumbnails: what is looked at and served is the picture, never another one
    # that somebody put into its file
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        _limit(request["path"])
        return look(**request)
    except Unusable as unusable:
        return {"why": str(unusable)}
    except MemoryError:
        return {"failed": "no memory"}
    except OSError as error:
        return {"failed": str(error)}


def _limit(path: str) -> None:
    with open(path, "rb") as file:
        memory_bytes = _MEMORY_HEIC_BYTES if is_heic(file.read(16)) else _MEMORY_BYTES
    forked.limit(memory_bytes=memory_bytes, cpu_seconds=_CPU_SECONDS, output_bytes=_OUTPUT_BYTES)


def look(
    path: str,
    *,
    view: str | None = None,
    thumb: str | None = None,
    side: int = THUMB_SIDE,
    draws: Sequence[dict[str, Any]] = (),
    font: str = "",
) -> dict[str, Any]:
    """Format, upright size and print of a picture; writes its copies. Raises Unusable, OSError when writing fails."""
    with open(path, "rb") as file:
        image = _opened(file)
        turned = _orientation(image)
        width, height = image.size if turned < 5 else image.size[::-1]
        small = _upright(_shrunk(image, file), turned)
    found = {"why": "", "format": _NAMES.get(str(image.format), image.format), "width": width, "height": height}
    found["look"] = prints.print_of(small)
    if view:
        small.save(view, "JPEG", quality=80)
    for draw in draws:
        _draw(small, draw, font)
    if thumb:
        small.thumbnail((side, side))
        small.save(thumb, "JPEG", quality=75)
    return found


_NAMES = {"MPO": "JPEG", "HEIF": "HEIC"}


def _draw(image: Image.Image, draw: dict[str, Any], font: str) -> None:
    copy = image
    if max(image.size) > draw["side"]:
        copy = image.copy()
        copy.thumbnail((draw["side"], draw["side"]))
    drawn = drawing.stamped(copy, draw["rows"], font) if "rows" in draw else drawing.marked(copy, draw["shapes"], font)
    with open(draw["path"], "wb") as file:
        file.write(_fitting(copy, drawn, draw) if draw["most"] else _jpeg(drawn, draw, draw["quality"]))


def _fitting(copy: Image.Image, stamped: Image.Image, draw: dict[str, Any]) -> bytes:
    """The best that has no more than `most` bytes: less quality first, as long as words are read without effort, then
    less detail of the picture; what is written below it stays sharp. The last is taken as it is.
    """
    found = b""
    for quality in range(draw["quality"], _LEAST_QUALITY - 1, -_QUALITY_STEP):
        found = _jpeg(stamped, draw, quality)
        if len(found) <= draw["most"]:
            return found
    box = drawing.picture_box(copy)
    for detail in _DETAILS:
        found = _jpeg(_softened(stamped, box, detail), draw, _LEAST_QUALITY)
        if len(found) <= draw["most"]:
            break
    return found


def _jpeg(drawn: Image.Image, draw: dict[str, Any], quality: int) -> bytes:
    out = io.BytesIO()
    # small ones travel in reports: a twentieth less is worth a second pass
    drawn.save(out, "JPEG", quality=quality, optimize=draw["side"] < VIEW_SIDE)
    return out.getvalue()


def _softened(drawn: Image.Image, box: tuple[int, int, int, int], detail: float) -> Image.Image:
    """The same with less to tell inside of the box."""
    found, part = drawn.copy(), drawn.crop(box)
    few = (max(1, round(part.width * detail)), max(1, round(part.height * detail)))
    small = part.resize(few, Image.Resampling.BOX)
    found.paste(small.resize(part.size, Image.Resampling.BICUBIC), box)
    return found


def _opened(file: Any) -> Image.Image:
    head = file.read(16)
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, MemoryError) as error:
        raise Unusable("too_many_pixels") from error
    except Exception as error:  # every kind of error there is, from broken headers
        raise Unusable(_why_not_opened(file, head)) from error
    _check_size(image)
    # a JPEG or HEIC with further pictures behind the first (depth, second lens, a burst) does not move
    if image.format not in ("MPO", "HEIF") and getattr(image, "is_animated", False):
        raise Unusable("animated")
    return image


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > _most_pixels(image):
        raise Unusable("too_many_pixels")
    if max(image.size) > MOST_SIDE:
        raise Unusable("too_large_side")


def _most_pixels(image: Image.Image) -> int:
    if image.format == "WEBP":
        return MOST_PIXELS_WEBP
    return MOST_PIXELS_PROGRESSIVE if image.info.get("progressive") else MOST_PIXELS


def _why_not_opened(file: Any, head: bytes) -> str:
    file.seek(0, os.SEEK_END)
    size = file.tell()
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "truncated" if size < int.from_bytes(head[4:8], "little") + 8 else "damaged"
    if is_heic(head):
        return "damaged" if _has_whole_boxes(file, size) else "truncated"
    for start, end in ((b"\xff\xd8\xff", b"\xff\xd9"), (b"\x89PNG\r\n\x1a\n", b"IEND")):
        if head.startswith(start):
            file.seek(max(0, size - 64))
            return "damaged" if end in file.read() else "truncated"
    return "not_a_picture"


def is_heic(head: bytes) -> bool:
    """Whether a file that begins so is a HEIF container with HEVC in it, as phones write it."""
    return head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif", b"msf")


def _has_whole_boxes(file: Any, size: int) -> bool:
    """Whether the boxes a HEIC consists of end where the file ends, or before."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        length, kind = int.from_bytes(file.read(4)), file.read(4)
        if length == 1:
            length = int.from_bytes(file.read(8))
        if length < 8 or not kind.isalnum():
            return length == 0  # up to the end of the file, or something else is appended
        at += length
    return at <= size


def _orientation(image: Image.Image) -> int:
    """How the camera was held (EXIF, 1 to 8); 1 when that cannot be read."""
    try:
        found = image.getexif().get(0x0112, 1)
    except MemoryError:
        raise
    except Exception:
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _shrunk(image: Image.Image, file: Any) -> Image.Image:
    """The picture in red, green and blue, as large as `view`, with nothing else of the file. Raises Unusable."""
    try:
        if image.format == "HEIF":
            return _shrunk_heic(file)
        if image.mode in ("RGB", "L", "CMYK"):
            image.thumbnail((VIEW_SIDE, VIEW_SIDE))
            return _plain(image)
        image.load()
        return _in_bands(image.size, lambda box: _plain(image.crop(box)))
    except MemoryError:
        raise
    except Exception as error:
        said = str(error).lower()
        if image.format == "HEIF" and "memory" in said:
            raise MemoryError from error
        is_cut = any(word in said for word in ("truncated", "end of", "past end")) or isinstance(error, EOFError)
        raise Unusable("truncated" if is_cut else "damaged") from error


def _shrunk_heic(file: Any) -> Image.Image:
    """Out of the bytes that libheif makes: as a whole picture of Pillow's they would be there a second time."""
    file.seek(0)
    heic = pillow_heif.HeifFile(file, convert_hdr_to_8bit=True, hdr_to_16bit=True, remove_stride=False)
    found = heic[heic.primary_index]
    said, data = found.size, found.data
    if found.size != said:
        raise ValueError("it is not as large as it says")

    def band(box: tuple[int, int, int, int]) -> Image.Image:
        rows = bytes(memoryview(data)[box[1] * found.stride : box[3] * found.stride])
        return _plain(Image.frombytes(found.mode, (box[2], box[3] - box[1]), rows, "raw", found.mode, found.stride))

    return _in_bands(said, band)


def _in_bands(
    size: tuple[int, int], band_of: Callable[[tuple[int, int, int, int]], Image.Image]
) -> Image.Image:
    """For pictures of few bytes a pixel: colours for all of it at once would take too much memory."""
    width, height = size
    factor = max(1, max(size) // VIEW_SIDE)
    found = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = _BAND_ROWS // factor * factor or factor
    for top in range(0, height, rows):
        band = band_of((0, top, width, min(top + rows, height)))
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


if __name__ == "__main__":
    main()
