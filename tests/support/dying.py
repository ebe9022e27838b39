"""Work in a child process that SIGKILL ends at a chosen point, set from outside: the product has no switch."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

_FORK = multiprocessing.get_context("fork")
KILLED = -signal.SIGKILL


def die() -> None:
    """As a power cut for this process: nothing is finished, nothing told."""
    os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Callable[[], None], set_points: Callable[[], None] = lambda: None) -> Any:
    """Starts `work` in a child whose points are set first; `.join()`, then `.exitcode` is KILLED when it died there."""

    def run() -> None:
        set_points()
        work()

    child = _FORK.Process(target=run)
    child.start()
    return child


def dies(work: Callable[[], None], set_points: Callable[[], None]) -> None:
    """Runs `work` in a child until it dies at its point. Fails when it never comes there."""
    child = in_child(work, set_points)
    child.join(60)
    assert child.exitcode == KILLED, f"it ended with {child.exitcode} and never came to its point"


def at_statement(part: str, *, done: bool = False) -> Callable[[], None]:
    """Dies before (`done`: after) the first statement with `part` in it."""

    def set_point() -> None:
        name = "after_cursor_execute" if done else "before_cursor_execute"
        event.listen(Engine, name, lambda _c, _cursor, statement, *_: die() if part in statement else None)

    return set_point


def at_commit(nth: int = 1, *, done: bool = False) -> Callable[[], None]:
    """Dies before (`done`: after) the nth commit of a transaction in which something was written."""
    seen = {"commits": 0, "wrote": False}

    def set_point() -> None:
        event.listen(Engine, "before_cursor_execute", note)
        if not done:
            event.listen(Engine, "commit", count)
        else:
            commit = sa.engine.default.DefaultDialect.do_commit

            def then_die(dialect: Any, connection: Any) -> None:
                commit(dialect, connection)
                count(None)

            sa.engine.default.DefaultDialect.do_commit = then_die  # type: ignore[method-assign]

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen["wrote"] |= statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"))

    def count(_connection: Connection | None) -> None:
        if seen["wrote"]:
            seen["commits"], seen["wrote"] = seen["commits"] + 1, False
            if seen["commits"] == nth:
                die()

    return set_point
