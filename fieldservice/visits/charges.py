"""Money asked for on site, line by line. The phone has its twin in `static/js/rules/charges.js`; both run
`tests/vectors/charges.json`.

A line: {"text", "quantity_milli", "unit", "unit_price_fen", "amount_fen"} (docs/visit.md, Charges).
"""

from collections.abc import Sequence
from typing import Any

Line = dict[str, Any]

MAX_LINES = 30
MAX_TEXT = 100  # characters
MAX_UNIT = 10  # characters
MAX_QUANTITY_MILLI = 10_000_000
MAX_PRICE_FEN = 10_000_000
MAX_TOTAL_FEN = 1_000_000_000  # ten million yuan: every database and every phone holds the sum

#: stands for the words of a planned amount that has none
NO_WORDS = "–"


def line_amount_fen(quantity_milli: int, unit_price_fen: int) -> int:
    """Quantity times price, half a fen goes up."""
    return (quantity_milli * unit_price_fen + 500) // 1000


def total_fen(lines: Sequence[Line]) -> int:
    """Sum of the lines' amounts."""
    return sum(int(line["amount_fen"]) for line in lines)


def agreed_fen(planned_fen: int | None, agreement_lines: Sequence[Line] | None) -> int:
    """What the customer has agreed to: planned by the office, and the lines of the latest agreement."""
    return (planned_fen or 0) + total_fen(agreement_lines or ())


def check_lines(lines: Sequence[Line]) -> str | None:
    """What is wrong with them: a code with words; None: nothing."""
    if len(lines) > MAX_LINES:
        return "lines_too_many"
    faults = (fault for line in lines if (fault := _check_line(line)))
    return next(faults, "lines_total_bad" if total_fen(lines) > MAX_TOTAL_FEN else None)


def check_statement(
    planned_fen: int | None, agreement_lines: Sequence[Line] | None, lines: Sequence[Line]
) -> str | None:
    """Why these lines cannot be the final charge: a code with words; None: they can."""
    fault = check_lines(lines)
    if fault is None and total_fen(lines) > agreed_fen(planned_fen, agreement_lines):
        return "over_agreed"
    return fault


def final_lines(
    planned_fen: int | None,
    planned_text: str,
    agreement_lines: Sequence[Line] | None,
    stated_lines: Sequence[Line] | None,
) -> list[Line]:
    """What the customer is asked to pay: what was stated, as long as it is no more than agreed, else what was agreed."""
    if stated_lines is not None and check_statement(planned_fen, agreement_lines, stated_lines) is None:
        return list(stated_lines)
    return [*_planned(planned_fen, planned_text), *(agreement_lines or ())]


def charged_lines(final: Sequence[Line], signed_lines: Sequence[Line] | None) -> list[Line]:
    """What counts of the final charge: no more than the customer last signed for. `signed_lines`: None: nothing yet."""
    if signed_lines is not None and total_fen(final) > total_fen(signed_lines):
        return list(signed_lines)
    return list(final)


def _planned(fen: int | None, text: str) -> list[Line]:
    if not fen:
        return []
    words = text.strip()[:MAX_TEXT] or NO_WORDS
    return [{"text": words, "quantity_milli": 1000, "unit": "", "unit_price_fen": fen, "amount_fen": fen}]


def _check_line(line: Line) -> str | None:
    if not line["text"].strip() or len(line["text"]) > MAX_TEXT:
        return "line_text_bad"
    if len(line["unit"]) > MAX_UNIT:
        return "line_unit_bad"
    if not 1 <= line["quantity_milli"] <= MAX_QUANTITY_MILLI:
        return "line_quantity_bad"
    if not 0 <= line["unit_price_fen"] <= MAX_PRICE_FEN:
        return "line_price_bad"
    if line["amount_fen"] != line_amount_fen(line["quantity_milli"], line["unit_price_fen"]):
        return "line_amount_bad"
    return None
