"""What of a checklist applies, and what is still missing. The phone has its twin in `static/js/rules/checklist.js`;
both run `tests/vectors/checklist.json`.

`content` is a version's (docs/visit.md) and has been checked; None: there is no checklist, nothing is missing.
`facts`, `answers` (key → value, from a phone: anything) and `seen` are as docs/visit.md says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.base import Json

PHASES = ("departure", "door", "during", "leaving", "base")
#: the visit cannot end without these; the last phase may be answered afterwards
BEFORE_FINISH = PHASES[:4]

#: a phone without signal may begin with a version this long after another took its place: it holds the jobs of the
#: next 14 days with the checklists of the day it last had contact
HELD_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Progress:
    """How far a phase is: `done` of `of` required items that apply."""

    phase: str
    done: int
    of: int


def applies(item: Json, facts: Json, answers: Json, content: Json) -> bool:
    """Whether all conditions of the item hold."""
    return any(found["key"] == item["key"] for found in applying(content, facts, answers))


def applying(content: Json | None, facts: Json, answers: Json) -> list[Json]:
    """The items that apply, in order.

    One pass: a condition sees the earlier items that apply, so that one on a later item, on itself or on one that does
    not apply does not hold.
    """
    found: dict[str, Json] = {}
    for item in content["items"] if content else ():
        if all(_holds(condition, found, facts, answers) for condition in item["when"]):
            found[item["key"]] = item
    return list(found.values())


def missing(
    content: Json | None, facts: Json, answers: Json, seen: Json, phases: Sequence[str] = BEFORE_FINISH
) -> list[str]:
    """Keys of the required items that apply and are not done, in order."""
    required = _required(content, facts, answers)
    return [item["key"] for item in required if item["phase"] in phases and not is_done(item, answers, seen)]


def progress(content: Json | None, facts: Json, answers: Json, seen: Json) -> list[Progress]:
    """Every phase in order."""
    required = _required(content, facts, answers)
    return [_progress_of(phase, required, answers, seen) for phase in PHASES]


def is_done(item: Json, answers: Json, seen: Json) -> bool:
    """Whether nothing more is to do. A type this side does not know is never done."""
    kind = ITEM_TYPES.get(item["type"])
    return kind is not None and kind.is_done(item, answers.get(item["key"]), seen)


def _required(content: Json | None, facts: Json, answers: Json) -> list[Json]:
    return [item for item in applying(content, facts, answers) if item["required"]]


def _progress_of(phase: str, required: list[Json], answers: Json, seen: Json) -> Progress:
    items = [item for item in required if item["phase"] == phase]
    return Progress(phase, sum(is_done(item, answers, seen) for item in items), len(items))


def _holds(condition: Json, earlier: dict[str, Json], facts: Json, answers: Json) -> bool:
    if "item" not in condition:
        return _fact_holds(facts.get(condition["fact"]), condition["is"])
    item = earlier.get(condition["item"])
    kind = ITEM_TYPES.get(item["type"]) if item else None
    if item is None or kind is None:
        return False
    return kind.holds(item, answers.get(item["key"]), condition["is"])


def _fact_holds(fact: Any, expected: Any) -> bool:
    if isinstance(fact, list):
        return expected in fact
    return type(fact) is type(expected) and bool(fact == expected)
