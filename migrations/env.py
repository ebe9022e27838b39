"""Runs the migrations on the application's own engine, one migrator at a time."""

from contextlib import contextmanager

from alembic import context
from flask import current_app

from fieldservice.core import search
from fieldservice.core.versions import unversioned_writes

db = current_app.extensions["migrate"].db

#: one migrator at a time on PostgreSQL; SQLite has one writer anyway (BEGIN IMMEDIATE)
LOCK = 7403_2606


def plain_type(kind, item, _context):
    """Writes our moment type as the plain one: a migration must not change when the code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and type(item).__name__ == "UTCDateTime" else False


def run() -> None:
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection, _tables_may_be_rebuilt(connection):
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
            connection.commit()
        context.configure(connection=connection, target_metadata=db.metadata, render_item=plain_type, **options)
        with unversioned_writes(), context.begin_transaction():
            context.run_migrations()
            _check_references(connection)
        is_whole = context.get_context().get_current_revision() == context.get_head_revision()
    if is_whole and search.is_empty():
        search.rebuild()  # it is derived, so the code of today fills it, not the migration


@contextmanager
def _tables_may_be_rebuilt(connection):
    """SQLite changes a table by building it anew and dropping the old one, to which other tables refer: the references
    are not looked at meanwhile, and checked before the commit. The setting can only be changed outside a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
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
