"""The check of a content: every fault is named with its place, and nothing that JSON can say breaks it."""

from copy import deepcopy

import pytest

from fieldservice.checklists.content import MALFORMED, check_content, malformed
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.items.base import Fault

WORDS = {"zh": "步骤", "en": "Step"}
BLANK = {"zh": "", "en": ""}
OPTION = {"key": "yes", "words": WORDS, "text": False}
FIELDS = {
    "say": {"script": {"zh": "{address_form}您好", "en": "Hello {address_form}"}},
    "choose": {"many": False, "options": [OPTION, {**OPTION, "key": "no", "text": True}]},
    "number": {
        "unit": "%", "decimals": 1, "least_milli": 0, "most_milli": 100000,
        "warn_below_milli": None, "warn_above_milli": 8000, "warn": WORDS,
    },
    "text": {"most": 100},
    "photo": {"slot": "damage", "least": 1},
    "photo_pair": {"least": 1},
}  # fmt: skip
JUNK = [None, True, 0, -1, 1.5, 10**40, "", "x", "\0", "\ud800", [], [[]], [None], {}, {"zh": 1}, "好" * 2000]


def an_item(key="a", kind="confirm", **given):
    common = {"key": key, "phase": "during", "type": kind, "words": WORDS, "hint": BLANK, "required": True}
    return deepcopy({**common, "when": [], "sheet": "", **FIELDS.get(kind, {}), **given})


def a_content(*items, phrases=()):
    return {"format": 1, "items": list(items), "phrases": list(phrases)}


def faults_of(*items, **given):
    return [(fault.path, fault.code) for fault in check_content(a_content(*items, **given))]


def one_of_each():
    items = [an_item(kind, kind) for kind in ITEM_TYPES if kind != "signature"]
    return [*items, an_item("sign", "signature", phase="leaving")]


def test_one_of_each_type_is_right():
    phrase = {"key": "gift", "title": WORDS, "words": WORDS}
    assert faults_of(*one_of_each(), phrases=[phrase]) == []


@pytest.mark.parametrize("content", [*JUNK, {"format": 1}, {**a_content(), "more": 1}])
def test_the_whole_has_a_shape(content):
    assert check_content(content) == [Fault("", "shape_bad")]


@pytest.mark.parametrize("value", [0, 2, True, "1", None])
def test_an_unknown_format(value):
    assert check_content({**a_content(an_item()), "format": value}) == [Fault("format", "format_unknown")]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_any_field_is_a_fault_and_never_an_error(junk):
    for item in one_of_each():
        for field in item:
            if junk != item[field]:
                check_content(
                    a_content({**item, field: junk}, an_item("z", when=[{"item": item["key"], "is": True}]))
                )
    check_content(a_content(junk, an_item(), phrases=[junk, {"key": junk, "title": junk, "words": junk}]))
    check_content({"format": 1, "items": junk, "phrases": junk})


