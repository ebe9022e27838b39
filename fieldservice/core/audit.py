"""The audit chain: everything that matters, each entry bound to all before it (docs/audit.md).

`audit` holds no words and no ids: number, moment, kind, a salted commitment to the facts, and hashes. The facts stand in
`audit_fact`, which an erasure replaces by an empty stub; the chain stays whole. Both are append-only by triggers.

Entries are written in the transaction of the change they stand for, as its last act: after everything is locked and
flushed and after the version was taken (`core/versions.py`), one writer after the other. Who holds the chain waits for
nobody, so numbers have no gaps and nobody is locked out.
"""

import hashlib
import json
import secrets
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, SessionTransaction, lazyload, mapped_column, undefer

from fieldservice.core import canonical, clock
from fieldservice.core.db import Base, UTCDateTime, db, transaction_mode
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.merkle import Tree, path_of
from fieldservice.core.versions import after_version

#: what stands before the first entry
BEGINNING = "0" * 64
#: kind of the entry that says which facts were erased
ERASED = "audit.erased"
#: kind of the first entry of an installation that is older than its chain
BEGAN = "audit.began"

#: key of the advisory lock on PostgreSQL under which entries are written
_LOCK = 7403_2607
#: entries read, or written, at once
_BATCH = 1_000


class Entry(Base):
    """One link of the chain. Without any word: it says that something was written then, not what."""

    __tablename__ = "audit"

    #: from 1, without gaps
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    #: when it was done or taken in, milliseconds since 1970 (UTC)
    at: Mapped[int] = mapped_column(sa.BigInteger)
    #: e.g. 'op.take_step', 'access.signed_in', 'report.sealed'
    kind: Mapped[str] = mapped_column(sa.String(60))
    #: SHA-256 over salt and facts
    commitment: Mapped[str] = mapped_column(sa.String(64))
    #: `entry_hash` of the one before; sixty-four zeros for the first
    prev_hash: Mapped[str] = mapped_column(sa.String(64))
    #: SHA-256 over the canonical JSON of all of the above but the facts
    entry_hash: Mapped[str] = mapped_column(sa.String(64))


class Fact(Base):
    """What an entry stands for. Erased, it is a stub: pointers without salt and facts."""

    __tablename__ = "audit_fact"
    __table_args__ = (
        sa.Index("ix_audit_fact_entity", "entity_type", "entity_id"),
        sa.Index("ix_audit_fact_source", "source_table", "source_id"),
    )

    seq: Mapped[int] = mapped_column(sa.ForeignKey("audit.seq"), primary_key=True, autoincrement=False)
    #: 32 hex digits; '' erased
    salt: Mapped[str] = mapped_column(sa.String(32))
    #: canonical JSON: by, entity, row (what it stands for, with its digest), said; '' erased
    facts: Mapped[str] = mapped_column(sa.Text)
    entity_type: Mapped[str] = mapped_column(sa.String(20))
    entity_id: Mapped[str] = mapped_column(sa.String(64))
    #: who did it; None: nobody of the staff
    person_id: Mapped[str | None] = mapped_column(sa.String(36), index=True)
    #: the row it stands for; '' none
    source_table: Mapped[str] = mapped_column(sa.String(40))
    source_id: Mapped[str] = mapped_column(sa.String(64))


class TreeHead(Base):
    """The RFC 6962 tree over the chain as it was at a moment; sent out, it holds everything before it fast."""

    __tablename__ = "tree_head"

    #: entries it covers
    size: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    #: hash of the last of them
    entry_hash: Mapped[str] = mapped_column(sa.String(64))
    root: Mapped[str] = mapped_column(sa.String(64))
    #: roots of the tree's whole parts, so that the next head need not begin anew (`merkle.Tree.peaks`)
    peaks: Mapped[list[str]] = mapped_column(sa.JSON)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    #: by the sealing key over `Head.text`; '' there was none
    signature: Mapped[str] = mapped_column(sa.Text)
    #: when it arrived elsewhere; None: not (yet)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


_ENTRY, _FACT = cast(sa.Table, Entry.__table__), cast(sa.Table, Fact.__table__)


