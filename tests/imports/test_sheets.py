"""Files of every form: encodings, delimiters, broken quotes, workbooks, bombs."""

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from fieldservice.core.errors import RuleBroken
from fieldservice.imports import sheets

TEXT = '客户,地址,电话\n张三,"望京\n西园",138\n李四,回龙观,139\n'
ROWS = [(1, ["客户", "地址", "电话"]), (2, ["张三", "望京\n西园", "138"]), (4, ["李四", "回龙观", "139"])]


def read(tmp_path: Path, content: bytes, **how: str) -> tuple[sheets.Read, list[sheets.Row]]:
    path, out = tmp_path / "file", tmp_path / "rows"
    path.write_bytes(content)
    found = sheets.read_file(path, out, **how)
    return found, list(sheets.rows_of(out))


def why(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(RuleBroken) as caught:
        read(tmp_path, content)
    return caught.value.code


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk", "gb2312"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_delimiters(tmp_path: Path, codec: str, delimiter: str, end: str) -> None:
    text = TEXT.replace(",", delimiter).replace("\n", end)
    found, rows = read(tmp_path, text.encode(codec))
    assert [(number, cells) for number, cells, _reason in rows] == ROWS
    assert found.delimiter == delimiter


def test_rare_characters_of_gb18030(tmp_path: Path) -> None:
    _found, rows = read(tmp_path, "客户,地址\n䶮𬱖,某小区\n".encode("gb18030"))
    assert rows[1][1] == ["䶮𬱖", "某小区"]


@pytest.mark.parametrize(("most", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8")])
def test_lines_of_another_encoding_are_named(tmp_path: Path, most: str, other: str) -> None:
    content = "客户,地址\n张三,望京西园\n李四,回龙观镇\n".encode(most)
    content += "王五,望京东园\n".encode(other) + "赵六,天通苑\n".encode(most)
    _found, rows = read(tmp_path, content)
    assert [(number, reason) for number, _cells, reason in rows if reason] == [(4, "line_undecodable")]
    assert rows[-1][1] == ["赵六", "天通苑"]


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path) -> None:
    _found, rows = read(tmp_path, ("a,b\n1,\"x\n" + "2,y\n" * 200).encode())
    assert rows[1] == (2, ["1", '"x'], "quote_open")
    assert len(rows) == 202
    assert rows[2] == (3, ["2", "y"], "")


def test_many_open_quotation_marks_take_no_time(tmp_path: Path) -> None:
    _found, rows = read(tmp_path, ('a,"b\n' * 9_999).encode())
    assert len(rows) > 4_000


def test_what_is_no_list(tmp_path: Path) -> None:
    assert why(tmp_path, b"%PDF-1.7") == "file_unknown"
    assert why(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") == "workbook_old"
    assert why(tmp_path, b"PK\x03\x04 not a workbook") == "workbook_damaged"
    assert why(tmp_path, b"\n\n") == "file_empty"
    assert why(tmp_path, b"a,b\n" + b"1,2\n" * 50_100) == "too_many_lines"


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/workbook.xml", "w", force_zip64=True) as file,
    ):
        for _ in range(320):
            file.write(bytes(1024 * 1024))
    assert why(tmp_path, content.getvalue()) == "workbook_bomb"


def workbook(fill: Any, **options: Any) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, options)
    fill(book)
    book.close()
    return content.getvalue()


@pytest.mark.parametrize("is_1904", [False, True])
def test_a_workbook(tmp_path: Path, is_1904: bool) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("十一月")
        day, clock = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "hh:mm"})
        sheet.merge_range("A1:D1", "派工表")
        sheet.write_row(1, 0, ["客户", "日期", "时间", "电话"])
        sheet.write_datetime(2, 1, datetime.datetime(2026, 11, 22), day)
        sheet.write_datetime(2, 2, datetime.time(9, 30), clock)
        sheet.write_number(2, 3, 13800001111)
        sheet.merge_range("A3:A4", "张三")
        sheet.write_string(3, 1, "=1+1")
        sheet.write_formula(3, 2, "=1+1", None, 2)
        sheet.write_number(3, 3, 12345678901234567890)
        book.add_worksheet("藏").hide()

    found, rows = read(tmp_path, workbook(fill, date_1904=is_1904))
    assert (found.sheets, found.sheet, found.epoch) == (["十一月"], "十一月", 1904 if is_1904 else 1900)
    assert rows[1][1] == ["客户", "日期", "时间", "电话"]
    assert rows[2][1] == ["张三", "2026-11-22", "09:30:00", "13800001111"]
    assert rows[3][1] == ["张三", "=1+1", "2", "1.234568E+19"]


def test_one_cell_at_the_far_corner_takes_no_memory(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "b")

    assert why(tmp_path, workbook(fill)) in ("workbook_too_large", "too_many_columns")
