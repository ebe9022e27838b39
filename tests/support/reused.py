"""Databases of PostgreSQL that serve one test after another, each finding them as if just migrated.

A copy costs PostgreSQL thirty milliseconds, and a new connection reads the whole catalogue again: together more than
most tests. So a test gives back what it had: rows that were not there go, rows that were there and are others come
again, sequences begin anew. What cannot be cleared like that (a table was changed, somebody is still connected or at
work, a great many rows were written) is thrown away, and the next test gets a copy.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

from fieldservice.core import postgresql
from tests.support import kept_connections
from tests.support.databases import Database, Template, create_copy, drop

#: rows that were deleted leave their places behind: after so many a copy is quicker
MOST_ROWS = 5_000
_LEAVING_SECONDS = 1

#: what any change of the schema changes, and what counting the rows for the planner changes
_SCHEMA = """
    SELECT (SELECT (count(*), sum(xmin::text::bigint), sum(reltuples))::text FROM pg_class)
        || (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_attribute)
        || (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_constraint)
        || (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_trigger)
        || (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_statistic)
        || (SELECT (count(*), sum(xmin::text::bigint))::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
        || (SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_')
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_AS_A_NEW_CONNECTION = "RESET ALL; UNLISTEN *; SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES"
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
_SEQUENCES = "SELECT quote_ident(sequencename), start_value FROM pg_sequences WHERE schemaname = 'public'"


class _Reused:
    """One such database, and what it held at first."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._name = str(sa.make_url(database.url).database)
        self._connection: Any = self._connect()
        self._rows = 0
        self._tables = [name for (name,) in self._ask(_TABLES)]
        self._look = " UNION ALL ".join(
            f"SELECT '{name}', md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM \"{name}\" t HAVING count(*) > 0"
            for name in self._tables
        )
        self._at_first = dict(self._ask(self._look))
        self._contents = {name: self._copied_out(name) for name in self._at_first}
        self._sequences = self._ask(_SEQUENCES)
        self._schema = self._ask(_SCHEMA)
        self._connection.autocommit = False

    def begin(self) -> None:
        """A test begins with it."""
        self._threads = set(threading.enumerate())
        kept_connections.offer(self._name, self._connection)

    def end(self) -> bool:
        """The test is over: make the database as it was. False: that is not possible."""
        self._connection = kept_connections.take_back(self._name) or self._connect()
        try:
            return self._is_unchanged() and self._is_cleared()
        except psycopg.Error:
            return False

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _is_unchanged(self) -> bool:
        """Whether it is ours alone, with the tables it had."""
        self._connection.rollback()
        self._connection.autocommit = True
        for statement in _AS_A_NEW_CONNECTION.split(";"):
            self._connection.execute(statement)
        at_work = [thread for thread in threading.enumerate() if thread not in self._threads]
        return not at_work and self._is_alone() and self._ask(_SCHEMA) == self._schema

    def _is_alone(self) -> bool:
        """Whether nobody else is connected; who has just left is seen for some milliseconds more."""
        until = time.monotonic() + _LEAVING_SECONDS
        while self._ask(_OTHERS) != [(0,)]:
            if time.monotonic() > until:
                return False
            time.sleep(0.005)
        return True

    def _is_cleared(self) -> bool:
        now = dict(self._ask(self._look))
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger refuses, no key asks
            for name in self._tables:
                if now.get(name) == self._at_first.get(name):
                    continue
                self._rows += cursor.execute(f'DELETE FROM "{name}"').rowcount
                if name in self._contents:
                    with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
                        copy.write(self._contents[name])
            for name, start in self._sequences:
                cursor.execute("SELECT setval(%s::regclass, %s, false)", (name, start))
        self._connection.autocommit = False
        return self._rows < MOST_ROWS

    def _connect(self) -> Any:
        address = sa.make_url(self.database.url).set(drivername="postgresql")
        return postgresql.connect(address.render_as_string(hide_password=False), autocommit=True)

    def _ask(self, statement: str) -> list[Any]:
        return self._connection.execute(statement).fetchall()

    def _copied_out(self, table: str) -> bytes:
        with self._connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:
            return b"".join(copy)


_idle: dict[str, list[_Reused]] = {}


@contextmanager
def reused_copy_of(source: Template) -> Iterator[Database]:
    """As `databases.copy_of`; a copy that served a test before in this process, if there is one."""
    idle = _idle.setdefault(source.name, [])
    reused = idle.pop() if idle else _Reused(create_copy(source))
    reused.begin()
    try:
        yield reused.database
    finally:
        if reused.end():
            idle.append(reused)
        else:
            reused.close()
            drop(reused.database)


def close_all() -> None:
    """The tests of this process are over; the databases go with the cluster."""
    for idle in _idle.values():
        while idle:
            idle.pop().close()
