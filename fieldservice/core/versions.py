"""The one commit-ordered counter, and the one function that stamps versions.

Every transaction that touches a synced row takes the next version as its last act before the commit and writes
it on each touched row. The counter row stays locked until the commit, so versions become visible in the order of
their numbers: whoever has read up to version n has missed nothing below n (docs/sync-protocol.md).

A synced row changed past this function (bulk update, raw SQL) is an error, in tests and in production.

No number is given out twice, also not by a database that was put back to an earlier state: every number taken is
compared with the highest that was ever given out (`high_water`), and one that is not above it begins a new epoch.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from fieldservice.core import high_water
from fieldservice.core.db import Base, among, db, insert_rows, table_of

_log = logging.getLogger("fieldservice.versions")

#: A version is epoch · 2^40 + counter, so that a restored database never gives out a number twice.
EPOCH_STEP = 1 << 40
#: versions travel as numbers of JSON, which are exact below 2^53
_MOST_EPOCHS = 1 << 13


class Installation(Base):
    """The single row that counts: one installation is one organisation."""

    __tablename__ = "installation"
    __table_args__ = (sa.CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    #: grows when the database is restored from a backup
    epoch: Mapped[int] = mapped_column(default=1)
    #: grows by one with every transaction that touches a synced row
    counter: Mapped[int] = mapped_column(sa.BigInteger, default=0)


_COUNTED = table_of(Installation).c
_CURRENT = sa.select(_COUNTED.epoch, _COUNTED.counter)
_NEXT = (
    sa.update(table_of(Installation))
    .values(counter=_COUNTED.counter + 1)
    .returning(_COUNTED.epoch, _COUNTED.counter)
)  # fmt: skip


class Synced:
    """A row whose changes are numbered; also the row version that edit forms compare."""

    #: version of the transaction that touched this row last
    version: Mapped[int] = mapped_column(sa.BigInteger, default=0, index=True)


class UnversionedWrite(RuntimeError):
    """A synced table was changed without a version being taken."""


_last_acts: list[Callable[[Session], None]] = []
_final_acts: list[Callable[[Session], None]] = []
_row_acts: list[Callable[[Session, Any, Sequence[Mapping[str, Any]]], None]] = []
_together: ContextVar[list["_Together"] | None] = ContextVar("rows_together", default=None)
_may_write: ContextVar[bool] = ContextVar("may_write_synced", default=False)
_followers: dict[type, list[Callable[[Any], Iterable[Any]]]] = defaultdict(list)
_WRITE = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)"?', re.IGNORECASE)


def touches(kind: type) -> Callable[[Callable[[Any], Iterable[Any]]], Callable[[Any], Iterable[Any]]]:
    """Registers which other synced rows show a row of `kind`, and so change with it.

    The decorated function takes the changed row and gives the rows that must take the version too.
    """

    def register(follow: Callable[[Any], Iterable[Any]]) -> Callable[[Any], Iterable[Any]]:
        _followers[kind].append(follow)
        return follow

    return register


def before_version(act: Callable[[Session], None]) -> Callable[[Session], None]:
    """Registers what is still to be written when everything is flushed and what was touched is locked, before the counter
    is taken.
    """
    _last_acts.append(act)
    return act


def after_version(act: Callable[[Session], None]) -> Callable[[Session], None]:
    """Registers what is written after the version was taken, or where none was needed: it may lock what only such acts
    lock, and waits for nothing else.
    """
    _final_acts.append(act)
    return act


def stamped(session: Session) -> list[Any]:
    """The rows that take the version of this transaction, for what is done after it was taken."""
    found: list[Any] = session.info.get("stamped", [])
    return found


def touch(row: Any) -> None:
    """Marks a synced row as changed although none of its own columns is."""
    _touched(db.session()).add(row)


def write_rows(model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes many new rows of one synced kind past the session, in one statement: with the version of this transaction,
    as it is taken. `rows`: a value for every other column. Nothing in the transaction finds them before.
    """
    if not rows:
        return
    session = db.session()
    _waiting(session).append(_Waiting(cast(sa.Table, model.__table__), rows, tuple(savepoints(session))))
    for act in _row_acts:
        act(session, model, rows)


@dataclass(frozen=True)
class _Together:
    """A new row as plain values: a hundred mapped objects that nobody asks for take longer than their statement."""

    kind: type
    values: Mapping[str, Any]
    of: Mapping[str, Any]


@contextmanager
def rows_together() -> Iterator[None]:
    """Rows added by `add_together` inside are written as it ends, a statement a kind, behind what the session holds."""
    rows: list[_Together] = []
    token = _together.set(rows)
    try:
        yield
    finally:
        _together.reset(token)
    _add_rows(rows)


def add_together(kind: type, values: Mapping[str, Any], **of: Any) -> bool:
    """Takes a new row of a mapped kind that nobody asks for in this transaction, past the session, and that is never
    deleted or changed in it. `values`: one for every column. `of`: by relationship what it belongs to; whoever follows
    such rows (`touches`) is given these and the values. Gives whether it is taken: only inside `rows_together`.
    """
    rows = _together.get()
    if rows is not None:
        rows.append(_Together(kind, values, of))
    return rows is not None


