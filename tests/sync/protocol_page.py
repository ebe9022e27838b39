"""docs/sync-protocol.md as tests read it: its examples, which can be run, and its tables.

An example is a fenced block ```` ```http example=name ````: method and path, headers, an empty line, the body; then
`HTTP status`, headers, an empty line, the body. A block ```` ```json example=name ```` is `fields` of the first change of
type `name` in the answer before it.

`<words>` stand for what is never the same twice: in quotes for (a part of) a text, without for any other value. The first
time in an answer they take the value found there, afterwards they stand for it. `<any …>` is something else each time.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "sync-protocol.md"

_BLOCK = re.compile(r"^```(\w+) example=([\w-]+)\n(.*?)^```$", re.M | re.S)
_TABLE = re.compile(r"^<!-- (.+?) -->\n\n?((?:\|.*\n)+)", re.M)
_BARE = re.compile(r'"(?:[^"\\]|\\.)*"|<([a-z][\w /-]*)>')
_INSIDE = re.compile(r"<([a-z][\w /-]*)>")
_MARK = "\x01"


@dataclass(frozen=True)
class Example:
    """One block; `answer` of a json block is the fields, and it has no request."""

    name: str
    kind: str
    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""


def page() -> str:
    """The text."""
    return PAGE.read_text(encoding="utf-8")


def examples() -> list[Example]:
    """All of them, in the order of the page."""
    return [_example(kind, name, text) for kind, name, text in _BLOCK.findall(page())]


def _example(kind: str, name: str, text: str) -> Example:
    if kind == "json":
        return Example(name, kind, answer=text)
    asked, _, told = text.partition("\nHTTP ")
    start, headers, body = _message(asked)
    status, answer_headers, answer = _message(told)
    method, path = start.split(" ", 1)
    return Example(name, kind, method, path, headers, body, int(status), answer_headers, answer)


def _message(text: str) -> tuple[str, dict[str, str], str]:
    head, _, body = text.partition("\n\n")
    start, *lines = head.strip().splitlines()
    return start, dict(line.split(": ", 1) for line in lines), body.strip()


def table(name: str) -> list[list[str]]:
    """The rows below `<!-- name -->`, without heading; [] when there is no such table."""
    for found, text in _TABLE.findall(page()):
        if found == name:
            rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines()]
            return rows[2:]
    return []


def tables() -> list[str]:
    """Names of all tables that a test compares."""
    return [name for name, _text in _TABLE.findall(page())]


def quoted(cell: str) -> list[str]:
    """What stands in backticks in a cell, without what is in brackets there."""
    while (plain := re.sub(r"\([^()]*\)", "", cell)) != cell:
        cell = plain
    return re.findall(r"`([^`]+)`", cell)


class Bound:
    """What the words in angle brackets stand for."""

    def __init__(self, makes: dict[str, Callable[[], Any]]) -> None:
        """`makes`: words that a request may be the first to use → what makes their value."""
        self.values: dict[str, Any] = {}
        self.makes = makes

    def value(self, name: str) -> Any:
        if name not in self.values:
            assert name in self.makes, f"<{name}> stands for nothing yet: no answer before has it"
            self.values[name] = self.makes[name]()
        return self.values[name]

    def fill(self, text: str) -> str:
        """A text of a request with everything in place."""
        return _INSIDE.sub(lambda found: str(self.value(found[1])), text)

    def filled_json(self, text: str) -> Any:
        """A body of a request with everything in place."""
        return self._filled(parsed(text))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._filled(part) for part in value]
        if isinstance(value, str):
            return self.value(value[1:]) if value.startswith(_MARK) else self.fill(value)
        return value

    def differences(self, written: Any, found: Any, at: str = "") -> Iterator[str]:
        """What is not as it is written; words that stand for nothing yet take what they find."""
        if isinstance(written, str) and written.startswith(_MARK):
            yield from self._differs(written[1:], found, at)
        elif isinstance(written, str) and isinstance(found, str):
            yield from self._text_differs(written, found, at)
        elif isinstance(written, dict) and isinstance(found, dict):
            for name in sorted(found.keys() - written.keys()):
                yield f"{at}.{name} = {found[name]!r} is in the answer and not on the page: write it there"
            for name in sorted(written.keys() - found.keys()):
                yield f"{at}.{name} is on the page and not in the answer: take it out there"
            for name in written.keys() & found.keys():
                yield from self.differences(written[name], found[name], f"{at}.{name}")
        elif isinstance(written, list) and isinstance(found, list):
            if len(written) != len(found):
                yield f"{at} has {len(written)} entries on the page and {len(found)} in the answer: {found!r}"
            for number, (one, other) in enumerate(zip(written, found, strict=False)):
                yield from self.differences(one, other, f"{at}[{number}]")
        elif type(written) is not type(found) or written != found:
            yield f"{at} is {written!r} on the page and {found!r} in the answer"

    def _differs(self, name: str, found: Any, at: str) -> Iterator[str]:
        if name.startswith("any "):
            return
        if isinstance(found, str):
            yield f"{at} is a text, so <{name}> stands in quotes there"
        elif self.values.setdefault(name, found) != found:
            yield f"{at} is {found!r}; <{name}> was {self.values[name]!r}"

    def _text_differs(self, written: str, found: str, at: str) -> Iterator[str]:
        parts = re.split(_INSIDE, written)
        pattern = "".join(re.escape(part) if number % 2 == 0 else "(.*)" for number, part in enumerate(parts))
        match = re.fullmatch(pattern, found, re.S)
        if match is None:
            yield f"{at} is {written!r} on the page and {found!r} in the answer"
            return
        for name, value in zip(parts[1::2], match.groups(), strict=True):
            if not name.startswith("any ") and str(self.values.setdefault(name, value)) != value:
                yield f"{at} is {value!r}; <{name}> was {self.values[name]!r}"


def parsed(text: str) -> Any:
    """JSON in which words in angle brackets may stand for values."""
    return json.loads(_BARE.sub(lambda found: f'"\\u0001{found[1]}"' if found[1] else found[0], text))