@dataclass(frozen=True)
class Head:
    """The chain at a moment."""

    size: int
    entry_hash: str
    root: str
    at: datetime

    @property
    def text(self) -> str:
        """What is signed and sent, canonical JSON."""
        return canonical.dumps(
            {"at": clock.to_ms(self.at), "entry_hash": self.entry_hash, "root": self.root, "size": self.size}
        )


@dataclass(frozen=True)
class Position:
    """Where something stands in the chain."""

    seq: int
    entry_hash: str
    kind: str
    at_ms: int
    #: the facts were erased, the place stays
    is_erased: bool


@dataclass(frozen=True)
class Wrong:
    """The first entry that is wrong, and in which way: one of the codes of `what`."""

    seq: int
    code: str
    facts: Mapping[str, Any]

    @property
    def what(self) -> str:
        """In plain words."""
        return _words_of(self)


@dataclass(frozen=True)
class Found:
    """What a walk along the chain found."""

    entries: int
    #: facts that were erased, as an entry of the chain says
    erased: int
    #: tree heads that were compared
    heads: int
    wrong: Wrong | None
    #: `entry_hash` of the last entry that was looked at, and the head over them; None: something is wrong
    head: Head | None = None


# What stands for what ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sealed:
    """The columns of a row that may not change once it is in the chain; under its number, so that a row chained today
    still fits when columns are added later.
    """

    table: sa.Table
    columns: tuple[sa.Column[Any], ...]


@dataclass(frozen=True)
class Told:
    """What a row that is chained by itself says of itself."""

    kind: str
    entity_type: str
    entity_id: str
    by_id: str | None
    at: datetime


_sealed: dict[str, dict[int, _Sealed]] = defaultdict(dict)
_tellers: dict[type, Callable[[Any], Told]] = {}
_signers: list[Callable[[bytes], str]] = []


def stands_for(model: type, *columns: str, number: int = 1) -> None:
    """Registers which columns of a row are held fast by an entry that stands for it. What was chained keeps the number it
    was chained by: more columns are registered under the next one, beside the old.
    """
    table = cast(sa.Table, model.__table__)  # type: ignore[attr-defined]
    _sealed[table.name][number] = _Sealed(table, tuple(table.columns[name] for name in columns))


def chains(model: type, *columns: str, number: int = 1) -> Callable[[Callable[[Any], Told]], Callable[[Any], Told]]:
    """Registers that each new row of `model` is chained by itself, with these columns. The function says what it is."""

    def register(tell: Callable[[Any], Told]) -> Callable[[Any], Told]:
        stands_for(model, *columns, number=number)
        _tellers[model] = tell
        return tell

    return register


def signs_heads(function: Callable[[bytes], str]) -> Callable[[bytes], str]:
    """Registers who signs tree heads; '' as answer: cannot now."""
    _signers[:] = [function]
    return function


# Writing ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pending:
    """An entry that gets its number at the end of the transaction."""

    told: Told
    said: Mapping[str, Any]
    source: Any
    #: savepoints it was made in: undone with one of them
    inside: tuple[SessionTransaction, ...]


def note(
    kind: str, *, entity_type: str, entity_id: str, by_id: str | None, at: datetime, facts: Mapping[str, Any],
    source: Any = None,
) -> None:  # fmt: skip
    """Chains something that matters, with this transaction. `source`: the row it stands for, whose columns are then held
    fast (`stands_for`). Personal data belong into `facts`, never into `kind`.
    """
    if source is not None and source.__tablename__ not in _sealed:
        raise ValueError(f"nobody said which columns of {source.__tablename__} are held fast (audit.stands_for)")
    _add(db.session(), Told(kind, entity_type, entity_id, by_id, at), facts, source)


def _add(session: Session, told: Told, said: Mapping[str, Any], source: Any) -> None:
    _pending(session).append(_Pending(told, said, source, tuple(_savepoints(session))))


def _savepoints(session: Session) -> Iterator[SessionTransaction]:
    inside = session.get_nested_transaction()
    while inside is not None:
        if inside.nested:
            yield inside
        inside = inside.parent


def _pending(session: Session) -> list[_Pending]:
    found: list[_Pending] = session.info.setdefault("audit_pending", [])
    return found


@event.listens_for(Session, "after_flush")
def _note_rows(session: Session, _context: Any) -> None:
    for row in session.new:
        tell = _tellers.get(type(row))
        if tell is not None:
            _add(session, tell(row), {}, row)


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
        lines = [_line(one.told, one.said, _row_of(one.source)) for one in kept]
        _write(session.connection(), lines)


