"""The file and the phone itself at the same moment, and one file brought twice at once: everything is taken once."""

import sqlalchemy as sa

from fieldservice.accounts.models import Device
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job, JobStep
from fieldservice.rescue import actions, queries
from fieldservice.rescue.models import RescueFile
from fieldservice.sync import actions as sync_actions
from tests.builders import a_job
from tests.cast import sign_in
from tests.rescue.exported import exported
from tests.support.meanwhile import Meanwhile
from tests.sync.phone import Phone, results


def send(client, content):
    return client.post("/api/rescue", data=content, headers={"Content-Type": "application/json"})


def a_phone(app, cast, client=None):
    job = a_job(cast.store, cast.technician)
    phone = Phone(client or sign_in(app.test_client(), cast.technician))
    phone.sync()
    for step in ("accept", "depart", "arrive"):
        phone.op("take_step", job.id, step=step)
    return phone, job


def steps(session):
    session.expire_all()
    return session.scalar(sa.select(sa.func.count(JobStep.id)))


def test_the_phone_comes_back_while_its_file_is_taken(app, cast, session, monkeypatch):
    phone, job = a_phone(app, cast)
    desk = sign_in(app.test_client(), cast.dispatcher)
    body = phone.request()
    second = Meanwhile(app, lambda: phone.post(body))
    write = sync_actions._write_down
    monkeypatch.setattr(
        sync_actions, "_write_down", lambda *given: (write(*given), second.has_begun or second.start()))
    first = send(desk, exported(phone, cast.technician.id))
    assert (first.status_code, first.json["state"]) == (200, "taken")
    answer = second.end()
    assert (answer.status_code, results(answer.json)) == (200, ["applied"] * 3)
    assert steps(session) == 3
    assert session.get(Job, job.id).state == "arrived"
    assert session.get(Device, phone.client_id).last_seq == 3
    assert {one.seq for one in session.scalars(sa.select(LogEntry).filter_by(origin="phone"))} == {None}


def test_the_file_comes_while_the_phone_sends(app, cast, session, monkeypatch):
    phone, _job = a_phone(app, cast)
    desk = sign_in(app.test_client(), cast.dispatcher)
    content = exported(phone, cast.technician.id)
    second = Meanwhile(app, lambda: send(desk, content))
    write = sync_actions._write_down
    monkeypatch.setattr(
        sync_actions, "_write_down", lambda *given: (write(*given), second.has_begun or second.start()))
    assert results(phone.sync()) == ["applied"] * 3
    answer = second.end()
    assert (answer.status_code, answer.json["state"]) == (200, "taken")
    assert steps(session) == 3
    assert session.scalars(sa.select(RescueFile)).one().outcome["ops"] == dict.fromkeys(answer.json["acks"], "known")


def test_one_file_is_brought_twice_at_once(app, cast, session, monkeypatch):
    phone, _job = a_phone(app, cast)
    one, other = (sign_in(app.test_client(), cast.dispatcher) for _ in range(2))
    content = exported(phone, cast.technician.id)
    second = Meanwhile(app, lambda: send(other, content))
    look = queries.id_of

    def looked(sha256):
        found = look(sha256)  # not there yet: the other one comes in between
        if not second.has_begun:
            second.start()
        return found

    monkeypatch.setattr(actions.queries, "id_of", looked)
    answers = [send(one, content), second.end()]
    assert [(answer.status_code, answer.json["state"]) for answer in answers] == [(200, "taken")] * 2
    assert answers[0].json["id"] == answers[1].json["id"]
    assert steps(session) == 3
