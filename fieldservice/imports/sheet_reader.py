"""Reads a workbook that a stranger may have made, as a program of its own with little memory and time.

`sheets.py` starts it with one request on the input (JSON: `path`, `sheet` or null, `out`, limits) and reads one answer:
`{"sheets": […], "sheet": "…", "lines": 12}` or `{"why": "code", "facts": {…}}`. The rows go to `out`, one JSON a line:
`[number, [texts…]]`. Formulas are never worked out: what stands in the file as their last value is taken. Only the
standard library and python-calamine are imported.
"""

import datetime
import json
import resource
import sys
import zipfile
from typing import Any

import python_calamine as calamine

_MEMORY_BYTES = 1024 * 1024 * 1024
_CPU_SECONDS = 60
_OUTPUT_BYTES = 400 * 1024 * 1024
#: what a workbook may be unpacked, and how many files it may hold
_UNPACKED_BYTES = 300 * 1024 * 1024
_MOST_FILES = 2000
_STEP_BYTES = 1024 * 1024
#: a number from here on has lost its last digits in a spreadsheet
_EXACT_BELOW = 10**15


class Refused(Exception):
    """Why the workbook is not read: a code and facts for its words."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.answer = {"why": code, "facts": facts}


def main() -> None:
    """Answers the one request."""
    request = json.load(sys.stdin)
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    try:
        answer = read(request)
    except Refused as refused:
        answer = refused.answer
    except MemoryError:
        answer = {"why": "workbook_too_large", "facts": {}}
    except calamine.PasswordError:
        answer = {"why": "workbook_locked", "facts": {}}
    except (calamine.CalamineError, zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError):
        answer = {"why": "workbook_damaged", "facts": {}}
    print(json.dumps(answer))


def read(request: dict[str, Any]) -> dict[str, Any]:
    """Writes the rows of one sheet; names of all that are shown. Raises Refused and what the libraries raise."""
    is_1904 = _check_size(request["path"])
    book = calamine.CalamineWorkbook.from_path(request["path"])
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if not shown:
        raise Refused("workbook_empty")
    wanted = request["sheet"]
    names = [wanted] if wanted in shown else shown
    sheet = book.get_sheet_by_name(names[0])
    for name in names[1:]:  # the first that is not empty
        if sheet.total_height > 1:
            break
        sheet = book.get_sheet_by_name(name)
    if sheet.total_width > request["most_columns"]:
        raise Refused("too_many_columns", columns=sheet.total_width, limit=request["most_columns"])
    # headings and titles above them come on top of the lines
    if sheet.total_height > request["most_lines"] + 50:
        raise Refused("too_many_lines", lines=sheet.total_height, limit=request["most_lines"])
    lines = _write(sheet, request["out"])
    return {"sheets": shown, "sheet": sheet.name, "lines": lines, "epoch": 1904 if is_1904 else 1900}


def _check_size(path: str) -> bool:
    """Unpacks everything once, counting: what the file says of its size is no promise. Whether days count from 1904."""
    unpacked, is_1904 = 0, False
    with zipfile.ZipFile(path) as packed:
        infos = packed.infolist()
        if len(infos) > _MOST_FILES:
            raise Refused("workbook_bomb")
        for info in infos:
            info.file_size = 1 << 40  # else reading would stop where the file says that it ends
            with packed.open(info) as file:
                while piece := file.read(_STEP_BYTES):
                    unpacked += len(piece)
                    if unpacked > _UNPACKED_BYTES:
                        raise Refused("workbook_bomb")
                    if info.filename == "xl/workbook.xml" and (b'date1904="1"' in piece or b'date1904="true"' in piece):
                        is_1904 = True
    return is_1904


def _write(sheet: calamine.CalamineSheet, out: str) -> int:
    covered = _merged(sheet)
    kept: dict[tuple[int, int], str] = {}
    lines = 0
    with open(out, "w", encoding="utf-8") as file:
        for row, cells in enumerate(sheet.to_python(skip_empty_area=False)):
            texts = [_text(cell) for cell in cells]
            for column, start in covered.get(row, {}).items():
                if start == (row, column):
                    kept[start] = texts[column]
                elif column < len(texts):
                    texts[column] = texts[column] or kept.get(start, "")
            if any(texts):
                file.write(json.dumps([row + 1, texts], ensure_ascii=True) + "\n")
                lines += 1
    return lines


def _merged(sheet: calamine.CalamineSheet) -> dict[int, dict[int, tuple[int, int]]]:
    """Row → column → the first cell of the merged ones it belongs to: what stands there is said of all of them."""
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for (top, left), (bottom, right) in (sheet.merged_cell_ranges or [])[:20_000]:
        for row in range(top, min(bottom, sheet.total_height) + 1):
            for column in range(left, min(right, sheet.total_width) + 1):
                found.setdefault(row, {})[column] = (top, left)
    return found


def _text(cell: Any) -> str:
    """A cell as a person would read it; moments as ISO text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        minutes = round(cell.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    if isinstance(cell, float):
        return _number(cell)
    return str(cell)


def _number(value: float) -> str:
    if abs(value) >= _EXACT_BELOW:
        return f"{value:.6E}"  # no longer the number that was typed: say so
    return str(int(value)) if value == int(value) else repr(value)


if __name__ == "__main__":
    main()
