"""Sums in words: the server against the vectors that the phone obeys, too (tests/js/core/money.test.js)."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from fieldservice.core import i18n
from fieldservice.core.money import parse_yuan, yuan

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())["sums"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_it_writes(vector: dict[str, Any]) -> None:
    assert yuan(vector["fen"]) == vector["figure"]


@pytest.mark.parametrize(
    "vector", [one for one in VECTORS if 0 <= one["fen"] < 10**11], ids=lambda one: one["name"]
)
def test_what_it_writes_it_reads(vector: dict[str, Any]) -> None:
    assert parse_yuan(vector["figure"]) == vector["fen"]


@pytest.mark.one_database
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_it_says_the_unit_as_the_language_does(app: Flask, vector: dict[str, Any], language: str) -> None:
    with app.test_request_context(), i18n.speaking(language):
        assert i18n.sum_words(vector["fen"]) == vector[language]
