"""docs/glossary.md says of every code what the screen says of it."""

import re
from pathlib import Path

import pytest

from fieldservice.core.catalogue import read_catalogue
from fieldservice.jobs import rules
from fieldservice.web import case_words, checklist_words, job_words, visit_words
from fieldservice.web.role_words import ROLES

GLOSSARY = (Path(__file__).resolve().parents[2] / "docs" / "glossary.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)
ROWS = set(ROW.findall(GLOSSARY))

LISTS = {
    "roles": ROLES,
    "kinds of case": case_words.CASE_KINDS,
    "kinds of visit": job_words.TYPES,
    "states": job_words.STATES,
    "steps": job_words.STEPS,
    "priorities": job_words.PRIORITIES,
    "needs": job_words.NEEDS,
    "phases": checklist_words.PHASES,
    "slots": visit_words.SLOTS,
}


@pytest.mark.parametrize("name", LISTS)
def test_the_glossary_has_the_words_of_every_code(name: str) -> None:
    catalogue = read_catalogue("zh")
    for code, words in LISTS[name].items():
        english = str(words)  # outside a request: the message itself
        message = catalogue.get(english)
        assert message is not None
        assert (code, english, message.string) in ROWS


def test_the_glossary_has_every_state_step_and_kind_of_the_rules() -> None:
    codes = {code for code, _english, _chinese in ROWS}
    assert codes >= {*rules.STATES, *rules.STEPS, *rules.TYPES, *rules.PRIORITIES}


def test_one_code_has_one_chinese_word_in_each_list() -> None:
    for part in GLOSSARY.split("\n## "):
        codes = [code for code, _english, _chinese in ROW.findall(part)]
        assert len(codes) == len(set(codes))
