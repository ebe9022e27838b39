"""Requests that carry bytes by tus 1.0.0 instead of JSON."""

from typing import Any

from flask import request

from fieldservice.core.errors import AppError

VERSION = "1.0.0"
HEADER = "Tus-Resumable"
BYTES = "application/offset+octet-stream"


class OtherVersion(AppError):
    """The other side speaks no tus, or another version."""

    status = 412


def takes_bytes(view: Any) -> Any:
    """Marks a view whose requests carry bytes by tus; they must say so in a header."""
    view._takes_bytes = True
    return view


def is_for_bytes(view: Any) -> bool:
    """Whether a view is marked so."""
    return getattr(view, "_takes_bytes", False)


def check_version() -> None:
    """Raises OtherVersion unless the header says the version: no form and no link of another site sends it."""
    if request.headers.get(HEADER) != VERSION:
        raise OtherVersion("bad_request", fields=[HEADER])
