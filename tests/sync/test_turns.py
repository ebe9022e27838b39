"""Pushes take turns in a process: few at once, some wait without a connection, the rest come again."""

import threading

import pytest

from fieldservice.accounts.models import LoginSession
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.sync import turns
from tests.builders import a_job
from tests.cast import sign_in
from tests.support.meanwhile import Meanwhile
from tests.sync.phone import Phone, results

pytestmark = pytest.mark.one_database


@pytest.fixture
def phone(app, cast) -> Phone:
    return Phone(sign_in(app.test_client(), cast.technician))


@pytest.fixture
def places(monkeypatch) -> threading.BoundedSemaphore:
    """One place, which is taken; one seat to wait on, and nobody waits long."""
    taken = threading.BoundedSemaphore(1)
    taken.acquire()
    monkeypatch.setattr(turns, "_places", taken)
    monkeypatch.setattr(turns, "_seats", threading.BoundedSemaphore(1))
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.05)
    return taken


def test_whoever_waits_comes_next_and_lets_the_next_one_in(app, cast, phone, places, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 10)
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    body = phone.request()
    db.session.commit()
    push = Meanwhile(app, lambda: phone.post(body))
    push.start(0.1)
    places.release()
    assert results(push.end().json) == ["applied"]
    phone.waiting = []
    phone.op("add_note", job.id, text="二")
    assert results(phone.sync()) == ["applied"]


def test_who_finds_no_seat_or_waits_too_long_comes_again(cast, phone, places):
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    for _ in range(2):  # a seat is given back
        answer = phone.post(phone.request())
        assert (answer.status_code, answer.json["error"]["code"]) == (503, "server_busy")
    turns._seats.acquire()
    answer = phone.post(phone.request())
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "server_busy")
    assert phone.post(phone.request(ops=[])).status_code == 200, "a phone that brings nothing takes no place"
    places.release()
    assert results(phone.sync()) == ["applied"]


def test_a_session_that_ended_while_it_waited_brings_nothing(app, cast, phone, places, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_SECONDS", 10)
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    body = phone.request()
    db.session.commit()
    push = Meanwhile(app, lambda: phone.post(body))
    push.start(0.1)
    for row in db.session.query(LoginSession):
        row.ended_at = clock.now()
    db.session.commit()
    places.release()
    assert push.end().status_code == 401
    assert places.acquire(blocking=False), "its place is free again"
