"""Any list as a file: what the address narrows it to, in its order, all rows and not only the page.

The same view answers: `?export=csv` or `?export=xlsx` beside the filters it knows. So who may see the list may take it
along, and sees the same rows in it. Every export is written into the access log before its first row leaves.

A file is whole before it leaves. What a server sends bit by bit is made when the request is over: its session has let go
of every row that was read, and each further one is read in a transaction that on SQLite keeps all writers waiting for as
long as the line is slow. Here rows are read while the request is there; of a file that fails nothing has left.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from flask import g, request
from sqlalchemy import Select
from werkzeug.wrappers import Response

from fieldservice.core import clock, events, i18n
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.tables import Cell, write_csv, write_xlsx
from fieldservice.web.masks import mask_phone

PARAMETER = "export"
CSV, XLSX = "csv", "xlsx"
FORMATS = (CSV, XLSX)
_TYPES = {CSV: "text/csv; charset=utf-8", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

#: rows held at a time
AT_A_TIME = 500
#: a file beyond it waits on the disk
IN_MEMORY = 1 << 20

#: head of a column and what stands in it
Columns = Sequence[tuple[Any, Callable[[Any], Cell]]]


@dataclass(frozen=True)
class ListExported:
    """Somebody took a whole list along."""

    #: e.g. 'jobs'
    name: str
    #: one of FORMATS
    format: str
    person: Any
    at: datetime
    address: str


def asked() -> str:
    """The format the address asks for; '' for a page."""
    wanted = request.args.get(PARAMETER, "")
    return wanted if wanted in FORMATS else ""


def rows_of(query: Select[Any]) -> Iterator[Any]:
    """The rows of a query, a few hundred at a time."""
    for row in db.session.execute(query.execution_options(yield_per=AT_A_TIME)):
        yield row[0]


def send_list(name: str, title: Any, columns: Columns, rows: Callable[[], Iterable[Any]]) -> Response:
    """The list as the file asked for. `name`: how the log calls it; `rows` is called after the log was written."""
    kind = asked()
    _announce(name, kind)
    heads = [str(head) for head, _cell in columns]
    cells = ([cell(row) for _head, cell in columns] for row in rows())
    if kind == CSV:
        answer = whole(lambda file: file.writelines(write_csv(heads, cells)))
    else:
        answer = whole(lambda file: write_xlsx(heads, cells, file, sheet=str(title)))
    answer.headers["Content-Type"] = _TYPES[kind]
    answer.headers["Content-Disposition"] = _disposition(name, str(title), kind)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def shown_phone(phone: str | None) -> str:
    """A number as this person may see it."""
    if not phone:
        return ""
    return phone if g.person.can("phones.open") else mask_phone(phone)


def on_clock(moment: datetime | None, timezone: str) -> datetime | None:
    """A moment as a cell: on the clock of `timezone`."""
    return i18n.local(moment, timezone).replace(tzinfo=None) if moment else None


def _announce(name: str, kind: str) -> None:
    address = request.remote_addr or ""
    with transaction_mode("write"):
        events.publish(ListExported(name, kind, g.person, clock.now(), address))
        db.session.commit()


def whole(write: Callable[[BinaryIO], None]) -> Response:
    """An answer out of a file that `write` fills now, in memory or, if it is large, on the disk."""
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 closed by the answer
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    answer = Response(_pieces(file), headers={"Content-Length": str(size)})
    answer.call_on_close(file.close)
    return answer


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(64 * 1024):
        yield piece


def _disposition(name: str, title: str, kind: str) -> str:
    """Two names: one for programs that know no other letters, one in the reader's language."""
    day = i18n.local(clock.now(), g.person.branch.timezone).date().isoformat()
    spoken = quote(f"{title} {day}.{kind}", safe="")
    return f"attachment; filename=\"{name}-{day}.{kind}\"; filename*=UTF-8''{spoken}"
