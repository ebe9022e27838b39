"""Whether this program may work on these data: not while a backup is being put back, not with a newer schema.

Servers and workers hold `running.lock` in the data folder as long as they live, together; whoever puts a backup back
holds it alone. The system lets go of it when a process dies, however it dies.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask, current_app, request
from flask.cli import ScriptInfo

from fieldservice.core.db import db, transaction_mode
from fieldservice.core.errors import AppError

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

#: answered whatever the state of the data: they say what is wrong
_ALWAYS = ("product.livez", "product.readyz")


class CannotStart(RuntimeError):
    """Why this program must not work on these data, in words for who runs it."""


class NotNow(AppError):
    """The data are not for this program, or not yet."""

    status = 503


#: done when a server or worker starts, in an application context
_preparations: list[Callable[[], None]] = []


def prepares(function: Callable[[], None]) -> Callable[[], None]:
    """Marks what is made at the first start and looked at by each. It must bear several at once, and never raise."""
    _preparations.append(function)
    return function


def install(app: Flask) -> None:
    """Each process looks once before its first answer, and again until it may."""
    app.before_request(_look_before_answering)


def check(app: Flask) -> bool:
    """Raises CannotStart; True when all was looked at, False when the database does not answer: look again."""
    if restore_mark(app).exists():
        raise CannotStart(
            "A backup is being put back, or that was cut off. When no `restore` is running, run it again: "
            "nothing was lost, and nothing works before it is done."
        )
    present = revision()
    if present is not None and present not in known_revisions():
        raise CannotStart(newer_words(f"The database has the schema {present}"))
    return present is not None


def newer_words(what: str) -> str:
    """What to say of a schema this program does not know."""
    newest = max(known_revisions(), default="none")
    return f"{what}, which this version of the program does not know (it knows up to {newest}): use the newer program."


def revision() -> str | None:
    """The schema of the database; None when it does not answer or has none."""
    try:
        with transaction_mode("read"), db.engine.connect() as connection:
            # looked for first: on PostgreSQL a question to a table that is not there ends the transaction
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return found
    except sa.exc.SQLAlchemyError:
        return None


@cache
def known_revisions() -> frozenset[str]:
    """The schemas this program knows."""
    return frozenset(found.revision for found in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def restore_mark(app: Flask) -> Path:
    """It is there from the first change of a restore to its last."""
    folder: Path = app.config["DATA_DIR"]
    return folder / "restore-under-way"


def hold(app: Flask) -> None:
    """For a server or worker: says for the life of this process that it works on the data. Raises CannotStart."""
    handle = _locked(app, fcntl.LOCK_SH)
    if handle is None:
        raise CannotStart("A backup is being put back: start again when it is done.")
    app.extensions["running_lock"] = handle
    with app.app_context():
        if check(app):
            for prepare in _preparations:
                prepare()


@contextmanager
def alone(app: Flask) -> Iterator[bool]:
    """Whether no server and no worker of this data folder runs; none starts inside."""
    handle = _locked(app, fcntl.LOCK_EX)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def _locked(app: Flask, how: int) -> int | None:
    handle = os.open(app.config["DATA_DIR"] / "running.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def guarded(command: click.Command) -> click.Command:
    """The command, refused when this program must not work on the data."""
    for inner in getattr(command, "commands", {}).values():
        guarded(inner)
    if command.callback is not None and not getattr(command, "_is_guarded", False):
        command.callback = _checking(command.callback)
        command._is_guarded = True  # type: ignore[attr-defined]
    return command


def _checking(work: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*args: Any, **given: Any) -> Any:
        app = click.get_current_context().ensure_object(ScriptInfo).load_app()
        with app.app_context():
            try:
                check(app)
            except CannotStart as error:
                raise click.ClickException(str(error)) from error
        return work(*args, **given)

    return checked


def _look_before_answering() -> None:
    if current_app.extensions.get("may_work") or request.endpoint in _ALWAYS:
        return
    try:
        current_app.extensions["may_work"] = check(current_app)
    except CannotStart as error:
        current_app.logger.error("%s", error)
        raise NotNow("not_now", wait_seconds=30) from error
