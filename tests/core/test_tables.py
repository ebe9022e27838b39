"""Tables as CSV and XLSX: text stays text, days are days, memory does not grow with the rows."""

import csv
import io
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from fieldservice.core import tables

NAMES = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
FORMULAS = ["=1+1", "+8613812342716", "-2", "@SUM(A1)", "\t=1", "\r=1", "＝1＋1", "＋1", "－1", "＠x", " =1", "\u3000=1"]


def read_csv(content: bytes) -> list[list[str]]:
    """Rows of a CSV as a program reads them."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes, sheet: int = 1) -> list[dict[str, tuple[str, str]]]:
    """Rows of a workbook: by column letter (type of the cell, what it holds)."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        tree = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    found = []
    for row in tree.iterfind(".//x:row", NAMES):
        cells = {}
        for cell in row.iterfind("x:c", NAMES):
            assert cell.find("x:f", NAMES) is None, "a formula"
            kind = cell.get("t", "n")
            text = "".join(part.text or "" for part in cell.iter() if part.tag.endswith(("}t", "}v")))
            cells[re.sub(r"\d", "", cell.get("r", ""))] = (kind, text)
        found.append(cells)
    return found


def as_csv(heads: list[str], rows: list[list[tables.Cell]]) -> list[list[str]]:
    return read_csv(b"".join(tables.write_csv(heads, rows)))


def as_xlsx(heads: list[str], rows: list[list[tables.Cell]]) -> list[dict[str, tuple[str, str]]]:
    target = io.BytesIO()
    tables.write_xlsx(heads, rows, target, sheet="工单")
    return read_xlsx(target.getvalue())


def test_excel_knows_the_csv_as_utf8() -> None:
    assert b"".join(tables.write_csv(["姓名"], [["张丽华"]])) == "\ufeff姓名\r\n张丽华\r\n".encode()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_in_both(text: str) -> None:
    assert as_csv(["a"], [[text]])[1] == ["'" + text]
    [[kind, held]] = [as_xlsx(["a"], [[text]])[1]["A"]]
    assert kind in ("inlineStr", "s")
    assert held.replace("_x000D_", "\r") == text


def test_a_head_is_text_too() -> None:
    assert as_csv(["=x"], [])[0] == ["'=x"]
    assert as_xlsx(["=x"], [])[0]["A"][1] == "=x"


def test_numbers_days_and_money_keep_their_kind() -> None:
    row: list[tables.Cell] = [-5, Decimal("-180.50"), date(2026, 11, 21), datetime(2026, 11, 21, 10, 30), None, "", 0]
    assert as_csv(list("abcdefg"), [row])[1] == ["-5", "-180.50", "2026-11-21", "2026-11-21 10:30", "", "", "0"]
    cells = as_xlsx(list("abcdefg"), [row])[1]
    assert [cells[letter] for letter in "ABCDG"] == [
        ("n", "-5"), ("n", "-180.5"), ("n", "46347"), ("n", "46347.4375"), ("n", "0")]  # fmt: skip
    assert not {"E", "F"} & set(cells)


def test_a_day_before_excels_own_count_is_text() -> None:
    assert as_xlsx(["a"], [[date(1899, 5, 1)]])[1]["A"] == ("inlineStr", "1899-05-01")


def test_rare_letters_lines_and_long_texts_survive() -> None:
    text = '䶮𬱖 "x",\n第二行 \x01 &<>'
    assert as_csv(["a"], [[text]])[1] == [text]
    assert as_xlsx(["a"], [[text]])[1]["A"][1].replace("_x0001_", "\x01") == text
    assert as_xlsx(["a"], [["长" * 40_000]])[1]["A"][1] == "长" * 32_766 + "…"
    assert as_csv(["a"], [["half \ud800 \0."]])[1] == ["half ? ."]


def test_more_rows_than_a_sheet_takes_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    target = io.BytesIO()
    tables.write_xlsx(["a"], [[number] for number in range(5)], target, sheet="[工单]:*?/\\' " + "长" * 40)
    sheets = [[row["A"][1] for row in read_xlsx(target.getvalue(), sheet)] for sheet in (1, 2, 3)]
    assert sheets == [["a", "0", "1"], ["a", "2", "3"], ["a", "4"]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_rows(kind: str) -> None:
    def rows(number: int) -> Iterator[list[tables.Cell]]:
        for line in range(number):
            yield [f"BJ01-P261121-{line}", "望京西园四区 12 号楼 3 单元 602", date(2026, 11, 21), Decimal("180.00")] * 3

    def peak(number: int) -> int:
        tracemalloc.start()
        if kind == "csv":
            for _piece in tables.write_csv(["a"], rows(number)):
                pass
        else:
            with open("/dev/null", "wb") as target:
                tables.write_xlsx(["a"], rows(number), target)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(4_000) < peak(400) + 300_000
