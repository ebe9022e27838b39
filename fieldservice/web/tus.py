"""Requests that carry bytes by tus 1.0.0 instead of JSON."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import request

from fieldservice.core.errors import AppError

VERSION = "1.0.0"
HEADER = "Tus-Resumable"
BYTES = "application/offset+octet-stream"


_OVERRIDE = "HTTP_X_HTTP_METHOD_OVERRIDE"
_METHODS = frozenset({"PATCH", "DELETE"})

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


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


def take_method_from_header(inner: Wsgi, path: str) -> Wsgi:
    """Where a line lets no PATCH or DELETE through, `X-HTTP-Method-Override` of a POST says what is meant. Below `path`
    alone, and before anything is decided: what the request may do is asked for the method that is meant. HEAD is not
    among them: its answer has no body, and who sent a POST would wait for one.
    """

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        meant = environ.get(_OVERRIDE)
        is_post = environ["REQUEST_METHOD"] == "POST"
        if is_post and meant in _METHODS and environ.get("PATH_INFO", "").startswith(path):
            environ["REQUEST_METHOD"] = meant
        return inner(environ, start_response)

    return wrapped
