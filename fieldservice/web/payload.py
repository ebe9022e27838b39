"""Untrusted JSON bodies turned into checked values; each feature's models stand in its `payloads.py`."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from fieldservice.core import json
from fieldservice.core.errors import AppError
from fieldservice.core.json import BadJson

#: half a character, as JSON can write one
_HALF = re.compile("[\ud800-\udfff]")


class Payload(BaseModel):
    """A body or a part of one: no coercion of kinds, unknown fields are left out, values do not change."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _check_text(cls, data: Any) -> Any:
        """Text must be such as every database can hold."""
        for value in data.values() if isinstance(data, dict) else ():
            if isinstance(value, str) and not _can_be_stored(value):
                raise ValueError("text holds NUL or half a character")
        return data


def _can_be_stored(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not _HALF.search(text))


Model = TypeVar("Model", bound=BaseModel)


def read_json(model: type[Model]) -> Model:
    """The body of this request as `model`. Raises AppError 'bad_request' (400) with the `fields` at fault.

    A body shorter than declared is refused: a connection that closes cleanly half-way looks complete.
    """
    content = check_whole_body()
    try:
        value = json.loads(content)
    except BadJson as error:
        raise AppError("bad_request", fields=[]) from error
    return read_value(model, value)


def takes_file(most_bytes: int) -> Callable[[Any], Any]:
    """Marks a view whose form may carry a file: its request may have so many bytes in all."""

    def mark(view: Any) -> Any:
        view._most_bytes = most_bytes
        return view

    return mark


def streams_file(most_bytes: int) -> Callable[[Any], Any]:
    """As `takes_file`, for files too large for the memory: the form goes to the disk as it comes. What was cut short then
    has to be noticed in the file itself.
    """

    def mark(view: Any) -> Any:
        view._most_bytes, view._is_streamed = most_bytes, True
        return view

    return mark


def is_streamed(view: Any) -> bool:
    """Whether a view is marked so."""
    return getattr(view, "_is_streamed", False)


def takes_media(*types: str) -> Callable[[Any], Any]:
    """Marks a view of the JSON interface that takes a body of these types too."""

    def mark(view: Any) -> Any:
        view._media = types
        return view

    return mark


def media_taken(view: Any) -> tuple[str, ...]:
    """Media types of bodies that a view of the JSON interface takes."""
    return ("application/json", *getattr(view, "_media", ()))


def allow_file(view: Any) -> None:
    """Lets a request to a view that is marked so be as large as the mark says."""
    most_bytes = getattr(view, "_most_bytes", None)
    if most_bytes is not None:
        request.max_content_length = most_bytes


def check_whole_body() -> bytes:
    """The body; it can be read again, as a form too. Raises AppError 'bad_request' when it is shorter than declared."""
    content = request.get_data(cache=True)
    if request.content_length is not None and request.content_length != len(content):
        raise AppError("bad_request", fields=[])
    return content


def read_value(model: type[Model], value: Any) -> Model:
    """A part that was parsed before, as `model`. Raises like `read_json`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise AppError("bad_request", fields=_places(error)) from error


def _places(error: ValidationError) -> list[str]:
    """Where it went wrong, e.g. 'ops.0.seq'; never the value itself."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return sorted({".".join(str(part) for part in one["loc"]) for one in found})
