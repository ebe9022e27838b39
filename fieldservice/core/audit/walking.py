"""Going along the chain: numbers, links, hashes, facts, the rows they stand for, heads."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, cast

import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.audit.entries import BEGINNING, ERASED, commitment_of, entry_hash_of
from fieldservice.core.audit.heads import Head, head_of
from fieldservice.core.audit.positions import size
from fieldservice.core.audit.rows import HELD, TELLERS, digest_of
from fieldservice.core.audit.tables import BATCH, ENTRY, FACT, Entry, Fact, TreeHead
from fieldservice.core.audit.wrong import Found, Wrong
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.merkle import Tree


def walk(progress: Callable[[int, int], None] | None = None, *, taken: Collection[Head] = ()) -> Found:
    """Goes along the whole chain and names the first entry that is wrong. `taken`: heads that were kept elsewhere.
    `progress` is told (entries so far, entries in all). Sees one state; what comes meanwhile is not looked at. Ends the
    transaction that is open.
    """
    with transaction_mode("snapshot"):
        return _Walk(taken, progress).go()


def _joined() -> Any:
    """Entries with their facts, in their order."""
    entry, fact = ENTRY.c, FACT.c
    columns = (*entry, fact.seq.label("fact_seq"), *(one for one in fact if one.name != "seq"))
    return sa.select(*columns).select_from(ENTRY.outerjoin(FACT, entry.seq == fact.seq)).order_by(entry.seq)


def look_at(seqs: Collection[int]) -> Wrong | None:
    """As `walk`, for these entries alone: whether each comes to its own hash, and what it stands for is as it was."""
    wanted = sorted(set(seqs))
    looker = _Walk((), None)
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        rows = db.session.execute(_joined().where(ENTRY.c.seq.in_(some))).all()
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
    rows = db.session.execute(_joined().where(ENTRY.c.seq.in_(sorted(set(seqs))))).all()
    names = ("seq", "at", "kind", "commitment", "prev_hash", "entry_hash")
    return [
        {**{name: getattr(row, name) for name in names}, "salt": row.salt or "", "facts": row.facts or ""} for row in rows
    ]


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
        query, seq = _joined().limit(BATCH), ENTRY.c.seq
        while True:
            # an end to the range, so that no planner reads all facts for some; behind a gap wider than that, without
            rows = db.session.execute(query.where(seq > self._seq, seq <= self._seq + BATCH)).all()
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
        for model in TELLERS:
            table = cast(sa.Table, model.__table__)  # type: ignore[attr-defined]
            (key,) = table.primary_key.columns
            chained = sa.select(Fact.source_id).where(Fact.source_table == table.name, Fact.source_id == key)
            if (found := db.session.scalar(sa.select(key).where(~chained.exists()).order_by(key).limit(1))) is not None:
                return Wrong(self._seq, "unchained", {"table": table.name, "id": found})
        return None


def _read_facts(row: Any) -> Any:
    """The facts of an entry when they open its commitment and its pointers are theirs, else None."""
    try:
        if commitment_of(row.salt, row.facts) != row.commitment:
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
        for number in HELD.get(table, ()):
            for one in db.session.execute(_row_query(table, number, is_postgresql), {"ids": ids}):
                found[table, str(one[0]), number] = digest_of(one[1:])
    return found


@cache
def _row_query(table: str, number: int, is_postgresql: bool) -> sa.Select[Any]:
    sealed = HELD[table][number]
    (key,) = sealed.table.primary_key.columns
    # one array is one parameter; a thousand of them take longer to read than the rows
    wanted = (key == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(key.type))) if is_postgresql
              else key.in_(sa.bindparam("ids", expanding=True)))  # fmt: skip
    return sa.select(key, *sealed.columns).where(wanted)
