"""Where something stands in the chain."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from fieldservice.core.audit.tables import Entry, Fact
from fieldservice.core.db import db


@dataclass(frozen=True)
class Position:
    """Where something stands in the chain."""

    seq: int
    entry_hash: str
    kind: str
    at_ms: int
    #: the facts were erased, the place stays
    is_erased: bool


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
