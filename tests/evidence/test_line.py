"""The line is cut, two come at once, a worker works: against the product as it is served."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts import sessions
from fieldservice.accounts.models import Device
from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.evidence.models import Blob, Evidence
from tests.builders import a_job
from tests.cast import Cast, a_cast
from tests.evidence.photos import BYTES, NONCE, a_device, announced, metadata, picture
from tests.support.databases import ROOT, app_on, close, copy_of, migrated
from tests.support.server import Server

CONTENT = picture(1600, 1200, quality=92)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])


@dataclass
class Line:
    """A served product with one technician, a phone and a photo that was announced; bytes are sent by hand."""

    server: Server
    app: Flask
    token: str
    photo: Evidence
    device: Device
    cast: Cast

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=20)

    def head_of(self, method: str, path: str, **headers: str | int) -> bytes:
        given: dict[str, str | int] = {
            "Host": f"127.0.0.1:{self.server.port}", "Cookie": f"{sessions.COOKIE}={self.token}",
            "Tus-Resumable": "1.0.0", "Sec-Fetch-Site": "same-origin", "X-Fieldservice-Nonce": NONCE,
            "Connection": "close",
        }  # fmt: skip
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def call(self, method: str, path: str, body: bytes = b"", **headers: str | int) -> Answer:
        if body:
            headers["Content-Type"] = BYTES
        with self.connect() as line:
            line.sendall(self.head_of(method, path, Content_Length=len(body), **headers) + body)
            return read(line)

    def create(self) -> str:
        answer = self.call(
            "POST", "/api/uploads", Upload_Length=len(CONTENT),
            Upload_Metadata=metadata(self.photo.id, self.photo.sha256, self.device.id),
        )  # fmt: skip
        assert (answer.status, answer.headers["x-fieldservice"]) == (201, NONCE)
        return answer.headers["location"]

    def reached(self, address: str) -> int:
        return self.call("HEAD", address).offset

    def state(self) -> tuple[str, str]:
        with self.app.app_context():
            blob = db.session.get_one(Blob, self.photo.sha256)
            return blob.state, blob.picture

    def kept(self) -> bytes:
        with self.app.app_context():
            return files.path_of(self.photo.sha256).read_bytes()


def read(line: socket.socket) -> Answer:
    data = b""
    while b"\r\n\r\n" not in data and (more := line.recv(65536)):
        data += more
    start, *lines = data.split(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(start.split(" ")[1]), {name.lower(): value for name, value in headers.items()})


@pytest.fixture
def line(database_kind: str, tmp_path: Path) -> Iterator[Line]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    with copy_of(migrated(database_kind)) as database:
        app = app_on(database, folder)
        with app.app_context():
            cast = a_cast()
            device = a_device(cast.technician)
            photo = announced(a_job(cast.store, cast.technician), cast.technician, device, CONTENT)
            _session, token = sessions.open_session(cast.technician, at=clock.now(), address="127.0.0.1", user_agent="t")
            db.session.commit()
            for row in (photo, device):
                db.session.refresh(row)
            db.session.expunge_all()
        server = Server(database, folder)
        server.start()
        try:
            yield Line(server, app, token, photo, device, cast)
        finally:
            server.kill()
            close(app)


def wait_for(check: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("end", ["reset", "clean"])
@pytest.mark.parametrize("sent", [1, 70_000, len(CONTENT) - 1])
def test_a_line_cut_in_the_middle_counts_no_further_than_the_bytes_came(line: Line, end: str, sent: int) -> None:
    address = line.create()
    cut = line.connect()
    head = line.head_of("PATCH", address, Upload_Offset=0, Content_Type=BYTES, Content_Length=len(CONTENT))
    cut.sendall(head + CONTENT[:sent])
    time.sleep(0.3)
    if end == "reset":
        cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cut.close()
        time.sleep(0.7)
        assert line.reached(address) <= sent
    else:
        cut.shutdown(socket.SHUT_WR)
        assert read(cut).offset == sent
        cut.close()
    assert line.state()[0] != "verified"
    offset = line.reached(address)
    assert line.call("PATCH", address, CONTENT[offset:], Upload_Offset=offset).offset == len(CONTENT)
    assert line.kept() == CONTENT
    assert line.state() == ("verified", "usable")


def test_a_creation_cut_in_the_middle_goes_on_where_it_stopped(line: Line) -> None:
    about = metadata(line.photo.id, line.photo.sha256, line.device.id)
    head = line.head_of("POST", "/api/uploads", Upload_Length=len(CONTENT), Upload_Metadata=about, Content_Type=BYTES,
                        Content_Length=len(CONTENT))  # fmt: skip
    with line.connect() as cut:
        cut.sendall(head + CONTENT[:50_000])
        cut.shutdown(socket.SHUT_WR)
        assert read(cut).offset == 50_000
    address = line.create()
    assert line.reached(address) == 50_000
    assert line.call("PATCH", address, CONTENT[50_000:], Upload_Offset=50_000).status == 204
    assert line.kept() == CONTENT


def test_a_server_killed_in_the_middle_has_kept_its_word(line: Line) -> None:
    address = line.create()
    assert line.call("PATCH", address, CONTENT[:60_000], Upload_Offset=0).offset == 60_000
    with line.connect() as cut:
        rest = len(CONTENT) - 60_000
        head = line.head_of("PATCH", address, Upload_Offset=60_000, Content_Type=BYTES, Content_Length=rest)
        cut.sendall(head + CONTENT[60_000:100_000])
        time.sleep(0.2)
        line.server.kill()
    line.server.start()
    assert line.reached(address) == 60_000
    assert line.call("PATCH", address, CONTENT[60_000:], Upload_Offset=60_000).offset == len(CONTENT)
    assert line.kept() == CONTENT


def test_a_slow_body_holds_up_nobody(line: Line) -> None:
    """On SQLite there is one writer: it must not wait for a phone in a cellar."""
    address = line.create()
    with line.connect() as slow:
        head = line.head_of("PATCH", address, Upload_Offset=0, Content_Type=BYTES, Content_Length=len(CONTENT))
        slow.sendall(head + CONTENT[:1000])
        time.sleep(0.3)
        began = time.monotonic()
        line.create()  # writes
        assert time.monotonic() - began < 3
        slow.sendall(CONTENT[1000:])
        assert read(slow).offset == len(CONTENT)


def test_two_at_once_for_one_upload_do_not_mix(line: Line) -> None:
    """The same piece, and pieces of different length, from several tabs at one moment, until it is whole."""
    address = line.create()
    answers: list[int] = []

    def send(offset: int, length: int) -> None:
        answers.append(line.call("PATCH", address, CONTENT[offset : offset + length], Upload_Offset=offset).status)

    while (offset := line.reached(address)) < len(CONTENT):
        threads = [threading.Thread(target=send, args=(offset, length)) for length in (90_000, 90_000, 40_000, 70_000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(answers) <= {204, 400, 409}
    assert answers.count(204) >= 2
    assert line.kept() == CONTENT
    assert line.state() == ("verified", "usable")


def test_created_by_several_at_once_it_is_one_upload(line: Line) -> None:
    about = metadata(line.photo.id, line.photo.sha256, line.device.id)
    answers: list[Answer] = []

    def send() -> None:
        answers.append(line.call("POST", "/api/uploads", CONTENT, Upload_Length=len(CONTENT), Upload_Metadata=about))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status, answer.offset) for answer in answers} == {(201, len(CONTENT))}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert line.kept() == CONTENT


@pytest.fixture
def worker(line: Line) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers on the product's data; they end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = line.server._environment() | {"FIELDSERVICE_BACKGROUND": "worker"}
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def ready(line: Line) -> Any:
    with urlopen(Request(f"{line.server.url}/readyz"), timeout=10) as answer:
        return json.load(answer)["checks"]["queue"]


def test_a_worker_finds_a_picture_usable_and_ends_when_it_is_told(
    line: Line, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    line.server.restart(BACKGROUND="worker")
    assert ready(line) == {"ok": True, "found": "empty"}
    address = line.create()
    assert line.call("PATCH", address, CONTENT, Upload_Offset=0).status == 204
    assert line.state() == ("verified", "unchecked")
    assert "the oldest task has waited" in ready(line)["found"]
    process = worker()
    wait_for(lambda: line.state() == ("verified", "usable"))
    wait_for(lambda: ready(line)["found"] == "empty")
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    children = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
    assert children
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_what_a_lost_queue_held_is_found_again(line: Line, worker: Callable[[], subprocess.Popen[bytes]]) -> None:
    line.server.restart(BACKGROUND="worker")
    assert line.call("PATCH", line.create(), CONTENT, Upload_Offset=0).status == 204
    (line.server.data_dir / "queue.sqlite3").unlink()
    with line.app.app_context():
        earlier = clock.now() - timedelta(minutes=2)
        db.session.execute(sa.update(Blob).values(verified_at=earlier))
        db.session.commit()
    worker()
    wait_for(lambda: line.state() == ("verified", "usable"))
