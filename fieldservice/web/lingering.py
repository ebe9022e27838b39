"""An answer that is given before the request was read to its end still arrives.

A server that closes a connection with unread bytes in it resets it, and the reset takes the answer along: the phone on
a slow line would never hear that its photo is here up to some byte, that it is signed out or that it sends too much, and
would send the same again for ever. gunicorn reads 64 KiB of what is left; so the rest is read here, after the answer.
"""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from werkzeug.wsgi import ClosingIterator

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

#: a line that brings nothing for so long is given up: it holds a thread
SILENT_SECONDS = 5
#: and so is any line after this time
MOST_SECONDS = 30

#: bytes after which the time is looked at
_PIECE = 4096


def read_the_rest(inner: Wsgi) -> Wsgi:
    """Reads and drops what of a request's body nobody read, once the answer is on its way."""

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = inner(environ, start_response)
        line = environ.get("gunicorn.socket")
        if line is None or not _has_body(environ):
            return answer
        return ClosingIterator(answer, lambda: _drop(environ["wsgi.input"], line))

    return wrapped


def _has_body(environ: dict[str, Any]) -> bool:
    return environ.get("CONTENT_LENGTH", "0") not in {"", "0"} or "HTTP_TRANSFER_ENCODING" in environ


def _drop(body: Any, line: socket.socket) -> None:
    end = time.monotonic() + MOST_SECONDS
    with suppress(OSError):  # the other side went away, or is too slow
        before = line.gettimeout()
        line.settimeout(SILENT_SECONDS)
        try:
            while time.monotonic() < end and body.read(_PIECE):
                pass
        finally:
            line.settimeout(before)
