"""The check of a version's content: shape, both languages, conditions that can hold (docs/visit.md).

A content that passes can be used by `rules` and the item types without another look.
"""

import re
from collections.abc import Iterator
from typing import Any

from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.base import (
    LANGUAGES,
    SCRIPT_MOST,
    WORDS_MOST,
    Fault,
    Json,
    Pictures,
    is_shaped,
    words_faults,
)
from fieldservice.checklists.rules import PHASES
from fieldservice.customers.models import SPECIAL_NEEDS

FORMAT = 1
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: of every item, beside the fields of its type
COMMON = frozenset({"key", "phase", "type", "words", "hint", "required", "when", "sheet"})
ITEMS_MOST, PHRASES_MOST, CONDITIONS_MOST = 100, 30, 5
HINT_MOST, TITLE_MOST = 300, 40
TRUTHS = ("under_warranty", "charge", "stops_supply")

#: what even a draft may not have: neither editor nor preview could show it. Other faults may wait for the publishing.
MALFORMED = frozenset(
    {
        "shape_bad", "format_unknown", "type_unknown", "phase_unknown", "slot_unknown", "key_bad", "key_twice",
        "number_bad", "too_many", "options_too_many", "text_too_long",
    }
)  # fmt: skip


def check_content(content: Any) -> list[Fault]:
    """Everything that is wrong with it, in reading order; the content may be anything that JSON can say.

    Paths are of keys and places joined by dots: `items.3.script.en`; '' is the whole.
    """
    if not is_shaped(content, "format", "items", "phrases"):
        return [Fault("", "shape_bad")]
    if type(content["format"]) is not int or content["format"] != FORMAT:
        return [Fault("format", "format_unknown")]
    return [*_items_faults(content["items"]), *_phrases_faults(content["phrases"])]


def malformed(content: Any) -> list[Fault]:
    """What is wrong with it even as a draft."""
    return [fault for fault in check_content(content) if fault.code in MALFORMED]


def _items_faults(items: Any) -> Iterator[Fault]:
    if not isinstance(items, list):
        yield Fault("items", "shape_bad")
        return
    if not items:
        yield Fault("items", "no_items")
    if len(items) > ITEMS_MOST:
        yield Fault("items", "too_many")
        return
    places = {item["key"]: place for place, item in reversed(list(enumerate(items))) if _has_key(item)}
    sound: dict[str, Json] = {}
    for place, item in enumerate(items):
        faults = list(_item_faults(item, place, places, sound))
        yield from (Fault(f"items.{place}.{fault.path}".rstrip("."), fault.code) for fault in faults)
        if not faults:
            sound[item["key"]] = item
    yield from _order_faults(items)
    yield from _signature_faults(items)


def _has_key(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("key"), str)


def _item_faults(item: Any, place: int, places: dict[str, int], sound: dict[str, Json]) -> Iterator[Fault]:
    if not isinstance(item, dict):
        yield Fault("", "shape_bad")
        return
    kind = ITEM_TYPES.get(item["type"]) if isinstance(item.get("type"), str) else None
    if kind is None:
        yield Fault("type", "type_unknown")
        return
    if item.keys() != COMMON | kind.fields:
        yield Fault("", "shape_bad")
        return
    yield from _key_faults(item["key"], places, place)
    if item["phase"] not in PHASES:
        yield Fault("phase", "phase_unknown")
    yield from words_faults("words", item["words"], WORDS_MOST)
    yield from _hint_faults(item["hint"])
    if not isinstance(item["required"], bool):
        yield Fault("required", "shape_bad")
    if item["sheet"] not in ("", *kind.sheets):
        yield Fault("sheet", "sheet_bad")
    yield from _when_faults(item["when"], place, places, sound)
    yield from kind.check_definition(item)


def _key_faults(key: Any, places: dict[str, int], place: int) -> Iterator[Fault]:
    if not isinstance(key, str) or not KEY.fullmatch(key):
        yield Fault("key", "key_bad")
    elif places[key] != place:
        yield Fault("key", "key_twice")


