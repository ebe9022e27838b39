"""Pushes take turns: after an outage every phone brings its work at once.

A process does one thing at a time anyway. Many pushes begun at once hold each other's rows and connections, and pages
wait behind all of them; so a few are under way, some wait their turn without a connection, and the rest come again.

A long push waits before it is understood and before anybody asks whose it is: fifty sessions looked for and fifty bodies
parsed at once take fifty connections, and turns from each other. What a short one brings is known only when it was
parsed. The bytes are taken in before: a phone on a slow line needs a minute for them, in which others may have the turn.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from flask import g, request

from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotSignedIn

#: pushes under way in one process: one reckons while others wait for the database
AT_ONCE = 2
#: those who wait keep a thread (`FIELDSERVICE_THREADS`): half of them stay for everybody else
MOST_WAITING = 64
#: well below what a phone waits for an answer
WAIT_SECONDS = 40
AGAIN_SECONDS = 5
#: what is longer brings acts
LONG_BYTES = 4096


class Crowded(AppError):
    """So many phones bring their work that this one must come again."""

    status = 503


class Places:
    """Whoever came first has the next place that is left: a semaphore gives it to whoever comes just then."""

    def __init__(self, places: int, seats: int) -> None:
        self._free, self._seats = places, seats
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()

    def enter(self) -> bool:
        """Takes a place where one is free."""
        with self._lock:
            is_free = self._free > 0
            self._free -= is_free
            return is_free

    def wait(self, seconds: float) -> bool:
        """Waits for a place. False: there is no seat to wait on, or none was left in that time."""
        gate = Lock()
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return True
            if len(self._waiting) >= self._seats:
                return False
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=seconds):
            return True
        with self._lock:
            if gate not in self._waiting:
                return True  # it was left to this one just now
            self._waiting.remove(gate)
            return False

    def leave(self) -> None:
        """Leaves the place to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


_places = Places(AT_ONCE, MOST_WAITING)


def wait_first() -> None:
    """Takes the turn of a long request, which `leave_last` gives back. Raises Crowded."""
    if (request.content_length or 0) > LONG_BYTES:
        request.get_data()
        places = _places
        if not places.enter() and not places.wait(WAIT_SECONDS):
            raise Crowded("server_busy", wait_seconds=AGAIN_SECONDS)
        g.turn = places


def leave_last(_error: BaseException | None) -> None:
    """Gives the turn of this request to the next, if it has one."""
    places: Places | None = g.pop("turn", None)
    if places is not None:
        places.leave()


@contextmanager
def turn() -> Iterator[None]:
    """Waits until few enough pushes are under way. Raises Crowded, and NotSignedIn when the session ended meanwhile.

    Whoever waits has ended the transaction: what it had read is read anew.
    """
    if "turn" in g:
        yield
        return
    places = _places
    is_late = not places.enter()
    if is_late:
        db.session.rollback()
        if not places.wait(WAIT_SECONDS):
            raise Crowded("server_busy", wait_seconds=AGAIN_SECONDS)
    try:
        if is_late and g.login_session.ended_at is not None:
            raise NotSignedIn("signed_out")
        yield
    finally:
        places.leave()
