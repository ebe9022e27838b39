"""The stream of changes: what it says, when it ends, that nobody reads the counter for nobody."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

from fieldservice.core.db import db
from fieldservice.dispatch import live
from fieldservice.dispatch.live import LIFE, PULSE_EVERY, CounterAway, Poller, read_version, stream
from tests.builders import a_job
from tests.cast import Cast


class Counter:
    """A counter in memory, with how often it was read."""

    def __init__(self) -> None:
        self.version = 7
        self.reads = 0
        self.is_away = False

    def __call__(self) -> int:
        self.reads += 1
        if self.is_away:
            raise sa.exc.OperationalError("SELECT", {}, Exception("gone"))
        return self.version


class Time:
    """Seconds that pass when somebody waits for the counter."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class StillPoller(Poller):
    """A poller without a thread: every wait is a second of the injected time, with what the test says happened."""

    def __init__(self, passing: Time, script: list[int | None]) -> None:
        super().__init__(lambda: 0)
        self.passing, self.script = passing, script
        self.listeners = 0

    def listening(self):  # type: ignore[no-untyped-def]
        return self

    def __enter__(self) -> None:
        self.listeners += 1

    def __exit__(self, *_error: object) -> None:
        self.listeners -= 1

    def wait(self, known: int, seconds: float) -> int | None:
        self.passing.now += seconds
        return self.script.pop(0) if self.script else None


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def poller(counter: Counter) -> Iterator[Poller]:
    made = Poller(counter, every_seconds=0.01)
    yield made
    assert eventually(lambda: not made.is_running), "the thread goes on although nobody listens"


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 3
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.005)
    return is_so()


def test_it_says_the_build_first_and_then_every_new_version() -> None:
    passing = Time()
    lines = stream(StillPoller(passing, [None, 9, 12]), known=7, build="abc", monotonic=passing)
    assert next(lines).endswith("event: build\ndata: abc\n\n")
    assert next(lines) == "id: 9\nevent: version\ndata: 9\n\n"
    assert next(lines) == "id: 12\nevent: version\ndata: 12\n\n"


def test_its_heart_beats_while_nothing_happens_and_it_ends_after_its_life() -> None:
    passing = Time()
    lines = list(stream(StillPoller(passing, []), known=7, build="abc", monotonic=passing))
    assert lines[1:] == ["event: pulse\ndata:\n\n"] * int(LIFE // PULSE_EVERY)
    assert passing.now == LIFE


def test_it_ends_within_a_second_when_the_server_shuts_down(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = Time()
    poller = StillPoller(passing, [])
    lines = stream(poller, known=7, build="abc", monotonic=passing)
    next(lines)
    monkeypatch.setattr(live, "is_serving", lambda: passing.now < 3)
    assert list(lines) == []
    assert passing.now == 3
    assert poller.listeners == 0


def test_a_page_that_was_away_hears_at_once(poller: Poller, counter: Counter) -> None:
    counter.version = 12
    lines = stream(poller, known=7, build="abc")
    next(lines)
    assert next(lines).startswith("id: 12\n")
    lines.close()


def test_one_thread_reads_for_all_and_only_while_somebody_listens(poller: Poller, counter: Counter) -> None:
    with poller.listening():
        thread = poller._thread
        with poller.listening():
            assert poller._thread is thread
        assert eventually(lambda: counter.reads > 3)
    assert eventually(lambda: not poller.is_running)
    reads = counter.reads
    time.sleep(0.05)
    assert counter.reads == reads


def test_everybody_hears_of_a_change(poller: Poller, counter: Counter) -> None:
    heard: list[int | None] = []

    def listen() -> None:
        with poller.listening():
            heard.append(poller.wait(7, 3))

    threads = [threading.Thread(target=listen) for _ in range(5)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    counter.version = 8
    for thread in threads:
        thread.join(3)
    assert heard == [8] * 5


def test_a_stream_ends_when_the_database_is_away_and_the_next_one_works_again(
        poller: Poller, counter: Counter) -> None:
    counter.is_away = True
    assert len(list(stream(poller, known=7, build="abc"))) == 1
    assert eventually(lambda: not poller.is_running)
    counter.is_away = False
    with poller.listening():
        assert poller.wait(0, 3) == 7


def test_waiting_says_that_the_counter_is_away(poller: Poller, counter: Counter) -> None:
    counter.is_away = True
    with poller.listening(), pytest.raises(CounterAway):
        poller.wait(7, 3)


def test_the_counter_moves_with_every_change_and_holds_no_connection(
        app: Flask, cast: Cast, session: scoped_session[Session]) -> None:
    session.commit()
    before = read_version(app)
    a_job(cast.store)
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(read_version(app)))
    thread.start()
    thread.join(5)
    assert found[0] > before
    session.remove()
    assert db.engine.pool.checkedout() == 0
