"""What applies and what is missing: the same vectors as the phone."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from fieldservice.checklists import rules

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "checklist.json").read_text())
CASES = pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])


def content_of(case):
    return VECTORS["contents"][case["content"]] if isinstance(case["content"], str) else case["content"]


@CASES
def test_what_is_missing(case):
    phases = case.get("phases", rules.BEFORE_FINISH)
    given = (content_of(case), case["facts"], case["answers"], case["seen"])
    assert rules.missing(*given, phases) == case["missing"]


@CASES
def test_what_applies(case):
    content = content_of(case)
    found = [
        item["key"]
        for item in (content or {"items": []})["items"]
        if rules.applies(item, case["facts"], case["answers"], content)
    ]
    assert found == case.get("applies", found)


@CASES
def test_how_far_each_phase_is(case):
    found = rules.progress(content_of(case), case["facts"], case["answers"], case["seen"])
    assert [asdict(phase) for phase in found] == case.get("progress", [asdict(phase) for phase in found])


def test_a_visit_ends_without_the_last_phase():
    assert rules.BEFORE_FINISH == ("departure", "door", "during", "leaving")
