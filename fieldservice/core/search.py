"""The search index: one row for each thing that lists find by words, kept in the transaction of every change.

`searchable` says what a kind of thing is found by, `shown_in` which other rows it shows, `adds_to` lets a feature below
add to it. When one of these rows changes, what is found by it is read anew just before the commit and written if it
differs: so the index can always be made again from the tables (`rebuild`, `flask search rebuild`).

The pieces of the text (`core/grams.py`) stand in an inverted index: FTS5 on SQLite, GIN over a tsvector on
PostgreSQL. Plain matching over `words` says what is right; a test compares both.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, Session, mapped_column

from fieldservice.core import grams
from fieldservice.core.db import BY_HAND, Base, among, ask, count_rows, db, table_of, transaction_mode
from fieldservice.core.versions import before_version

#: the table of FTS5 over `search_entry` (migration 0005)
FTS = "search_gram"
#: things read and written at once
CHUNK = 500
#: up to so many finds the list begins with what was found; beyond, with its order
FEW = 3_000


class SearchEntry(Base):
    """What one thing is found by."""

    __tablename__ = "search_entry"
    __table_args__ = (
        sa.UniqueConstraint("kind", "row_id"),
        sa.Index("ix_search_entry_place", "id", "row_id"),
        sa.Index("ix_search_entry_grams", "grams", postgresql_using="gin", info=BY_HAND),
    )

    #: the place in the inverted index
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    #: 'job', 'customer', 'case'
    kind: Mapped[str] = mapped_column(sa.String(8))
    row_id: Mapped[str] = mapped_column(sa.String(36))
    branch_id: Mapped[str] = mapped_column(sa.String(36))
    #: plain words (core/grams.py), a space between texts
    words: Mapped[str] = mapped_column(sa.Text)
    #: digits of the customer's phone; '' none
    phone: Mapped[str] = mapped_column(sa.String(20), default="")
    #: properties a list narrows by, e.g. ' open '; '' none
    facets: Mapped[str] = mapped_column(sa.String(80), default="")
    #: the pieces that the inverted index holds
    grams: Mapped[str] = mapped_column(sa.Text().with_variant(TSVECTOR(), "postgresql"))


@dataclass
class Doc:
    """What a thing is found by, as its feature reads it."""

    branch_id: str
    texts: list[str]
    phone: str = ""
    facets: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Addition:
    """What a feature below adds to a thing."""

    texts: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()


Read = Callable[[Collection[str]], dict[str, Doc]]
Add = Callable[[Collection[str]], dict[str, Addition]]
#: from keys of changed rows to the ids of the things that show them, or a query for these
Follow = Callable[[Collection[str]], "Collection[str] | sa.Select[str]"]

_reads: dict[str, tuple[type, Read]] = {}
_adds: dict[str, list[Add]] = defaultdict(list)
_follows: dict[type, list["_Shown"]] = defaultdict(list)


def searchable(kind: str, model: type) -> Callable[[Read], Read]:
    """Registers how things of a kind are read, by their ids. What is not there (any more) is left out of the answer."""

    def register(read: Read) -> Read:
        _reads[kind] = (model, read)
        return read

    return register


def adds_to(kind: str) -> Callable[[Add], Add]:
    """Registers what a feature below adds to things of a kind."""

    def register(add: Add) -> Add:
        if add not in _adds[kind]:
            _adds[kind].append(add)
        return add

    return register


@dataclass(frozen=True)
class _Shown:
    """Things of `kind` that show a row."""

    kind: str
    columns: frozenset[str]
    key: str
    follow: Follow


def shown_in(kind: str, model: type, *columns: str, key: str = "id") -> Callable[[Follow], Follow]:
    """Registers which things of `kind` are found by a row of `model`: when one of `columns` changes, or the row comes or
    goes, they are read anew. The function is asked once for all rows of a transaction, with what stands in their `key`.
    """

    def register(follow: Follow) -> Follow:
        _follows[model].append(_Shown(kind, frozenset(columns), key, follow))
        return follow

    return register


@dataclass(frozen=True)
class Wanted:
    """What a list looks for."""

    kind: str
    #: as typed
    search: str = ""
    #: None: of all branches the viewer sees
    branch_id: str | None = None
    facets: tuple[str, ...] = ()
    #: whether the viewer may look for parts of a phone number, and from how many digits on
    opens_phones: bool = False
    least_digits: int = 5

    @property
    def words(self) -> list[str]:
        """What must stand in a thing, each somewhere."""
        return grams.plain(self.search).split()

    @property
    def is_empty(self) -> bool:
        """Whether it narrows nothing that the index knows."""
        return not self.words and not self.facets

    def ids(self) -> sa.Select[str]:
        """Ids of what was found, by the index."""
        return _entries(self).with_only_columns(SearchEntry.row_id)

    def holds(self, row_id: Any) -> sa.ColumnElement[bool]:
        """The same of one thing, by looking at its words: for lists that have many finds, in their order."""
        entry = sa.orm.aliased(SearchEntry)
        conditions = [_stands_in(self, word, entry) for word in self.words]
        conditions += [entry.facets.contains(f" {facet} ", autoescape=True) for facet in self.facets]
        seen = sa.select(sa.literal(1)).where(entry.kind == self.kind, entry.row_id == row_id, *conditions)
        # compared, not EXISTS: a planner turns that into a join, and reads all
        return seen.scalar_subquery() == 1

    def count_up_to(self, most: int) -> int:
        """How many things have the pieces, at most `most`; some of them may not hold the whole word."""
        found = sa.select(sa.literal(1)).select_from(_by_pieces(self)).limit(most)
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0)


def narrow(query: sa.Select[Any], key: Any, wanted: Wanted) -> sa.Select[Any]:
    """The rows of `query` whose `key` was found. Asks the index first how many there are: a few are fetched and put in
    order, of many the list looks through its order until a page is full.
    """
    if wanted.is_empty:
        return query
    if wanted.count_up_to(FEW + 1) > FEW:
        return query.where(wanted.holds(key)).execution_options(most_counted=FEW // 3)
    found = wanted.ids().cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    return query.join(found, found.c.row_id == key)


def _entries(wanted: Wanted) -> sa.Select[Any]:
    if _is_sqlite():
        query = sa.select(SearchEntry).where(SearchEntry.id.in_(_fts(wanted)))
    else:
        query = sa.select(SearchEntry).where(_has_pieces(wanted))
    return query.where(*(_stands_in(wanted, word, SearchEntry) for word in wanted.words if _needs_look(wanted, word)))


def _by_pieces(wanted: Wanted) -> Any:
    if _is_sqlite():
        return _fts(wanted).subquery()
    return sa.select(SearchEntry.id).where(_has_pieces(wanted)).subquery()


_fts_table = sa.table(FTS, sa.column("rowid"), sa.column(FTS))


def _fts(wanted: Wanted) -> sa.Select[Any]:
    return sa.select(_fts_table.c.rowid).where(_fts_table.c[FTS].op("MATCH")(_expression(wanted, _FTS5)))


def _has_pieces(wanted: Wanted) -> sa.ColumnElement[bool]:
    expression = sa.cast(_expression(wanted, _TSQUERY), postgresql.TSQUERY)
    return SearchEntry.grams.op("@@", is_comparison=True)(expression)


@dataclass(frozen=True)
class _Language:
    """How a database wants to be asked."""

    all_of: str
    any_of: str
    quote: Callable[[str], str]
    beginning: str


_FTS5 = _Language(" AND ", " OR ", lambda piece: '"' + piece + '"', " *")
_TSQUERY = _Language(" & ", " | ", lambda piece: "'" + piece + "'", ":*")


def _expression(wanted: Wanted, language: _Language) -> str:
    fixed = [grams.facet_piece(facet) for facet in wanted.facets]
    if wanted.branch_id:
        fixed.append(grams.branch_piece(wanted.branch_id))
    parts = [language.quote(_of_kind(wanted.kind, piece)) for piece in fixed]
    parts += ["(" + language.any_of.join(_ways(wanted, word, language)) + ")" for word in wanted.words]
    return language.all_of.join(parts)


def _ways(wanted: Wanted, word: str, language: _Language) -> Iterator[str]:
    """The word itself, or what it may mean of a phone number."""

    def all_of(pieces: Iterable[str]) -> str:
        quoted = [language.quote(_of_kind(wanted.kind, piece)) for piece in pieces]
        return "(" + language.all_of.join(quoted) + ")"

    if len(word) == 1:
        yield language.quote(_of_kind(wanted.kind, grams.first_letter(word))) + language.beginning
    else:
        yield all_of(grams.pieces_to_find(word))
    digits = grams.digits_of(word)
    if _asks_for_part(wanted, digits):
        yield all_of(grams.phone_parts(digits))
    if len(digits) == 4:
        yield all_of([grams.PHONE_TAIL + digits])
    elif len(digits) > 4 and not wanted.opens_phones:
        yield all_of([grams.PHONE + digits])


def _asks_for_part(wanted: Wanted, digits: str) -> bool:
    return wanted.opens_phones and len(digits) >= max(wanted.least_digits, grams.PHONE_PIECE)


def _needs_look(wanted: Wanted, word: str) -> bool:
    return grams.needs_look(word) or _asks_for_part(wanted, grams.digits_of(word))


def _stands_in(wanted: Wanted, word: str, entry: Any) -> sa.ColumnElement[bool]:
    """Plain matching: what the index must agree with."""
    digits = grams.digits_of(word)
    ways = [entry.words.contains(word, autoescape=True)]
    if _asks_for_part(wanted, digits):
        ways.append(entry.phone.contains(digits, autoescape=True))
    if len(digits) == 4:
        ways.append(entry.phone.endswith(digits, autoescape=True))
    elif len(digits) > 4 and not wanted.opens_phones:
        ways.append(entry.phone == digits)
    return sa.or_(*ways)


def _of_kind(kind: str, piece: str) -> str:
    """Things of different kinds have different pieces, so that none is in the way of another."""
    return kind[:2] + piece


def _is_sqlite() -> bool:
    return bool(db.session.get_bind().dialect.name == "sqlite")


# Keeping it -----------------------------------------------------------------------------------------------------


@event.listens_for(Session, "after_flush")
def _note_changes(session: Session, _context: Any) -> None:
    comes_or_goes = {*session.new, *session.deleted}
    for row in {*comes_or_goes, *session.dirty}:
        for base in type(row).__mro__:
            for shown in _follows.get(base, ()):
                if row in comes_or_goes or _has_changed(row, shown.columns):
                    _stale(session)[shown].update(_keys(row, shown.key))


def _has_changed(row: Any, columns: frozenset[str]) -> bool:
    attributes = sa.inspect(row).attrs
    return any(attributes[name].history.has_changes() for name in columns)


def _keys(row: Any, key: str) -> set[str]:
    """What stands in the key, and what stood there before."""
    history = sa.inspect(row).attrs[key].history
    return {value for value in (getattr(row, key), *(history.deleted or ())) if value is not None}


def _stale(session: Session) -> dict[_Shown, set[str]]:
    found: dict[_Shown, set[str]] = session.info.setdefault("search_stale", defaultdict(set))
    return found


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, ended: Any) -> None:
    """Undone as a whole, nothing is stale; a savepoint undone leaves a few things to be read without need."""
    if ended.parent is None:
        session.info.pop("search_stale", None)


@before_version
def _refresh(session: Session) -> None:
    """Reads anew what is stale. The rows are locked by now, so whoever waits for an entry holds none that we need."""
    stale: dict[_Shown, set[str]] = session.info.pop("search_stale", None) or {}
    ids: dict[str, set[str]] = defaultdict(set)
    for shown, keys in stale.items():
        for some in _chunks(keys):
            found = shown.follow(some)
            ids[shown.kind].update(session.scalars(found) if isinstance(found, sa.Select) else found)
    for kind in sorted(ids):
        for some in _chunks(ids[kind]):
            write_entries(kind, some)


def _chunks(keys: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    for begin in range(0, len(ordered), CHUNK):
        yield ordered[begin : begin + CHUNK]


_ENTRY = table_of(SearchEntry).c
_PRESENT = sa.select(_ENTRY.row_id, _ENTRY.branch_id, _ENTRY.words, _ENTRY.phone, _ENTRY.facets).where(
    _ENTRY.kind == sa.bindparam("kind"), among(_ENTRY.row_id, "ids")
)


def write_entries(kind: str, ids: Collection[str]) -> None:
    """Brings the entries of these things up to date; those of things that are gone go too."""
    wanted = {row_id: _entry(kind, row_id, doc) for row_id, doc in _docs(kind, ids).items()}
    present = {row.row_id: row._mapping for row in ask(_PRESENT, kind=kind, ids=ids)}
    changed = [entry for row_id, entry in sorted(wanted.items()) if not _is_same(present.get(row_id), entry)]
    if changed:
        db.session.connection().execute(_upsert(is_sqlite=_is_sqlite()), changed)
    gone = sorted(set(present) - set(wanted))
    if gone:
        db.session.execute(sa.delete(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.row_id.in_(gone)))


def _is_same(present: Any, entry: dict[str, str]) -> bool:
    return present is not None and all(value == entry[name] for name, value in present.items())


@cache
def _upsert(*, is_sqlite: bool) -> Any:
    insert = sqlite.insert if is_sqlite else postgresql.insert
    statement: Any = insert(table_of(SearchEntry))
    new = {name: statement.excluded[name] for name in ("branch_id", "words", "phone", "facets", "grams")}
    return statement.on_conflict_do_update(index_elements=["kind", "row_id"], set_=new)


def _docs(kind: str, ids: Collection[str]) -> dict[str, Doc]:
    docs = _reads[kind][1](ids)
    for add in _adds[kind]:
        for row_id, addition in add(ids).items():
            if row_id in docs:
                docs[row_id].texts.extend(addition.texts)
                docs[row_id].facets.extend(addition.facets)
    return docs


def _entry(kind: str, row_id: str, doc: Doc) -> dict[str, str]:
    words, digits = grams.joined(doc.texts), grams.digits_of(doc.phone)
    pieces = grams.pieces_of(words) | grams.phone_pieces(digits) | {grams.branch_piece(doc.branch_id)}
    pieces |= {grams.facet_piece(facet) for facet in doc.facets}
    between, start, end = (" ", kind[:2], "") if _is_sqlite() else ("' '", f"'{kind[:2]}", "'")
    return {
        "kind": kind,
        "row_id": row_id,
        "branch_id": doc.branch_id,
        "words": words,
        "phone": digits[-20:],
        "facets": f" {' '.join(sorted(set(doc.facets)))} " if doc.facets else "",
        "grams": start + (between + kind[:2]).join(sorted(pieces)) + end,
    }


def rebuild(kinds: Iterable[str] = ()) -> dict[str, int]:
    """Makes the index anew from the tables, some hundred things a transaction; gives how many things of each kind.

    Entries that are right are left alone, so it can run beside the work and be repeated.
    """
    return {kind: _rebuild(kind) for kind in (kinds or sorted(_reads))}


def _rebuild(kind: str) -> int:
    model: Any = _reads[kind][0]
    last, count = "", 0
    while True:
        some = db.session.scalars(sa.select(model.id).where(model.id > last).order_by(model.id).limit(CHUNK)).all()
        with transaction_mode("write"):
            upto = SearchEntry.row_id <= some[-1] if some else sa.true()
            between = sa.select(SearchEntry.row_id).where(SearchEntry.kind == kind, SearchEntry.row_id > last, upto)
            write_entries(kind, sorted({*some, *db.session.scalars(between)}))
            db.session.commit()
        if not some:
            count_rows()
            return count
        last, count = some[-1], count + len(some)


def is_empty() -> bool:
    """Whether nothing is in the index: it was just made."""
    return db.session.scalar(sa.select(SearchEntry.id).limit(1)) is None


search = AppGroup("search", help="The index that lists search in.")


@search.command("rebuild")
def _rebuild_all() -> None:
    """Makes the search index anew from the tables, beside the work."""
    for kind, count in rebuild().items():
        click.echo(f"{kind}: {count}")
