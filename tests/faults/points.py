"""Places of the server at which a worker can be killed, named from outside: functions of the product, before or after.

A worker started by `tests/faults/wsgi.py` reads the name of one place out of a file; the first worker that comes there
takes the file away and ends by SIGKILL: nothing can be finished, rolled back or told.
"""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from fieldservice.accounts import queries as accounts
from fieldservice.core import files, high_water, queue, versions
from fieldservice.evidence import actions as evidence
from fieldservice.evidence import api as evidence_api
from fieldservice.evidence import queries as evidence_queries
from fieldservice.sync import actions as push
from fieldservice.sync import api


@dataclass(frozen=True)
class Point:
    """`function` of `module`, as it is called there; `when`: before it begins or after it has ended."""

    name: str
    module: ModuleType
    function: str
    when: Literal["before", "after"]


#: in the order a push comes to them
OF_A_PUSH = [
    Point("the phone is held", accounts, "_device_held", "after"),
    Point("the jobs are held", push, "hold_jobs", "after"),
    Point("applied, not in the log", push, "_applied", "after"),
    Point("in the log, not flushed", push, "_write_down", "after"),
    Point("everything written, before the counter", versions, "take_version", "before"),
    Point("counter taken, rows not stamped", versions, "_write", "before"),
    Point("stamped, log not written", versions, "_insert", "before"),
    Point("stamped, before the commit", versions, "_insert", "after"),
    Point("committed, high water not noted", high_water, "note", "before"),
    Point("committed, nothing answered", api, "_answer", "before"),
    Point("answer made, not sent", api, "_answer", "after"),
]
#: bytes in one request
OF_AN_UPLOAD = [
    Point("created, not committed", evidence, "open_upload", "after"),
    Point("created, no bytes taken", evidence_api, "_take", "before"),
    Point("bytes beside, upload not held", evidence_queries, "own_upload", "before"),
    Point("whole, not in its place", files, "keep", "before"),
    Point("in its place, not in the row", files, "keep", "after"),
    Point("verified, not committed", evidence, "_finish", "after"),
    Point("committed, picture not looked at", queue, "later", "before"),
]
#: bytes in pieces
OF_A_PIECE = [
    Point("piece in the file, not in the row", files, "extend", "after"),
    Point("last piece hashed, not in its place", files, "keep", "before"),
    Point("last piece in its place, not in the row", files, "keep", "after"),
]


def watch(fault: Path) -> None:
    """From now on this process dies at the place that `fault` names."""
    for point in (*OF_A_PUSH, *OF_AN_UPLOAD, *OF_A_PIECE):
        function = getattr(point.module, point.function)
        setattr(point.module, point.function, _watched(function, point, fault))


def _watched(function: Callable[..., Any], point: Point, fault: Path) -> Callable[..., Any]:
    def call(*given: Any, **named: Any) -> Any:
        if point.when == "before":
            _die_if_told(point, fault)
        found = function(*given, **named)
        if point.when == "after":
            _die_if_told(point, fault)
        return found

    return call


def _die_if_told(point: Point, fault: Path) -> None:
    with suppress(FileNotFoundError):
        if fault.read_text() == point.name:
            fault.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
