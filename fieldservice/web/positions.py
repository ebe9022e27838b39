"""The position fields of an address: what they show, what was typed, what is kept."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from flask import current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from fieldservice.core import positions
from fieldservice.core.coords import Datum, Point, convert
from fieldservice.web.forms import Form, FormState, one_of

COOKIE = "datum"
A_YEAR = 365 * 24 * 3600  # seconds


class PositionFields(Form):
    """Three texts that `core.positions.read_position` understands, and what is known about them."""

    datum: Annotated[str, one_of(Datum)] = Datum.WGS84.value
    lat: str = ""
    lng: str = ""
    #: both numbers in one text, as a map copies them; wins over the two above
    pasted: str = ""
    #: 'pin' when the map set the two numbers
    position_source: Annotated[str, one_of(("pin", "typed"))] = "typed"
    #: '1' when the person says that a doubtful position is right
    position_is_right: str = ""


@dataclass
class MapView:
    """What the map beside the fields needs."""

    #: [lat, lng, words] of sites near by, WGS-84: to find one's way without map tiles
    neighbours: list[list[Any]]
    #: the position was doubted: offer to say that it is right, or to exchange the numbers
    is_doubtful: bool = False
    may_swap: bool = False
    datums: list[tuple[str, str]] = field(
        default_factory=lambda: [(datum.value, datum.value) for datum in Datum]
    )

    @property
    def tiles(self) -> str:
        """Address of map tiles; '' for a plain ground."""
        return str(current_app.config["MAP_TILES"])

    @property
    def tiles_datum(self) -> str:
        """Datum of those tiles."""
        return str(current_app.config["MAP_TILES_DATUM"])


@dataclass(frozen=True)
class KeptPosition:
    """A position as it stands in the database; `point` None: not known."""

    point: Point | None = None
    source: str = ""


@dataclass(frozen=True)
class ShownPosition:
    """A site's position as it is written, six decimals (0.1 m)."""

    lat_text: str
    lng_text: str
    datum: str


def chosen_datum() -> Datum:
    """The datum this browser wrote positions in last; WGS-84 at first."""
    try:
        return Datum(request.cookies.get(COOKIE, ""))
    except ValueError:
        return Datum.WGS84


def remember_datum(response: Response, datum: str) -> Response:
    """Keeps the choice in this browser."""
    response.set_cookie(COOKIE, datum, max_age=A_YEAR, secure=True, httponly=True, samesite="Lax")
    return response


def shown_position(point: Point | None, datum: Datum | None = None) -> ShownPosition:
    """A WGS-84 point in the datum of this browser; empty texts for none."""
    datum = datum or chosen_datum()
    if point is None:
        return ShownPosition("", "", datum.value)
    there = convert(point, Datum.WGS84, datum)
    return ShownPosition(f"{there.lat:.6f}", f"{there.lng:.6f}", datum.value)


def position_values(kept: KeptPosition, p: str = "") -> dict[str, str]:
    """What the position fields of a fresh form show; their names begin with `p`."""
    shown = shown_position(kept.point)
    return {f"{p}datum": shown.datum, f"{p}lat": shown.lat_text, f"{p}lng": shown.lng_text}


def swap_typed(typed: MultiDict[str, str], p: str = "") -> MultiDict[str, str]:
    """The same form with longitude and latitude exchanged."""
    data: MultiDict[str, str] = MultiDict(typed)
    data[f"{p}lat"], data[f"{p}lng"] = data.get(f"{p}lng", ""), data.get(f"{p}lat", "")
    return data


def read_position_fields(
    form: PositionFields, state: FormState, view: MapView, kept: KeptPosition | None = None, p: str = ""
) -> KeptPosition | None:
    """The position to keep; None when it is wrong or doubted, which then stands in `state` and `view`.

    `kept`: what a changed address had. Names in `state` begin with `p`.
    """
    datum = Datum(form.datum)
    if kept is not None and not form.pasted and _is_untouched(form, kept, datum):
        return kept
    found = positions.read_position(form.lat, form.lng, form.pasted, datum)
    if isinstance(found, positions.Unusable):
        view.may_swap = found.code == "position_swapped"
        state.add(f"{p}{found.field}", found.code)
        return None
    if isinstance(found, positions.Doubtful):
        view.is_doubtful, view.may_swap = True, found.code == "position_swapped"
        if not form.position_is_right:
            state.add(f"{p}pasted" if form.pasted else f"{p}lat", found.code)
            return None
        found = found.position
    if found is None:
        return KeptPosition()
    return KeptPosition(found.kept, "typed" if form.pasted else form.position_source)


def _is_untouched(form: PositionFields, kept: KeptPosition, datum: Datum) -> bool:
    """The fields show what is kept: converting there and back would move it by a little each time."""
    shown = shown_position(kept.point, datum)
    return (form.lat.strip(), form.lng.strip()) == (shown.lat_text, shown.lng_text)
