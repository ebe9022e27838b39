"""Runs the migrations on the application's own engine: one migrator at a time, all of them in one transaction.

Killed at any point nothing has happened, on SQLite too: Alembic takes its DDL for not transactional, because Python's
driver used to commit before it; ours begins every transaction itself (core/db.py).
"""

import fcntl
from contextlib import contextmanager

from alembic import context
from flask import current_app

from fieldservice.core import audit, clock, search, start
from fieldservice.core.versions import unversioned_writes

db = current_app.extensions["migrate"].db

#: the lock of the one migrator on PostgreSQL
LOCK = 7403_2606


def plain_type(kind, item, _context):
    """Writes our moment type as the plain one: a migration must not change when the code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and type(item).__name__ == "UTCDateTime" else False


def run() -> None:
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection, _one_migrator(connection):
        if not current_app.config.get("IS_RESTORING"):  # a restore migrates what it puts back
            start.check(current_app)
        with _tables_may_be_rebuilt(connection):
            context.configure(
                connection=connection, target_metadata=db.metadata, render_item=plain_type, transactional_ddl=True,
                **options,
            )
            with unversioned_writes(), context.begin_transaction():
                context.run_migrations()
                _check_references(connection)
                is_whole = context.get_context().get_current_revision() == context.get_head_revision()
                if is_whole:  # an installation older than its chain: in the same transaction, so nothing comes before
                    audit.chain_what_is_there(connection, clock.now())
        if is_whole and _search_is_unfilled():
            search.rebuild()  # it is derived, so the code of today fills it, not the migration
            _search_mark().unlink(missing_ok=True)


@contextmanager
def _one_migrator(connection):
    """Waits for whoever is migrating; what dies lets go."""
    if connection.dialect.name != "postgresql":
        with (current_app.config["DATA_DIR"] / "migrating.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")
        connection.commit()


def _search_is_unfilled():
    """Whether the index was just made, or filling it was cut off."""
    if search.is_empty():
        _search_mark().touch()
    db.session.rollback()
    return _search_mark().exists()


def _search_mark():
    return current_app.config["DATA_DIR"] / "search-unfilled"


@contextmanager
def _tables_may_be_rebuilt(connection):
    """SQLite changes a table by building it anew and dropping the old one, to which other tables refer: the references
    are not looked at meanwhile, and checked before the commit. The setting can only be changed outside a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        connection.rollback()
        return
    driver = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection):
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"the migration breaks references: {broken[:5]}")


run()
