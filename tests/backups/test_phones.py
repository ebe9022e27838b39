"""An older backup is put back while phones hold what was acknowledged since and what was not sent yet, photos too:
in the end everything is there once.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fieldservice.core import files, high_water, queue, versions
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence import found
from fieldservice.evidence.models import VERIFIED, Blob, Evidence
from fieldservice.evidence.queries import proven_evidence_with
from fieldservice.jobs.models import Job
from tests.backups.conftest import Run
from tests.builders import a_job
from tests.cast import sign_in
from tests.evidence.photos import BYTES, NONCE, metadata, picture
from tests.sync.phone import Phone


@dataclass
class Kept:
    """A photo on the phone; its bytes until the server has them."""

    op: dict[str, Any]
    content: bytes | None


@dataclass
class State:
    """The phone's journal: everything confirmed in the last 30 days, in its order."""

    journal: list[dict[str, Any]] = field(default_factory=list)
    acks: dict[str, str] = field(default_factory=dict)
    photos: list[Kept] = field(default_factory=list)


class KeepingPhone(Phone):
    """A phone as docs/sync-protocol.md describes it: journal, another epoch, bytes after their operation."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.state = State()

    def op(self, kind: str, job: str, /, occurred_at: int | None = None, **args: Any) -> dict[str, Any]:
        op = super().op(kind, job, occurred_at, **args)
        self.state.journal.append(op)
        return op

    def photograph(self, job: str, content: bytes) -> Kept:
        """Confirms a photo; its bytes follow when all operations are answered."""
        sha256 = hashlib.sha256(content).hexdigest()
        op = self.op("add_photo", job, slot="before", sha256=sha256, size=len(content), media_type="image/jpeg")
        self.state.photos.append(Kept(op, content))
        return self.state.photos[-1]

    def run(self, *, with_bytes: bool = True) -> None:
        """Sends and asks until nothing is left; a new epoch is a new beginning."""
        for _ in range(20):
            body = self.sync()
            for ack in body["acks"]:
                assert self.state.acks.setdefault(ack["id"], ack["result"]) == ack["result"], "answered alike"
            if body["epoch"] > self.epoch:
                self._begin_anew(body["epoch"])
            elif not self.waiting:
                break
        assert not self.waiting
        for photo in self.state.photos if with_bytes else ():
            self._send(photo)
        self.sync()

    def _begin_anew(self, epoch: int) -> None:
        self.epoch, self.cursor, self.client_id = epoch, "", new_id()
        assert self.client.post("/api/device", json={"client_id": self.client_id, "name": "手机"}).status_code == 200
        self.waiting = [op | {"seq": number} for number, op in enumerate(self.state.journal, 1)]
        self.seq = len(self.waiting)

    def _send(self, photo: Kept) -> None:
        if photo.content is None:
            return
        about = metadata(photo.op["id"], photo.op["args"]["sha256"], self.client_id)
        headers = {"Tus-Resumable": "1.0.0", "X-Fieldservice-Nonce": NONCE, "Content-Type": BYTES,
                   "Upload-Length": str(len(photo.content)), "Upload-Metadata": about}  # fmt: skip
        answer = self.client.post("/api/uploads", data=photo.content, headers=headers)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(photo.content))), answer.text
        photo.content = None  # verified: the phone lets its own copy go

    def photos_shown(self, job: str) -> dict[str, str]:
        """Hash → state of the job's photos as this phone holds them."""
        return {photo["sha256"]: photo["state"] for photo in self.jobs[job]["photos"]}


PICTURES = [picture(64 + 8 * number, 64) for number in range(5)]


@pytest.fixture
def phone(app, cast):
    return KeepingPhone(sign_in(app.test_client(), cast.technician))


@pytest.fixture
def helper(app, cast):
    return KeepingPhone(sign_in(app.test_client(), cast.second_technician))


def all_logged_once(*phones: KeepingPhone) -> None:
    for phone in phones:
        ids = [op["id"] for op in phone.state.journal]
        query = sa.select(LogEntry.id, LogEntry.result).where(LogEntry.id.in_(ids))
        assert {row.id: row.result for row in db.session.execute(query)} == phone.state.acks
        assert set(ids) == set(phone.state.acks)


