"""Connections to PostgreSQL that keep what they have prepared.

A statement that comes again and again is prepared: read and planned once, then only executed. psycopg forgets all of it
with every rollback, in case the transaction had made tables; and whoever only reads ends by rolling back.
"""

import select
import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import IsolationLevel
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

#: uses after which a statement is prepared, and how many a connection keeps: pages and pushes have some hundred
PREPARED_AFTER = 3
MOST_PREPARED = 300
#: a connection that rested so long may be cut without a word: it is asked before somebody gets it
RESTED_SECONDS = 20.0

#: an option of a statement whose best plan depends on how much stands in its table by now: never prepared
PLANNED_ANEW = {"planned_anew": True}

_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


class KeepingConnection(psycopg.Connection[Any]):
    """Rolls back without forgetting what is prepared: no transaction of the product makes or drops a table (migrations
    have a process of their own), and what is prepared in one that is rolled back stays with PostgreSQL.
    """

    def rollback(self) -> None:
        if self.pgconn.transaction_status not in _OPEN:
            super().rollback()  # nothing to do, or it says what is wrong
            return
        with self.lock:
            result = self.pgconn.exec_(b"ROLLBACK")
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(result.get_error_message())


class _Columns(Sequence[psycopg.Column]):
    """What a result's columns are, made when somebody looks: SQLAlchemy wants to be told for every result that there are
    some, and knows of most already what they are; to make fifty of a job's takes as long as to send the question.
    """

    def __init__(self, cursor: psycopg.Cursor[Any], count: int) -> None:
        self._cursor, self._count = cursor, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: Any) -> Any:
        return self._made[place]

    @cached_property
    def _made(self) -> list[psycopg.Column]:
        return psycopg.Cursor.description.fget(self._cursor) or []  # type: ignore[attr-defined]


class _Cursor(psycopg.Cursor[Any]):
    """Describes its columns late."""

    @property
    def description(self) -> Any:
        result = self.pgresult
        return _Columns(self, result.nfields) if result and result.nfields else super().description


def install(engine: Engine) -> None:
    """Lets the engine have such connections."""
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "do_execute", _execute)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _make_sure)


def begin(connection: Connection, *, is_snapshot: bool) -> None:
    """Says what the transaction that begins is to be; sent with its BEGIN."""
    raw: Any = connection.connection.dbapi_connection
    if (raw.read_only is True) != is_snapshot:
        raw.isolation_level = IsolationLevel.REPEATABLE_READ if is_snapshot else None
        raw.read_only = is_snapshot or None


def connect(*args: Any, **given: Any) -> KeepingConnection:
    """One more connection. Arguments and errors are those of `psycopg.connect`."""
    connection = KeepingConnection.connect(
        *args, **given, prepare_threshold=PREPARED_AFTER, cursor_factory=_Cursor
    )
    connection.prepared_max = MOST_PREPARED
    return connection


def _connect(_dialect: sa.Dialect, _record: Any, args: Any, given: Any) -> KeepingConnection:
    return connect(*args, **given)


def _execute(cursor: Any, statement: str, values: Any, context: Any) -> bool:
    """Whether it was executed here: a plan that was made while a table was empty reads it whole when it is long."""
    if not context.execution_options.get("planned_anew"):
        return False
    cursor.execute(statement, values, prepare=False)
    return True


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _make_sure(connection: Any, record: Any, _proxy: Any) -> None:
    """Of a connection that just rested a look suffices: PostgreSQL says something before it goes away, and closes. To ask
    it each time costs as much as a statement. Raises DisconnectionError: somebody gets a new one.
    """
    has_rested = time.monotonic() - record.info.get("rests_since", 0) > RESTED_SECONDS
    try:
        if has_rested or _is_heard(connection):
            connection.autocommit = True
            connection.execute("")
            connection.autocommit = False
    except psycopg.Error as error:
        raise sa.exc.DisconnectionError from error


def _is_heard(connection: KeepingConnection) -> bool:
    """Whether something came that nobody had asked for."""
    looks = select.poll()
    looks.register(connection.fileno(), select.POLLIN)
    return bool(looks.poll(0))
