"""What several operations carry alike."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from fieldservice.core.happening import Place
from fieldservice.sync.payloads import Strict

#: why the phone knows no place
NoPlace = Literal["", "denied", "unavailable", "timeout", "off"]


class PlaceSent(Strict):
    """WGS-84 degrees, accuracy in metres."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lng: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[int, Field(ge=0, le=10_000_000)]

    @model_validator(mode="before")
    @classmethod
    def _whole_degrees(cls, data: object) -> object:
        """JSON writes 116.0 as 116; a whole number is a fine degree."""
        if not isinstance(data, dict):
            return data
        degrees = {name: float(data[name]) for name in ("lat", "lng") if type(data.get(name)) is int}
        return {**data, **degrees}


def place_given(place: PlaceSent | None, no_place: str) -> Place:
    """In the words of the server."""
    return Place(place.lat, place.lng, place.accuracy_m) if place else Place(no_place=no_place)


def _can_be_stored(value: Any) -> Any:
    """The same value, when all texts in it are such as every database can hold. Raises ValueError."""
    for text in _texts(value):
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError("text holds NUL or half a character")
    return value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for one in inner for text in _texts(one)]


#: JSON of any depth whose texts can be stored
Storable = AfterValidator(_can_be_stored)
