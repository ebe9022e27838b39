"""How the largest import goes: 50,000 lines checked, written and undone by a worker, while others work at the desk.

The product runs as it is served, gunicorn and a worker beside it. `tools/bench.py large_import` judges it;
`python tools/large_import.py [sqlite|postgresql] [lines]` shows each part.
"""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support import shared_folder  # noqa: E402
from tests.support.own_forms import hidden_fields  # noqa: E402
from tests.support.server import Server, running_server, with_sample_data  # noqa: E402

LINES = 50_000
DISPATCHER = "0102"
#: what somebody else looks at meanwhile; between two of them a note is written
PAGES = ("/", "/day", "/board", "/jobs", "/jobs?q=%E5%AE%A2%E6%88%B71", "/cases", "/customers", "/imports")
REST_SECONDS = 0.3
POLL_SECONDS = 1.0
#: the work is given up as stuck when nothing moves for so long
STUCK_SECONDS = 120

COLUMNS = "客户,电话,区县,地址,门牌,类型,任务,日期,时段,师傅,经度,纬度"


def a_list(lines: int, *, references: bool = True) -> bytes:
    """A list as another system writes it; with `references` each line has its number there."""
    rows = ["单号," * references + COLUMNS]
    for n in range(lines):
        place = f"{116.3 + n % 200 / 1000:.6f},{39.8 + n % 150 / 1000:.6f}"
        rows.append(
            f"R-{n}," * references + f"客户{n},139{n:08},朝阳区,小区{n % 500},{n % 30}-{n},维修,地板起拱,"
            f"2027-03-{1 + n % 28:02},9:00-11:00,,{place}"
        )
    return "\n".join(rows).encode()


@dataclass
class Part:
    """One part of the way: how long, how the progress moved, what others waited, ms."""

    seconds: float = 0
    #: longest time in which the number did not move, s
    still_seconds: float = 0
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    #: answers that were no success: (address, status)
    refused: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Found:
    """What was measured."""

    #: 'check', 'write', 'undo', and 'idle' before them
    parts: dict[str, Part]
    #: MB at the most: 'server' (the largest process of it), 'worker'
    memory: dict[str, float]
    made: int
    taken_back: int


class Visitor:
    """A person's browser without a screen."""

    def __init__(self, url: str, staff_no: str, password: str) -> None:
        self._host = urllib.parse.urlsplit(url).netloc
        self._cookies: dict[str, str] = {}
        self.get("/sign-in")
        page = self.get("/sign-in")[1]
        status, _page, _where = self.post(
            "/sign-in", {**hidden_fields(page), "name": staff_no, "staff_no": staff_no, "password": password})
        assert status == 303, f"signing in answered {status}"

    def get(self, address: str, *, is_poll: bool = False) -> tuple[int, str, str]:
        """(status, text, where it leads)."""
        extra = {"HX-Request": "true", "X-Fieldservice-Automatic": "1"} if is_poll else {}
        return self._ask("GET", address, None, extra)

    def post(self, address: str, fields: dict[str, str], file: tuple[str, bytes] | None = None) -> tuple[int, str, str]:
        """As a form is sent, with its file if there is one."""
        if file is None:
            body = urllib.parse.urlencode(fields).encode()
            return self._ask("POST", address, body, {"Content-Type": "application/x-www-form-urlencoded"})
        mark = uuid.uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                 for name, value in fields.items()]  # fmt: skip
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file[0]}"\r\n'
                     "Content-Type: text/csv\r\n\r\n".encode() + file[1] + f"\r\n--{mark}--\r\n".encode())  # fmt: skip
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        return self._ask("POST", address, b"".join(parts), kind)

    def act(self, address: str, what: str, **more: str) -> None:
        """Presses a button of the page."""
        page = self.get(address)[1]
        status, text, _where = self.post(f"{address}/{what}", {**hidden_fields(page), **more})
        assert status == 303, f"{what} answered {status}: {text[:2000]}"

    def _ask(self, method: str, address: str, body: bytes | None, more: dict[str, str]) -> tuple[int, str, str]:
        line = http.client.HTTPConnection(self._host, timeout=120)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
                   "Sec-Fetch-Site": "same-origin", "Accept-Language": "zh-CN", **more}  # fmt: skip
        line.request(method, address, body, headers)
        answer = line.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self._cookies[name] = rest.split(";", 1)[0]
        line.close()
        return answer.status, text, answer.headers.get("Location", "")


class Others:
    """Somebody who works at the desk meanwhile: looks at pages, writes notes."""

    def __init__(self, url: str, password: str) -> None:
        self._visitor = Visitor(url, DISPATCHER, password)
        found = re.search(r'href="(/jobs/[0-9a-f-]{36})"', self._visitor.get("/jobs")[1])
        assert found
        self._job = found[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.part = Part()

    def __enter__(self) -> Others:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join(130)

    def _work(self) -> None:
        number = 0
        token = hidden_fields(self._visitor.get(self._job)[1])
        while not self._ended.wait(REST_SECONDS):
            page = PAGES[number % len(PAGES)]
            self._timed(page, self.part.reads, lambda page=page: self._visitor.get(page)[0])
            self._timed("note", self.part.writes, lambda number=number: self._visitor.post(
                f"{self._job}/notes", {**token, "text": f"note {number}"})[0])  # fmt: skip
            number += 1

    def _timed(self, what: str, times: list[float], ask: Callable[[], int]) -> None:
        part, began = self.part, time.perf_counter()
        try:
            status = ask()
        except OSError:
            status = 0
        times.append((time.perf_counter() - began) * 1000)
        if status not in (200, 303):
            part.refused.append((what, status))


class Memory:
    """The most memory that each of some groups of processes had, looked at twice a second."""

    def __init__(self, groups: Callable[[], dict[str, list[int]]]) -> None:
        self._groups, self._ended = groups, threading.Event()
        self.most: dict[str, float] = {}
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join(5)

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            for name, pids in self._groups().items():
                largest = max((_resident_mb(pid) for pid in pids), default=0)
                self.most[name] = max(self.most.get(name, 0), largest)


def _resident_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+)", text)
    return int(found[1]) / 1024 if found else 0


