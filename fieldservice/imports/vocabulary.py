"""What people write into lists, in Chinese and English: headings, kinds, times of day. The words stand in words.json."""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

_BLANKS = re.compile(r"\s+")
_SIGNS = re.compile(r"[\s_\-·.:*#/\"'“”]+")
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")


@cache
def words() -> dict[str, Any]:
    """The whole of words.json."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
    return found


def plain(text: str) -> str:
    """A text without what does not matter when two are compared: width, case, blanks and their like."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def plain_heading(text: str) -> str:
    """A heading without its unit or remark in brackets."""
    half = unicodedata.normalize("NFKC", text)
    return _SIGNS.sub("", _BRACKETS.sub("", half) or half).casefold()


@cache
def field_of_heading() -> dict[str, str]:
    """Plain heading → name of the field; '-' for columns that are ours and say nothing."""
    return {plain_heading(word): name for name, known in words()["headers"].items() for word in known}


@cache
def code_of_word(kind: str) -> dict[str, str]:
    """Plain word → code, for a field whose values are codes; the codes themselves count too."""
    known: dict[str, list[str]] = words()["values"][kind]
    found = {plain(code): code for code in known}
    for code, texts in known.items():
        found.update({plain(text): code for text in texts})
    return found


@cache
def span_of_word() -> dict[str, str]:
    """Plain word for a part of the day → '08:00-12:00'."""
    return {plain(word): span for span, known in words()["spans"].items() for word in known}


@cache
def words_for_none() -> frozenset[str]:
    """What people write where there is nothing, as it stands after `clean`."""
    return frozenset(word.casefold() for word in words()["none"])
