"""What changed from one version's content to another, step by step and phrase by phrase."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from fieldservice.checklists.conditions import condition_words
from fieldservice.checklists.editing import ITEMS, PHRASES
from fieldservice.checklists.items.base import Json
from fieldservice.checklists.payloads import field_labels, option_names, phrase_fields, step_fields
from fieldservice.core.i18n import gettext as _
from fieldservice.web.checklist_words import KINDS, PHASES, SHEETS
from fieldservice.web.visit_words import SLOTS

ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"


@dataclass(frozen=True)
class Change:
    """One field, before and after, as people read it; '' is empty."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """One step or phrase that is not as it was."""

    kind: str
    #: as it is now; of a removed one as it was
    entry: Json
    changes: list[Change] = field(default_factory=list)


def step_differences(before: Json, after: Json) -> list[Difference]:
    """Of the steps, in the order of the new version; removed ones last."""
    return _differences(before, after, ITEMS, lambda item, content: _shown_step(item, content))


def phrase_differences(before: Json, after: Json) -> list[Difference]:
    """Of the phrases."""
    return _differences(before, after, PHRASES, lambda phrase, _content: phrase_fields(phrase))


def _differences(
    before: Json, after: Json, part: str, fields_of: Callable[[Json, Json], dict[str, Any]]
) -> list[Difference]:
    old = {entry["key"]: entry for entry in before[part]}
    new = {entry["key"]: entry for entry in after[part]}
    moved = _moved([key for key in old if key in new], [key for key in new if key in old])
    found = []
    for key, entry in new.items():
        if key not in old:
            found.append(Difference(ADDED, entry))
        elif changes := _changes(old[key], entry, fields_of(old[key], before), fields_of(entry, after)):
            found.append(Difference(CHANGED, entry, changes))
        elif key in moved:
            found.append(Difference(MOVED, entry))
    return found + [Difference(REMOVED, entry) for key, entry in old.items() if key not in new]


def _moved(old: list[str], new: list[str]) -> set[str]:
    """Keys that do not stand in the longest run both orders share."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    kept = {key for block in blocks for key in new[block.b : block.b + block.size]}
    return set(new) - kept


def _changes(old: Json, new: Json, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """A condition reads otherwise when the step it names got other words: that alone is no change."""
    labels = field_labels()
    names = [*after, *(name for name in before if name not in after)]
    return [
        Change(labels.get(name, name), str(before.get(name, "")), str(after.get(name, "")))
        for name in names
        if before.get(name, "") != after.get(name, "") and not (name == "when" and old["when"] == new["when"])
    ]


def _shown_step(item: Json, content: Json) -> dict[str, Any]:
    """The fields of its form, codes as words; keys of answers are nobody's business."""
    fields = step_fields(item)
    fields |= {
        "type": str(KINDS[item["type"]]),
        "phase": str(PHASES[item["phase"]]),
        "sheet": str(SHEETS[item["sheet"]]),
        "optional": _("yes") if fields["optional"] else _("no"),
        "when": _("; ").join(
            condition_words(condition, content["items"]).words for condition in item["when"]
        ),
    }
    if "slot" in fields:
        fields["slot"] = str(SLOTS[fields["slot"]])
    if "many" in fields:
        fields["many"] = _("yes") if fields["many"] else _("no")
    return fields | _shown_options(item)


def _shown_options(item: Json) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for row, option in enumerate(item.get("options", ())):
        asks = f" ({_('asks for words')})" if option["text"] else ""
        key_name, zh_name, en_name, text_name = option_names(row)
        words = option["words"]
        shown |= {key_name: "", zh_name: words["zh"] + asks, en_name: words["en"] + asks, text_name: ""}
    return shown
