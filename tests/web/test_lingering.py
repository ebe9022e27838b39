"""What of a body nobody read is read after the answer, and no longer than a line deserves."""

import io
import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from fieldservice.web import lingering


def answered(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("409 CONFLICT", [])
    return [b"no"]


class Body:
    """A body that is read from a socket, as gunicorn does it."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        piece = self.line.recv(size)
        self.read_bytes += len(piece)
        return piece


def call(**environ: Any) -> Any:
    return lingering.read_the_rest(answered)(environ, lambda _status, _headers: None)


def test_the_rest_is_read_after_the_answer_and_not_before() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"x" * 10_000)
        theirs.shutdown(socket.SHUT_WR)
        body = Body(ours)
        answer = call(CONTENT_LENGTH="10000", **{"gunicorn.socket": ours, "wsgi.input": body})
        assert (list(answer), body.read_bytes) == ([b"no"], 0)
        answer.close()
        assert (body.read_bytes, ours.gettimeout()) == (10_000, None)


def test_a_line_that_brings_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "SILENT_SECONDS", 0.05)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        answer = call(HTTP_TRANSFER_ENCODING="chunked", **{"gunicorn.socket": ours, "wsgi.input": Body(ours)})
        answer.close()
        assert ours.gettimeout() is None


def test_a_line_that_drips_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "MOST_SECONDS", 0)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"x")
        body = Body(ours)
        call(CONTENT_LENGTH="9", **{"gunicorn.socket": ours, "wsgi.input": body}).close()
        assert body.read_bytes == 0


def test_a_line_that_broke_is_no_error() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    ours.close()
    call(CONTENT_LENGTH="9", **{"gunicorn.socket": ours, "wsgi.input": Body(ours)}).close()


@pytest.mark.parametrize("environ", [{}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}])
def test_a_request_without_a_body_is_left_alone(environ: dict[str, str]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        answer = call(**environ, **{"gunicorn.socket": ours, "wsgi.input": io.BytesIO()})
        assert answer == [b"no"]
