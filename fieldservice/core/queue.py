"""Work that must not hold up an answer: tasks wait in a file of their own, a worker process takes them.

A task is a function at the top of a module, marked `@task`, and is called by `later(function, …)` after the commit.
What it does must bear being done twice, and must be found again by somebody when the queue is lost (`@every_minute`).

Huey keeps the queue by the standard library's SQLite; the database uses another one. Two SQLite libraries never meet on
one file, so this module is the only place that may use Huey (an architecture test says so).
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask, current_app
from huey import crontab
from huey.api import Huey, Task
from huey.storage import SqliteStorage

from fieldservice.core import start
from fieldservice.core.db import db, transaction_mode

_log = logging.getLogger("fieldservice.queue")

WORKER = "worker"
INLINE = "inline"

#: a waiting task is looked into after this long; a worker says once a minute that it is there
_LATE_SECONDS = 5 * 60
_SILENT_SECONDS = 4 * 60
#: a worker that is told to end may finish what it does; no task takes longer
_END_SECONDS = 60

Work = TypeVar("Work", bound=Callable[..., None])

_tasks: dict[str, Callable[..., None]] = {}
_every_minute: list[str] = []
_lock = threading.Lock()


def task(function: Work) -> Work:
    """Marks a function that can be done later. Its arguments must be plain text and numbers."""
    _tasks[name_of(function)] = function
    return function


def every_minute(function: Work) -> Work:
    """Marks a task without arguments that a worker does when it starts and then once a minute."""
    task(function)
    if name_of(function) not in _every_minute:
        _every_minute.append(name_of(function))
    return function


def name_of(function: Callable[..., None]) -> str:
    """How a task is called in the queue."""
    return f"{function.__module__}.{function.__name__}"


def later(function: Callable[..., None], *args: str | int) -> None:
    """Has a task done by a worker; at once when BACKGROUND is `inline`. Call it after the commit.

    Never raises: what called it is done and may be answered, and a lost task is found again.
    """
    later_each(function, [args])


def later_each(function: Callable[..., None], many: Sequence[tuple[str | int, ...]]) -> None:
    """As `later` for each of these arguments; the disk is waited for once."""
    if current_app.config["BACKGROUND"] == INLINE:
        for args in many:
            _do(name_of(function), args)
        return
    try:
        queue = _queue()
        queue.put([(name_of(function), args, time.time()) for args in many])
        queue.huey.storage.close()
    except Exception:
        _log.exception("%s could not be put into the queue", name_of(function))


def waiting() -> set[tuple[Any, ...]]:
    """What waits: (name of the task, arguments …)."""
    return {(name, *args) for name, args, _at in _queue().pending()}


def state() -> str:
    """What waits and for how long. Raises RuntimeError when nobody takes it, others when the queue cannot be read."""
    if current_app.config["BACKGROUND"] == INLINE:
        return "done at once"
    found = _queue().pending(20)
    if not found:
        return "empty"
    waited_seconds = round(time.time() - found[0][2])
    if waited_seconds > _LATE_SECONDS and time.time() - _beat_at() > _SILENT_SECONDS:
        raise RuntimeError(f"a task has waited {waited_seconds} s and no worker is there: start `flask worker`")
    return f"the oldest task has waited {waited_seconds} s"


@click.command("worker")
@click.option("--at-once", default=2, show_default=True, type=click.IntRange(1, 32), help="Tasks done side by side.")
def worker(at_once: int) -> None:
    """Does what waits in the queue, until SIGTERM; what is being done then is finished."""
    try:
        start.hold(current_app._get_current_object())
    except start.CannotStart as error:
        raise click.ClickException(str(error)) from error
    consumer = _queue().huey.create_consumer(
        workers=at_once,
        periodic=True,
        initial_delay=0.1,
        max_delay=1,
        scheduler_interval=1,
        graceful_signal="TERM",
        shutdown_timeout=_END_SECONDS,
    )
    consumer.run()


@dataclass
class _Queue:
    """The queue of one application."""

    huey: Huey
    #: makes a task: its name, its arguments, seconds since 1970
    made: Callable[[str, tuple[str | int, ...], float], Task]

    def put(self, waiting: Sequence[tuple[str, tuple[str | int, ...], float]]) -> None:
        """Puts tasks in, all or none."""
        storage = self.huey.storage
        rows = [(storage.name, self.huey.serialize_task(self.made(*one)), 0) for one in waiting]
        with storage.db(commit=True) as cursor:
            cursor.executemany("INSERT INTO task (queue, data, priority) VALUES (?, ?, ?)", rows)

    def pending(self, limit: int | None = None) -> list[tuple[str, tuple[str | int, ...], float]]:
        """What was put in and is not yet taken, the oldest first."""
        found = [task.args for task in self.huey.pending(limit) if task.name == "do"]
        self.huey.storage.close()
        return found


class _Storage(SqliteStorage):
    """A file that may be taken away while servers and worker run: the next that comes to it lays it anew. What waited in
    the old one is found again (`@every_minute`).
    """

    _conn: Any
    #: device and number of the file that is open
    _file: tuple[int, int] | None = None

    @property
    def conn(self) -> Any:
        if self._conn is not None and self._file != _file_number(self.filename):
            self._conn.close()
            self._conn = None
        return super().conn

    def close(self) -> bool:
        """Whether it was open. The library's own looks before it takes the lock, and two threads can come at once."""
        with self.lock:
            conn, self._conn = self._conn, None
            if conn is not None:
                conn.close()
        return conn is not None

    def _create_connection(self) -> Any:
        conn = super()._create_connection()
        for statement in self.ddl:
            conn.execute(statement)
        Path(self.filename).chmod(0o600)
        self._file = _file_number(self.filename)
        return conn


def _file_number(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _queue() -> _Queue:
    app: Flask = current_app._get_current_object()
    with _lock:
        found: _Queue | None = app.extensions.get("queue")
        if found is None:
            found = app.extensions["queue"] = _open(app)
    return found


def _open(app: Flask) -> _Queue:
    # a rollback journal: the write-ahead log of an SQLite as old as Python's may be damaged when it is reset
    huey = Huey(
        "fieldservice",
        storage_class=_Storage,
        filename=str(app.config["DATA_DIR"] / "queue.sqlite3"),
        results=False,
        journal_mode="truncate",
        cache_mb=1,
    )
    def do(name: str, args: tuple[str | int, ...], _at: float) -> None:
        with app.app_context():
            _do(name, args)

    def minute() -> None:
        with app.app_context():
            _beat_file().touch()
            for name in _every_minute:
                _do(name, ())

    huey.periodic_task(crontab(minute="*"), name="minute", priority=10)(minute)
    return _Queue(huey, huey.task(name="do")(do).s)


def _do(name: str, args: tuple[str | int, ...]) -> None:
    """Does a task in transactions of its own; an error is logged, not raised: whoever repeats it finds it undone."""
    try:
        with transaction_mode("write"):
            _tasks[name](*args)
    except Exception:
        _log.exception("task %s", name)
    finally:
        db.session.rollback()


def _beat_file() -> Path:
    folder: Path = current_app.config["DATA_DIR"]
    return folder / "worker.alive"


def _beat_at() -> float:
    try:
        return _beat_file().stat().st_mtime
    except FileNotFoundError:
        return 0
