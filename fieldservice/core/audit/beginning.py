"""Chaining what an installation holds that is older than its chain."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, lazyload, undefer

from fieldservice.core.audit.entries import BEGAN
from fieldservice.core.audit.rows import TELLERS, Told, key_of, row_of
from fieldservice.core.audit.tables import BATCH, Entry
from fieldservice.core.audit.writing import line_of, write


def chain_what_is_there(connection: sa.Connection, at: datetime) -> int:
    """Chains the rows of an installation that is older than its chain, in their order; how many. Does nothing when there
    is a chain already. For the migration: with the code's models, in its transaction.
    """
    if connection.scalar(sa.select(Entry.seq).limit(1)):
        return 0
    with Session(connection, autoflush=False) as session:
        models = {cast(sa.Table, model.__table__).name: model for model in TELLERS}  # type: ignore[attr-defined]
        order = sorted(place for table, model in models.items() for place in _places(session, table, model))
        if not order:
            return 0
        write(connection, [line_of(Told(BEGAN, "installation", "1", None, at), {"rows": len(order)}, None)])
        for start in range(0, len(order), BATCH):
            some = [(models[table], key) for _moment, table, key in order[start : start + BATCH]]
            rows = _rows_of(session, some)
            write(connection, [line_of(TELLERS[one[0]](rows[one]), {}, row_of(rows[one])) for one in some])
            session.expunge_all()
    return len(order)


def _places(session: Session, table: str, model: Any) -> Iterator[tuple[datetime, str, Any]]:
    for row in session.scalars(sa.select(model).options(lazyload("*")).execution_options(yield_per=BATCH)):
        yield TELLERS[model](row).at, table, key_of(row)
        session.expunge_all()


def _rows_of(session: Session, wanted: Collection[tuple[type, Any]]) -> dict[tuple[type, Any], Any]:
    keys: dict[type, list[Any]] = defaultdict(list)
    for model, key in wanted:
        keys[model].append(key)
    found: dict[tuple[type, Any], Any] = {}
    for model, some in keys.items():
        (column,) = cast(Any, sa.inspect(model)).primary_key
        query = sa.select(cast(Any, model)).options(lazyload("*"), undefer("*")).where(column.in_(some))
        found.update({(model, key_of(row)): row for row in session.scalars(query)})
    return found
