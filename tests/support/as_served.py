"""A request as a server behind a socket meets it: nothing is open around it, and its answer is read when it is over."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context

from flask.testing import EnvironBuilder, FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from fieldservice.core.db import db


@contextmanager
def being_taken(client: FlaskClient, address: str) -> Iterator[Iterator[bytes]]:
    """The pieces of the answer to a GET with the client's cookies, each made when it is asked for.

    What the test wrote is committed before. Its own application context is not seen: the session of the database ends
    with the request, and what is read of it by then is all there is.
    """
    db.session.commit()
    context = Context()
    pieces, _status, _headers = context.run(_sent, client, address)
    answer = iter(pieces)
    try:
        yield iter(lambda: context.run(next, answer, b""), b"")
    finally:
        context.run(getattr(pieces, "close", bool))


def as_served(client: FlaskClient, address: str) -> TestResponse:
    """The same answer, whole."""
    db.session.commit()
    return Context().run(_whole, client, address)


def _sent(client: FlaskClient, address: str, *, is_whole: bool = False) -> tuple[Iterable[bytes], str, Headers]:
    environ = EnvironBuilder(client.application, address).get_environ()
    client._add_cookies_to_wsgi(environ)
    return run_wsgi_app(client.application, environ, buffered=is_whole)


def _whole(client: FlaskClient, address: str) -> TestResponse:
    return TestResponse(*_sent(client, address, is_whole=True), Request({}))
