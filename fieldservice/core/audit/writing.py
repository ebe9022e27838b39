"""Writing entries: as the last act of the transaction of the change they stand for, one writer after the other."""

import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from fieldservice.core import clock
from fieldservice.core.audit.entries import BEGINNING, ERASED, commitment_of, compact, entry_hash_of
from fieldservice.core.audit.rows import HELD, TELLERS, Told, row_of, row_of_values
from fieldservice.core.audit.tables import BATCH, ENTRY, FACT, LOCK, Fact
from fieldservice.core.db import db, insert_rows
from fieldservice.core.versions import after_rows, after_version, savepoints


@dataclass(frozen=True)
class _Pending:
    """An entry that gets its number at the end of the transaction."""

    told: Told
    said: Mapping[str, Any]
    source: Any
    #: savepoints it was made in: undone with one of them
    inside: tuple[SessionTransaction, ...]
    #: the row it stands for where nobody holds it, as `row_of` gives it
    row: list[Any] | None = None


def note(
    kind: str, *, entity_type: str, entity_id: str, by_id: str | None, at: datetime, facts: Mapping[str, Any],
    source: Any = None,
) -> None:  # fmt: skip
    """Chains something that matters, with this transaction. `source`: the row it stands for, whose columns are then held
    fast (`stands_for`). Personal data belong into `facts`, never into `kind`.
    """
    if source is not None and source.__tablename__ not in HELD:
        raise ValueError(f"nobody said which columns of {source.__tablename__} are held fast (audit.stands_for)")
    _add(db.session(), Told(kind, entity_type, entity_id, by_id, at), facts, source)


def _add(session: Session, told: Told, said: Mapping[str, Any], source: Any) -> None:
    _pending(session).append(_Pending(told, said, source, tuple(savepoints(session))))


def _pending(session: Session) -> list[_Pending]:
    found: list[_Pending] = session.info.setdefault("audit_pending", [])
    return found


@event.listens_for(Session, "after_flush")
def _note_rows(session: Session, _context: Any) -> None:
    for row in session.new:
        tell = TELLERS.get(type(row))
        if tell is not None:
            _add(session, tell(row), {}, row)


@after_rows
def _note_written(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    tell = TELLERS.get(model)
    if tell is not None:
        inside = tuple(savepoints(session))
        for row in rows:
            told = tell(SimpleNamespace(**row))
            _pending(session).append(_Pending(told, {}, None, inside, row_of_values(model, row)))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop("audit_pending", None)
    elif ended.nested:
        _pending(session)[:] = [one for one in _pending(session) if ended not in one.inside]


@after_version
def _chain(session: Session) -> None:
    """Writes what this transaction noted: with a fixed number of statements."""
    pending = session.info.pop("audit_pending", None) or ()
    kept = [one for one in pending if one.source is None or sa.inspect(one.source).persistent]
    if kept:
        lines = [line_of(one.told, one.said, one.row or row_of(one.source)) for one in kept]
        write(session.connection(), lines)


@dataclass(frozen=True)
class Line:
    """What an entry and its facts are made of."""

    told: Told
    facts: str
    source: tuple[str, str]


def line_of(told: Told, said: Mapping[str, Any], row: list[Any] | None) -> Line:
    """What is written of something. `row`: as `row_of` gives it."""
    document = {"by": told.by_id, "entity": [told.entity_type, told.entity_id], "row": row, "said": _plain(said)}
    return Line(told, compact(document), (row[0], row[1]) if row else ("", ""))


def _plain(value: Any) -> Any:
    """What can be said canonically: numbers with a fraction, moments and days as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return unicodedata.normalize("NFC", str(value)).replace("\0", "")


_LOCKED = sa.text("SELECT pg_advisory_xact_lock(:key)")
_LAST = sa.select(ENTRY.c.seq, ENTRY.c.entry_hash).order_by(ENTRY.c.seq.desc()).limit(1)


def write(connection: sa.Connection, lines: Sequence[Line]) -> None:
    """Puts them behind the chain, in their order, with two statements."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCKED, {"key": LOCK})
    last = connection.execute(_LAST).first()
    seq, prev_hash = (last.seq, last.entry_hash) if last else (0, BEGINNING)
    entries, facts = [], []
    for line in lines:
        seq += 1
        salt = secrets.token_hex(16)
        entry = _entry(seq, clock.to_ms(line.told.at), line.told.kind, commitment_of(salt, line.facts), prev_hash)
        prev_hash = entry["entry_hash"]
        entries.append(entry)
        facts.append({
            "seq": seq, "salt": salt, "facts": line.facts, "entity_type": line.told.entity_type,
            "entity_id": line.told.entity_id, "person_id": line.told.by_id,
            "source_table": line.source[0], "source_id": line.source[1],
        })  # fmt: skip
    insert_rows(connection, ENTRY, entries)
    insert_rows(connection, FACT, facts)


def _entry(seq: int, at_ms: int, kind: str, commitment: str, prev_hash: str) -> dict[str, Any]:
    return {"seq": seq, "at": at_ms, "kind": kind, "commitment": commitment, "prev_hash": prev_hash,
            "entry_hash": entry_hash_of(seq, at_ms, kind, commitment, prev_hash)}  # fmt: skip


def erase_facts(seqs: Iterable[int], *, entity_type: str, entity_id: str, by_id: str | None, at: datetime,
                facts: Mapping[str, Any]) -> int:  # fmt: skip
    """Deletes payload and salt of these entries, in this transaction, and chains that it was done, and for which. Their
    places stay. Gives how many.
    """
    session = db.session()
    session.flush()
    wanted = sorted(set(seqs))
    done: list[int] = []
    for start in range(0, len(wanted), BATCH):
        query = sa.select(FACT).where(Fact.seq.in_(wanted[start : start + BATCH]), Fact.salt != "")
        rows = [dict(row._mapping) for row in session.execute(query)]
        if rows:
            gone = [row["seq"] for row in rows]
            session.execute(sa.delete(FACT).where(FACT.c.seq.in_(gone)))
            session.execute(sa.insert(FACT), [row | {"salt": "", "facts": ""} for row in rows])
            done += gone
    said = {**facts, "erased": _ranges(sorted(done))}
    note(ERASED, entity_type=entity_type, entity_id=entity_id, by_id=by_id, at=at, facts=said)
    return len(done)


def _ranges(seqs: Sequence[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for seq in seqs:
        if found and found[-1][1] == seq - 1:
            found[-1][1] = seq
        else:
            found.append([seq, seq])
    return found
