"""Conditions as an editor offers them: one list of all that can be asked, each with a code and a sentence.

A code is `fact charge +` or `item k1a2b3c4 =yes`: what, of what, and what it must be (`+` true, `-` false, `=` a text).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fieldservice.checklists.content import TRUTHS
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.base import Json
from fieldservice.core.i18n import chosen_language
from fieldservice.core.i18n import gettext as _
from fieldservice.customers.models import SPECIAL_NEEDS
from fieldservice.web.checklist_words import fact_words
from fieldservice.web.job_words import TYPES

_SIGNS = {True: "+", False: "-"}


@dataclass(frozen=True)
class Offer:
    """One condition to choose."""

    code: str
    words: str


def code_of(condition: Json) -> str:
    """The code of a condition."""
    kind = "fact" if "fact" in condition else "item"
    value = condition["is"]
    return f"{kind} {condition[kind]} {_SIGNS.get(value, '') if isinstance(value, bool) else f'={value}'}"


def condition_of(code: str) -> Json | None:
    """The condition of a code; None: it is none."""
    parts = code.split(" ")
    if len(parts) != 3 or parts[0] not in ("fact", "item") or parts[2][:1] not in ("+", "-", "="):
        return None
    kind, name, value = parts
    return {kind: name, "is": value[1:] if value[0] == "=" else value == "+"}


def fact_offers() -> list[Offer]:
    """Everything that can be asked of a job."""
    truths: list[tuple[str, Any]] = [(fact, value) for fact in TRUTHS for value in (True, False)]
    needs = [("special_needs", need) for need in SPECIAL_NEEDS]
    kinds = [("job_type", kind) for kind in TYPES]
    return [
        Offer(code_of({"fact": fact, "is": value}), fact_words(fact, value))
        for fact, value in [*truths, *needs, *kinds]
    ]


def step_offers(earlier: list[Json]) -> list[Offer]:
    """Everything that can be asked of the steps before."""
    return [
        Offer(code_of({"item": item["key"], "is": value}), step_words(item, value))
        for item in earlier
        for value in values_of(item)
    ]


def condition_words(condition: Json, items: list[Json]) -> Offer:
    """A condition as a sentence; one on a step that is gone says so."""
    if "fact" in condition:
        return Offer(code_of(condition), fact_words(condition["fact"], condition["is"]))
    item = next((item for item in items if item["key"] == condition["item"]), None)
    if item is None:
        return Offer(code_of(condition), _("A deleted step"))
    return Offer(code_of(condition), step_words(item, condition["is"]))


def step_words(item: Json, value: Any) -> str:
    """“Is the fault as reported?: Different”."""
    if value is True:
        said = _("answered") if item["type"] in ("number", "text") else _("done")
    elif value is False:
        said = _("not done")
    else:
        chosen = [option for option in item.get("options", ()) if option["key"] == value]
        said = in_words(chosen[0]["words"]) if chosen else _("an answer that is gone")
    return _("“%(step)s”: %(answer)s", step=in_words(item["words"]) or _("no words yet"), answer=said)


def language() -> str:
    """The language a checklist's own words are shown in beside ours: Chinese, unless the page is in another."""
    return "zh" if chosen_language() == "zh" else "en"


def in_words(words: dict[str, str]) -> str:
    """A text of the checklist in the page's language; in the other one where it has none."""
    return words[language()] or words["zh"] or words["en"]


def values_of(item: Json) -> Iterator[Any]:
    """What a condition may expect of a step; nothing of photos and sign-off."""
    for option in item.get("options", ()):
        yield option["key"]
    for value in (True, False):
        if "options" not in item and ITEM_TYPES[item["type"]].may_expect(item, value):
            yield value
