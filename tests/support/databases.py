"""A fresh, migrated database for each test, on SQLite and on PostgreSQL.

Migrating takes a second, copying some hundredths: each kind is migrated once a session into a template,
and every test gets a copy of that.
"""

import shutil
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
import sqlalchemy as sa
from flask import Flask

from tests.support import kept_connections
from tests.support.pg_cluster import cluster_address
from tests.support.shared_folder import locked, shared_folder
from tests.support.warm import keep_warm

KINDS = ("sqlite", "postgresql")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Database:
    """Where a test's data are: `kind` is one of KINDS, `url` an address for SQLAlchemy."""

    kind: str
    url: str


@dataclass(frozen=True)
class Template:
    """A database to copy from, and the data folder that was filled together with it."""

    kind: str
    name: str

    @property
    def data_dir(self) -> Path:
        """The data folder that belongs to the data (secrets, files, passwords)."""
        return shared_folder() / f"{self.kind}-{self.name}-data"

    @property
    def database(self) -> Database:
        """The template itself; nothing may be connected to it while it is copied."""
        return Database(self.kind, _url(self.kind, f"template_{self.name}"))


Fill = Callable[[Database, Path], None]


def template(kind: str, name: str, fill: Fill) -> Template:
    """The template of that name, made by `fill(database, data_dir)` if this session has not made it yet."""
    made = Template(kind, name)
    ready, failed = (shared_folder() / f"{kind}-{name}.{end}" for end in ("ready", "failed"))
    with locked(f"{kind}-{name}"):
        if failed.exists():
            raise RuntimeError(f"The template {name} could not be made:\n{failed.read_text()}")
        if not ready.exists():
            try:
                made.data_dir.mkdir(mode=0o700)
                _create(made.database)
                fill(made.database, made.data_dir)
            except Exception:
                failed.write_text(traceback.format_exc())  # the next test says why, and does not try again
                raise
            ready.touch()
    return made


def migrated(kind: str) -> Template:
    """The template with all tables and no rows."""
    return template(kind, "migrated", migrate)


@contextmanager
def empty_database(kind: str) -> Iterator[Database]:
    """A database without even a table, for tests of the migrations themselves."""
    database = Database(kind, _url(kind, _fresh_name()))
    _create(database)
    try:
        yield database
    finally:
        drop(database)


@contextmanager
def copy_of(source: Template) -> Iterator[Database]:
    """A copy of the template; it is gone afterwards."""
    database = create_copy(source)
    try:
        yield database
    finally:
        drop(database)


def create_copy(source: Template) -> Database:
    """A copy of the template; whoever has it drops it."""
    name = _fresh_name()
    database = Database(source.kind, _url(source.kind, name))
    if source.kind == "sqlite":
        shutil.copyfile(_sqlite_file(source.database), _sqlite_file(database))
    else:
        _administer(f'CREATE DATABASE "{name}" TEMPLATE "template_{source.name}"')
    return database


def migrate(database: Database, data_dir: Path) -> None:
    """Bring the database to the newest schema with the project's own migrations."""
    app = app_on(database, data_dir)
    with app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    close(app)


def app_on(database: Database, data_dir: Path, **settings: object) -> Flask:
    """The application on a database, as the tests set it up."""
    from fieldservice import create_app
    from fieldservice.core.db import db

    given = {"TESTING": True, "DATABASE_URL": database.url, "DATA_DIR": data_dir, "BACKGROUND": "inline"}
    made = create_app(given | settings)
    keep_warm(made)
    with made.app_context():
        kept_connections.lend(db.engine)
    return made


def close(app: Flask) -> None:
    """Give back every connection, so that the database can be copied or dropped."""
    from fieldservice.core.db import db

    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            kept_connections.keep(engine)
            engine.dispose()


def _fresh_name() -> str:
    return f"test_{uuid.uuid4().hex}"


def _url(kind: str, name: str) -> str:
    if kind == "sqlite":
        return f"sqlite:///{shared_folder() / name}.sqlite3"
    return cluster_address(name)


def _sqlite_file(database: Database) -> Path:
    return Path(str(sa.make_url(database.url).database))


def _create(database: Database) -> None:
    if database.kind == "postgresql":
        _administer(f'CREATE DATABASE "{sa.make_url(database.url).database}"')
    # SQLite makes its file at the first connection


def drop(database: Database) -> None:
    """The database is gone; who is connected, too."""
    if database.kind == "postgresql":
        _administer(f'DROP DATABASE IF EXISTS "{sa.make_url(database.url).database}" WITH (FORCE)')
        return
    file = _sqlite_file(database)
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _administer(statement: str) -> None:
    engine = sa.create_engine(cluster_address(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
