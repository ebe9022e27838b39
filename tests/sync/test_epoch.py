"""A database that was put back to an earlier state is noticed by its witnesses, and begins a new epoch once."""

import errno
import hashlib
import hmac
import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Device
from fieldservice.core import high_water, versions
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.core.versions import EPOCH_STEP, Installation
from fieldservice.jobs.models import Job
from fieldservice.sync import cursor
from tests.builders import a_job
from tests.cast import sign_in
from tests.sync.phone import Phone


@pytest.fixture
def phone(app, cast):
    return Phone(sign_in(app.test_client(), cast.technician))


def put_back(session, *, counter: int, epoch: int = 1) -> None:
    """The counter as an older copy of the database has it; the product is not asked."""
    session.rollback()
    with db.engine.begin() as connection:
        connection.execute(sa.update(Installation).values(counter=counter, epoch=epoch))


def test_what_was_given_out_is_noted_after_the_commit_and_never_goes_back(cast, session):
    a_job(cast.store, cast.technician)
    noted = high_water.read()
    assert noted == versions.current()[1]
    high_water.note(noted - 1)
    assert high_water.read() == noted


def test_a_version_that_is_rolled_back_is_not_noted(cast, session):
    noted = high_water.read()
    versions.take_version(session())
    with session.begin_nested():
        session.execute(sa.select(1))
    assert high_water.read() == noted
    session.rollback()
    session.commit()
    assert high_water.read() == noted


def test_a_first_start_and_a_crash_are_no_restore(phone, cast, session):
    high_water.path().unlink(missing_ok=True)  # the folder of the media is new
    a_job(cast.store, cast.technician)
    assert phone.sync()["epoch"] == 1
    noted = high_water.read()
    high_water.path().write_bytes(b"")  # killed between making and writing it
    a_job(cast.store, cast.technician)
    assert phone.sync()["epoch"] == 1
    high_water.path().write_bytes(high_water._line(noted))  # killed between the commit and the file
    assert phone.sync()["epoch"] == 1
    a_job(cast.store, cast.technician)
    assert phone.sync()["epoch"] == 1


def test_the_next_change_after_an_older_copy_takes_no_number_twice(cast, session):
    a_job(cast.store, cast.technician)
    given_out = versions.current()[1]
    put_back(session, counter=1)
    job = a_job(cast.store, cast.technician)
    assert versions.current() == (2, session.get(Job, job.id).version)
    assert session.get(Job, job.id).version > given_out
    a_job(cast.store, cast.technician)
    assert versions.current()[0] == 2


def test_a_phone_that_only_asks_is_told_of_an_older_copy(phone, cast, session):
    a_job(cast.store, cast.technician)
    phone.sync()
    put_back(session, counter=versions.current()[1] % EPOCH_STEP - 1)
    assert [phone.sync()["epoch"] for _ in range(2)] == [2, 2]


def test_a_damaged_file_counts_as_a_restore_once(phone, cast, session):
    a_job(cast.store, cast.technician)
    high_water.path().write_bytes(b"0" * 40)
    assert [phone.sync()["epoch"] for _ in range(2)] == [2, 2]
    assert high_water.read() == versions.current()[1]


def test_a_damaged_file_that_cannot_be_written_uses_up_no_epochs(phone, cast, session, monkeypatch):
    """Each change would begin one, and when there are no more, nothing could ever be changed again."""
    a_job(cast.store, cast.technician)
    high_water.path().write_bytes(b"x" * 40)

    def refuse(*_given: object) -> int:
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(high_water.os, "pwrite", refuse)
    assert [phone.post(phone.request()).status_code for _ in range(2)] == [500, 500]
    for _ in range(2):
        with pytest.raises(OSError, match="read-only"):
            versions.take_version(session())
        session.rollback()
    assert versions.current()[0] == 1
    monkeypatch.undo()
    assert [phone.sync()["epoch"] for _ in range(2)] == [2, 2]


def test_the_cursor_of_a_phone_tells_when_the_file_was_put_back_too(phone, cast, session):
    a_job(cast.store, cast.technician)
    phone.sync()
    high_water.path().unlink()
    put_back(session, counter=versions.current()[1] % EPOCH_STEP - 1)
    assert phone.sync()["epoch"] == 2


def test_its_number_tells_when_others_have_caught_up_with_its_cursor(phone, cast, session):
    job = a_job(cast.store, cast.technician)
    phone.op("take_step", job.id, step="accept")
    phone.sync()
    assert phone.sync()["epoch"] == 1
    high_water.path().unlink()
    session.get(Device, phone.client_id).last_seq = 0  # as before its step came
    with versions.unversioned_writes():
        session.execute(sa.delete(LogEntry).where(LogEntry.device_id == phone.client_id))
    session.commit()
    a_job(cast.store, cast.technician)
    high_water.path().unlink()
    assert phone.sync()["epoch"] == 2


def test_an_epoch_that_went_back_is_passed_not_reached_again(phone, cast, session):
    a_job(cast.store, cast.technician)
    put_back(session, counter=50, epoch=4)
    a_job(cast.store, cast.technician)
    phone.epoch = 4
    phone.sync()
    high_water.path().unlink()
    put_back(session, counter=60, epoch=1)
    assert phone.sync()["epoch"] == 5


def test_a_made_up_or_foreign_cursor_begins_nothing(phone, cast, session):
    a_job(cast.store, cast.technician)
    ahead = cursor.seal(9 * EPOCH_STEP, client_id="another", key="x", last_seq=7)
    for made_up in (ahead, ahead[:-4], f"{9 * EPOCH_STEP:x}.000000000000", "é" * 23, "_" * 23, "A", "A" * 60):
        assert phone.post(phone.request(cursor=made_up)).json["epoch"] == 1
    assert phone.post(phone.request(epoch=900)).json["epoch"] == 1


def test_a_cursor_from_before_it_held_a_number_is_still_good(app, phone, cast, session):
    a_job(cast.store, cast.technician)
    phone.sync()
    key, version = app.config["SECRETS"]["cursor_key"], versions.current()[1]
    mac = hmac.new(key.encode(), f"{version}:{phone.client_id}".encode(), hashlib.sha256).hexdigest()[:12]
    old = f"{version:x}.{mac}"
    assert cursor.unseal(old, client_id=phone.client_id, key=key) == version
    assert phone.post(phone.request(cursor=old)).json["changes"] == []


def test_many_who_notice_at_once_begin_one_epoch(app: Flask, cast, session):
    a_job(cast.store, cast.technician)
    phones = [Phone(sign_in(app.test_client(), cast.technician)) for _ in range(4)]
    for phone in phones:
        phone.sync()
    put_back(session, counter=1)
    ready = threading.Barrier(8)
    told: list[int] = []

    def ask(phone: Phone) -> None:
        ready.wait()
        told.append(phone.post(phone.request()).json["epoch"])

    def write() -> None:
        with app.app_context():
            job = db.session.scalars(sa.select(Job)).first()
            db.session.rollback()
            ready.wait()
            versions.touch(job)
            db.session.commit()

    threads = [*(threading.Thread(target=ask, args=(phone,)) for phone in phones),
               *(threading.Thread(target=write) for _ in range(4))]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [2, 2, 2, 2]
    assert versions.current()[0] == 2


def test_the_last_epoch_is_the_last(cast, session):
    put_back(session, counter=1, epoch=8191)
    high_water.note(8191 * EPOCH_STEP + 9)
    with pytest.raises(RuntimeError, match="no more epochs"):
        versions.begin_epoch(lambda version: True)
