"""What is asked for on site: the phone runs the same vectors."""

import json
from pathlib import Path

import pytest

from fieldservice.visits import charges

CASES = json.loads((Path(__file__).parents[1] / "vectors" / "charges.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_charges_are_what_the_vector_says(case):
    planned, agreement, stated = case["planned_fen"], case["agreement"], case["stated"]
    final = charges.final_lines(planned, case["planned_text"], agreement, stated)
    assert charges.agreed_fen(planned, agreement) == case["agreed_fen"]
    assert final == case["final"]
    assert charges.total_fen(final) == case["total_fen"]
    assert charges.check_lines(agreement or []) is None
    assert (charges.check_statement(planned, agreement, stated) if stated is not None else None) == case["fault"]
