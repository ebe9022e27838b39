"""A file of any of the forms we take, made into rows of texts: one JSON a line, `[number, [cells…], reason]`.

`number` is the line of the file as people count it; `reason` is '' or why the whole line cannot be used.
Excel's files are read by a program of its own (`sheet_reader.py`).
"""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldservice.core.errors import RuleBroken
from fieldservice.imports.rules import LONGEST_CELL, MOST_COLUMNS, MOST_LINES

UTF8, UTF16, GB18030 = "UTF-8", "UTF-16", "GB18030"
ENCODINGS = (UTF8, GB18030, UTF16)
DELIMITERS = (",", ";", "\t")
CSV, XLSX = "csv", "xlsx"

_PROGRAM = Path(__file__).with_name("sheet_reader.py")
_PATIENCE_SECONDS = 90
#: a quoted text over more lines than this is one whose end was forgotten
_MOST_LINES_OF_A_CELL = 60
#: title, remarks and headings
_LINES_ABOVE = 50
_SAMPLE_LINES = 30


@dataclass
class Read:
    """How a file was read."""

    kind: str
    lines: int = 0
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    #: year Excel's calendar begins
    epoch: int = 1900


Row = tuple[int, list[str], str]


def read_file(path: Path, out: Path, *, sheet: str = "", encoding: str = "", delimiter: str = "") -> Read:
    """Writes the rows of `path` to `out`. '' lets the file decide. Raises RuleBroken with the reason."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PK\x03\x04"):
        return _read_workbook(path, out, sheet)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise RuleBroken("workbook_old")  # the format before 2007, or one with a password
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"\x1f\x8b")):
        raise RuleBroken("file_unknown")
    return _read_text(path.read_bytes(), out, encoding, delimiter)


def rows_of(path: Path) -> Iterator[Row]:
    """The rows written by `read_file`, one at a time."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            number, cells, *reason = json.loads(line)
            yield number, cells, reason[0] if reason else ""


