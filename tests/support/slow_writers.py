"""Many slow writers and one reader that goes on from where it was: how many rows does its cursor pass by?

A writer writes a row, lingers and commits, as a long request does. Rows whose numbers are given out in another order than
they are committed in appear behind a cursor that has passed them, and nobody ever reads them.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Person
from fieldservice.core import clock, versions
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.oplog import LogEntry, log_office_edit


@dataclass(frozen=True)
class Counted:
    """Rows written by all, and those the reader never saw."""

    written: int
    missed: int

    @property
    def percent(self) -> float:
        return 100 * self.missed / self.written


def by_the_counter(apps: Sequence[Flask], person_id: str, *, writers: int, rounds: int, linger_ms: int) -> Counted:
    """Rows of the log, numbered by the product; read as a pull reads. `apps`: each with connections of its own."""
    reader = _CounterReader(apps[0])

    def write(linger: Callable[[], None]) -> None:
        person = db.session.get_one(Person, person_id)
        log_office_edit("probe", person, by=person, at=clock.now())
        db.session.flush()
        linger()
        db.session.commit()

    return _counted(apps, write, reader.read, reader.everything, writers, rounds, linger_ms)


def by_a_serial(apps: Sequence[Flask], *, writers: int, rounds: int, linger_ms: int) -> Counted:
    """Rows numbered by the sequence of the database, as they would be without the counter; PostgreSQL only."""
    with apps[0].app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE probe (id bigserial PRIMARY KEY)")
    cursor, seen = 0, set[int]()

    def write(linger: Callable[[], None]) -> None:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO probe DEFAULT VALUES")
            linger()

    def read() -> set[int]:
        nonlocal cursor
        with db.engine.connect() as connection:
            seen.update(connection.scalars(sa.text("SELECT id FROM probe WHERE id > :cursor"), {"cursor": cursor}))
        cursor = max(seen, default=0)
        return seen

    def everything() -> set[int]:
        with db.engine.connect() as connection:
            return set(connection.scalars(sa.text("SELECT id FROM probe")))

    return _counted(apps, write, read, everything, writers, rounds, linger_ms)


class _CounterReader:
    """Reads from version to version, as a pull does."""

    def __init__(self, app: Flask) -> None:
        with app.app_context():
            self._cursor = versions.current()[1]
            db.session.rollback()
        self._seen: set[str] = set()

    def read(self) -> set[str]:
        with transaction_mode("snapshot"):
            _epoch, newest = versions.current()
            query = sa.select(LogEntry.id).filter_by(kind="office.probe").where(LogEntry.version > self._cursor)
            self._seen.update(db.session.scalars(query))
        self._cursor = newest
        return self._seen

    def everything(self) -> set[str]:
        return set(db.session.scalars(sa.select(LogEntry.id).filter_by(kind="office.probe")))


def _counted(
    apps: Sequence[Flask], write: Callable[[Callable[[], None]], None], read: Callable[[], set[Any]],
    everything: Callable[[], set[Any]], writers: int, rounds: int, linger_ms: int,
) -> Counted:  # fmt: skip
    threads = [
        threading.Thread(target=_write, args=(apps[number % len(apps)], write, rounds, linger_ms, number))
        for number in range(writers)
    ]
    with apps[0].app_context():
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            read()
            time.sleep(0.002)
        seen, there = read(), everything()
        db.session.remove()
    assert len(there) == writers * rounds, "every writer got through"
    return Counted(len(there), len(there - seen))


def _write(
    app: Flask, write: Callable[[Callable[[], None]], None], rounds: int, linger_ms: int, number: int
) -> None:
    pace = random.Random(number)
    for _ in range(rounds):
        with app.app_context():
            write(lambda: time.sleep(pace.uniform(0, linger_ms) / 1000))
