"""Portraits of the sample technicians, drawn here: no picture of anybody real."""

import io
from datetime import datetime
from typing import NamedTuple

from PIL import Image, ImageDraw

from fieldservice.accounts.models import Person
from fieldservice.people import actions
from fieldservice.people.queries import portrait_of

_SIZE = (266, 320)
#: drawn this much larger and shrunk: round edges
_FINE = 3
_GROUND, _SHIRT, _BADGE = "#e6e9e3", "#0e5244", "#ffffff"


class Face(NamedTuple):
    """What tells one from another."""

    skin: str
    shade: str
    hair: str
    #: how far the hair comes down, in hundredths of the head
    fringe: int
    has_glasses: bool = False


FACES = (
    Face("#e3b691", "#d9a983", "#2b2a28", 22),
    Face("#d8a57f", "#c8936b", "#3a342e", 12, has_glasses=True),
    Face("#ecc4a3", "#dfb18c", "#1f1e1d", 30),
)


def load_portraits(people: list[Person], *, at: datetime) -> None:
    """A portrait for each of these who has none."""
    for number, person in enumerate(people):
        if portrait_of(person.id) is None:
            actions.set_portrait(person, drawn(FACES[number % len(FACES)]), by=None, at=at)


def drawn(face: Face) -> bytes:
    """Head and shoulders as a JPEG."""
    width, height = (side * _FINE for side in _SIZE)
    image = Image.new("RGB", (width, height), _GROUND)
    pen = ImageDraw.Draw(image)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return left * width, top * height, right * width, bottom * height

    pen.rounded_rectangle(box(0.08, 0.72, 0.92, 1.3), width * 0.3, fill=_SHIRT)
    pen.rectangle(box(0.41, 0.58, 0.59, 0.76), fill=face.shade)
    pen.ellipse(box(0.39, 0.68, 0.61, 0.78), fill=face.shade)
    pen.ellipse(box(0.27, 0.16, 0.73, 0.58), fill=face.hair)
    pen.ellipse(box(0.3, 0.22, 0.7, 0.66), fill=face.skin)
    pen.pieslice(box(0.27, 0.15, 0.73, 0.55), 180, 360, fill=face.hair)
    pen.ellipse(box(0.31, 0.33 - face.fringe / 400, 0.69, 0.5), fill=face.skin)
    for eye in (0.42, 0.58):
        pen.ellipse(box(eye - 0.018, 0.43, eye + 0.018, 0.455), fill="#2b2a28")
        if face.has_glasses:
            pen.ellipse(box(eye - 0.06, 0.4, eye + 0.06, 0.49), outline="#2b2a28", width=_FINE * 2)
    if face.has_glasses:
        pen.line(box(0.48, 0.443, 0.52, 0.443), fill="#2b2a28", width=_FINE * 2)
    pen.arc(box(0.43, 0.48, 0.57, 0.58), 25, 155, fill="#9c6b4d", width=_FINE * 2)
    pen.rounded_rectangle(box(0.2, 0.84, 0.38, 0.93), _FINE * 3, fill=_BADGE)
    out = io.BytesIO()
    image.resize(_SIZE, Image.Resampling.LANCZOS).save(out, "JPEG", quality=80)
    return out.getvalue()
