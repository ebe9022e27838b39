"""What makes thousands of tests wait and tells none of them anything: passwords are hashed slowly on purpose, and what
is written waits for the disk. Only a power cut would show the second, and no test cuts the power: they end processes.

Servers that run in processes of their own stay as the product made them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask

_keeps_its_word = False


def leave_the_disk_alone() -> None:
    """From now on nothing that this process writes into files waits for the disk."""
    os.fsync = lambda _file: None


def make_hasty(app: Flask) -> None:
    """Neither passwords nor commits of SQLite are waited for in this application."""
    from fieldservice.core import passwords

    own_hasher()
    passwords._hasher = _cheap
    commit_in_haste(app)


def commit_in_haste(app: Flask) -> None:
    """No commit of SQLite waits for the disk in this application."""
    from fieldservice.core.db import db

    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
        with app.app_context():
            sa.event.listen(db.engine, "connect", _do_not_wait)


@cache
def own_hasher() -> PasswordHasher:
    """The product's own."""
    from fieldservice.core import passwords

    return passwords._hasher


@contextmanager
def keeping_its_word() -> Iterator[None]:
    """Connections that are made inside wait for the disk as the product wants it."""
    global _keeps_its_word
    _keeps_its_word = True
    try:
        yield
    finally:
        _keeps_its_word = False


_cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def _do_not_wait(connection: Any, _record: Any) -> None:
    if not _keeps_its_word:
        connection.execute("PRAGMA synchronous=OFF").close()
