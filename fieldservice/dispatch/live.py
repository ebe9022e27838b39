"""The stream that tells open pages of the desk that something changed: the version counter, nothing else.

One thread a process reads the counter while somebody listens; a stream waits for that thread and holds no
database connection. Server-sent events: `build` (once), `version` (with the version as id), `pulse` (heartbeat).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask

from fieldservice.core import db, versions

READ_EVERY = 0.5  # seconds: a change is on the screen within two
PULSE_EVERY = 15.0  # seconds; a page that hears nothing for twice as long connects anew
LIFE = 600.0  # seconds; then the page connects anew, and is asked again who it is
LOOK_EVERY = 1.0  # seconds between looks whether the server is shutting down
RECONNECT_MS = 1500  # how long a browser waits before it connects anew

_log = logging.getLogger("fieldservice.live")



def _always() -> bool:
    return True


#: whether this process still serves; the server's settings replace it (tools/gunicorn.conf.py)
is_serving: Callable[[], bool] = _always


class CounterAway(RuntimeError):
    """The counter cannot be read right now: the database does not answer."""


class Poller:
    """Reads the counter in one thread, only while somebody listens."""

    def __init__(self, read: Callable[[], int], every_seconds: float = READ_EVERY) -> None:
        self._read = read
        self._every_seconds = every_seconds
        self._changed = threading.Condition()
        self._listeners = 0
        self._thread: threading.Thread | None = None
        #: None: not read since somebody listens, or it could not be read
        self._version: int | None = None
        self._is_away = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The thread runs at least as long as somebody is inside."""
        with self._changed:
            self._listeners += 1
            if self._thread is None:
                self._version, self._is_away = None, False
                self._thread = threading.Thread(target=self._run, name="version-poller", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._listeners -= 1
                self._changed.notify_all()

    def wait(self, known: int, seconds: float) -> int | None:
        """The version as soon as it is another than `known`; None: it was not within `seconds`.

        Raises CounterAway when the database does not answer.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_away or self._version not in (None, known), seconds)
            if self._is_away:
                raise CounterAway
            return None if self._version == known else self._version

    @property
    def is_running(self) -> bool:
        """Whether the thread is there."""
        return self._thread is not None

    def _run(self) -> None:
        while True:
            version = self._try_to_read()
            with self._changed:
                if version != self._version or version is None:
                    self._version, self._is_away = version, version is None
                    self._changed.notify_all()
                self._changed.wait_for(lambda: self._listeners == 0, self._every_seconds)
                if self._listeners == 0:
                    self._thread = None
                    return

    def _try_to_read(self) -> int | None:
        try:
            return self._read()
        except sa.exc.SQLAlchemyError:
            _log.exception("the version counter could not be read")
            return None


def install(app: Flask) -> None:
    """One poller for this process."""
    app.extensions["live"] = Poller(lambda: read_version(app))


def read_version(app: Flask) -> int:
    """The version as the database has it now, over a connection held only for this one question."""
    with app.app_context(), db.transaction_mode("read"):
        return versions.current()[1]


def stream(poller: Poller, *, known: int, build: str, monotonic: Callable[[], float] = time.monotonic,
           serving: Callable[[], bool] | None = None) -> Iterator[str]:
    """Server-sent events from `known` on; ends after LIFE seconds, when the server shuts down, or when the
    database is away. The browser connects anew and says which version it had.
    """
    serving = serving or (lambda: is_serving())
    started_at = pulse_at = monotonic()
    with poller.listening():
        yield f"retry: {RECONNECT_MS}\nevent: build\ndata: {build}\n\n"
        while serving() and monotonic() - started_at < LIFE:
            try:
                version = poller.wait(known, LOOK_EVERY)
            except CounterAway:
                return
            if version is not None:
                known = version
                yield f"id: {version}\nevent: version\ndata: {version}\n\n"
            elif monotonic() - pulse_at >= PULSE_EVERY:
                pulse_at = monotonic()
                yield "event: pulse\ndata:\n\n"