def _hint_faults(hint: Any) -> list[Fault]:
    return [] if hint == dict.fromkeys(LANGUAGES, "") else words_faults("hint", hint, HINT_MOST)


def _when_faults(when: Any, place: int, places: dict[str, int], sound: dict[str, Json]) -> Iterator[Fault]:
    if not isinstance(when, list):
        yield Fault("when", "shape_bad")
        return
    if len(when) > CONDITIONS_MOST:
        yield Fault("when", "too_many")
    for number, condition in enumerate(when):
        code = _condition_fault(condition, place, places, sound)
        if code:
            yield Fault(f"when.{number}", code)


def _condition_fault(
    condition: Any, place: int, places: dict[str, int], sound: dict[str, Json]
) -> str | None:
    if is_shaped(condition, "fact", "is"):
        return None if _can_be(condition["fact"], condition["is"]) else "condition_bad"
    if not is_shaped(condition, "item", "is") or not isinstance(condition["item"], str):
        return "shape_bad"
    key = condition["item"]
    if key not in places:
        return "condition_unknown"
    if places[key] >= place:
        return "condition_later"
    item = sound.get(key)
    if item and not ITEM_TYPES[item["type"]].may_expect(item, condition["is"]):
        return "condition_bad"
    return None


def _can_be(fact: Any, value: Any) -> bool:
    if fact in TRUTHS:
        return isinstance(value, bool)
    if fact == "special_needs":
        return value in SPECIAL_NEEDS
    return fact == "job_type" and isinstance(value, str) and KEY.fullmatch(value) is not None


def _order_faults(items: list[Any]) -> Iterator[Fault]:
    """Phase after phase, so that what stands earlier in the list is earlier on the visit."""
    reached = 0
    for place, item in enumerate(items):
        phase = item.get("phase") if isinstance(item, dict) else None
        if phase not in PHASES:
            continue
        if PHASES.index(phase) < reached:
            yield Fault(f"items.{place}.phase", "phase_order")
        reached = max(reached, PHASES.index(phase))


def _signature_faults(items: list[Any]) -> Iterator[Fault]:
    """One signature, in `leaving`; what it covers stands before it, or answering the rest would undo it."""
    signed = False
    for place, item in enumerate(items):
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "signature" and signed:
            yield Fault(f"items.{place}.type", "signature_twice")
        elif kind == "signature" and item.get("phase") != "leaving":
            yield Fault(f"items.{place}.phase", "signature_elsewhere")
        elif signed and isinstance(item, dict) and _is_covered(item):
            yield Fault(f"items.{place}", "after_signature")
        signed = signed or kind == "signature"


def _is_covered(item: Json) -> bool:
    is_picture = isinstance(item.get("type"), str) and isinstance(ITEM_TYPES.get(item["type"]), Pictures)
    return bool(item.get("sheet")) or (is_picture and item.get("slot") != "paper")


def _phrases_faults(phrases: Any) -> Iterator[Fault]:
    if not isinstance(phrases, list):
        yield Fault("phrases", "shape_bad")
        return
    if len(phrases) > PHRASES_MOST:
        yield Fault("phrases", "too_many")
        return
    taken: set[str] = set()
    for place, phrase in enumerate(phrases):
        faults = _phrase_faults(phrase, taken)
        yield from (Fault(f"phrases.{place}.{fault.path}".rstrip("."), fault.code) for fault in faults)


def _phrase_faults(phrase: Any, taken: set[str]) -> Iterator[Fault]:
    if not is_shaped(phrase, "key", "title", "words"):
        yield Fault("", "shape_bad")
        return
    key = phrase["key"]
    if not isinstance(key, str) or not KEY.fullmatch(key):
        yield Fault("key", "key_bad")
    elif key in taken:
        yield Fault("key", "key_twice")
    else:
        taken.add(key)
    yield from words_faults("title", phrase["title"], TITLE_MOST)
    yield from words_faults("words", phrase["words"], SCRIPT_MOST)
