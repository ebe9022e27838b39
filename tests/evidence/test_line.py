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
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts import sessions
from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.evidence.models import Blob
from tests.builders import a_job
from tests.cast import a_cast
from tests.evidence.photos import BYTES, NONCE, a_device, announced, metadata, picture
from tests.support.databases import ROOT, app_on, close, copy_of, migrated
from tests.support.server import Server


def a_photo() -> bytes:
    """Another one each time, always of the same length."""
    return picture(1600, 1200, quality=92, comment=new_id().encode())


LENGTH = len(a_photo())


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])


@dataclass
class Served:
    """A served product with one technician and a phone."""

    server: Server
    app: Flask
    token: str
    technician_id: str
    device_id: str


@dataclass
class Line:
    """The way of one announced photo to a served product; bytes are sent by hand."""

    server: Server
    app: Flask
    token: str
    photo_id: str
    sha256: str
    content: bytes
    device_id: str

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
            "POST", "/api/uploads", Upload_Length=LENGTH,
            Upload_Metadata=metadata(self.photo_id, self.sha256, self.device_id),
        )  # fmt: skip
        assert (answer.status, answer.headers["x-fieldservice"]) == (201, NONCE)
        return answer.headers["location"]

    def reached(self, address: str) -> int:
        return self.call("HEAD", address).offset

    def state(self) -> tuple[str, str]:
        with self.app.app_context():
            blob = db.session.get_one(Blob, self.sha256)
            return blob.state, blob.picture

    def kept(self) -> bytes:
        with self.app.app_context():
            return files.path_of(self.sha256).read_bytes()


