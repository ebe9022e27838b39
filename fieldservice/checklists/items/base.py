"""What every item type must say; the contract a new one fulfils (copy `example.py`)."""

import re
from dataclasses import dataclass
from typing import Any

#: an item or a value as JSON gives it
Json = dict[str, Any]

#: characters of a reason why not, and of the text an option asks for
WHY_MOST = 500
WORDS_MOST = 200
SCRIPT_MOST = 600

#: NUL and half characters, which not every database can hold
_UNHOLDABLE = re.compile("[\0\ud800-\udfff]")
_BRACES = re.compile(r"\{[^{}]*\}|[{}]")

#: languages of the content; both must be complete
LANGUAGES = ("zh", "en")
WHY_NOT = {"zh": "没做：{}", "en": "Not done: {}"}


@dataclass(frozen=True)
class Fault:
    """What is wrong with a content: where ('items.3.script.en'; in a type: 'script.en') and a code with words."""

    path: str
    code: str


class ItemType:
    """One kind of checklist item. Pure: an item and a value in, an explained answer out.

    A value comes from a phone and may be anything that JSON can say; an item has been through `check_definition`.
    The phone's twin is `static/js/rules/items/<kind>.js`; both run `tests/vectors/checklist_items/<kind>.json`.
    """

    #: name in the content, for ever
    kind: str
    #: fields an item of this type has beside those of every item
    fields: frozenset[str] = frozenset()
    #: sheets of the customer its answer may stand on, beside none
    sheets: frozenset[str] = frozenset({"found", "done", "result"})

    def check(self, item: Json, value: Any) -> str | None:
        """What is wrong with an answer, a code of docs/visit.md; None: nothing. `null` takes an answer back."""
        return None if value is None else self.fault(item, value)

    def fault(self, item: Json, value: Any) -> str | None:
        """As `check`, of a value that is not null."""
        raise NotImplementedError

    def is_done(self, item: Json, value: Any, seen: Json) -> bool:
        """Whether nothing more is to do. `seen`: photos and signature (docs/visit.md)."""
        return self.is_answered(item, value)

    def is_answered(self, item: Json, value: Any) -> bool:
        """Whether there is a right answer."""
        return value is not None and self.fault(item, value) is None

    def holds(self, item: Json, value: Any, expected: Any) -> bool:
        """Whether a condition `{"item": …, "is": expected}` on this item holds."""
        return expected is True and self.is_answered(item, value)

    def may_expect(self, item: Json, expected: Any) -> bool:
        """Whether a condition may ask for `expected` of this item."""
        return expected is True

    def words(self, item: Json, value: Any, language: str) -> str:
        """The answer in words, for the sheet and the desk; '' where there is none."""
        raise NotImplementedError

    def check_definition(self, item: Json) -> list[Fault]:
        """What is wrong with the fields of this type. Called only when `item` has exactly the fields it must have."""
        return []


class YesOrWhyNot(ItemType):
    """Done, or not done and why: shared by the types that are a deed. `key` names the deed in the value."""

    key: str
    yes_words: dict[str, str]

    def fault(self, item: Json, value: Any) -> str | None:
        if is_shaped(value, self.key, "why") and value[self.key] is False:
            return text_fault(value["why"])
        return None if self.is_yes(value) else "value_bad"

    def is_yes(self, value: Any) -> bool:
        """Whether the value says that it was done."""
        return is_shaped(value, self.key) and value[self.key] is True

    def holds(self, item: Json, value: Any, expected: Any) -> bool:
        return self.is_answered(item, value) and value[self.key] is expected

    def may_expect(self, item: Json, expected: Any) -> bool:
        return isinstance(expected, bool)

    def words(self, item: Json, value: Any, language: str) -> str:
        if not self.is_answered(item, value):
            return ""
        return self.yes_words[language] if value[self.key] else WHY_NOT[language].format(value["why"])


class Pictures(ItemType):
    """Photos in slots, or why there can be none."""

    sheets = frozenset()

    def slots(self, item: Json) -> tuple[str, ...]:
        """Each of these must be filled."""
        raise NotImplementedError

    def fault(self, item: Json, value: Any) -> str | None:
        return text_fault(value["why"]) if is_shaped(value, "why") else "value_bad"

    def is_done(self, item: Json, value: Any, seen: Json) -> bool:
        enough = all(counted(seen, item["key"], slot) >= item["least"] for slot in self.slots(item))
        return enough or self.is_answered(item, value)

    def may_expect(self, item: Json, expected: Any) -> bool:
        return False

    def words(self, item: Json, value: Any, language: str) -> str:
        return WHY_NOT[language].format(value["why"]) if self.is_answered(item, value) else ""

    def check_definition(self, item: Json) -> list[Fault]:
        return [] if is_whole(item["least"], 1, 20) else [Fault("least", "number_bad")]


def counted(seen: Json, key: str, slot: str) -> int:
    """How many photos of an item's slot count."""
    wanted = (slot, key, True)
    return sum((photo["slot"], photo["item"], photo["counts"]) == wanted for photo in seen["photos"])


def is_shaped(value: Any, *keys: str) -> bool:
    """Whether it is an object with exactly these keys."""
    return isinstance(value, dict) and value.keys() == set(keys)


def is_whole(value: Any, least: int, most: int) -> bool:
    """Whether it is a whole number (a boolean is none) from `least` to `most`."""
    return type(value) is int and least <= value <= most


def text_fault(text: Any, *, most: int = WHY_MOST, none: str = "why_missing") -> str | None:
    """What is wrong with a text of an answer; `none`: the code when it is blank."""
    if not isinstance(text, str) or _UNHOLDABLE.search(text):
        return "value_bad"
    if not text.strip():
        return none
    return "text_too_long" if len(text) > most else None


def words_faults(
    path: str, words: Any, most: int, *, placeholders: frozenset[str] = frozenset()
) -> list[Fault]:
    """What is wrong with a text in both languages that must be complete."""
    if not is_shaped(words, *LANGUAGES):
        return [Fault(path, "shape_bad")]
    found = [(language, _words_fault(words[language], most, placeholders)) for language in LANGUAGES]
    return [Fault(f"{path}.{language}", code) for language, code in found if code]


def _words_fault(text: Any, most: int, placeholders: frozenset[str]) -> str | None:
    code = text_fault(text, most=most, none="words_missing")
    if code:
        return "shape_bad" if code == "value_bad" else code
    known = all(found[1:-1] in placeholders for found in _BRACES.findall(text))
    return None if known else "placeholder_unknown"
