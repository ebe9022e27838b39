"""Pictures that could not be looked at: tried again, after growing pauses, and before somebody who decides."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.evidence import picture, tasks
from fieldservice.evidence.models import UNCHECKED, UNUSABLE, USABLE, Blob, Evidence
from fieldservice.evidence.rules import is_left_unchecked, pause_after
from fieldservice.jobs.models import Job
from fieldservice.visits import actions, gallery, rules
from tests.cast import Cast
from tests.visits.scene import planks, shoot


class Clock:
    """The time of the tests, and how often the decoder was asked."""

    def __init__(self) -> None:
        self.now: datetime = clock.now()
        self.looks = 0
        self.found: picture.Found | None = None

    def look(self, *_given: Any) -> picture.Found:
        self.looks += 1
        if self.found is None:
            raise picture.NoVerdict("it took too long")
        return self.found

    def minutes(self, count: int) -> None:
        """What a worker does every minute."""
        for _ in range(count):
            self.now += timedelta(minutes=1)
            tasks.find_forgotten_pictures()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    found = Clock()
    monkeypatch.setattr(clock, "now", lambda: found.now)
    monkeypatch.setattr(picture, "look", found.look)
    tasks._pauses.clear()
    yield found
    tasks._pauses.clear()


@pytest.fixture
def photo(time: Clock, job: Job, cast: Cast) -> Evidence:
    return shoot(job, cast.technician, planks())


def blob_of(photo: Evidence) -> Blob:
    db.session.expire_all()
    return db.session.get_one(Blob, photo.sha256)


def test_no_verdict_is_none_however_often(time: Clock, photo: Evidence) -> None:
    time.minutes(600)
    assert (blob_of(photo).picture, blob_of(photo).why) == (UNCHECKED, "")
    assert 10 <= time.looks <= 20


def test_pauses_grow(time: Clock, photo: Evidence) -> None:
    assert [pause_after(tries) // timedelta(minutes=1) for tries in (1, 2, 3, 5, 6, 5000)] == [2, 4, 8, 32, 60, 60]
    looks = []
    for _ in range(16):
        time.minutes(1)
        looks.append(time.looks)
    assert looks[0] == 1
    assert looks[-1] == 4  # at once, after 2, 4 and 8 minutes


@pytest.mark.parametrize(("why", "state"), [("", USABLE), ("truncated", UNUSABLE)])
def test_a_decoder_that_answers_at_last_is_believed(time: Clock, photo: Evidence, why: str, state: str) -> None:
    time.minutes(3)
    time.found = picture.Found(why)
    time.minutes(60)
    assert (blob_of(photo).picture, blob_of(photo).why) == (state, why)
    assert tasks._pauses == {}


def test_after_an_hour_somebody_can_decide(time: Clock, photo: Evidence, job: Job, cast: Cast) -> None:
    time.minutes(59)
    assert gallery.state_of(photo, time.now) == "checking"
    assert not rules.can_be_waived(photo, time.now)
    time.minutes(1)
    blob_of(photo)
    assert is_left_unchecked(photo.blob, time.now)
    assert gallery.state_of(photo, time.now) == "unchecked"
    assert rules.closing_fault([photo]) == rules.Fault("photos_unchecked", 1)
    actions.waive_photo(photo, "解码超时", by=cast.dispatcher, at=time.now)
    db.session.commit()
    assert rules.closing_fault([photo]) is None
    time.found = picture.Found("", "JPEG", 800, 600)
    time.minutes(60)
    assert gallery.state_of(db.session.get_one(Evidence, photo.id), time.now) == "usable"
