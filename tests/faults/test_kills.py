"""A worker is killed at every place where it writes; its master starts another, the phone repeats, and everything is
there exactly once.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts import sessions
from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, files, versions
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import Blob, Evidence, Upload
from fieldservice.jobs.models import Job
from tests.builders import a_job
from tests.cast import a_cast
from tests.evidence.photos import Sender, announced
from tests.faults.points import OF_A_PIECE, OF_A_PUSH, OF_AN_UPLOAD, Point
from tests.support.databases import Database, app_on, close, copy_of, migrated
from tests.support.remote_client import RemoteClient
from tests.support.server import Server
from tests.sync.phone import Phone, results

PATIENCE_SECONDS = 30
pytestmark = pytest.mark.slow  # all of them together


class MortalServer(Server):
    """Two workers that die where they are told."""

    entry = "tests.faults.wsgi:app"

    def __init__(self, database: Database, data_dir: Path) -> None:
        super().__init__(database, data_dir, WORKERS="2", THREADS="4")
        self.fault = data_dir.with_name("fault")

    def die_at(self, point: Point) -> None:
        """The next worker that comes there."""
        self.fault.write_text(point.name)

    def has_died(self) -> bool:
        """Whether one came there since `die_at`."""
        return not self.fault.exists()

    def _environment(self) -> dict[str, str]:
        # one application for all workers: a worker that is started anew is there at once
        return {**super()._environment(), "FAULT_FILE": str(self.fault), "GUNICORN_CMD_ARGS": "--preload"}


@dataclass
class Mortal:
    """The server, and the application on its data in this process."""

    server: MortalServer
    app: Flask
    technician_id: str
    token: str

    def phone(self) -> Phone:
        """A new phone of the technician, over a real connection."""
        return Phone(RemoteClient(self.server.port, self.token))  # type: ignore[arg-type]

    def stubbornly(self, call: Callable[[], Any]) -> Any:
        """Repeats what a dying worker did not answer, as a phone does."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = call()
                if answer.status_code < 500:
                    return answer
            except (OSError, HTTPException):
                answer = None
            assert time.monotonic() < deadline, answer and answer.text
            time.sleep(0.02)


@pytest.fixture(scope="module")
def mortal(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with _served(database_kind, tmp_path_factory.mktemp("mortal") / "data") as found:
        yield found


@contextmanager
def _served(kind: str, folder: Path) -> Iterator[Mortal]:
    folder.mkdir(mode=0o700)
    with copy_of(migrated(kind)) as database:
        app = app_on(database, folder)
        with app.app_context():
            technician = a_cast().technician
            given: dict[str, Any] = {"at": clock.now(), "address": "127.0.0.1", "user_agent": "t"}
            _session, token = sessions.open_session(technician, **given)
            db.session.commit()
            found = Mortal(MortalServer(database, folder), app, technician.id, token)
        found.server.start()
        try:
            yield found
        finally:
            found.server.kill()
            close(app)


@pytest.mark.parametrize("point", OF_A_PUSH, ids=lambda point: point.name)
def test_a_push_comes_through_once(mortal: Mortal, point: Point) -> None:
    with mortal.app.app_context():
        technician = db.session.get_one(Person, mortal.technician_id)
        job_id = a_job(technician.branch, technician).id
        db.session.commit()
    phone = mortal.phone()
    first = phone.op("take_step", job_id, step="accept")
    mortal.server.die_at(point)
    ops = [first, phone.op("take_step", job_id, step="finish"), phone.op("add_note", job_id, text="水管在漏")]
    answer = mortal.stubbornly(lambda: phone.post(phone.request()))
    assert mortal.server.has_died()
    assert (answer.status_code, results(answer.json)) == (200, ["applied", "quarantined", "applied"])
    assert mortal.stubbornly(lambda: phone.post(phone.request())).json["acks"] == answer.json["acks"]
    with mortal.app.app_context():
        logged = list(db.session.scalars(
            sa.select(LogEntry).filter_by(device_id=phone.client_id).order_by(LogEntry.seq)))  # fmt: skip
        assert [(one.id, one.seq) for one in logged] == [(op["id"], op["seq"]) for op in ops]
        assert {one.id: one.version for one in logged} == {ack["id"]: ack["version"] for ack in answer.json["acks"]}
        job = db.session.get_one(Job, job_id)
        assert (job.state, len(job.steps), len(job.notes)) == ("accepted", 1, 1)
        assert db.session.get_one(Device, phone.client_id).last_seq == 3
        assert 0 < job.version <= versions.current()[1]
    phone.take(answer.json)
    phone.op("add_note", job_id, text="接着干")
    assert results(mortal.stubbornly(lambda: phone.post(phone.request())).json) == ["applied"]


@pytest.mark.parametrize("point", OF_AN_UPLOAD, ids=lambda point: point.name)
def test_bytes_in_one_request_come_through_once(mortal: Mortal, point: Point) -> None:
    sender, photo, content = _a_photo(mortal)
    mortal.server.die_at(point)
    answer = mortal.stubbornly(lambda: sender.create(photo, content, content))
    assert mortal.server.has_died()
    _go_on(mortal, sender, answer.headers["Location"], content)
    _assert_there_once(mortal, photo, content)


@pytest.mark.parametrize("point", OF_A_PIECE, ids=lambda point: point.name)
def test_bytes_in_pieces_come_through_once(mortal: Mortal, point: Point) -> None:
    sender, photo, content = _a_photo(mortal)
    address = mortal.stubbornly(lambda: sender.create(photo, content)).headers["Location"]
    mortal.server.die_at(point)
    _go_on(mortal, sender, address, content)
    assert mortal.server.has_died()
    _assert_there_once(mortal, photo, content)


def _a_photo(mortal: Mortal) -> tuple[Sender, Evidence, bytes]:
    phone, content = mortal.phone(), random.randbytes(90_000)
    with mortal.app.app_context():
        technician = db.session.get_one(Person, mortal.technician_id)
        device = db.session.get_one(Device, phone.client_id)
        photo = announced(a_job(technician.branch, technician), technician, device, content)
        db.session.refresh(photo)
        db.session.expunge(photo)
        return Sender(phone.client, device), photo, content


def _go_on(mortal: Mortal, sender: Sender, address: str, content: bytes) -> None:
    """In pieces from where the server is, by its word alone, until it says that all is there."""
    while True:
        offset = int(mortal.stubbornly(lambda: sender.head(address)).headers["Upload-Offset"])
        if offset == len(content):
            return
        piece = content[offset : offset + 40_000]
        answer = mortal.stubbornly(lambda at=offset, piece=piece: sender.patch(address, at, piece))
        assert answer.status_code in (204, 409)


def _assert_there_once(mortal: Mortal, photo: Evidence, content: bytes) -> None:
    with mortal.app.app_context():
        assert db.session.get_one(Blob, photo.sha256).state == "verified"
        assert files.path_of(photo.sha256).read_bytes() == content
        uploads = list(db.session.scalars(sa.select(Upload).filter_by(evidence_id=photo.id)))
        assert [one.finished_at is not None for one in uploads] == [True]
        assert not files.partial_path(uploads[0].id).exists()
