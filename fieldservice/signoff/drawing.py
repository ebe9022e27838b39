"""A signature as lines that can be drawn: the strokes as they were made."""

from collections.abc import Sequence
from dataclasses import dataclass

from fieldservice.signoff.rules import Stroke

_MARGIN = 300  # room for the width of the line, in the units of the box
_LEAST = 1000  # a dot is not blown up to fill the page


@dataclass(frozen=True)
class Drawing:
    """For an SVG: its viewBox, and one path a stroke."""

    view_box: str
    paths: list[str]


def drawing_of(strokes: Sequence[Stroke]) -> Drawing:
    """Cut to the mark, in its own proportions. `strokes`: at least one point."""
    across = [point[0] for stroke in strokes for point in stroke]
    down = [point[1] for stroke in strokes for point in stroke]
    width, height = max(max(across) - min(across), _LEAST), max(max(down) - min(down), _LEAST)
    box = (min(across) - _MARGIN, min(down) - _MARGIN, width + 2 * _MARGIN, height + 2 * _MARGIN)
    return Drawing(" ".join(map(str, box)), [_path(stroke) for stroke in strokes])


def _path(stroke: Stroke) -> str:
    """A single point becomes a dot: a line without length is drawn by its round ends."""
    points = [f"{point[0]} {point[1]}" for point in stroke]
    return "M" + "L".join(points if len(points) > 1 else points * 2)
