"""Runs the migrations on the application's own engine, one migrator at a time."""

from alembic import context
from flask import current_app

from fieldservice.core.versions import unversioned_writes

db = current_app.extensions["migrate"].db

#: one migrator at a time on PostgreSQL; SQLite has one writer anyway (BEGIN IMMEDIATE)
LOCK = 7403_2606


def plain_type(kind, item, _context):
    """Writes our moment type as the plain one: a migration must not change when the code does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and type(item).__name__ == "UTCDateTime" else False


def run() -> None:
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
            connection.commit()
        context.configure(connection=connection, target_metadata=db.metadata, render_item=plain_type, **options)
        with unversioned_writes(), context.begin_transaction():
            context.run_migrations()


run()
