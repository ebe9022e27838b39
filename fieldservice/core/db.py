"""The database: one `db` for SQLite and PostgreSQL, transactions that behave the same on both.

- Writing is the default: `BEGIN IMMEDIATE` on SQLite, so that a transaction that reads and then writes
  never meets another writer half-way.
- Reading (`reading()`, every GET) is `BEGIN` on SQLite, READ COMMITTED on PostgreSQL; a flush inside it is an error.
- A snapshot (`snapshot()`) sees one state from its first statement to its last: one read transaction on SQLite,
  REPEATABLE READ READ ONLY on PostgreSQL.
"""

import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from fieldservice.core import holding, json, postgresql
from fieldservice.core.ids import new_id

_log = logging.getLogger("fieldservice.database")

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Tables are named in the singular, as the glossary names the thing."""

    metadata = sa.MetaData(naming_convention=_NAMES)


#: `info` of an index that differs between the databases: its migration writes it by hand, and none is written anew for it
BY_HAND = {"by_hand": True}


def is_compared(_thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Whether Alembic compares this with the models: neither SQLite's inverted index nor what is by hand."""
    if kind == "table":
        return not str(name).startswith("search_gram")
    by_hand = {index.name for table in Base.metadata.tables.values() for index in table.indexes if index.info}
    return not (kind == "index" and name in by_hand)


holding.install()
db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate(db=db, directory="migrations", compare_type=True, render_as_batch=True, include_object=is_compared)


@contextmanager
def kept(rows: Callable[[], Collection[Any]]) -> Iterator[None]:
    """Inside, a commit leaves what is known of these rows; all others are read anew when they are asked for, as always.
    Whoever uses them then compares their version with the one in the database. `rows`: asked behind the commit.
    """
    session = db.session()
    session.expire_on_commit = False
    try:
        yield
    finally:
        session.expire_on_commit = True
        others = {id(row): row for row in session.identity_map.values()}
        for row in rows():
            others.pop(id(row), None)
        for row in others.values():
            session.expire(row)


#: how long a transaction of SQLite waits for another one's end, and how often whoever wants to write looks meanwhile
_WAIT_SECONDS = 10
_LOOK_SECONDS = 0.01

_mode: ContextVar[str] = ContextVar("transaction_mode", default="write")

READ_ONLY_MODES = ("read", "snapshot")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC on both databases; a naive one is an error, not a guess."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without its zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class HasId:
    """A UUIDv7 key, known before the row is written."""

    #: UUIDv7, 36 characters
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)

    def __init__(self, **values: Any) -> None:
        values.setdefault("id", new_id())
        super().__init__(**values)


def init_app(app: Flask, url: str) -> None:
    """Binds `db` to `url` with what each database needs for durable, predictable transactions."""
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url)
    db.init_app(app)
    migrate.init_app(app, db)
    with app.app_context():
        _listen(db.engine)


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {
            "module": _carried_sqlite(),
            "hide_parameters": True,
            "connect_args": {"timeout": _WAIT_SECONDS, "check_same_thread": False},
        }
    # 20 + 10 connections a process, 3 s for one to come free, then 503 (trust.md, Reliability)
    return {
        "pool_size": 20,
        "max_overflow": 10,
        "pool_timeout": 3,
        "pool_use_lifo": True,  # as few as can be are at work: each has its statements prepared, the others may rest
        "pool_recycle": 900,  # what is prepared was planned for tables as they were then
        "hide_parameters": True,  # an error in the log must not show whose name and number it was about
        "connect_args": {"connect_timeout": 3},
    }


def sqlite_module() -> Any:
    """The driver in use."""
    from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

    return _carried_sqlite() or SQLiteDialect_pysqlite.import_dbapi()


def _carried_sqlite() -> Any:
    """SQLite from the package that carries a version without the WAL-reset bug; Python's own where there is no wheel."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return None
    return dbapi2


#: versions in which a reset of the write-ahead log can damage the database (trust.md, Reliability)
_RISKY_SQLITE = ((3, 7, 0), (3, 51, 2))


def sqlite_version() -> str:
    """Version of the SQLite in use."""
    return str(sqlite_module().sqlite_version)


def is_sqlite_risky(version: str) -> bool:
    """Whether this SQLite can damage a database when it resets its log; only where pysqlite3 has no wheel."""
    first, last = _RISKY_SQLITE
    return first <= tuple(int(part) for part in version.split(".")) <= last


def _warn_of_risky_sqlite() -> None:
    version = sqlite_version()
    if is_sqlite_risky(version):
        _log.warning("SQLite %s can damage the database when its log is reset; use PostgreSQL or pysqlite3", version)


def _listen(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        _warn_of_risky_sqlite()
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        postgresql.install(engine)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _hide_rows)


def _hide_rows(context: ExceptionContext) -> None:
    """PostgreSQL adds to an error which row it was about, and with it somebody's number: a log shows only what was
    wrong. Both errors still know code and constraint (`orig.diag`).
    """
    error, shown = context.original_exception, context.sqlalchemy_exception
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    if primary is None or shown is None:
        return
    said = str(error)
    error.args = (primary, *error.args[1:])
    shown.args = tuple(one.replace(said, primary) if isinstance(one, str) else one for one in shown.args)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver opens no transaction of its own; `_begin` does
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    mode = _mode.get()
    if connection.dialect.name == "sqlite":
        if mode in READ_ONLY_MODES:
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection)
    else:
        postgresql.begin(connection, is_snapshot=mode == "snapshot")


def _begin_writing(connection: Connection) -> None:
    """Waits for its turn. SQLite's own waiting soon looks only ten times a second: whoever writes one transaction after
    the other (a worker at an import) is then met between two of them by chance, and others wait in vain.
    """
    cursor = connection.connection.cursor()
    until = time.monotonic() + _WAIT_SECONDS
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except Exception as error:
                if "locked" not in str(error):
                    break  # said below
                time.sleep(random.uniform(0.5, 1.5) * _LOOK_SECONDS)  # noqa: S311 - so that many do not look at once
            else:
                return
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        cursor.execute(f"PRAGMA busy_timeout={_WAIT_SECONDS * 1000}")
        cursor.close()


@contextmanager
def transaction_mode(mode: str) -> Iterator[None]:
    """Transactions begun inside are 'write', 'read' or 'snapshot'; one already open is ended first."""
    db.session.rollback()
    token = _mode.set(mode)
    try:
        yield
    finally:
        if mode in READ_ONLY_MODES:
            db.session.rollback()
        _mode.reset(token)


def count_rows() -> None:
    """Tells SQLite's planner what stands where, from a sample; PostgreSQL does so itself. Cheap when little changed."""
    if db.engine.dialect.name != "sqlite":
        return
    db.session.rollback()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        connection.exec_driver_sql("PRAGMA optimize=0x10002")
        connection.commit()


