"""One connection for each database that is used again: the application of one test hands it to that of the next.

A new connection to PostgreSQL is a process that reads the catalogue anew, for each table a statement names.
"""

from typing import Any

import sqlalchemy as sa

#: by name of a database in use: the connection that waits for an application, if it is not out
_waiting: dict[str, list[Any]] = {}


def offer(database: str, connection: Any) -> None:
    """From now on applications on this database may have this connection and are asked for it when they close."""
    _waiting[database] = [connection]


def take_back(database: str) -> Any:
    """The connection that was kept, none if no application gave one back; the database is not in use any more."""
    return next((one for one in _waiting.pop(database) if not one.closed), None)


def lend(engine: sa.Engine) -> None:
    """Let the first connection of the engine be the one that waits for its database, if there is one."""
    if (waiting := _waiting.get(str(engine.url.database))) is None:
        return
    connect: Any = engine.pool._invoke_creator

    def waiting_or_new(record: Any) -> Any:
        connection = waiting.pop() if waiting else None
        return connect(record) if connection is None or connection.closed else connection

    engine.pool._creator = waiting_or_new


def keep(engine: sa.Engine) -> None:
    """Before the engine is disposed of: keep one connection that it does not use, if its database wants one."""
    waiting = _waiting.get(str(engine.url.database))
    if waiting is None or waiting or not engine.pool.checkedin():  # type: ignore[attr-defined]
        return
    connection = engine.raw_connection()
    waiting.append(connection.driver_connection)
    connection.detach()