def _add_rows(rows: Sequence[_Together]) -> None:
    session = db.session()
    kinds: dict[type, list[Mapping[str, Any]]] = defaultdict(list)
    session.info["found_in_flush"] = {}
    for row in rows:
        kinds[row.kind].append(row.values)
        followed = SimpleNamespace(**row.values, **row.of)
        for follow in _followers_of(row.kind):
            with session.no_autoflush:
                _touched(session).update(follow(followed))
    session.flush()
    session.info.pop("found_in_flush", None)
    for kind, values in kinds.items():
        insert_rows(session.connection(), cast(sa.Table, sa.inspect(kind).local_table), values)
        for act in _row_acts:
            act(session, kind, values)


@dataclass(frozen=True)
class _Waiting:
    """Rows that take the version as they are written, and the savepoints they came in: undone with one of them."""

    table: sa.Table
    rows: Sequence[Mapping[str, Any]]
    inside: tuple[SessionTransaction, ...]


def _waiting(session: Session) -> list[_Waiting]:
    found: list[_Waiting] = session.info.setdefault("waiting_rows", [])
    return found


def after_rows(act: Callable[[Session, Any, Sequence[Mapping[str, Any]]], None]) -> Callable[..., None]:
    """Registers who hears of rows that `write_rows` will write: kind and values."""
    _row_acts.append(act)
    return act


def savepoints(session: Session) -> Iterator[SessionTransaction]:
    """Those that are open, the innermost first."""
    inside = session.get_nested_transaction()
    while inside is not None:
        if inside.nested:
            yield inside
        inside = inside.parent


def current(session: Session | None = None) -> tuple[int, int]:
    """(epoch, version) as this transaction sees it."""
    found = (session or db.session).connection().execute(_CURRENT).one()
    return found.epoch, found.epoch * EPOCH_STEP + found.counter


def has_lost(seen: int | None, version: int) -> bool:
    """Whether a database at `version` has lost what was given out, by a witness: a version, None for a damaged one."""
    return seen is None or version < seen


def begin_epoch(is_needed: Callable[[int], bool], *, beyond: int | None = 0) -> bool:
    """Begins a new epoch, above that of the version `beyond` too, in a transaction of its own.

    `is_needed` is asked with the version while nobody else can take one: of many who notice the same, one begins. Gives
    whether it was this one.
    """
    session = db.session()
    session.rollback()
    held = sa.select(Installation.epoch, Installation.counter).with_for_update()
    epoch, counter = session.execute(held).one()
    needed = is_needed(epoch * EPOCH_STEP + counter)
    if needed:
        _note_after_commit(session, _next_epoch(session, epoch, beyond))
        session.commit()
    else:
        session.rollback()
    return needed


