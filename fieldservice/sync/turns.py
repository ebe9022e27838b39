"""Pushes take turns: after an outage every phone brings its work at once.

A process does one thing at a time anyway. Many pushes begun at once hold each other's rows and connections, and pages
wait behind all of them; so a few are under way, some wait their turn without a connection, and the rest come again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from flask import g

from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotSignedIn

#: pushes under way in one process: one reckons while others wait for the database
AT_ONCE = 3
#: those who wait keep a thread (`FIELDSERVICE_THREADS`): half of them stay for everybody else
MOST_WAITING = 64
#: well below what a phone waits for an answer
WAIT_SECONDS = 20

_places = BoundedSemaphore(AT_ONCE)
_seats = BoundedSemaphore(MOST_WAITING)


class Crowded(AppError):
    """So many phones bring their work that this one must come again."""

    status = 503


@contextmanager
def turn() -> Iterator[None]:
    """Waits until few enough pushes are under way. Raises Crowded, and NotSignedIn when the session ended meanwhile.

    Whoever waits has ended the transaction: what it had read is read anew.
    """
    if not _places.acquire(blocking=False):
        db.session.rollback()
        _wait()
        try:
            if g.login_session.ended_at is not None or not g.login_session.person.is_active:
                raise NotSignedIn("signed_out")
        except BaseException:
            _places.release()
            raise
    try:
        yield
    finally:
        _places.release()


def _wait() -> None:
    if not _seats.acquire(blocking=False):
        raise Crowded("server_busy")
    try:
        if not _places.acquire(timeout=WAIT_SECONDS):
            raise Crowded("server_busy")
    finally:
        _seats.release()
