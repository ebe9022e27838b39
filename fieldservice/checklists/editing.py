"""Changes of a draft's content, as the editor makes them. Pure: a content in, another one out.

Steps stand phase after phase. Keys are made here and stay with a step for good: answers, conditions and comparisons of
versions lean on them.
"""

import secrets
from collections.abc import Iterable
from copy import deepcopy

from fieldservice.checklists.items.base import Json
from fieldservice.checklists.rules import PHASES

ITEMS, PHRASES = "items", "phrases"


def found(content: Json, part: str, key: str) -> Json | None:
    """The step or phrase of that key."""
    return next((entry for entry in content[part] if entry["key"] == key), None)


def place_of(content: Json, part: str, key: str) -> int:
    """Where it stands, from 0; where a new one would stand when there is none."""
    keys = [entry["key"] for entry in content[part]]
    return keys.index(key) if key in keys else len(keys)


def fresh_key(taken: Iterable[str]) -> str:
    """A key nobody has. By chance: two people who add a step each must not make the same."""
    while True:
        key = f"k{secrets.token_hex(4)}"
        if key not in taken:
            return key


def kept(content: Json, part: str, entry: Json) -> Json:
    """With a step or phrase changed, or added at the end (of its phase)."""
    changed = deepcopy(content)
    place, old = place_of(content, part, entry["key"]), found(content, part, entry["key"])
    if old and old.get("phase") != entry.get("phase"):
        changed[part].pop(place)
        changed[part].append(entry)
    else:
        changed[part][place : place + 1] = [entry]
    return _ordered(changed)


def removed(content: Json, part: str, key: str) -> Json:
    """Without it."""
    return {**content, part: [entry for entry in content[part] if entry["key"] != key]}


def moved(content: Json, part: str, key: str, *, up: bool) -> Json:
    """One place up or down. The first step of a phase goes up to the end of the phase before, the last one down."""
    changed = deepcopy(content)
    entries = changed[part]
    place = place_of(content, part, key)
    if place == len(entries):
        return changed
    entry, other = entries[place], place + (-1 if up else 1)
    has_neighbour = 0 <= other < len(entries) and entries[other].get("phase") == entry.get("phase")
    if has_neighbour:
        entries[place], entries[other] = entries[other], entry
    elif part == ITEMS:
        entry["phase"] = _next_phase(entry["phase"], -1 if up else 1)
    return changed


def _next_phase(phase: str, by: int) -> str:
    return PHASES[min(max(PHASES.index(phase) + by, 0), len(PHASES) - 1)]


def _ordered(content: Json) -> Json:
    content[ITEMS].sort(key=lambda item: PHASES.index(item["phase"]))
    return content
