"""A history calls everything by words: each kind of entry that the product writes has some in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldservice.audit.words import kind_words
from tests.support.databases import ROOT

#: function → what stands before the kind that it is given first
WRITERS = {"log_office_edit": "office.", "note_access": "access.", "note": ""}


def written(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = ast.unparse(node.func)
            name = function.rpartition(".")[2]
            if name in WRITERS and (name != "note" or function == "audit.note"):
                yield WRITERS[name] + node.args[0].value


KINDS = sorted({kind for path in (ROOT / "fieldservice").rglob("*.py") for kind in written(path)})


def test_they_are_found() -> None:
    assert {"office.assign_job", "access.signed_in", "report.sealed"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_it_has_words(kind: str) -> None:
    assert kind_words(kind) != kind
