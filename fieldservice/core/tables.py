"""Tables for other programs: rows of cells as CSV and as XLSX, one row in memory at a time.

A cell is text, a day, a moment (naive, on the clock the reader lives by), a Decimal (yuan), a whole number or None.
Text stays text: what a spreadsheet would take for a formula is kept from being evaluated.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Cell = str | date | datetime | Decimal | int | None
Row = Sequence[Cell]

#: what makes a spreadsheet evaluate a cell, with the full-width twins that some programs read as the same
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
#: put before such a cell in CSV; spreadsheets read the rest as text
TEXT_MARK = "'"
#: text of a cell that Excel opens
MOST_LETTERS = 32_767
#: rows of a sheet, heads included
MOST_ROWS = 1_048_576
#: Excel counts days from here
FIRST_DAY = date(1900, 3, 1)
#: rows written at once
CHUNK = 200

DAY_FORMAT, MOMENT_FORMAT, YUAN_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "#,##0.00"
#: width of a column in characters, by its head
LEAST_WIDTH = 14


def yuan_cell(amount_fen: int | None) -> Decimal | None:
    """Fen as yuan; None stays an empty cell."""
    return None if amount_fen is None else Decimal(amount_fen) / 100


def write_csv(heads: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with the mark by which Excel knows it, in pieces of some rows."""
    piece = io.StringIO()
    writer = csv.writer(piece)
    piece.write("\ufeff")
    writer.writerow([text_cell(head) for head in heads])
    for number, row in enumerate(rows, 1):
        writer.writerow([_csv_cell(cell) for cell in row])
        if number % CHUNK == 0:
            yield _taken(piece)
    yield _taken(piece)


def write_xlsx(heads: Sequence[str], rows: Iterable[Row], target: BinaryIO, *, sheet: str = "") -> None:
    """A workbook into an open file; more rows than a sheet takes go on in the next."""
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    formats = _Formats(
        head=book.add_format({"bold": True, "bottom": 1}),
        day=book.add_format({"num_format": DAY_FORMAT}),
        moment=book.add_format({"num_format": MOMENT_FORMAT}),
        yuan=book.add_format({"num_format": YUAN_FORMAT}),
    )
    page = _sheet(book, heads, formats, _sheet_name(sheet, 1))
    line = 0
    for line, row in enumerate(rows, 1):
        place = (line - 1) % (MOST_ROWS - 1) + 1
        if line > 1 and place == 1:
            page = _sheet(book, heads, formats, _sheet_name(sheet, len(book.worksheets()) + 1))
        for column, cell in enumerate(row):
            _write_cell(page, place, column, cell, formats)
    book.close()


class _Formats:
    """How kinds of cells look."""

    def __init__(self, *, head: Format, day: Format, moment: Format, yuan: Format) -> None:
        self.head, self.day, self.moment, self.yuan = head, day, moment, yuan


def _taken(piece: io.StringIO) -> bytes:
    text = piece.getvalue()
    piece.seek(0)
    piece.truncate()
    return text.encode()


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return f"{cell:.2f}"
    return "" if cell is None else text_cell(str(cell)) if isinstance(cell, str) else str(cell)


def text_cell(text: str) -> str:
    """A text as a cell of CSV that no spreadsheet takes for a formula."""
    text = _clean(text)
    return TEXT_MARK + text if text.lstrip(" \u3000\xa0").startswith(FORMULA_STARTS) else text


def _clean(text: str) -> str:
    """Without what no table can hold: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _sheet(book: xlsxwriter.Workbook, heads: Sequence[str], formats: _Formats, name: str) -> Worksheet:
    page = book.add_worksheet(name)
    page.freeze_panes(1, 0)
    for column, head in enumerate(heads):
        page.set_column(column, column, max(LEAST_WIDTH, 2 * len(head)))
    for column, head in enumerate(heads):
        page.write_string(0, column, head, formats.head)
    return page


def _sheet_name(name: str, number: int) -> str:
    """What Excel takes: at most 31 characters, none of them of its own signs."""
    plain = "".join(letter for letter in name if letter not in "[]:*?/\\'")[:25] or "Table"
    return plain if number == 1 else f"{plain} {number}"


def _write_cell(page: Worksheet, line: int, column: int, cell: Cell, formats: _Formats) -> None:
    if isinstance(cell, datetime):
        _write_day(page, line, column, cell, f"{cell:%Y-%m-%d %H:%M}", formats.moment)
    elif isinstance(cell, date):
        _write_day(page, line, column, cell, cell.isoformat(), formats.day)
    elif isinstance(cell, Decimal):
        page.write_number(line, column, float(cell), formats.yuan)
    elif isinstance(cell, int):
        page.write_number(line, column, cell)
    elif cell:
        text = _clean(cell)
        page.write_string(line, column, text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…")


def _write_day(page: Worksheet, line: int, column: int, day: date, text: str, look: Format) -> None:
    """Days before Excel's own count stay text."""
    known = day.date() if isinstance(day, datetime) else day
    if known < FIRST_DAY:
        page.write_string(line, column, text)
    else:
        page.write_datetime(line, column, day, look)