def read(line: socket.socket) -> Answer:
    data = b""
    while b"\r\n\r\n" not in data and (more := line.recv(65536)):
        data += more
    start, *lines = data.split(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(int(start.split(" ")[1]), {name.lower(): value for name, value in headers.items()})


@contextmanager
def served(kind: str, folder: Path) -> Iterator[Served]:
    """The product with one technician and a phone, as it is really served."""
    folder.mkdir(mode=0o700)
    with copy_of(migrated(kind)) as database:
        app = app_on(database, folder)
        with app.app_context():
            cast = a_cast()
            device = a_device(cast.technician)
            _session, token = sessions.open_session(cast.technician, at=clock.now(), address="127.0.0.1", user_agent="t")
            db.session.commit()
            found = Served(Server(database, folder), app, token, cast.technician.id, device.id)
        found.server.start()
        try:
            yield found
        finally:
            found.server.kill()
            close(app)


def line_to(product: Served) -> Line:
    """A line with a photo of its own, which nobody has sent yet."""
    content = a_photo()
    with product.app.app_context():
        technician = db.session.get_one(Person, product.technician_id)
        device = db.session.get_one(Device, product.device_id)
        photo = announced(a_job(technician.branch, technician), technician, device, content)
        return Line(product.server, product.app, product.token, photo.id, photo.sha256, content, device.id)


@pytest.fixture(scope="module")
def module_product(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(database_kind, tmp_path_factory.mktemp("line") / "data") as found:
        yield found


@pytest.fixture
def line(module_product: Served) -> Line:
    """To a product that all tests of this file share."""
    return line_to(module_product)


@pytest.fixture
def own_line(database_kind: str, tmp_path: Path) -> Iterator[Line]:
    """To a product for this test alone: it is killed, or runs with other settings."""
    with served(database_kind, tmp_path / "data") as found:
        yield line_to(found)


def wait_for(check: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("end", ["reset", "clean"])
@pytest.mark.parametrize("sent", [1, 70_000, LENGTH - 1])
def test_a_line_cut_in_the_middle_counts_no_further_than_the_bytes_came(line: Line, end: str, sent: int) -> None:
    address = line.create()
    cut = line.connect()
    head = line.head_of("PATCH", address, Upload_Offset=0, Content_Type=BYTES, Content_Length=LENGTH)
    cut.sendall(head + line.content[:sent])
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
    assert line.call("PATCH", address, line.content[offset:], Upload_Offset=offset).offset == LENGTH
    assert line.kept() == line.content
    assert line.state() == ("verified", "usable")


def test_a_creation_cut_in_the_middle_goes_on_where_it_stopped(line: Line) -> None:
    about = metadata(line.photo_id, line.sha256, line.device_id)
    head = line.head_of("POST", "/api/uploads", Upload_Length=LENGTH, Upload_Metadata=about, Content_Type=BYTES,
                        Content_Length=LENGTH)  # fmt: skip
    with line.connect() as cut:
        cut.sendall(head + line.content[:50_000])
        cut.shutdown(socket.SHUT_WR)
        assert read(cut).offset == 50_000
    address = line.create()
    assert line.reached(address) == 50_000
    assert line.call("PATCH", address, line.content[50_000:], Upload_Offset=50_000).status == 204
    assert line.kept() == line.content


def slowly(line: socket.socket, content: bytes) -> None:
    for start in range(0, len(content), 40_000):
        time.sleep(0.05)
        line.sendall(content[start : start + 40_000])


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_an_answer_given_before_the_bytes_are_read_still_arrives(line: Line, connection: str) -> None:
    """On a slow line the answer stands long before the last byte is sent; a reset would take it along, every time."""
    address = line.create()
    assert line.call("PATCH", address, line.content[:50_000], Upload_Offset=0).offset == 50_000
    about = metadata(line.photo_id, line.sha256, line.device_id)
    given = {"Upload_Length": LENGTH, "Content_Type": BYTES, "Content_Length": LENGTH, "Connection": connection}
    again = line.head_of("POST", "/api/uploads", Upload_Metadata=about, **given)
    stranger = again.replace(line.token.encode(), b"nobody")
    for head, status in ((again, 201), (stranger, 401)):
        with line.connect() as slow:
            slow.sendall(head)
            slowly(slow, line.content)
            answer = read(slow)
            assert (answer.status, answer.headers.get("upload-offset")) == (status, "50000" if status == 201 else None)
            if connection == "keep-alive":
                slow.sendall(line.head_of("HEAD", address))
                assert read(slow).offset == 50_000, "nothing of the body is taken for the next request"
    assert line.call("PATCH", address, line.content[50_000:], Upload_Offset=50_000).status == 204
    assert line.kept() == line.content


def test_a_server_killed_in_the_middle_has_kept_its_word(own_line: Line) -> None:
    address = own_line.create()
    assert own_line.call("PATCH", address, own_line.content[:60_000], Upload_Offset=0).offset == 60_000
    with own_line.connect() as cut:
        rest = LENGTH - 60_000
        head = own_line.head_of("PATCH", address, Upload_Offset=60_000, Content_Type=BYTES, Content_Length=rest)
        cut.sendall(head + own_line.content[60_000:100_000])
        time.sleep(0.2)
        own_line.server.kill()
    own_line.server.start()
    assert own_line.reached(address) == 60_000
    assert own_line.call("PATCH", address, own_line.content[60_000:], Upload_Offset=60_000).offset == LENGTH
    assert own_line.kept() == own_line.content


def test_a_slow_body_holds_up_nobody(line: Line) -> None:
    """On SQLite there is one writer: it must not wait for a phone in a cellar."""
    address = line.create()
    with line.connect() as slow:
        head = line.head_of("PATCH", address, Upload_Offset=0, Content_Type=BYTES, Content_Length=LENGTH)
        slow.sendall(head + line.content[:1000])
        time.sleep(0.3)
        began = time.monotonic()
        line.create()  # writes
        assert time.monotonic() - began < 3
        slow.sendall(line.content[1000:])
        assert read(slow).offset == LENGTH


def test_two_at_once_for_one_upload_do_not_mix(line: Line) -> None:
    """The same piece, and pieces of different length, from several tabs at one moment, until it is whole."""
    address = line.create()
    answers: list[int] = []

    def send(offset: int, length: int) -> None:
        answers.append(line.call("PATCH", address, line.content[offset : offset + length], Upload_Offset=offset).status)

    while (offset := line.reached(address)) < LENGTH:
        threads = [threading.Thread(target=send, args=(offset, length)) for length in (90_000, 90_000, 40_000, 70_000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(answers) <= {204, 400, 409}
    assert answers.count(204) >= 2
    assert line.kept() == line.content
    assert line.state() == ("verified", "usable")


def test_created_by_several_at_once_it_is_one_upload(line: Line) -> None:
    about = metadata(line.photo_id, line.sha256, line.device_id)
    answers: list[Answer] = []

    def send() -> None:
        answers.append(line.call("POST", "/api/uploads", line.content, Upload_Length=LENGTH, Upload_Metadata=about))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status, answer.offset) for answer in answers} == {(201, LENGTH)}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert line.kept() == line.content


@pytest.fixture
def worker(own_line: Line) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers on the product's data; they end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        environment = own_line.server._environment() | {"FIELDSERVICE_BACKGROUND": "worker"}
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
    own_line: Line, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    own_line.server.restart(BACKGROUND="worker")
    assert ready(own_line) == {"ok": True, "found": "empty"}
    address = own_line.create()
    assert own_line.call("PATCH", address, own_line.content, Upload_Offset=0).status == 204
    assert own_line.state() == ("verified", "unchecked")
    assert "the oldest task has waited" in ready(own_line)["found"]
    process = worker()
    wait_for(lambda: own_line.state() == ("verified", "usable"))
    wait_for(lambda: ready(own_line)["found"] == "empty")
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    children = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
    assert children
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


def test_what_a_lost_queue_held_is_found_again(own_line: Line, worker: Callable[[], subprocess.Popen[bytes]]) -> None:
    own_line.server.restart(BACKGROUND="worker")
    assert own_line.call("PATCH", own_line.create(), own_line.content, Upload_Offset=0).status == 204
    (own_line.server.data_dir / "queue.sqlite3").unlink()
    with own_line.app.app_context():
        earlier = clock.now() - timedelta(minutes=2)
        db.session.execute(sa.update(Blob).values(verified_at=earlier))
        db.session.commit()
    worker()
    wait_for(lambda: own_line.state() == ("verified", "usable"))