class _Many(TypeDecorator[Sequence[str]]):
    """Many texts as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        many: sa.types.TypeEngine[Any] = sa.ARRAY(sa.String) if dialect.name == "postgresql" else sa.Text()
        return dialect.type_descriptor(many)

    def process_bind_param(self, value: Iterable[str] | None, dialect: sa.Dialect) -> Any:
        values = list(value or ())
        return values if dialect.name == "postgresql" else json.dumps(values)


class _Among(FunctionElement[bool]):
    """`among`, in the words of each database."""

    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLite would be asked whether it equals 1, and look through the whole table for it."""
        return self


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: Any, **given: Any) -> str:
    column, values = (compiler.process(part, **given) for part in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among)
def _among_json(element: _Among, compiler: Any, **given: Any) -> str:
    column, values = (compiler.process(part, **given) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - of compiled parts


def among(column: Any, name: str) -> sa.ColumnElement[bool]:
    """Whether a column of texts holds one of those that are given by this name when it is asked (`ask`). The statement is
    the same for any number of them, so it is written, read and planned once.
    """
    return _Among(column, sa.bindparam(name, type_=_Many()))


def table_of(model: Any) -> sa.Table:
    """The table of a mapped class, for questions about its columns alone."""
    return cast(sa.Table, model.__table__)


def ask(question: sa.Executable, **values: Any) -> sa.CursorResult[*tuple[Any, ...]]:
    """The rows that a question about columns of tables finds, past the session; what that has not written yet is written
    first, as for its own questions. For questions that every push asks and that are written once, with `sa.bindparam` for
    what differs: SQLAlchemy takes several times longer to make a question out of mapped classes than to ask it.
    """
    session = db.session()
    session._autoflush()  # it does so by itself for mapped classes alone, and has no other name for it
    return session.connection().execute(question, values)


def insert_rows(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows with the same columns in one statement. Each value is such as JSON can say it, or a moment."""
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        connection.execute(_insert_into(table), rows)
    else:
        statement = _insert_of_json(table, tuple(rows[0]), connection.dialect)
        connection.execute(statement, {"rows": json.dumps(rows)})


@cache
def _insert_into(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@cache
def _insert_of_json(table: sa.Table, names: tuple[str, ...], dialect: sa.Dialect) -> sa.TextClause:
    """The rows as one parameter: a hundred messages of one row each cost both sides more than the rows do."""
    columns = ", ".join(f'"{name}"' for name in names)
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in names)
    return sa.text(  # nothing in it but names of our own tables
        f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} '  # noqa: S608
        f"FROM json_to_recordset(CAST(:rows AS json)) AS given ({typed})"
    )


_together: ContextVar[bool] = ContextVar("flushed_together", default=False)


def flush() -> None:
    """Sends what is new to the database, so that what leans on it can follow; not while that is done for many at once."""
    if not _together.get():
        db.session.flush()


@contextmanager
def flushed_together() -> Iterator[None]:
    """Whoever writes many things of one kind flushes them with one `db.session.flush()`, which is much quicker.

    Inside, actions do not flush, and a question to the database does not find what has not been flushed.
    """
    token = _together.set(True)
    try:
        with db.session.no_autoflush:
            yield
    finally:
        _together.reset(token)


def set_request_mode(mode: str) -> None:
    """The mode of this request's transactions; reset by `reset_request_mode` when the request ends."""
    _mode.set(mode)


@event.listens_for(Session, "before_flush")
def _refuse_writes_while_reading(session: Session, _context: Any, _instances: Any) -> None:
    changed = session.new or session.deleted or any(session.is_modified(found) for found in session.dirty)
    if changed and _mode.get() in READ_ONLY_MODES:
        raise RuntimeError("a page that only reads tried to write")
