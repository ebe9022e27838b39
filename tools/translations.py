"""Brings the catalogue of Chinese words up to date with the code: `make translations`, as often as you like.

Reads the messages of `fieldservice/`, `templates/` and `static/js/`, keeps the Chinese that is there, takes what
`fieldservice/translations/parts/*.json` ({"English": "中文"}) brings, and writes the catalogue in a stable form.
A part whose messages are all in the catalogue is deleted. What has no Chinese yet is told, and the answer is 1.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "fieldservice" / "translations"
CATALOGUE = TRANSLATIONS / "zh" / "LC_MESSAGES" / "messages.po"
PARTS = TRANSLATIONS / "parts"
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2), "t": None}
SOURCES = ("fieldservice", "templates", "static")
#: no dates and no people: the same words give the same file
HEADER = (
    '# Simplified Chinese. Written by "make translations": change the Chinese here, nothing else.\n'
    'msgid ""\n'
    'msgstr ""\n'
    '"Language: zh\\n"\n'
    '"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    '"Content-Type: text/plain; charset=utf-8\\n"\n'
    "\n"
)


@dataclass
class Report:
    """What a run found."""

    #: messages without Chinese
    missing: list[str] = field(default_factory=list)
    #: (message, Chinese of the catalogue, other Chinese of a part): the catalogue's stays
    differing: list[tuple[str, str, str]] = field(default_factory=list)
    #: part's name → its messages that no source has (yet)
    unused: dict[str, list[str]] = field(default_factory=dict)


def messages_of_code() -> Catalog:
    """Every message of the sources with the files it stands in, sorted; no words yet."""
    found = Catalog(locale="zh", charset="utf-8")
    with (TRANSLATIONS / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    for name, _line, message, _comments, context in extract_from_dir(
        str(ROOT), methods, options, KEYWORDS, directory_filter=_is_source
    ):
        found.add(message, locations=[(name, None)], context=context)
    return found


def kept_words() -> Catalog:
    """The catalogue as it stands."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh")


def parts() -> dict[Path, dict[str, str]]:
    """What people brought: file → {English: Chinese}."""
    return {path: json.loads(path.read_text()) for path in sorted(PARTS.glob("*.json"))}


def merge(code: Catalog, kept: Catalog, brought: dict[Path, dict[str, str]]) -> Report:
    """Gives the messages of `code` their Chinese."""
    report = Report()
    for message in code:
        if message.id:
            old = kept.get(message.id, message.context)
            message.string = _words(message.id, old.string if old else None, brought.values(), report)
            message.flags.discard("fuzzy")
            message.locations = sorted(set(message.locations))
    known = {english for message in code if message.id for english in _sentences(message.id)}
    report.unused = {
        path.name: unused
        for path, words in brought.items()
        if (unused := [w for w in words if w not in known])
    }
    return report


def as_po(catalogue: Catalog) -> bytes:
    """The file's content."""
    body = io.BytesIO()
    write_po(body, catalogue, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return HEADER.encode() + body.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Writes, deletes the parts that are taken in, and tells what is left."""
    options = _parser().parse_args(arguments)
    code, brought = messages_of_code(), parts()
    report = merge(code, kept_words(), brought)
    _write(as_po(code))
    for path in brought:
        if options.finish or path.name not in report.unused:
            path.unlink(missing_ok=True)
    _tell(report, len(code))
    return 1 if report.missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--finish", action="store_true", help="delete parts with messages that no source has, too"
    )
    return parser


def _is_source(folder: str) -> bool:
    place = Path(folder).relative_to(ROOT)
    return place.parts[0] in SOURCES and place.parts[-1] not in ("__pycache__", "vendor")


def _words(message: Any, kept: Any, brought: Iterable[dict[str, str]], report: Report) -> Any:
    """Chinese of one message; a plural has one form, which its last sentence in a part may bring."""
    offers = [words[english] for words in brought for english in _sentences(message) if words.get(english)]
    old = (kept[0] if kept else "") if isinstance(kept, (tuple, list)) else kept
    chosen = old or (offers[0] if offers else "")
    report.differing += [(_sentences(message)[0], chosen, offer) for offer in offers if offer != chosen]
    if not chosen:
        report.missing.append(_sentences(message)[0])
    return (chosen,) if isinstance(message, (tuple, list)) else chosen


def _sentences(message: Any) -> list[str]:
    return list(message) if isinstance(message, (tuple, list)) else [message]


def _write(content: bytes) -> None:
    """All or nothing, and only when something changed."""
    if CATALOGUE.exists() and CATALOGUE.read_bytes() == content:
        return
    fresh = CATALOGUE.with_suffix(".tmp")
    fresh.write_bytes(content)
    os.replace(fresh, CATALOGUE)


def _tell(report: Report, count: int) -> None:
    print(f"{count} messages, {len(report.missing)} without Chinese")
    for message in report.missing:
        print(f"  no Chinese: {json.dumps(message, ensure_ascii=False)}")
    for message, kept, other in report.differing:
        print(f"  kept for {message!r}: {kept!r}, not {other!r}")
    for part, unused in report.unused.items():
        print(f"  {part} stays, no source has: {unused}")


if __name__ == "__main__":
    sys.exit(main())
