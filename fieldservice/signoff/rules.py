"""Pure rules of sign-off: outcomes, consent texts, weak marks, and which sheet stands in whose place."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

SIGN_OFF = "sign_off"
AGREEMENT = "agreement"

PAPER = "paper"

#: outcomes of an agreement by which the customer agreed
AGREED = frozenset({"signed", "paper"})
#: outcomes with strokes
WITH_STROKES = frozenset({"signed", "neighbour"})
#: outcomes that explain themselves
WITHOUT_REASON = frozenset({"signed", "paper"})

#: states of a visit in which the customer can be asked to sign
SIGNABLE = frozenset({"arrived", "working"})

FEWEST_POINTS = 20  # docs/visit.md, Sign-off: below it a mark is weak
MOST_POINTS = 4000  # phones thin out what is longer
LEAST_EXTENT = 500  # a twentieth of the box

#: outcomes after which the customer can still sign by the link of the case; a neighbour's sheet has a text of its own
LEFT_UNSIGNED = frozenset({"refused", "absent"})
#: version of the text a customer agrees to who signs by link
LINK_CONSENT = "1"

#: a point: x, y in a box of 10,000, milliseconds since the first, pressure in thousandths
Stroke = Sequence[Sequence[int]]


def is_weak(strokes: Sequence[Stroke]) -> bool:
    """Whether a mark has too few points, or is too small, to tell much. Shown, not refused."""
    points = [point for stroke in strokes for point in stroke]
    if len(points) < FEWEST_POINTS:
        return True
    across, down = [point[0] for point in points], [point[1] for point in points]
    return max(max(across) - min(across), max(down) - min(down)) < LEAST_EXTENT


def replaced_kinds(kind: str, outcome: str) -> frozenset[str]:
    """Kinds of earlier sheets that a valid one stands in the place of.

    A new agreement changes what is to be paid, and so what was signed; one that was not given changes nothing.
    """
    if kind == SIGN_OFF:
        return frozenset({SIGN_OFF})
    return frozenset({SIGN_OFF, AGREEMENT}) if outcome in AGREED else frozenset()


def statement(consent: str, kind: str, outcome: str, language: str) -> str | None:
    """The text a sheet of that version carries, word for word; None: there is none."""
    texts = _consents().get(consent, {})
    return texts.get(outcome, texts.get(kind, {})).get(language)


def link_statement(consent: str, language: str) -> str | None:
    """The text that a signature by link carries, word for word; None: there is none."""
    return _link_consents().get(consent, {}).get(language)


@cache
def _link_consents() -> dict[str, dict[str, str]]:
    """Version → language → text."""
    found: dict[str, dict[str, str]] = json.loads(
        Path(__file__).with_name("link_consents.json").read_text(encoding="utf-8")
    )
    return found


@cache
def _consents() -> dict[str, dict[str, dict[str, str]]]:
    """Version → kind, or an outcome with a text of its own → language → text."""
    found: dict[str, dict[str, dict[str, str]]] = json.loads(
        Path(__file__).with_name("consents.json").read_text(encoding="utf-8")
    )
    return found
