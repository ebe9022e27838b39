"""The shipped standard: right, complete in both languages, and possible to complete."""

import hashlib
import json
import re
from itertools import product
from pathlib import Path

import pytest

from fieldservice.checklists import rules, standards
from fieldservice.checklists.content import check_content
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.say import PLACEHOLDERS
from fieldservice.checklists.standards import shipped_standards
from fieldservice.jobs.rules import TYPES

STANDARDS = shipped_standards()
EACH = pytest.mark.parametrize("standard", STANDARDS, ids=lambda standard: standard.job_type)
SITUATIONS = {"gift", "furniture", "scope", "cannot_fix", "mistake", "offered", "complaint"}
PINNED = json.loads((Path(__file__).parent / "standards.json").read_text())


def facts(job_type, charge=False, elderly=False, stops_supply=False):
    needs = ["elderly"] if elderly else []
    warranty = not charge
    return {
        "job_type": job_type, "under_warranty": warranty, "charge": charge, "special_needs": needs,
        "stops_supply": stops_supply,
    }  # fmt: skip


def texts(value):
    """Every text in a language, wherever in the content."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key in ("zh", "en"):
                yield key, part
            else:
                yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def a_right_answer(item, last_option):
    """As somebody on site would give it; None for what is no answer."""
    match item["type"]:
        case "confirm":
            return {"done": True}
        case "say":
            return {"said": True, "language": "zh"}
        case "choose":
            option = item["options"][-1 if last_option else 0]
            return {"chosen": [option["key"]], "text": "说明" if option["text"] else ""}
        case "number":
            return {"milli": max(item["least_milli"] or 0, 1000)}
        case "text":
            return {"text": "写清楚了"}
    return None


def photos_of(item):
    kind = ITEM_TYPES[item["type"]]
    slots = kind.slots(item) if hasattr(kind, "slots") else ()
    return [
        {"slot": slot, "item": item["key"], "counts": True} for slot in slots for _ in range(item["least"])
    ]


def test_the_kinds_of_visit_that_have_a_standard():
    assert {standard.job_type for standard in STANDARDS} == {
        "survey", "installation", "repair", "delivery_inspection", "maintenance", "repeat_repair",
    }  # fmt: skip
    assert {standard.job_type for standard in STANDARDS} < set(TYPES)


@EACH
def test_it_is_right(standard):
    assert check_content(standard.content) == []
    assert re.fullmatch(rf"{standard.job_type} [1-9]\d*", standard.name)


@EACH
def test_it_never_changes_under_its_name(standard):
    """Changed on purpose? Give the standard the next number, and write the new digest into standards.json."""
    text = json.dumps(standard.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert PINNED[standard.name] == hashlib.sha256(text.encode()).hexdigest()


@EACH
def test_all_five_phases_have_required_steps(standard):
    for phase in rules.progress(
        standard.content, facts(standard.job_type), {}, {"photos": [], "signed": False}
    ):
        assert phase.of >= 2, phase


@EACH
def test_both_languages_are_complete_and_what_they_claim_to_be(standard):
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for language, text in texts(standard.content):
        if text:
            assert bool(chinese.search(text)) is (language == "zh"), text
            assert not (language == "zh" and re.search(r"[\u4e00-\u9fff][,;!?]", text)), (
                f"half-width mark: {text}"
            )


@EACH
def test_the_greeting_says_who_comes_and_why(standard):
    scripts = [item["script"] for item in standard.content["items"] if item["type"] == "say"]
    for language in ("zh", "en"):
        greeting = next(script[language] for script in scripts if "{badge_no}" in script[language])
        assert "{technician}" in greeting
        assert "{visit_type}" in greeting
        used = {name for script in scripts for name in re.findall(r"\{(\w+)\}", script[language])}
        assert used <= PLACEHOLDERS
        assert "amount" in used


@EACH
def test_placeholders_are_the_same_in_both_languages(standard):
    for item in standard.content["items"]:
        if item["type"] == "say":
            zh, en = (set(re.findall(r"\{\w+\}", item["script"][language])) for language in ("zh", "en"))
            assert zh - {"{address_form}"} == en - {"{address_form}"}, item["key"]


@EACH
def test_the_phrases_of_every_situation_are_there(standard):
    assert {phrase["key"] for phrase in standard.content["phrases"]} >= SITUATIONS


@EACH
def test_the_customer_reads_what_was_found_and_done_and_signs(standard):
    sheets = {item["sheet"] for item in standard.content["items"]}
    assert sheets == {"", "found", "done", "result"}
    assert any(item["type"] == "signature" and item["required"] for item in standard.content["items"])


@EACH
@pytest.mark.parametrize(
    ("charge", "elderly", "stops_supply", "last_option"), list(product([False, True], repeat=4))
)
def test_a_visit_can_be_completed(standard, charge, elderly, stops_supply, last_option):
    content, known = standard.content, facts(standard.job_type, charge, elderly, stops_supply)
    answers, photos = {}, []
    for item in content["items"]:
        if rules.applies(item, known, answers, content):
            answers[item["key"]] = a_right_answer(item, last_option)
            photos += photos_of(item)
            assert ITEM_TYPES[item["type"]].check(item, answers[item["key"]]) is None, item["key"]
    assert rules.missing(content, known, answers, {"photos": photos, "signed": False}, rules.PHASES) == [
        "sign"
    ]
    assert rules.missing(content, known, answers, {"photos": photos, "signed": True}, rules.PHASES) == []


@EACH
def test_money_is_spoken_of_only_where_it_is_asked_for(standard):
    content = standard.content
    free, charged = (
        {item["key"] for item in rules.applying(content, facts(standard.job_type, charge), {})}
        for charge in (False, True)
    )
    assert {"price", "payment", "money"} <= charged - free


def test_every_item_type_is_used():
    used = {item["type"] for standard in STANDARDS for item in standard.content["items"]}
    assert used == set(ITEM_TYPES)


def test_every_shared_step_is_used():
    written = [
        json.loads(path.read_text()) for path in standards.FOLDER.glob("*.json") if path.stem != "shared"
    ]
    shared = json.loads((standards.FOLDER / "shared.json").read_text())["items"]
    assert {item for file in written for item in file["items"] if isinstance(item, str)} == set(shared)
    assert all(item["key"] == key for key, item in shared.items())