@pytest.mark.parametrize(
    ("item", "path", "code"),
    [
        (an_item("A"), "items.0.key", "key_bad"),
        (an_item("1a"), "items.0.key", "key_bad"),
        (an_item("a" * 41), "items.0.key", "key_bad"),
        (an_item("a\n"), "items.0.key", "key_bad"),
        (an_item(phase="lunch"), "items.0.phase", "phase_unknown"),
        (an_item(kind="scent"), "items.0.type", "type_unknown"),
        (an_item(type=["say"]), "items.0.type", "type_unknown"),
        (an_item(extra=1), "items.0", "shape_bad"),
        (an_item(script=WORDS), "items.0", "shape_bad"),
        (an_item(words={"zh": "步骤"}), "items.0.words", "shape_bad"),
        (an_item(words={"zh": "步骤", "en": " "}), "items.0.words.en", "words_missing"),
        (an_item(words={"zh": "步" * 201, "en": "Step"}), "items.0.words.zh", "text_too_long"),
        (an_item(words={"zh": "步\0", "en": "Step"}), "items.0.words.zh", "shape_bad"),
        (an_item(words={"zh": "{address_form}", "en": "Step"}), "items.0.words.zh", "placeholder_unknown"),
        (an_item(hint={"zh": "提示", "en": ""}), "items.0.hint.en", "words_missing"),
        (an_item(hint=""), "items.0.hint", "shape_bad"),
        (an_item(required=1), "items.0.required", "shape_bad"),
        (an_item(sheet="front"), "items.0.sheet", "sheet_bad"),
        (an_item(kind="say", sheet="done"), "items.0.sheet", "sheet_bad"),
        (an_item(kind="photo", sheet="found"), "items.0.sheet", "sheet_bad"),
        (an_item(when={}), "items.0.when", "shape_bad"),
        (an_item(when=[{"fact": "charge", "is": True}] * 6), "items.0.when", "too_many"),
        (an_item(when=[{"fact": "charge"}]), "items.0.when.0", "shape_bad"),
        (an_item(when=[{"fact": "charge", "item": "a", "is": True}]), "items.0.when.0", "shape_bad"),
        (an_item(when=[{"fact": "weather", "is": True}]), "items.0.when.0", "condition_bad"),
        (an_item(when=[{"fact": ["charge"], "is": True}]), "items.0.when.0", "condition_bad"),
        (an_item(when=[{"fact": "charge", "is": 1}]), "items.0.when.0", "condition_bad"),
        (an_item(when=[{"fact": "special_needs", "is": "rich"}]), "items.0.when.0", "condition_bad"),
        (an_item(when=[{"fact": "job_type", "is": ""}]), "items.0.when.0", "condition_bad"),
        (an_item(when=[{"item": "b", "is": True}]), "items.0.when.0", "condition_unknown"),
        (an_item(when=[{"item": "a", "is": True}]), "items.0.when.0", "condition_later"),
        (an_item(kind="say", script={"zh": "{name}", "en": "x"}), "items.0.script.zh", "placeholder_unknown"),
        (an_item(kind="say", script={"zh": "{{customer}}", "en": "x"}), "items.0.script.zh", "placeholder_unknown"),
        (an_item(kind="say", script={"zh": "{customer", "en": "x"}), "items.0.script.zh", "placeholder_unknown"),
        (an_item(kind="say", script={"zh": "{ customer }", "en": "x"}), "items.0.script.zh", "placeholder_unknown"),
        (an_item(kind="say", script={"zh": "共 {amount}", "en": "x"}), "items.0.when", "amount_needs_charge"),
        (an_item(kind="choose", options=[OPTION]), "items.0.options", "options_too_few"),
        (an_item(kind="choose", options=[OPTION, OPTION]), "items.0.options.1.key", "key_twice"),
        (an_item(kind="choose", options=[OPTION, {**OPTION, "key": "No"}]), "items.0.options.1.key", "key_bad"),
        (an_item(kind="choose", options=[OPTION, "no"]), "items.0.options.1", "shape_bad"),
        (an_item(kind="choose", options=[{**OPTION, "key": f"o{n}"} for n in range(13)]),
         "items.0.options", "options_too_many"),
        (an_item(kind="choose", options=[{**OPTION, "text": 0}, {**OPTION, "key": "no"}]),
         "items.0.options.0.text", "shape_bad"),
        (an_item(kind="choose", many="no"), "items.0.many", "shape_bad"),
        (an_item(kind="number", decimals=4), "items.0.decimals", "number_bad"),
        (an_item(kind="number", decimals=True), "items.0.decimals", "number_bad"),
        (an_item(kind="number", least_milli=1.5), "items.0.least_milli", "number_bad"),
        (an_item(kind="number", most_milli=-1, warn_above_milli=None), "items.0.most_milli", "limits_crossed"),
        (an_item(kind="number", warn_above_milli=200000), "items.0.most_milli", "limits_crossed"),
        (an_item(kind="number", warn_below_milli=9000), "items.0.warn_above_milli", "limits_crossed"),
        (an_item(kind="number", warn=BLANK), "items.0.warn.zh", "words_missing"),
        (an_item(kind="number", unit="m" * 11), "items.0.unit", "shape_bad"),
        (an_item(kind="text", most=0), "items.0.most", "number_bad"),
        (an_item(kind="text", most=1001), "items.0.most", "number_bad"),
        (an_item(kind="photo", slot="roof"), "items.0.slot", "slot_unknown"),
        (an_item(kind="photo", least=0), "items.0.least", "number_bad"),
        (an_item(kind="photo_pair", least=21), "items.0.least", "number_bad"),
        (an_item(kind="signature"), "items.0.phase", "signature_elsewhere"),
    ],
)  # fmt: skip
def test_a_fault_has_a_place_and_a_code(item, path, code):
    assert (path, code) in faults_of(item)


