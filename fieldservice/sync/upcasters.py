"""Operations of older apps, lifted to the present shape of their arguments by pure functions.

A phone that was away for months sends what its app wrote then. Each change of the shape of a kind raises `rules.SCHEMA`
and registers here how its arguments become those of the next schema; most kinds have nothing to do. The log keeps what
came, lifted is only what is applied and shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fieldservice.sync import rules


@dataclass(frozen=True)
class Shape:
    """What an operation asks for: its kind and its arguments."""

    kind: str
    args: Mapping[str, Any]


#: from one schema to the next: pure, the same for ever; it may rename the kind
Lift = Callable[[Shape], Shape]

_lifts: dict[tuple[str, int], Lift] = {}


class CannotLift(Exception):
    """The app that wrote it is newer than this server, or older than anything it still understands."""


def lifts(kind: str, schema: int) -> Callable[[Lift], Lift]:
    """Registers how operations of `kind` become those of `schema` + 1."""

    def register(lift: Lift) -> Lift:
        if _lifts.setdefault((kind, schema), lift) is not lift:
            raise ValueError(f"{kind} of schema {schema} is lifted already")
        return lift

    return register


def is_understood(schema: int) -> bool:
    """Whether operations of that schema can be lifted."""
    return rules.min_schema() <= schema <= rules.SCHEMA


def lifted(kind: str, schema: int, args: Mapping[str, Any]) -> Shape:
    """As an app of today would have written it. Raises CannotLift."""
    if not is_understood(schema):
        raise CannotLift
    shape = Shape(kind, args)
    for step in range(schema, rules.SCHEMA):
        lift = _lifts.get((shape.kind, step))
        shape = lift(shape) if lift else shape
    return shape