def _next_epoch(session: Session, epoch: int, beyond: int | None) -> int:
    """The first version of the next epoch; the counter's row is held by this transaction."""
    if beyond is None:
        high_water.prove_writable()  # a damaged file that stays so would begin an epoch with every change
    following = max(epoch, (beyond or 0) // EPOCH_STEP) + 1
    if following >= _MOST_EPOCHS:
        raise RuntimeError("there are no more epochs: versions would not be exact in a browser")
    _log.warning("the database is behind what was given out: epoch %d begins", following)
    statement = sa.update(Installation).values(epoch=following).returning(Installation.counter)
    taken = session.execute(statement, execution_options={"synchronize_session": False}).one()
    return int(following * EPOCH_STEP + taken.counter)


@contextmanager
def unversioned_writes() -> Iterator[None]:
    """Lets migrations and test set-up write to synced tables without a version."""
    token = _may_write.set(True)
    try:
        yield
    finally:
        _may_write.reset(token)


def note_held(ids: Iterable[str]) -> None:
    """Rows (by their ids, which differ from table to table) that this transaction has locked till its end."""
    session = db.session()
    if not session.in_nested_transaction():  # locks go with a savepoint that is undone
        session.info.setdefault("held", set()).update(ids)


def _touched(session: Session) -> set[Any]:
    found: set[Any] = session.info.setdefault("touched", set())
    return found


@event.listens_for(Session, "before_flush")
def _collect(session: Session, _context: Any, _instances: Any) -> None:
    changed = [row for row in session.dirty if session.is_modified(row)]
    session.info.setdefault("found_in_flush", {})
    for row in [*session.new, *changed, *session.deleted]:
        if isinstance(row, Synced):
            _touched(session).add(row)
        for follow in _followers_of(type(row)):
            with session.no_autoflush:
                _touched(session).update(follow(row))
    session.info["flush_token"] = _may_write.set(True)


def known_in_flush() -> dict[Any, Any]:
    """For what is asked once in a flush, in which many rows lead to the same, and sees nothing of it yet."""
    found: dict[Any, Any] = db.session.info.get("found_in_flush", {})
    return found


def _followers_of(kind: type) -> list[Callable[[Any], Iterable[Any]]]:
    return [follow for base in kind.__mro__ for follow in _followers.get(base, ())]


@event.listens_for(Session, "after_flush")
def _end_flush(session: Session, _context: Any) -> None:
    _close_gate(session)


@event.listens_for(Session, "after_soft_rollback")
def _end_failed_flush(session: Session, ended: Any) -> None:
    """Forgets what was touched when the whole transaction is undone; a savepoint undone leaves the rest to be stamped."""
    _close_gate(session)
    if ended.parent is None:
        session.info.pop("touched", None)
        session.info.pop("waiting_rows", None)
        session.info.pop("version_taken", None)
        session.info.pop("held", None)
    elif ended.nested:
        _waiting(session)[:] = [one for one in _waiting(session) if ended not in one.inside]


def _close_gate(session: Session) -> None:
    session.info.pop("found_in_flush", None)
    token = session.info.pop("flush_token", None)
    if token is not None:
        _may_write.reset(token)


@event.listens_for(Session, "before_commit")
def _stamp(session: Session) -> None:
    """Takes the next version and writes it on every touched row: the last act before the commit."""
    if session.in_nested_transaction():
        return
    session.flush()
    touched, held = session.info.pop("touched", None) or (), session.info.pop("held", ())
    waiting = session.info.pop("waiting_rows", None) or ()
    rows = session.info["stamped"] = [row for row in touched if sa.inspect(row).persistent]
    if touched:
        _hold(session, [row for row in rows if row.id not in held])
    for act in _last_acts:
        act(session)
    if touched or waiting:
        version = take_version(session)
        _write(session, rows, version)
        _insert(session, waiting, version)
    for act in _final_acts:
        act(session)


def _hold(session: Session, rows: list[Any]) -> None:
    """Locks what is about to be stamped, in one order, before the counter: whoever holds the counter waits for nobody,
    and so two transactions that touch each other's rows do not lock each other out.
    """
    if session.connection().dialect.name == "sqlite":
        return  # one writer
    for table, ids in _ids_by_table([row for row in rows if row.version]):
        session.connection().execute(_held(table), {"ids": ids}).all()


@cache
def _held(table: sa.Table) -> sa.Select[Any]:
    held = sa.select(table.c.id).where(among(table.c.id, "ids")).order_by(table.c.id)
    return held.with_for_update(key_share=True)


def take_version(session: Session) -> int:
    """The next version; holds the counter row until the commit."""
    taken = session.connection().execute(_NEXT).one()
    version = int(taken.epoch * EPOCH_STEP + taken.counter)
    # read while the counter is held: what stands there was committed before, so ours must be above it
    given_out = high_water.read()
    if given_out is None or version <= given_out:
        version = _next_epoch(session, taken.epoch, given_out)
    _note_after_commit(session, version)
    return version


def _note_after_commit(session: Session, version: int) -> None:
    session.info["version_taken"] = version


@event.listens_for(Session, "after_commit")
def _note_high_water(session: Session) -> None:
    if not session.in_nested_transaction():
        version = session.info.pop("version_taken", None)
        if version is not None:
            high_water.note(version)


def _insert(session: Session, waiting: Iterable[_Waiting], version: int) -> None:
    with unversioned_writes():
        for one in waiting:
            insert_rows(session.connection(), one.table, [{**row, "version": version} for row in one.rows])


def _write(session: Session, rows: list[Any], version: int) -> None:
    with unversioned_writes():
        for table, ids in _ids_by_table(rows):
            session.connection().execute(_stamping(table), {"ids": ids, "taken": version})
    for row in rows:
        set_committed_value(row, "version", version)


@cache
def _stamping(table: sa.Table) -> sa.Update:
    return sa.update(table).where(among(table.c.id, "ids")).values(version=sa.bindparam("taken"))


def _ids_by_table(rows: list[Any]) -> list[tuple[sa.Table, list[Any]]]:
    found: dict[sa.Table, list[Any]] = defaultdict(list)
    for row in rows:
        found[cast(sa.Table, sa.inspect(row).mapper.local_table)].append(row.id)
    return sorted(found.items(), key=lambda pair: pair[0].name)


@event.listens_for(Engine, "before_cursor_execute")
def _refuse_unversioned(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    match = _WRITE.match(statement)
    if match and match[1].lower() in _synced_tables() and not _may_write.get():
        raise UnversionedWrite(f"{match[1]} was written past the version counter")


def _synced_tables() -> frozenset[str]:
    found: frozenset[str] | None = Base.metadata.info.get("synced_tables")
    if found is None:
        mappers = Base.registry.mappers
        found = frozenset(
            cast(sa.Table, mapper.local_table).name for mapper in mappers if issubclass(mapper.class_, Synced)
        )
        Base.metadata.info["synced_tables"] = found
    return found
