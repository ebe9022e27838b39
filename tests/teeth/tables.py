"""The protections as `docs/proof.md` and `make teeth` show them."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.databases import KINDS, ROOT
from tests.teeth.protections import PROTECTIONS

PAGE = ROOT / "docs" / "proof.md"
CLIENT = Path(__file__).parents[1] / "js" / "teeth"


@dataclass(frozen=True)
class Row:
    """A protection: where it is taken out, what notices that, on which databases it is at work."""

    name: str
    taken_out_of: str
    noticed_by: str
    databases: tuple[str, ...] = ()
    #: taking it out must change nothing
    is_needless: bool = False


def server_rows() -> list[Row]:
    """Those of the server."""
    return [
        Row(
            one.name,
            ", ".join(dict.fromkeys(f"`{cut.place}`" for cut in one.cuts)),
            _words(one.check.__name__, one.check.__doc__ or ""),
            one.databases,
        )
        for one in PROTECTIONS
    ]


def client_rows() -> list[Row]:
    """Those of the phone."""
    told = {
        name: words
        for words, name in re.findall(
            r"^/\*\* (.*?) @param .*?\nexport async function (\w+)", (CLIENT / "checks.js").read_text(), re.MULTILINE
        )
    }
    return [
        Row(
            one["name"],
            ", ".join(dict.fromkeys(f"`{file}`" for file, _lines, _instead in one["cuts"])),
            _words(one["check"], told[one["check"]]),
            is_needless=one.get("needless", False),
        )
        for one in _protections()
    ]


def _protections() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((CLIENT / "protections.json").read_text())
    return found


def _words(check: str, words: str) -> str:
    return f"`{check}`: {' '.join(words.split())}".replace("|", "\\|")


def server_table() -> str:
    """As Markdown."""
    return _table(
        ("protection", "taken out of", "noticed by", "on"),
        ((row.name, row.taken_out_of, row.noticed_by, "both" if row.databases == KINDS else row.databases[0])
         for row in server_rows()),
    )  # fmt: skip


def client_table() -> str:
    """As Markdown."""
    return _table(
        ("protection", "taken out of", "noticed by"),
        ((row.name, row.taken_out_of, "nobody, as it must be: " * row.is_needless + row.noticed_by)
         for row in client_rows()),
    )  # fmt: skip


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def with_tables(page: str) -> str:
    """The page with both tables as they are now."""
    for name, table in (("server", server_table()), ("phone", client_table())):
        begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
        start, stop = page.index(begin) + len(begin), page.index(end)
        page = page[:start] + table + page[stop:]
    return page
