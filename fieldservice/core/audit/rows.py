"""What stands for what: which rows are chained, what they say of themselves, which of their columns are held fast."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast

import sqlalchemy as sa

from fieldservice.core.audit.entries import compact


@dataclass(frozen=True)
class Held:
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


HELD: dict[str, dict[int, Held]] = defaultdict(dict)
TELLERS: dict[type, Callable[[Any], Told]] = {}


def stands_for(model: type, *columns: str, number: int = 1) -> None:
    """Registers which columns of a row are held fast by an entry that stands for it. What was chained keeps the number it
    was chained by: more columns are registered under the next one, beside the old.
    """
    table = cast(sa.Table, model.__table__)  # type: ignore[attr-defined]
    _newest.cache_clear()
    HELD[table.name][number] = Held(table, tuple(table.columns[name] for name in columns))


def chains(model: type, *columns: str, number: int = 1) -> Callable[[Callable[[Any], Told]], Callable[[Any], Told]]:
    """Registers that each new row of `model` is chained by itself, with these columns. The function says what it is."""

    def register(tell: Callable[[Any], Told]) -> Callable[[Any], Told]:
        stands_for(model, *columns, number=number)
        TELLERS[model] = tell
        return tell

    return register


def row_of(source: Any) -> list[Any] | None:
    """[table, key, number of its columns, digest over them], as facts name it; None: nothing is stood for."""
    if source is None:
        return None
    table = source.__tablename__
    number, names = _newest(table)
    return [table, str(key_of(source)), number, digest_of(getattr(source, name) for name in names)]


def row_of_values(model: Any, values: Mapping[str, Any]) -> list[Any]:
    """The same of a row that is known by the values of its columns."""
    table = cast(sa.Table, model.__table__)
    (key,) = table.primary_key.columns
    number, names = _newest(table.name)
    return [table.name, str(values[key.key]), number, digest_of(values[name] for name in names)]


@cache
def _newest(table: str) -> tuple[int, list[str]]:
    """Number and names of the columns that are held fast today."""
    number, sealed = max(HELD[table].items())
    return number, [column.key for column in sealed.columns]


def key_of(source: Any) -> Any:
    """Its primary key."""
    return getattr(source, _key_name(source.__tablename__))


@cache
def _key_name(table: str) -> str:
    held = next(iter(HELD[table].values()))
    (key,) = held.table.primary_key.columns
    return str(key.key)


def digest_of(values: Iterable[Any]) -> str:
    """SHA-256 over the values of columns, the same before they are written and after they were read."""
    bare = [value if type(value) in _AS_IT_IS else _bare(value) for value in values]
    return hashlib.sha256(compact(bare).encode("utf-8", "surrogatepass")).hexdigest()


_AS_IT_IS = frozenset({str, int, bool, type(None)})


def _bare(value: Any) -> Any:
    """The same for a value on its way to the database and for the one that came from there."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return format(Decimal(repr(value)) if isinstance(value, float) else value, ".9f")
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"{type(value).__name__} cannot be held fast")
