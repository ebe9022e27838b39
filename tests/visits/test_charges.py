"""What is asked for on site: the phone runs the same vectors."""

import json
from pathlib import Path

import pytest

from fieldservice.visits import charges, rules

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


def sheet(kind, fen, at_ms, **given):
    lines = [{"text": "板", "quantity_milli": 1000, "unit": "", "unit_price_fen": fen, "amount_fen": fen}]
    return {"id": str(at_ms), "kind": kind, "state": "valid", "outcome": "signed", "current": True, "revision": at_ms,
            "lines": lines, "at_ms": at_ms} | given  # fmt: skip


@pytest.mark.parametrize(
    ("sheets", "fen"),
    [
        ([], None),
        ([sheet("sign_off", 9000, 1)], 9000),
        ([sheet("sign_off", 9000, 1, current=False)], 9000),
        ([sheet("sign_off", 9000, 1), sheet("sign_off", 8000, 2)], 8000),
        ([sheet("sign_off", 9000, 1), sheet("sign_off", 8000, 2, outcome="refused")], 9000),
        ([sheet("sign_off", 9000, 1, outcome="neighbour")], None),
        ([sheet("sign_off", 9000, 1, state="quarantined")], None),
        ([sheet("sign_off", 9000, 1), sheet("agreement", 8000, 2)], None),
        ([sheet("agreement", 8000, 1), sheet("sign_off", 9000, 2)], 9000),
        ([sheet("sign_off", 9000, 1), sheet("agreement", 8000, 2, outcome="refused")], 9000),
    ],
)
def test_what_the_customer_signed_for_at_the_end(sheets, fen):
    lines = rules.signed_lines(sheets)
    assert (lines and charges.total_fen(lines)) == fen


def test_less_than_signed_for_is_charged_as_it_is():
    more, less = sheet("sign_off", 9000, 1)["lines"], sheet("sign_off", 8000, 1)["lines"]
    assert charges.charged_lines(more, less) == less
    assert charges.charged_lines(less, more) == less
    assert charges.charged_lines(more, None) == more
    assert charges.charged_lines(more, []) == []