@dataclass(frozen=True)
class _Line:
    """What an entry and its facts are made of."""

    told: Told
    facts: str
    source: tuple[str, str]


def _line(told: Told, said: Mapping[str, Any], row: list[Any] | None) -> _Line:
    document = {"by": told.by_id, "entity": [told.entity_type, told.entity_id], "row": row, "said": _plain(said)}
    return _Line(told, _compact(document), (row[0], row[1]) if row else ("", ""))


def _compact(document: Any) -> str:
    """RFC 8785 for what we put in: keys of ASCII letters, whole numbers."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


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


def _row_of(source: Any) -> list[Any] | None:
    if source is None:
        return None
    table = source.__tablename__
    number, sealed = max(_sealed[table].items())
    return [table, str(_key_of(source)), number, _digest(getattr(source, column.key) for column in sealed.columns)]


def _key_of(source: Any) -> Any:
    (key,) = sa.inspect(source).mapper.primary_key
    return getattr(source, key.key)


def _digest(values: Iterable[Any]) -> str:
    bare = [value if type(value) in _AS_IT_IS else _bare(value) for value in values]
    text = json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_AS_IT_IS = frozenset({str, int, bool, type(None)})


def _bare(value: Any) -> Any:
    """The same for a value on its way to the database and for the one that came from there."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return format(Decimal(repr(value)) if isinstance(value, float) else value, ".9f")
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"{type(value).__name__} cannot be held fast")


