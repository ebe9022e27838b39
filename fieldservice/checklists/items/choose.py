"""One or several of the given options, some of which ask for a text."""

import re
from typing import Any

from fieldservice.checklists.items.base import (
    WORDS_MOST,
    Fault,
    ItemType,
    Json,
    is_shaped,
    text_fault,
    words_faults,
)

OPTION_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
OPTIONS_MOST = 12
_AND = {"zh": "、", "en": ", "}
_COLON = {"zh": "：", "en": ": "}


class Choose(ItemType):
    """`{"chosen": ["key"], "text": ""}`: the text belongs to the options that ask for one."""

    kind = "choose"
    fields = frozenset({"options", "many"})

    def fault(self, item: Json, value: Any) -> str | None:
        if not is_shaped(value, "chosen", "text") or not isinstance(value["chosen"], list):
            return "value_bad"
        chosen, text = value["chosen"], value["text"]
        if not all(isinstance(key, str) for key in chosen) or len(set(chosen)) != len(chosen):
            return "value_bad"
        picked = [option for option in item["options"] if option["key"] in chosen]
        if len(picked) != len(chosen):
            return "option_unknown"
        if len(chosen) > 1 and not item["many"]:
            return "too_many_chosen"
        code = text_fault(text, none="text_missing")
        wants_text = any(option["text"] for option in picked)
        return None if code == "text_missing" and not wants_text else code

    def is_answered(self, item: Json, value: Any) -> bool:
        return super().is_answered(item, value) and bool(value["chosen"])

    def holds(self, item: Json, value: Any, expected: Any) -> bool:
        return isinstance(expected, str) and self.is_answered(item, value) and expected in value["chosen"]

    def may_expect(self, item: Json, expected: Any) -> bool:
        return any(option["key"] == expected for option in item["options"])

    def words(self, item: Json, value: Any, language: str) -> str:
        if not self.is_answered(item, value):
            return ""
        picked = [option for option in item["options"] if option["key"] in value["chosen"]]
        words = _AND[language].join(option["words"][language] for option in picked)
        return words + _COLON[language] + value["text"] if any(option["text"] for option in picked) else words

    def check_definition(self, item: Json) -> list[Fault]:
        found = [] if isinstance(item["many"], bool) else [Fault("many", "shape_bad")]
        options = item["options"]
        if not isinstance(options, list):
            return [*found, Fault("options", "shape_bad")]
        if not 2 <= len(options) <= OPTIONS_MOST:
            found.append(Fault("options", "options_too_few" if len(options) < 2 else "options_too_many"))
        taken: set[str] = set()
        for number, option in enumerate(options):
            found += [Fault(f"options.{number}{path}", code) for path, code in _option_faults(option, taken)]
        return found


def _option_faults(option: Any, taken: set[str]) -> list[tuple[str, str]]:
    if not is_shaped(option, "key", "words", "text"):
        return [("", "shape_bad")]
    found = [(f".{fault.path}", fault.code) for fault in words_faults("words", option["words"], WORDS_MOST)]
    if not isinstance(option["text"], bool):
        found.append((".text", "shape_bad"))
    key = option["key"]
    if not isinstance(key, str) or not OPTION_KEY.fullmatch(key):
        return [*found, (".key", "key_bad")]
    if key in taken:
        found.append((".key", "key_twice"))
    taken.add(key)
    return found