def test_nothing_is_lost_or_doubled_by_an_older_backup(cast, session, phone, helper, run: Run, tmp_path: Path):
    job, other = a_job(cast.store, cast.technician), a_job(cast.store, cast.second_technician)
    job_id, other_id = job.id, other.id
    phone.run()
    phone.op("take_step", job_id, step="accept")
    before = phone.photograph(job_id, PICTURES[0])
    phone.run()
    announced = phone.photograph(job_id, PICTURES[1])  # the backup knows of it, its bytes come later
    phone.run(with_bytes=False)
    assert run("backup", tmp_path / "old").exit_code == 0

    phone.run()
    phone.op("take_step", job_id, step="depart")
    since = phone.photograph(job_id, PICTURES[2])  # the backup knows neither it nor its bytes
    phone.run()
    helper.op("take_step", other_id, step="accept")
    helper.photograph(other_id, PICTURES[3])
    helper.run()
    assert all(photo.content is None for photo in (before, announced, since)), "let go of"
    pending = phone.op("add_note", job_id, text="客户要求下午到")
    waiting = phone.photograph(job_id, PICTURES[4])  # confirmed, not sent
    results = dict(phone.state.acks)

    done = run("restore", "--force", tmp_path / "old")
    assert done.exit_code == 0, done.output
    assert "found again beside it: 1" in done.output
    phone.run()
    helper.run()
    phone.run()

    all_logged_once(phone, helper)
    assert {key: phone.state.acks[key] for key in results} == results
    assert phone.state.acks[pending["id"]] == "applied"
    session.rollback()
    assert session.get(Job, job_id).state == "en_route"
    assert session.get(Job, other_id).state == "accepted"
    assert len(session.get(Job, job_id).notes) == 1
    hashes = [photo.op["args"]["sha256"] for photo in (before, announced, since, waiting)]
    assert phone.photos_shown(job_id) == dict.fromkeys(hashes, VERIFIED)
    counts = sa.select(Evidence.sha256, sa.func.count()).group_by(Evidence.sha256)
    assert set(dict(session.execute(counts).all()).values()) == {1}
    for sha256 in hashes:
        assert proven_evidence_with(sha256), "its author has sent it, so who sees the job sees it"


def test_a_hash_announced_anew_by_somebody_else_shows_nothing(cast, session, phone, helper, run, tmp_path):
    job, other = a_job(cast.store, cast.technician), a_job(cast.store, cast.second_technician)
    job_id, other_id = job.id, other.id
    assert run("backup", tmp_path / "old").exit_code == 0
    taken = phone.photograph(job_id, PICTURES[0])
    phone.run()
    assert run("restore", "--force", tmp_path / "old").exit_code == 0
    sha256 = taken.op["args"]["sha256"]
    helper.op("add_photo", other_id, slot="before", sha256=sha256, size=len(PICTURES[0]), media_type="image/jpeg")
    helper.run()
    assert helper.photos_shown(other_id) == {sha256: "announced"}
    assert helper.client.get(f"/api/blobs/{sha256}?as=thumb").status_code == 404
    phone.run()
    helper.run()
    assert phone.photos_shown(job_id) == {sha256: VERIFIED}
    assert helper.client.get(f"/api/blobs/{sha256}?as=thumb").status_code == 404
    assert phone.client.get(f"/api/blobs/{sha256}?as=thumb").status_code == 200


def test_bytes_damaged_on_the_disk_are_not_taken_for_found(app, cast, session, phone, run, tmp_path):
    job_id = a_job(cast.store, cast.technician).id
    assert run("backup", tmp_path / "old").exit_code == 0
    sha256 = phone.photograph(job_id, PICTURES[0]).op["args"]["sha256"]
    phone.run()
    with app.app_context():
        files.path_of(sha256).chmod(0o600)
        files.path_of(sha256).write_bytes(PICTURES[1])
    assert run("restore", "--force", tmp_path / "old").exit_code == 0
    phone.run()
    assert phone.photos_shown(job_id) == {sha256: "announced"}


def test_a_database_put_back_by_hand_is_looked_through_by_the_worker(app, cast, session, phone, monkeypatch):
    job_id = a_job(cast.store, cast.technician).id
    sha256 = phone.photograph(job_id, PICTURES[0]).op["args"]["sha256"]
    phone.run()
    session.rollback()
    with versions.unversioned_writes(), db.engine.begin() as connection:  # as before its bytes came
        connection.execute(sa.text("DELETE FROM upload"))
        connection.execute(sa.update(Blob).values(state="announced", verified_at=None))
    session.expire_all()
    with app.app_context():
        found.look_through_after_a_restore()
        assert db.session.get_one(Blob, sha256).state == "announced", "no new epoch: nothing was put back"
    versions.begin_epoch(lambda version: True)
    calls: list[str] = []
    monkeypatch.setattr(found, "look_through", lambda look=found.look_through: calls.append("") or look())
    with app.app_context():
        for _ in range(2):
            queue._do(queue.name_of(found.look_through_after_a_restore), ())
        assert db.session.get_one(Blob, sha256).state == VERIFIED
        assert high_water.read() == versions.current()[1]
    assert len(calls) == 1
    assert phone.sync()["epoch"] == 2


def test_bytes_that_are_here_are_found_although_nobody_noticed_a_restore(app, cast, session, phone, helper):
    """A machine's snapshot takes the witnesses along; the photos stood on another disk."""
    job_id = a_job(cast.store, cast.technician).id
    sha256 = phone.photograph(job_id, PICTURES[0]).op["args"]["sha256"]
    phone.run()
    session.rollback()
    with versions.unversioned_writes(), db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM upload"))
        connection.execute(sa.update(Blob).values(state="announced", verified_at=None, picture="unchecked"))
    with app.app_context():
        queue._do(queue.name_of(found.find_forgotten_bytes), ())
        assert db.session.get_one(Blob, sha256).state == VERIFIED
    phone.run()
    assert phone.photos_shown(job_id) == {sha256: VERIFIED}
