"""Pushes take turns in a process: few at once, some wait without a connection, the rest come again."""

import io
import json

import pytest
import sqlalchemy as sa

from fieldservice.accounts.models import LoginSession
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.sync import turns
from tests.builders import a_job
from tests.cast import sign_in
from tests.support.meanwhile import Meanwhile
from tests.sync.phone import NONCE, Phone, results

pytestmark = pytest.mark.one_database


@pytest.fixture
def phone(app, cast) -> Phone:
    return Phone(sign_in(app.test_client(), cast.technician))


@pytest.fixture
def places(monkeypatch) -> turns.Places:
    """One place, which is taken, and one seat to wait on."""
    made = turns.Places(1, 1)
    assert made.enter()
    monkeypatch.setattr(turns, "_places", made)
    return made


def a_push_that_waits(app, cast, phone):
    """A job, and a request under way that brings a note about it."""
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    body = phone.request()
    db.session.commit()
    push = Meanwhile(app, lambda: phone.post(body))
    push.start(0.1)
    return job, push


def test_whoever_waits_has_the_next_place_before_who_comes_later(app, cast, phone, places):
    job, push = a_push_that_waits(app, cast, phone)
    places.leave()
    assert results(push.end().json) == ["applied"]
    phone.waiting = []
    phone.op("add_note", job.id, text="二")
    assert results(phone.sync()) == ["applied"], "it left its place"


def test_a_place_goes_to_who_waits_and_not_to_who_comes_just_then(app, places):
    waiting = Meanwhile(app, lambda: places.wait(10))
    waiting.start(0.1)
    places.leave()
    assert not places.enter()
    assert waiting.end()
    places.leave()
    assert places.enter()


def test_who_finds_no_seat_or_waits_too_long_comes_again(app, cast, phone, places, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.02)
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    for _ in range(2):  # a seat is given back
        answer = phone.post(phone.request())
        assert (answer.status_code, answer.json["error"]["code"]) == (503, "server_busy")
        assert answer.headers["Retry-After"] == "5"
    seated = Meanwhile(app, lambda: places.wait(10))
    seated.start(0.1)
    monkeypatch.setattr(turns, "WAIT_SECONDS", 60)
    assert phone.post(phone.request()).status_code == 503, "nobody waits without a seat"
    assert phone.post(phone.request(ops=[])).status_code == 200, "a phone that brings nothing takes no place"
    places.leave()
    assert seated.end()
    places.leave()
    assert results(phone.sync()) == ["applied"]


def test_a_session_that_ended_while_it_waited_brings_nothing(app, cast, phone, places):
    _job, push = a_push_that_waits(app, cast, phone)
    for row in db.session.query(LoginSession):
        row.ended_at = clock.now()
    db.session.commit()
    places.leave()
    assert push.end().status_code == 401
    assert places.enter(), "its place is free again"


def a_long_push(app, cast, phone):
    """A push of many notes under way, and how often the database was asked since."""
    job = a_job(cast.store, cast.technician)
    for number in range(20):
        phone.op("add_note", job.id, text=f"{number}")
    body = phone.request()
    db.session.commit()
    asked = []

    def send():
        sa.event.listen(db.engine, "before_cursor_execute", listener := lambda *_: asked.append(1))
        try:
            return phone.post(body)
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", listener)

    push = Meanwhile(app, send)
    push.start(0.2)
    return push, asked


def test_a_long_push_waits_before_anybody_asks_whose_it_is(app, cast, phone, places):
    push, asked = a_long_push(app, cast, phone)
    assert asked == []
    places.leave()
    assert results(push.end().json) == ["applied"] * 20
    assert asked
    assert places.enter(), "its place is free again"


def test_a_long_one_on_a_slow_line_takes_no_turn_while_its_bytes_come(app, cast, phone, monkeypatch):
    places = turns.Places(1, 1)
    monkeypatch.setattr(turns, "_places", places)
    job = a_job(cast.store, cast.technician)
    for number in range(20):
        phone.op("add_note", job.id, text=f"{number}")
    content = json.dumps(phone.request()).encode()
    seen = []

    class Line(io.BytesIO):
        """Others look for a turn while it is read."""

        def readinto(self, buffer):
            seen.append(places.enter())
            if seen[-1]:
                places.leave()
            return super().readinto(buffer)

    headers = {"X-Fieldservice-Nonce": NONCE, "Content-Type": "application/json"}
    answer = phone.client.post("/api/sync", input_stream=Line(content), content_length=len(content), headers=headers)
    assert results(answer.json) == ["applied"] * 20
    assert seen
    assert all(seen), "a slow line kept others waiting"


def test_its_place_is_free_again_after_a_long_one_was_refused(app, cast, phone, places):
    push, _asked = a_long_push(app, cast, phone)
    for row in db.session.query(LoginSession):
        row.ended_at = clock.now()
    db.session.commit()
    places.leave()
    assert push.end().status_code == 401
    assert places.enter()


def test_a_long_one_that_waits_too_long_comes_again(app, cast, phone, places, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.02)
    push, asked = a_long_push(app, cast, phone)
    answer = push.end()
    assert (answer.status_code, answer.json["error"]["code"], asked) == (503, "server_busy", [])
    places.leave()
    assert places.enter()
