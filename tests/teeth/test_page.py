"""`docs/proof.md` is true: its tables are those of the code, and every test it names is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.faults.points import OF_A_PIECE, OF_A_PUSH, OF_AN_UPLOAD
from tests.support.databases import ROOT
from tests.teeth.tables import PAGE, with_tables

TEXT = PAGE.read_text()
NAMED = sorted(set(re.findall(r"`(tests/[^`]+?)::([^`]+)`", TEXT)))


def test_its_tables_are_current() -> None:
    assert with_tables(TEXT) == TEXT, "write them anew: make teeth ARGS=--write"


def test_every_law_has_its_tests() -> None:
    rows = dict(re.findall(r"^\| (P\d+) \|[^|]+\|([^|]+)\|$", TEXT, re.MULTILINE))
    assert list(rows) == [f"P{number}" for number in range(1, 19)]
    assert all("::" in tests for tests in rows.values())


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_is_there(file: str, name: str) -> None:
    assert name in _tests_of(ROOT / file)


def test_every_place_of_a_kill_is_named() -> None:
    for point in (*OF_A_PUSH, *OF_AN_UPLOAD, *OF_A_PIECE):
        assert point.name in TEXT


@cache
def _tests_of(path: Path) -> set[str]:
    text = path.read_text()
    if path.suffix == ".js":
        return {title.replace("\\'", "'") for title in re.findall(r"\btest\((?:'((?:\\'|[^'])+)'|\"[^\"]+\")", text)}
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return {name for name in found if name.split("::")[-1].startswith("test_")}
