"""The state machine: every state and every step, the same vectors as the phone."""

import json
from pathlib import Path

import pytest

from fieldservice.jobs import rules

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "job_state.json").read_text())


def outcome(found):
    return {"refused": found.code} if isinstance(found, rules.Refused) else {"state": found}


@pytest.mark.parametrize("case", VECTORS["take"], ids=lambda case: f"{case['state']}-{case['step']}")
def test_a_step_goes_where_the_table_says(case):
    found = rules.take(case["state"], case["step"], reason=case["reason"], promised=case["promised"])
    assert outcome(found) == case["expect"]


@pytest.mark.parametrize("case", VECTORS["take_back"])
def test_a_step_is_taken_back_to_where_it_came_from(case):
    last = tuple(case["last"]) if case["last"] else None
    assert outcome(rules.take_back(case["state"], last, reason=case["reason"])) == case["expect"]


def test_each_state_offers_its_steps_in_order():
    assert {state: rules.next_steps(state) for state in rules.STATES} == VECTORS["next_steps"]


def test_every_type_has_planned_minutes():
    assert set(rules.PLANNED_MINUTES) == set(rules.TYPES)