def _write(connection: sa.Connection, lines: Sequence[_Line]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    last = connection.execute(sa.select(Entry.seq, Entry.entry_hash).order_by(Entry.seq.desc()).limit(1)).first()
    seq, prev_hash = (last.seq, last.entry_hash) if last else (0, BEGINNING)
    entries, facts = [], []
    for line in lines:
        seq += 1
        salt = secrets.token_hex(16)
        entry = _entry(seq, clock.to_ms(line.told.at), line.told.kind, _commitment(salt, line.facts), prev_hash)
        prev_hash = entry["entry_hash"]
        entries.append(entry)
        facts.append({
            "seq": seq, "salt": salt, "facts": line.facts, "entity_type": line.told.entity_type,
            "entity_id": line.told.entity_id, "person_id": line.told.by_id,
            "source_table": line.source[0], "source_id": line.source[1],
        })  # fmt: skip
    connection.execute(sa.insert(_ENTRY), entries)
    connection.execute(sa.insert(_FACT), facts)


def _entry(seq: int, at_ms: int, kind: str, commitment: str, prev_hash: str) -> dict[str, Any]:
    return {"seq": seq, "at": at_ms, "kind": kind, "commitment": commitment, "prev_hash": prev_hash,
            "entry_hash": entry_hash_of(seq, at_ms, kind, commitment, prev_hash)}  # fmt: skip


def entry_hash_of(seq: int, at_ms: int, kind: str, commitment: str, prev_hash: str) -> str:
    """SHA-256 of the entry's canonical JSON. Pure, for whoever checks an entry elsewhere."""
    text = _compact({"at": at_ms, "commitment": commitment, "kind": kind, "prev_hash": prev_hash, "seq": seq})
    return hashlib.sha256(text.encode()).hexdigest()


class Links:
    """Numbers, links, hashes and heads of a chain, one entry after the other; without a database, for whoever has only
    the entries.
    """

    def __init__(self, heads: Iterable[tuple[int, str, str]] = ()) -> None:
        """`heads`: (size, entry_hash, root) of trees that were made over it."""
        self.seq = 0
        self._prev_hash, self._tree = BEGINNING, Tree()
        self._heads = {size: (entry_hash, root) for size, entry_hash, root in heads}

    def fits(self, seq: int, at_ms: int, kind: str, commitment: str, prev_hash: str, entry_hash: str) -> bool:
        """Whether this is the next entry."""
        if seq != self.seq + 1 or prev_hash != self._prev_hash:
            return False
        if entry_hash != entry_hash_of(seq, at_ms, kind, commitment, prev_hash):
            return False
        self._tree.add(entry_hash)
        if self._heads.pop(seq, (entry_hash, self._tree.root)) != (entry_hash, self._tree.root):
            return False
        self.seq, self._prev_hash = seq, entry_hash
        return True

    @property
    def is_complete(self) -> bool:
        """Whether no head speaks of entries that did not come."""
        return not self._heads


def _commitment(salt: str, facts: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + facts.encode("utf-8", "surrogatepass")).hexdigest()


def chain_what_is_there(connection: sa.Connection, at: datetime) -> int:
    """Chains the rows of an installation that is older than its chain, in their order; how many. Does nothing when there
    is a chain already. For the migration: with the code's models, in its transaction.
    """
    if connection.scalar(sa.select(Entry.seq).limit(1)):
        return 0
    with Session(connection, autoflush=False) as session:
        models = {cast(sa.Table, model.__table__).name: model for model in _tellers}  # type: ignore[attr-defined]
        order = sorted(place for table, model in models.items() for place in _places(session, table, model))
        if not order:
            return 0
        _write(connection, [_line(Told(BEGAN, "installation", "1", None, at), {"rows": len(order)}, None)])
        for start in range(0, len(order), _BATCH):
            some = [(models[table], key) for _moment, table, key in order[start : start + _BATCH]]
            rows = _rows_of(session, some)
            _write(connection, [_line(_tellers[one[0]](rows[one]), {}, _row_of(rows[one])) for one in some])
            session.expunge_all()
    return len(order)


def _places(session: Session, table: str, model: Any) -> Iterator[tuple[datetime, str, Any]]:
    for row in session.scalars(sa.select(model).options(lazyload("*")).execution_options(yield_per=_BATCH)):
        yield _tellers[model](row).at, table, _key_of(row)
        session.expunge_all()


def _rows_of(session: Session, wanted: Collection[tuple[type, Any]]) -> dict[tuple[type, Any], Any]:
    keys: dict[type, list[Any]] = defaultdict(list)
    for model, key in wanted:
        keys[model].append(key)
    found: dict[tuple[type, Any], Any] = {}
    for model, some in keys.items():
        (column,) = cast(Any, sa.inspect(model)).primary_key
        query = sa.select(cast(Any, model)).options(lazyload("*"), undefer("*")).where(column.in_(some))
        found.update({(model, _key_of(row)): row for row in session.scalars(query)})
    return found


# Asking -------------------------------------------------------------------------------------------------------------


def position_of(source_table: str, source_id: str) -> Position | None:
    """Where a row stands in the chain: its first entry. None: it is not there (not committed, or not chained)."""
    return positions_of(source_table, [source_id]).get(source_id)


def positions_of(source_table: str, source_ids: Collection[str]) -> dict[str, Position]:
    """The same for many rows, by their ids, with one question."""
    if not source_ids:
        return {}
    query = (
        sa.select(Fact.source_id, Entry.seq, Entry.entry_hash, Entry.kind, Entry.at, Fact.salt)
        .join(Entry, Entry.seq == Fact.seq)
        .where(Fact.source_table == source_table, Fact.source_id.in_(source_ids))
        .order_by(Entry.seq.desc())
    )
    rows = db.session.execute(query)
    return {row.source_id: Position(row.seq, row.entry_hash, row.kind, row.at, not row.salt) for row in rows}


def entry_of(seq: int) -> Entry | None:
    """One link of the chain."""
    return db.session.get(Entry, seq)


def size() -> int:
    """How many entries there are."""
    return int(db.session.scalar(sa.select(sa.func.max(Entry.seq))) or 0)


def head() -> Head:
    """The chain as this transaction sees it: what is committed."""
    entry_hash, tree = _tree()
    return Head(tree.size, entry_hash, tree.root, clock.now())


def _tree() -> tuple[str, Tree]:
    """(hash of the last entry, tree over all), from the last stored head on."""
    last = db.session.scalar(sa.select(TreeHead).order_by(TreeHead.size.desc()).limit(1))
    tree = Tree(last.size, last.peaks) if last else Tree()
    entry_hash = last.entry_hash if last else BEGINNING
    query = sa.select(Entry.entry_hash).where(Entry.seq > tree.size).order_by(Entry.seq)
    for entry_hash in db.session.scalars(query.execution_options(yield_per=_BATCH)):
        tree.add(entry_hash)
    return entry_hash, tree


def proof(seq: int, size: int) -> list[str]:
    """The RFC 6962 path from entry `seq` to the head over the first `size` entries. Raises ValueError: there is none."""
    hashes = db.session.scalars(sa.select(Entry.entry_hash).where(Entry.seq <= size).order_by(Entry.seq)).all()
    if len(hashes) != size:
        raise ValueError("the chain is shorter")
    return path_of(hashes, seq - 1)


def proofs(seqs: Collection[int], size: int) -> dict[int, list[str]]:
    """The same for several entries. Raises ValueError when one has none."""
    hashes = db.session.scalars(sa.select(Entry.entry_hash).where(Entry.seq <= size).order_by(Entry.seq)).all()
    return {seq: path_of(hashes, seq - 1) for seq in seqs}


def make_head(at: datetime) -> TreeHead | None:
    """Writes down the head of now, with the sealing key's signature when there is one; None: nothing new since the last.
    One at a time: two workers make one.
    """
    session: Session = db.session()
    if session.connection().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    entry_hash, tree = _tree()
    if not tree.size or session.scalar(sa.select(TreeHead.size).where(TreeHead.size == tree.size)):
        return None
    found = Head(tree.size, entry_hash, tree.root, at)
    signature = sign(found.text)
    row = TreeHead(size=found.size, entry_hash=entry_hash, root=found.root, peaks=tree.peaks, at=at, signature=signature)
    session.add(row)
    return row


def sign(text: str) -> str:
    """The sealing key's signature of a head; '' when there is none."""
    return _signers[0](text.encode()) if _signers else ""


def head_of(row: TreeHead) -> Head:
    """A stored head as it is sent and signed."""
    return Head(row.size, row.entry_hash, row.root, row.at)


# Erasing ------------------------------------------------------------------------------------------------------------


def erase_facts(seqs: Iterable[int], *, entity_type: str, entity_id: str, by_id: str | None, at: datetime,
                facts: Mapping[str, Any]) -> int:  # fmt: skip
    """Deletes payload and salt of these entries, in this transaction, and chains that it was done, and for which. Their
    places stay. Gives how many.
    """
    session = db.session()
    session.flush()
    wanted = sorted(set(seqs))
    done: list[int] = []
    for start in range(0, len(wanted), _BATCH):
        query = sa.select(_FACT).where(Fact.seq.in_(wanted[start : start + _BATCH]), Fact.salt != "")
        rows = [dict(row._mapping) for row in session.execute(query)]
        if rows:
            gone = [row["seq"] for row in rows]
            session.execute(sa.delete(_FACT).where(_FACT.c.seq.in_(gone)))
            session.execute(sa.insert(_FACT), [row | {"salt": "", "facts": ""} for row in rows])
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


# Walking ------------------------------------------------------------------------------------------------------------


def walk(progress: Callable[[int, int], None] | None = None, *, taken: Collection[Head] = ()) -> Found:
    """Goes along the whole chain and names the first entry that is wrong. `taken`: heads that were kept elsewhere.
    `progress` is told (entries so far, entries in all). Sees one state; what comes meanwhile is not looked at. Ends the
    transaction that is open.
    """
    with transaction_mode("snapshot"):
        return _Walk(taken, progress).go()


def _joined() -> Any:
    """Entries with their facts, in their order."""
    entry, fact = _ENTRY.c, _FACT.c
    columns = (*entry, fact.seq.label("fact_seq"), *(one for one in fact if one.name != "seq"))
    return sa.select(*columns).select_from(_ENTRY.outerjoin(_FACT, entry.seq == fact.seq)).order_by(entry.seq)


def look_at(seqs: Collection[int]) -> Wrong | None:
    """As `walk`, for these entries alone: whether each comes to its own hash, and what it stands for is as it was."""
    wanted = sorted(set(seqs))
    looker = _Walk((), None)
    for start in range(0, len(wanted), _BATCH):
        some = wanted[start : start + _BATCH]
        rows = db.session.execute(_joined().where(_ENTRY.c.seq.in_(some))).all()
        present = _digests_of(rows)
        missing = sorted(set(some) - {row.seq for row in rows})
        if missing:
            return Wrong(missing[0], "number", {"next": size()})
        for row in rows:
            if row.entry_hash != entry_hash_of(row.seq, row.at, row.kind, row.commitment, row.prev_hash):
                return Wrong(row.seq, "hash", {})
            found = looker._facts(row, present)
            if found:
                return found
    return None


def slice_of(seqs: Collection[int]) -> list[dict[str, Any]]:
    """These entries with what opens them, for somebody who checks them elsewhere; erased ones without."""
    rows = db.session.execute(_joined().where(_ENTRY.c.seq.in_(sorted(set(seqs))))).all()
    names = ("seq", "at", "kind", "commitment", "prev_hash", "entry_hash")
    return [
        {**{name: getattr(row, name) for name in names}, "salt": row.salt or "", "facts": row.facts or ""} for row in rows
    ]


def opens(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of `slice_of` comes to its own hash and its facts, unless they were erased, open it. Pure."""
    try:
        own = entry_hash_of(*(entry[name] for name in ("seq", "at", "kind", "commitment", "prev_hash")))
        is_open = not entry["salt"] or _commitment(entry["salt"], entry["facts"]) == entry["commitment"]
    except (KeyError, TypeError, ValueError):
        return False
    return is_open and own == entry["entry_hash"]


class _Walk:
    """One way along the chain."""

    def __init__(self, taken: Collection[Head], progress: Callable[[int, int], None] | None) -> None:
        self._total = size()
        self._progress = progress
        self._heads: dict[int, list[Head]] = defaultdict(list)
        stored = db.session.scalars(sa.select(TreeHead))
        for one in [*(head_of(row) for row in stored), *taken]:
            self._heads[one.size].append(one)
        self._erasures = _erasures()
        self._tree = Tree()
        self._prev_hash = BEGINNING
        self._seq = self._erased = self._compared = 0

    def go(self) -> Found:
        wrong = next((found for some in self._batches() if (found := self._look_at(some))), None)
        wrong = wrong or self._look_at_end()
        head = None if wrong else Head(self._seq, self._prev_hash, self._tree.root, clock.now())
        return Found(self._seq, self._erased, self._compared, wrong, head)

    def _batches(self) -> Iterator[Sequence[Any]]:
        query, seq = _joined().limit(_BATCH), _ENTRY.c.seq
        while True:
            # an end to the range, so that no planner reads all facts for some; behind a gap wider than that, without
            rows = db.session.execute(query.where(seq > self._seq, seq <= self._seq + _BATCH)).all()
            rows = rows or db.session.execute(query.where(seq > self._seq)).all()
            if not rows:
                return
            yield rows
            if self._progress:
                self._progress(self._seq, self._total)

    def _look_at(self, rows: Sequence[Any]) -> Wrong | None:
        present = _digests_of(rows)
        for row in rows:
            found = self._link(row) or self._facts(row, present)
            if found:
                return found
            self._seq, self._prev_hash = row.seq, row.entry_hash
            self._tree.add(row.entry_hash)
            for one in self._heads.pop(row.seq, ()):
                if (one.entry_hash, one.root) != (row.entry_hash, self._tree.root):
                    return Wrong(row.seq, "head", {"at": one.at})
                self._compared += 1
        return None

    def _link(self, row: Any) -> Wrong | None:
        if row.seq != self._seq + 1:
            return Wrong(self._seq + 1, "number", {"next": row.seq})
        if row.prev_hash != self._prev_hash:
            return Wrong(row.seq, "link", {})
        if row.entry_hash != entry_hash_of(row.seq, row.at, row.kind, row.commitment, row.prev_hash):
            return Wrong(row.seq, "hash", {})
        return None

    def _facts(self, row: Any, present: Mapping[tuple[str, str, int], str | None]) -> Wrong | None:
        if not row.salt:
            if not any(first <= row.seq <= last for first, last in self._erasures):
                return Wrong(row.seq, "gone", {"kind": row.kind})
            self._erased += 1
            return None
        said = _read_facts(row)
        if said is None:
            return Wrong(row.seq, "facts", {"kind": row.kind})
        if said["row"] is not None:
            table, key, number, digest = said["row"]
            now = present.get((table, key, number))
            if now is None:
                return Wrong(row.seq, "row_gone", {"kind": row.kind, "table": table, "id": key})
            if now != digest:
                return Wrong(row.seq, "row_edited", {"kind": row.kind, "table": table, "id": key})
        return None

    def _look_at_end(self) -> Wrong | None:
        """Heads over entries that are not there, and rows that no entry stands for."""
        sizes = sorted(self._heads)
        if sizes:
            return Wrong(self._seq + 1, "short", {"size": sizes[0], "at": self._heads[sizes[0]][0].at})
        for model in _tellers:
            table = cast(sa.Table, model.__table__)  # type: ignore[attr-defined]
            (key,) = table.primary_key.columns
            chained = sa.select(Fact.source_id).where(Fact.source_table == table.name, Fact.source_id == key)
            if (found := db.session.scalar(sa.select(key).where(~chained.exists()).order_by(key).limit(1))) is not None:
                return Wrong(self._seq, "unchained", {"table": table.name, "id": found})
        return None


def _read_facts(row: Any) -> Any:
    """The facts of an entry when they open its commitment and its pointers are theirs, else None."""
    try:
        if _commitment(row.salt, row.facts) != row.commitment:
            return None
        said = json.loads(row.facts)
    except ValueError:
        return None
    source = said["row"][:2] if said["row"] else ["", ""]
    pointers = [row.entity_type, row.entity_id, row.person_id, row.source_table, row.source_id]
    return said if pointers == [*said["entity"], said["by"], *source] else None


def _erasures() -> list[tuple[int, int]]:
    """First and last number of everything that entries of the chain say was erased before them."""
    query = sa.select(Entry.seq, Fact.facts).join(Fact, Fact.seq == Entry.seq)
    query = query.where(Entry.kind == ERASED, Fact.salt != "")
    found = []
    for seq, facts in db.session.execute(query):
        try:
            ranges = json.loads(facts)["said"]["erased"]
            found += [(int(first), min(int(last), seq - 1)) for first, last in ranges]
        except (ValueError, KeyError, TypeError):
            continue  # its own entry is found to be wrong
    return found


def _digests_of(rows: Sequence[Any]) -> dict[tuple[str, str, int], str | None]:
    """(table, id, number) → digest of the row as it is now; what is not there is left out."""
    keys: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.source_table and row.salt:
            keys[row.source_table].append(row.source_id)
    found: dict[tuple[str, str, int], str | None] = {}
    is_postgresql = db.session.connection().dialect.name == "postgresql"
    for table, ids in keys.items():
        for number in _sealed.get(table, ()):
            for one in db.session.execute(_row_query(table, number, is_postgresql), {"ids": ids}):
                found[table, str(one[0]), number] = _digest(one[1:])
    return found


@cache
def _row_query(table: str, number: int, is_postgresql: bool) -> sa.Select[Any]:
    sealed = _sealed[table][number]
    (key,) = sealed.table.primary_key.columns
    # one array is one parameter; a thousand of them take longer to read than the rows
    wanted = (key == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(key.type))) if is_postgresql
              else key.in_(sa.bindparam("ids", expanding=True)))  # fmt: skip
    return sa.select(key, *sealed.columns).where(wanted)


_WORDS = {
    "number": _l("Entry %(seq)s is missing: the next one there is has number %(next)s."),
    "link": _l("Entry %(seq)s does not name the one before it: an entry was changed, put in or taken out here."),
    "hash": _l("Entry %(seq)s was changed: it does not come to its own hash."),
    "facts": _l("The facts of entry %(seq)s were changed: they are not those that were chained."),
    "gone": _l("The facts of entry %(seq)s are gone, and no entry says that they were erased."),
    "row_gone": _l("What entry %(seq)s stands for is gone: %(table)s %(id)s."),
    "row_edited": _l("What entry %(seq)s stands for was edited afterwards: %(table)s %(id)s."),
    "unchained": _l("%(table)s %(id)s stands in no entry: it was put in past the chain."),
    "head": _l("The head made at %(at)s does not fit entry %(seq)s: the chain was computed anew up to here."),
    "short": _l(
        "The chain ends before entry %(seq)s, but the head made at %(at)s covers %(size)s entries: its end was cut off."
    ),
}


def _words_of(wrong: Wrong) -> str:
    said = {name: _utc(value) if isinstance(value, datetime) else value for name, value in wrong.facts.items()}
    return str(_WORDS[wrong.code]) % {"seq": wrong.seq, **said}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