def _read_workbook(path: Path, out: Path, sheet: str) -> Read:
    request = {
        "path": str(path), "sheet": sheet or None, "out": str(out),
        "most_columns": MOST_COLUMNS, "most_lines": MOST_LINES,
    }  # fmt: skip
    try:
        ended = subprocess.run(  # noqa: S603 - our own program; isolated, nothing else is brought in
            [sys.executable, "-I", str(_PROGRAM)],
            input=json.dumps(request).encode(), capture_output=True, timeout=_PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        answer: dict[str, Any] = json.loads(ended.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:  # it was ended for its memory or time
        raise RuleBroken("workbook_too_large") from error
    if "why" in answer:
        raise RuleBroken(answer["why"], **answer["facts"])
    if not answer["lines"]:
        raise RuleBroken("file_empty")
    return Read(XLSX, answer["lines"], sheet=answer["sheet"], sheets=answer["sheets"], epoch=answer["epoch"])


def _read_text(content: bytes, out: Path, encoding: str, delimiter: str) -> Read:
    lines, broken, encoding = decoded(content, encoding)
    if "\0" in "".join(lines[:50]):
        raise RuleBroken("file_unknown")
    delimiter = delimiter if delimiter in DELIMITERS else _guess_delimiter(lines)
    count = 0
    with out.open("w", encoding="utf-8") as file:
        for number, cells, reason in _records(lines, broken, delimiter):
            if not any(cell.strip() for cell in cells) and not reason:
                continue
            count += 1
            if count > MOST_LINES + _LINES_ABOVE:
                raise RuleBroken("too_many_lines", lines=len(lines), limit=MOST_LINES)
            if len(cells) > MOST_COLUMNS and count == 1:
                raise RuleBroken("too_many_columns", columns=len(cells), limit=MOST_COLUMNS)
            if not reason and any(len(cell) > LONGEST_CELL for cell in cells):
                reason = "cell_too_long"
            short = [cell[:LONGEST_CELL] for cell in cells[:MOST_COLUMNS]]
            file.write(json.dumps([number, short, reason], ensure_ascii=True) + "\n")
    if not count:
        raise RuleBroken("file_empty")
    return Read(CSV, count, encoding=encoding, delimiter=delimiter)


def decoded(content: bytes, wanted: str = "") -> tuple[list[str], set[int], str]:
    """The lines as text with their ends, which of them (from 1) could not be read, and the encoding.

    It is decided by reading strictly; where lines of two encodings stand in one file, the commoner one counts.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        lines = _text_lines(content.decode("utf-16", "replace"))
        return lines, {number for number, line in enumerate(lines, 1) if "\ufffd" in line}, UTF16
    content = content.removeprefix(b"\xef\xbb\xbf")
    if wanted == UTF16:
        lines = _text_lines(content.decode("utf-16-le", "replace"))
        return lines, {number for number, line in enumerate(lines, 1) if "\ufffd" in line}, UTF16
    pieces = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").splitlines(keepends=True)
    encoding = wanted if wanted in ENCODINGS else _guess_encoding(pieces)
    found = [_line(piece, encoding) for piece in pieces]
    return [text for text, _ok in found], {n for n, (_text, ok) in enumerate(found, 1) if not ok}, encoding


def _text_lines(text: str) -> list[str]:
    """Lines end where a file's lines end, not at every mark that Unicode calls a separator."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _guess_encoding(pieces: list[bytes]) -> str:
    wide = [piece for piece in pieces if not piece.isascii()]
    good = sum(_decodes(piece, "utf-8") for piece in wide)
    return UTF8 if good * 2 >= len(wide) else GB18030


def _line(piece: bytes, encoding: str) -> tuple[str, bool]:
    if piece.isascii():
        return piece.decode("ascii"), True
    codec = "utf-8" if encoding == UTF8 else "gb18030"
    # a line of UTF-8 reads as GB18030 too, as nonsense: three bytes each that are Chinese in UTF-8 are no chance
    if not _decodes(piece, codec) or (encoding == GB18030 and _is_chinese_utf8(piece)):
        return piece.decode(codec, "replace"), False
    return piece.decode(codec), True


def _decodes(piece: bytes, codec: str) -> bool:
    try:
        piece.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _is_chinese_utf8(piece: bytes) -> bool:
    try:
        wide = [letter for letter in piece.decode("utf-8") if letter > "\x7f"]
    except UnicodeDecodeError:
        return False
    return len(wide) >= 2 and all("\u3000" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef" for letter in wide)


def _guess_delimiter(lines: list[str]) -> str:
    """The one that divides most of the first lines into the same number of cells, more than one."""

    def worth(delimiter: str) -> tuple[int, int]:
        sample = list(csv.reader([line.replace("\0", "") for line in lines[:_SAMPLE_LINES]], delimiter=delimiter))
        widths = [len(cells) for cells in sample if len(cells) > 1]
        commonest = max(set(widths), key=widths.count, default=0)
        return widths.count(commonest), commonest

    return max(DELIMITERS, key=worth)


class _Open(Exception):
    """A quotation mark is not closed for too many lines."""


class _Feed:
    """Gives a reader of records its lines, at most so many a record."""

    def __init__(self, lines: list[str], start: int) -> None:
        self._lines = lines
        #: how many lines were given, and how many before the present record
        self.used = self.record_start = start

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.used >= len(self._lines):
            raise StopIteration
        if self.used - self.record_start > _MOST_LINES_OF_A_CELL:
            raise _Open
        self.used += 1
        return self._lines[self.used - 1]


def _records(lines: list[str], broken: set[int], delimiter: str) -> Iterator[Row]:
    """The records with the line they begin on. A quotation mark that is never closed costs its own line only."""
    csv.field_size_limit(LONGEST_CELL * 8)
    feed = _Feed(lines, 0)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        first = feed.record_start = feed.used
        try:
            cells: list[str] | None = next(reader)
        except StopIteration:
            return
        except (_Open, csv.Error):
            cells = None
        if cells is None or (feed.used == len(lines) and _is_left_open(lines[first : feed.used])):
            yield first + 1, lines[first].rstrip("\n").split(delimiter), "quote_open"
            feed = _Feed(lines, first + 1)
            reader = csv.reader(feed, delimiter=delimiter)
            continue
        is_broken = any(number in broken for number in range(first + 1, feed.used + 1))
        yield first + 1, cells, "line_undecodable" if is_broken else ""


def _is_left_open(lines: list[str]) -> bool:
    return len(lines) > 1 and "".join(lines).count('"') % 2 == 1