def test_a_key_stands_once():
    assert faults_of(an_item("a"), an_item("b"), an_item("a")) == [("items.2.key", "key_twice")]


def test_phases_come_in_their_order():
    assert faults_of(an_item("a", phase="leaving"), an_item("b", phase="door")) == [
        ("items.1.phase", "phase_order")
    ]


def test_a_condition_may_only_refer_to_an_earlier_item():
    circle = [an_item("a", when=[{"item": "b", "is": True}]), an_item("b", when=[{"item": "a", "is": True}])]
    assert faults_of(*circle) == [("items.0.when.0", "condition_later")]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("confirm", [True, False], ["yes", 1, None]),
        ("say", [True, False], ["zh"]),
        ("choose", ["yes", "no"], [True, "maybe", "", None, ["yes"]]),
        ("number", [True], [False, 9400]),
        ("text", [True], [False, "水"]),
        ("photo", [], [True, False]),
        ("photo_pair", [], [True]),
    ],
)
def test_a_condition_asks_what_the_item_can_answer(kind, right, wrong):
    for expected in right:
        assert faults_of(an_item("a", kind), an_item("b", when=[{"item": "a", "is": expected}])) == []
    for expected in wrong:
        found = faults_of(an_item("a", kind), an_item("b", when=[{"item": "a", "is": expected}]))
        assert found == [("items.1.when.0", "condition_bad")]


def test_an_amount_may_be_said_where_money_is_asked_for():
    script = {"zh": "一共 {amount}", "en": "{amount} in all"}
    assert faults_of(an_item(kind="say", script=script, when=[{"fact": "charge", "is": True}])) == []


def test_what_is_signed_stands_before_the_signature():
    sign = an_item("sign", "signature", phase="leaving")
    after = [
        an_item("thanks", "say", phase="leaving"),
        an_item("paper", "photo", phase="leaving", slot="paper"),
        an_item("late", phase="leaving", sheet="done"),
        an_item("shot", "photo", phase="base"),
        an_item("pair", "photo_pair", phase="base"),
    ]
    assert faults_of(sign, *after) == [(f"items.{place}", "after_signature") for place in (3, 4, 5)]


def test_there_is_one_signature():
    twice = [an_item(key, "signature", phase="leaving") for key in ("a", "b")]
    assert faults_of(*twice) == [("items.1.type", "signature_twice")]


def test_too_many_items_or_phrases():
    phrase = {"key": "gift", "title": WORDS, "words": WORDS}
    assert faults_of(*[an_item(f"a{n}") for n in range(101)]) == [("items", "too_many")]
    assert faults_of(an_item(), phrases=[phrase] * 31) == [("phrases", "too_many")]


@pytest.mark.parametrize(
    ("changed", "path", "code"),
    [
        ({"key": "Gift"}, "phrases.0.key", "key_bad"),
        ({"title": {"zh": "送" * 41, "en": "A gift"}}, "phrases.0.title.zh", "text_too_long"),
        ({"words": {"zh": "谢谢", "en": ""}}, "phrases.0.words.en", "words_missing"),
        ({"words": {"zh": "{customer}，谢谢", "en": "Thanks"}}, "phrases.0.words.zh", "placeholder_unknown"),
        ({"more": 1}, "phrases.0", "shape_bad"),
    ],
)
def test_a_fault_of_a_phrase(changed, path, code):
    phrase = {"key": "gift", "title": WORDS, "words": WORDS} | changed
    assert faults_of(an_item(), phrases=[phrase]) == [(path, code)]


def test_a_phrase_stands_once():
    phrase = {"key": "gift", "title": WORDS, "words": WORDS}
    assert faults_of(an_item(), phrases=[phrase, phrase]) == [("phrases.1.key", "key_twice")]


def test_a_draft_may_be_incomplete_but_not_malformed():
    assert malformed(a_content()) == []
    assert malformed(a_content(an_item(words=BLANK))) == []
    assert malformed(a_content(an_item(when=[{"item": "z", "is": True}]))) == []
    assert [fault.code for fault in malformed(a_content(an_item(words="x")))] == ["shape_bad"]
    assert "words_missing" not in MALFORMED
