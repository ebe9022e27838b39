"""Every item type: what is wrong with a value, what is done, what a condition makes of it; as on the phone."""

import json
import re
from pathlib import Path

import pytest

from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.example import Scale

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "vectors" / "checklist_items"
NOTHING_SEEN = {"photos": [], "signed": False}
CASES = [
    pytest.param(group["item"], case, id=f"{path.stem}-{case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for group in json.loads(path.read_text())["groups"]
    for case in group["cases"]
]


@pytest.mark.parametrize(("item", "case"), CASES)
def test_an_answer(item, case):
    kind, seen = ITEM_TYPES[item["type"]], case.get("seen", NOTHING_SEEN)
    assert kind.check(item, case["value"]) == case["check"]
    assert kind.is_done(item, case["value"], seen) is case["done"]
    for expected, holds in case.get("holds", []):
        assert kind.holds(item, case["value"], expected) is holds, expected


@pytest.mark.parametrize(("item", "case"), CASES)
def test_an_answer_in_words_never_fails(item, case):
    words = [ITEM_TYPES[item["type"]].words(item, case["value"], language) for language in ("zh", "en")]
    right = case["value"] is not None and case["check"] is None
    if right and not (item["type"] == "choose" and not case["value"]["chosen"]):
        assert all(words)
    else:
        assert words == ["", ""]


def test_every_type_has_vectors_and_a_twin_on_the_phone():
    registry = (ROOT / "static" / "js" / "rules" / "items" / "registry.js").read_text()
    imported = set(re.findall(r"from '#app/rules/items/(\w+)\.js'", registry))
    assert set(ITEM_TYPES) == {path.stem for path in FOLDER.glob("*.json")} == imported


def test_a_type_stands_under_its_own_name_in_its_own_file():
    for kind, found in ITEM_TYPES.items():
        assert found.kind == kind
        assert type(found).__module__.endswith(f".{kind}")


ITEM = {"key": "a", "options": [], "many": False, "unit": "%", "decimals": 1}
OPTIONS = [
    {"key": "same", "words": {"zh": "一样", "en": "The same"}, "text": False},
    {"key": "other", "words": {"zh": "不一样", "en": "Different"}, "text": True},
]


@pytest.mark.parametrize(
    ("kind", "item", "value", "zh", "en"),
    [
        ("confirm", {}, {"done": True}, "已做", "Done"),
        ("confirm", {}, {"done": False, "why": "没带"}, "没做：没带", "Not done: 没带"),
        ("say", {}, {"said": True, "language": "en"}, "已说", "Said"),
        ("choose", {"options": OPTIONS}, {"chosen": ["same"], "text": "x"}, "一样", "The same"),
        (
            "choose",
            {"options": OPTIONS, "many": True},
            {"chosen": ["other", "same"], "text": "渗水"},
            "一样、不一样：渗水",
            "The same, Different: 渗水",
        ),
        ("number", {}, {"milli": 9400}, "9.4%", "9.4%"),
        ("number", {"unit": "mm", "decimals": 0}, {"milli": -3000}, "-3 mm", "-3 mm"),
        ("number", {"unit": "", "decimals": 3}, {"milli": 1}, "0.001", "0.001"),
        ("text", {"most": 10}, {"text": "渗水"}, "渗水", "渗水"),
        ("photo", {}, {"why": "停电"}, "没做：停电", "Not done: 停电"),
        ("photo_pair", {}, {"why": "停电"}, "没做：停电", "Not done: 停电"),
    ],
)
def test_an_answer_in_words(kind, item, value, zh, en):
    full = {
        **ITEM,
        "least_milli": None,
        "most_milli": None,
        **item,
    }
    assert [ITEM_TYPES[kind].words(full, value, language) for language in ("zh", "en")] == [zh, en]


def test_the_example_to_copy_works():
    scale, item = Scale(), {"key": "a", "most": 5}
    assert scale.kind not in ITEM_TYPES
    assert [scale.check(item, value) for value in (None, {"step": 5}, {"step": 6}, {"step": True}, 3)] == [
        None,
        None,
        "number_out_of_range",
        "value_bad",
        "value_bad",
    ]
    assert scale.is_done(item, {"step": 1}, NOTHING_SEEN)
    assert scale.holds(item, {"step": 1}, True)
    assert scale.words(item, {"step": 2}, "en") == "2 / 5"
    assert scale.words(item, "2", "en") == ""
    assert [fault.code for fault in scale.check_definition({"most": 1})] == ["number_bad"]