def family(pid: int) -> list[int]:
    """A process and what it started."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children += [int(one) for one in (task / "children").read_text().split()]
        except OSError:
            continue
    return [pid, *(below for child in children for below in family(child))]


def measure_at(url: str, password: str, groups: Callable[[], dict[str, list[int]]], content: bytes,
               given: dict[str, str] | None = None) -> Found:
    """The whole way of a file at a running product. `groups`: its processes by name."""
    me, parts = Visitor(url, DISPATCHER, password), {}
    others = Others(url, password)
    with others, Memory(groups) as memory:
        time.sleep(6)
        parts["idle"] = others.part
        others.part = parts["upload"] = Part()
        began = time.perf_counter()
        fields = hidden_fields(me.get("/imports")[1])
        status, text, address = me.post("/imports", fields, ("list.csv", content))
        assert status == 303, text[:2000]
        form = columns_of(me.get(address)[1])
        parts["upload"].seconds = time.perf_counter() - began
        status, text, _where = me.post(f"{address}/columns", {**form, **(given or {})})
        assert status == 303, text[:2000]
        parts["check"] = others.part = Part()
        _watch(me, address, parts["check"])
        for name, act in (("write", "start"), ("undo", "undo")):
            parts[name] = others.part = Part()
            me.act(address, act)
            _watch(me, address, parts[name])
            if name == "write":
                made = _count(me.get(f"{address}?show=created")[1], "created")
    taken_back = _count(me.get(f"{address}?show=taken_back")[1], "taken_back")
    return Found(parts, memory.most, made, taken_back)


def columns_of(page: str) -> dict[str, str]:
    """The form of the columns as the page suggests it."""
    from tests.imports.conftest import column_fields

    return column_fields(page)


def _watch(me: Visitor, address: str, part: Part) -> None:
    """As the page does: once a second, till the work is done."""
    began = moved = time.perf_counter()
    before = ""
    while True:
        asked = time.perf_counter()
        status, text, _where = me.get(address, is_poll=True)
        now = time.perf_counter()
        part.polls.append((now - asked) * 1000)
        if status != 200:
            part.refused.append(("progress", status))
        elif not (bar := re.search(r'<progress[^>]* value="(\d+)"', text)):
            part.seconds = now - began
            part.still_seconds = max(part.still_seconds, now - moved)
            return
        elif bar[1] != before:
            part.still_seconds = max(part.still_seconds, now - moved) if before else 0
            before, moved = bar[1], now
        assert now - moved < STUCK_SECONDS, f"stuck at {before}"
        time.sleep(POLL_SECONDS)


def _count(page: str, outcome: str) -> int:
    found = re.search(rf'show={outcome}"[^>]*>.*?<strong>([\d,]+)</strong>', page, re.DOTALL)
    return int(found[1].replace(",", "")) if found else 0


@contextmanager
def a_worker(server: Server) -> Iterator[subprocess.Popen[bytes]]:
    """`flask worker` beside the server."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
    with server.data_dir.with_name("worker.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=server._environment(), stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(70)
            except subprocess.TimeoutExpired:
                process.kill()


def measure(kind: str, lines: int = LINES) -> Found:
    """On a database of its own with the sample data."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(with_sample_data(kind), Path(folder) / "data", BACKGROUND="worker", LOG_LEVEL="WARNING") as server,
        a_worker(server) as worker,
    ):
        serving = server._process
        assert serving
        return measure_at(
            server.url, server.passwords()[DISPATCHER],
            lambda: {"server": family(serving.pid)[1:], "worker": [worker.pid]}, a_list(lines),
        )  # fmt: skip


def percentile(times: list[float], part: float) -> float:
    """The time below which this part of them lies; 0 for none."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] if times else 0


def show(found: Found) -> None:
    """Everything, for people."""
    for name, part in found.parts.items():
        print(
            f"  {name:7} {part.seconds:7.1f} s, still {part.still_seconds:4.1f} s;"
            + "".join(
                f" {what} n={len(times)} p50 {percentile(times, 0.5):.0f} p95 {percentile(times, 0.95):.0f}"
                f" max {max(times, default=0):.0f} ms;"
                for what, times in (("reads", part.reads), ("writes", part.writes), ("progress", part.polls))
            )
            + (f" refused {part.refused[:5]} of {len(part.refused)}" if part.refused else ""),
            flush=True,
        )
    print(f"  made {found.made:,}, taken back {found.taken_back:,}; MB at the most: {json.dumps(found.memory)}")


if __name__ == "__main__":
    folder = shared_folder.open_shared_folder()
    try:
        chosen = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
        show(measure(chosen, int(sys.argv[2]) if len(sys.argv) > 2 else LINES))
    finally:
        shared_folder.remove_shared_folder(folder)
