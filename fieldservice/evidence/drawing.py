"""What is drawn on copies of photos: the stamp below them, arrows, circles and words upon them. Used by `decoder.py`.

Only the standard library and Pillow are imported. A copy is drawn anew from the picture each time; nothing is ever drawn
into a file that came.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

#: shapes stand in a box of so many units a side, whatever the pixels
BOX = 10_000
#: narrower pictures are enlarged, or stand in the middle of so many pixels: below that no line of words is read
LEAST_WIDTH = 480
_MOST_ENLARGED = 8

_GROUND = (22, 27, 25)
_WORDS = (255, 255, 255)
_RULE = (86, 180, 148)
_RED = (214, 40, 40)
_WHITE = (255, 255, 255)

Font = ImageFont.FreeTypeFont


def stamped(image: Image.Image, rows: Sequence[Sequence[str]], font: str) -> Image.Image:
    """The picture with a strip of words below it: nothing of it is covered, and how bright or busy it is does not matter.

    `rows`: each begins a new line, its parts follow one another and wrap. `font`: path of a TrueType file.
    """
    box = picture_box(image)
    image = _large_enough(image)
    width = max(image.width, LEAST_WIDTH)
    face = _face(font, min(28, max(18, max(image.size) // 56)))
    edge = round(face.size * 0.7)
    lines = [line for row in rows for line in _wrapped(row, face, width - 2 * edge)]
    step = round(face.size * 1.45)
    found = Image.new("RGB", (width, image.height + edge * 2 + step * len(lines)), _GROUND)
    found.paste(image, box)
    pen = ImageDraw.Draw(found)
    pen.rectangle((0, image.height, width, image.height + max(2, int(face.size) // 8)), fill=_RULE)
    for number, line in enumerate(lines):
        # on one base line, whatever letters stand in it
        pen.text((edge, image.height + edge + step * number + face.size), line, _WORDS, face, anchor="ls")
    return found


def picture_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Where the picture stands in its stamped copy: left, top, right, bottom."""
    wide, high = _large_enough(image).size
    left = (max(wide, LEAST_WIDTH) - wide) // 2
    return left, 0, left + wide, high


def _large_enough(image: Image.Image) -> Image.Image:
    """A tiny picture larger, so that something is seen of it beside the words."""
    factor = min(_MOST_ENLARGED, LEAST_WIDTH // max(image.size))
    return image if factor < 2 else image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


def _face(font: str, size: float) -> Font:
    # plain layout: letters in the order they are written, whatever marks of direction a name brings
    return ImageFont.truetype(font, size, layout_engine=ImageFont.Layout.BASIC)


def _wrapped(parts: Sequence[str], face: Font, width: float) -> Iterator[str]:
    """Parts side by side as long as they fit, else on the next line; one that is longer than a line is broken."""
    line = ""
    for part in parts:
        joined = f"{line} · {part}" if line else part
        if face.getlength(joined) <= width:
            line = joined
            continue
        if line:
            yield line
        *whole, line = _broken(part, face, width)
        yield from whole
    if line:
        yield line


def _broken(text: str, face: Font, width: float) -> list[str]:
    """A text in lines, broken at blanks where a line has any."""
    found, line = [], ""
    for letter in text:
        line += letter
        if face.getlength(line) > width and len(line) > 1:
            head, blank, rest = line[:-1].rpartition(" ")
            whole, line = (head, rest + letter) if blank and head else (line[:-1], letter)
            found.append(whole)
    return [*found, line]


def marked(image: Image.Image, shapes: Sequence[dict[str, Any]], font: str) -> Image.Image:
    """A copy of the picture with shapes upon it (`markup.py` says what they are), each red with a white edge."""
    image = _large_enough(image).copy()
    pen = ImageDraw.Draw(image)
    wide = max(3, max(image.size) // 250)
    for shape in shapes:
        x1, y1, x2, y2 = (
            shape[name] * side / BOX for name, side in zip(("x1", "y1", "x2", "y2"), image.size * 2, strict=True)
        )
        if shape["kind"] == "arrow":
            _arrow(pen, (x1, y1), (x2, y2), wide)
        elif shape["kind"] == "circle":
            box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            _ring(pen, box, _WHITE, wide * 2, wide / 2)
            _ring(pen, box, _RED, wide, 0)
        else:
            _words(pen, image.size, (x1, y1), shape["text"], _face(font, max(16, max(image.size) // 44)))
    return image


def _arrow(pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], wide: int) -> None:
    """Its point is where it ends."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    head = min(wide * 6, length)
    for colour, more in ((_WHITE, wide / 2), (_RED, 0.0)):
        neck = _along(end, angle, -head * 0.8)
        pen.line((*_along(start, angle, -more), *neck), fill=colour, width=round(wide + 2 * more))
        tip = _along(end, angle, more * 2)
        back = _along(end, angle, -head - more)
        side = head * 0.5 + more * 1.6
        pen.polygon([tip, _along(back, angle + math.pi / 2, side), _along(back, angle - math.pi / 2, side)], fill=colour)


def _along(point: tuple[float, float], angle: float, way: float) -> tuple[float, float]:
    return point[0] + math.cos(angle) * way, point[1] + math.sin(angle) * way


def _ring(
    pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], colour: tuple[int, int, int], wide: int, more: float
) -> None:
    pen.ellipse((box[0] - more, box[1] - more, box[2] + more, box[3] + more), outline=colour, width=wide)


def _words(
    pen: ImageDraw.ImageDraw, size: tuple[int, int], at: tuple[float, float], text: str, face: Font
) -> None:
    """Words on a ground of their own, wrapped and moved so that all of them stand in the picture."""
    edge = face.size * 0.35
    lines = _broken(text, face, size[0] - 4 * edge)
    step = face.size * 1.4
    wide = max(face.getlength(line) for line in lines) + 2 * edge
    high = step * len(lines) + edge
    left = max(0.0, min(at[0], size[0] - wide))
    top = max(0.0, min(at[1], size[1] - high))
    pen.rounded_rectangle((left, top, left + wide, top + high), radius=edge, fill=_WHITE, outline=_RED, width=2)
    for number, line in enumerate(lines):
        pen.text((left + edge, top + edge / 2 + step * number + face.size), line, _RED, face, anchor="ls")
