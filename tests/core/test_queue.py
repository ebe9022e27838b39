"""What can wait: put in after the commit, done by a worker, never in the way of an answer."""

import os
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldservice import config
from fieldservice.core import queue
from fieldservice.core.db import db

done: list[tuple[Any, ...]] = []


@queue.task
def note(*args: Any) -> None:
    """Says that it was done."""
    done.append(args)


@queue.task
def fail() -> None:
    """Does not work."""
    raise RuntimeError("no")


@pytest.fixture
def waiting_app(app: Flask) -> Any:
    """As served: a worker is expected, none is there."""
    app.config["BACKGROUND"] = queue.WORKER
    done.clear()
    with app.app_context():
        yield app


def test_inline_it_is_done_at_once_and_a_failure_is_nobodys(app: Flask, session: Any) -> None:
    done.clear()
    queue.later(note, "a", 1)
    queue.later(fail)
    assert done == [("a", 1)]


def test_it_waits_in_a_file_of_its_own(waiting_app: Flask) -> None:
    queue.later(note, "a", 1)
    assert done == []
    assert queue.waiting() == {(queue.name_of(note), "a", 1)}
    file = waiting_app.config["DATA_DIR"] / "queue.sqlite3"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("is_open", [True, False], ids=["while a worker has it open", "between two tasks"])
def test_a_file_that_was_taken_away_is_laid_anew(
    waiting_app: Flask, caplog: pytest.LogCaptureFixture, is_open: bool
) -> None:
    file, huey = waiting_app.config["DATA_DIR"] / "queue.sqlite3", queue._queue().huey
    queue.later(note, "lost")
    if is_open:
        assert huey.storage.queue_size() == 1
    file.unlink()
    assert huey.dequeue() is None  # as a worker asks
    queue.later(note, "a", 1)
    assert file.stat().st_mode & 0o777 == 0o600
    huey.execute(huey.dequeue())
    assert done == [("a", 1)]
    assert queue.state() == "empty"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_closing_it_while_another_thread_closes_it_is_no_fault(waiting_app: Flask) -> None:
    queue.later(note, "a")
    storage = queue._queue().huey.storage
    assert storage.queue_size() == 1
    storage.lock = _TakenBefore(storage)
    assert storage.close() is False


class _TakenBefore:
    """A lock that another thread had first, to close the same connection."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage

    def __enter__(self) -> None:
        self.storage._conn.close()
        self.storage._conn = None

    def __exit__(self, *_: object) -> None:
        pass


def test_a_queue_that_cannot_be_written_does_not_undo_an_answer(
    waiting_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    (waiting_app.config["DATA_DIR"] / "queue.sqlite3").mkdir()
    queue.later(note, "a")
    assert "could not be put into the queue" in caplog.text


def test_not_ready_when_a_task_waits_and_nobody_is_there(
    waiting_app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert queue.state() == "empty"
    queue.later(note)
    assert client.get("/readyz").json["checks"]["queue"]["ok"]
    real = time.time
    monkeypatch.setattr(queue.time, "time", lambda: real() + 3600)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["checks"]["queue"]["ok"]) == (503, False)
    assert "no worker is there" in answer.json["checks"]["queue"]["found"]
    queue._beat_file().touch()  # a worker is there: there is much to do, that is all
    os.utime(queue._beat_file(), (real() + 3590, real() + 3590))
    assert client.get("/readyz").json["checks"]["queue"]["ok"]
    db.session.rollback()


@pytest.mark.parametrize("value", ["", "thread", "Worker"])
def test_another_setting_is_refused(value: str) -> None:
    with pytest.raises(config.BadSetting):
        config.read_settings({}, BACKGROUND=value)
