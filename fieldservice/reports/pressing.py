"""The worker's side of the press: one process beside it, begun when the first report is made, and anew after many."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from flask import current_app

from fieldservice.core import fonts

_PROGRAM = Path(__file__).with_name("press.py")
_STYLE = Path(__file__).with_name("report.css")
#: a report takes a quarter of a second; fonts are unpacked and looked through at the first start
_PATIENCE_SECONDS = 60
#: then a new process takes its place, or earlier when it has grown to this many times what it began with
MOST_REPORTS = 500
MOST_GROWTH = 1.5

#: the one line that installs what the operating system must bring
INSTALL = "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class PressTrouble(Exception):
    """A report could not be made; `code` says why: 'press_missing' (parts of the system are not there), 'press_failed',
    'press_slow', 'press_refused' (it asked for something that was not handed over).
    """

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


@dataclass(frozen=True)
class Printed:
    """What came out of the press."""

    pdf: bytes
    pages: int
    #: resident memory of the process afterwards
    memory_kb: int
    taken_ms: int


@dataclass(frozen=True)
class Sheet:
    """What goes into it."""

    page: str
    evidence: bytes
    evidence_name: str
    #: name → JPEG
    pictures: dict[str, bytes]
    title: str
    at: datetime


def print_pdf(sheet: Sheet) -> Printed:
    """The PDF/A-3u of a page, not yet sealed. Raises PressTrouble."""
    with _lock:
        return _press().printed(sheet)


def look() -> str:
    """What the press says of itself. Raises RuntimeError when reports cannot be made here, with the line that helps."""
    try:
        with _lock:
            parts = _press().parts
    except PressTrouble as error:
        raise RuntimeError(f"reports wait: {error}. {INSTALL}") from error
    if not parts["subset"]:
        raise RuntimeError(f"reports are slow and large: libharfbuzz-subset is missing. {INSTALL}")
    return f"WeasyPrint {parts['weasyprint']}, Noto Sans SC"


def end() -> None:
    """Ends the process, if there is one."""
    global _running
    with _lock:
        if _running is not None:
            _running.end()
            _running = None


_lock = threading.Lock()
_running: "_Press | None" = None


def _press() -> "_Press":
    """The one that runs and is still good, else a new one; the lock is held."""
    global _running
    folder: Path = current_app.config["DATA_DIR"]
    if _running is not None and (_running.is_spent or _running.folder != folder):
        _running.end()
        _running = None
    if _running is None:
        _running = _Press(folder)
    return _running


class _Press:
    """A running process of `press.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0
        self._first_kb = self._last_kb = 0
        cache = folder / "fontconfig"
        self._process = subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-I", str(_PROGRAM), str(cache), str(_STYLE), *map(str, _fonts())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            env={"PATH": os.defpath, "HOME": str(cache), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        )  # fmt: skip
        try:
            self.parts = self._heard(time.monotonic() + _PATIENCE_SECONDS)
        except PressTrouble as error:
            self.end()
            raise PressTrouble("press_missing", str(error)) from error

    @property
    def is_spent(self) -> bool:
        """Whether another one should take its place."""
        has_grown = self._first_kb > 0 and self._last_kb > MOST_GROWTH * self._first_kb
        return self._made >= MOST_REPORTS or has_grown or self._process.poll() is not None

    def printed(self, sheet: Sheet) -> Printed:
        """Raises PressTrouble; afterwards the process may be gone."""
        parts = [sheet.page.encode(), sheet.evidence, *sheet.pictures.values()]
        request = {
            "lengths": [len(part) for part in parts], "pictures": list(sheet.pictures), "title": sheet.title,
            "at": sheet.at.isoformat(), "evidence_name": sheet.evidence_name,
        }  # fmt: skip
        until = time.monotonic() + _PATIENCE_SECONDS
        try:
            self._write(json.dumps(request).encode() + b"\n" + b"".join(parts), until)
            said = self._heard(until)
            pdf = self._read(said["length"], until)
        except PressTrouble:
            self.end()
            raise
        self._made += 1
        self._first_kb, self._last_kb = self._first_kb or said["memory_kb"], said["memory_kb"]
        if said["refused"]:
            raise PressTrouble("press_refused", "; ".join(said["refused"])[:300])
        return Printed(pdf, said["pages"], said["memory_kb"], said["taken_ms"])

    def end(self) -> None:
        """Ends the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _open(pipe).close()

    def _write(self, content: bytes, until: float) -> None:
        pipe, rest = _open(self._process.stdin), memoryview(content)
        os.set_blocking(pipe.fileno(), False)
        while rest:
            _wait(pipe, select.POLLOUT, until)
            try:
                rest = rest[os.write(pipe.fileno(), rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise PressTrouble("press_failed", "it ended") from error

    def _heard(self, until: float) -> dict[str, Any]:
        line = b""
        while not line.endswith(b"\n"):
            line += self._read(1, until) if len(line) < 10_000 else b"\n"
        said: dict[str, Any] = json.loads(line)
        if "failed" in said:
            raise PressTrouble("press_failed", said["failed"])
        return said

    def _read(self, length: int, until: float) -> bytes:
        pipe, found = _open(self._process.stdout), bytearray()
        while len(found) < length:
            _wait(pipe, select.POLLIN, until)
            piece = os.read(pipe.fileno(), length - len(found))
            if not piece:
                raise PressTrouble("press_failed", "it ended")
            found += piece
        return bytes(found)


def _fonts() -> list[Path]:
    return [fonts.sans(), fonts.sans_bold(), fonts.sans_narrow()]


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _wait(pipe: IO[bytes], event: int, until: float) -> None:
    poller = select.poll()
    poller.register(pipe, event)
    if not poller.poll(max(0.0, until - time.monotonic()) * 1000):
        raise PressTrouble("press_slow", f"longer than {_PATIENCE_SECONDS} s")
