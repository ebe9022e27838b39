"""Two at the same moment, in threads and connections of their own: nobody's work is overwritten, nobody is stuck."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Device, Person, PersonRole
from fieldservice.core import clock, versions
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.customers.queries import customer_for
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs, job_for
from fieldservice.sync import actions as sync_actions
from tests.builders import a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.meanwhile import Meanwhile
from tests.sync.phone import Phone, codes, results


@pytest.fixture
def phone(app: Flask, cast: Cast) -> Phone:
    return Phone(sign_in(app.test_client(), cast.technician))


def desk(cast: Cast, job_id: str, act: Callable[..., None], *given: Any, **named: Any) -> Callable[[], None]:
    """An edit of the office as its views make it: find and hold, compare versions, act."""
    dispatcher_id, version = cast.dispatcher.id, db.session.get_one(Job, job_id).version

    def edit() -> None:
        dispatcher = db.session.get_one(Person, dispatcher_id)
        job = job_for(dispatcher, job_id, to_change=True)
        act(job, *given, expected_version=version, by=dispatcher, at=clock.now(), **named)

    return edit


def test_a_cancellation_while_a_step_arrives_is_told_and_loses_nothing(
    app, cast, phone, session, monkeypatch
):
    """The push is first: the desk gets a conflict."""
    job = a_job(cast.store, cast.technician)
    office = Meanwhile(app, desk(cast, job.id, actions.cancel_job, "客户退单"))
    applied = sync_actions._applied
    monkeypatch.setattr(sync_actions, "_applied", lambda *given: (applied(*given), office.start())[0])
    phone.op("take_step", job.id, step="accept")
    assert results(phone.sync()) == ["applied"]
    assert office.end() == "changed_meanwhile"
    session.expire_all()
    assert (job.state, job.cancelled_from) == ("accepted", None)


def test_a_step_that_arrives_while_the_desk_cancels_is_set_aside(app, cast, phone, session):
    """The desk is first: the push must see the cancellation, not write over it."""
    job = a_job(cast.store, cast.technician)
    phone.sync()
    phone.op("take_step", job.id, step="accept")
    body, client = phone.request(), phone
    push = Meanwhile(app, lambda: client.post(body))
    job_id = job.id
    edit = desk(cast, job_id, actions.cancel_job, "客户退单")
    session.commit()
    edit()
    db.session.flush()
    push.start()
    db.session.commit()
    answer = push.end()
    assert answer.status_code == 200, answer.text
    assert (results(answer.json), codes(answer.json)) == (["quarantined"], ["job_cancelled"])
    session.expire_all()
    assert session.get(Job, job_id).state == "cancelled"


def test_two_requests_of_one_phone_at_once_leave_it_going_on(app, cast, phone, session, monkeypatch):
    """The second knows only the first operations; the count must not go back behind what the first request brought."""
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    phone.op("add_note", job.id, text="二")
    phone.op("add_note", job.id, text="三")
    whole = phone.request()
    part = {**whole, "ops": whole["ops"][:1]}
    second = Meanwhile(app, lambda: phone.post(part))
    write_down = sync_actions._write_down
    monkeypatch.setattr(
        sync_actions,
        "_write_down",
        lambda *given: (write_down(*given), second.has_begun or second.start()),
    )
    assert results(phone.post(whole).json) == ["applied"] * 3
    assert results(second.end().json) == ["applied"]
    session.expire_all()
    assert session.get(Device, phone.client_id).last_seq == 3
    phone.waiting = []
    phone.op("add_note", job.id, text="四")
    assert results(phone.sync()) == ["applied"]


def test_a_phone_blocked_while_its_request_waits_is_heard_and_no_more(app, cast, phone, session):
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    body = phone.request()
    push = Meanwhile(app, lambda: phone.post(body))
    device = session.get_one(Device, phone.client_id)
    device.revoked_at = clock.now()
    session.flush()
    push.start()
    session.commit()
    answer = push.end().json
    assert (results(answer), answer["changes"], answer["manifest"]) == (["quarantined"], [], None)
    assert session.scalars(sa.select(LogEntry.result).filter_by(origin="phone")).all() == ["quarantined"]


def test_many_phones_and_the_desk_on_jobs_of_one_site_all_get_through(app, cast, session):
    """Ending a visit touches the other visits there: nobody may lock anybody out, versions stay in order."""
    customer = a_customer(cast.store)
    site = a_site(customer)
    one = a_job(cast.store, cast.technician, helpers=(cast.second_technician,), site=site)
    two = a_job(cast.store, cast.second_technician, helpers=(cast.technician,), site=site)
    phones = [
        Phone(sign_in(app.test_client(), person)) for person in (cast.technician, cast.second_technician)
    ]
    steps = ["accept", "depart", "arrive", "start", "finish"]
    orders = [(phones[0], one.id, two.id), (phones[1], two.id, one.id)]
    for phone, own, other in orders:
        for step in steps:
            phone.op("take_step", own, step=step)
            phone.op("add_note", other, text=step)
    customer_id, dispatcher_id = customer.id, cast.dispatcher.id
    session.commit()

    def send(phone: Phone) -> list[int]:
        statuses = []
        while phone.waiting:
            answer = phone.post(phone.request(ops=phone.waiting[:2]))
            statuses.append(answer.status_code)
            if answer.status_code == 200:
                phone.take(answer.json)
        return statuses

    def rename() -> list[int]:
        for number in range(6):
            found = customer_for(db.session.get_one(Person, dispatcher_id), customer_id, to_change=True)
            found.remark = f"第 {number} 次"
            db.session.commit()
        return [200]

    workers = [*(Meanwhile(app, lambda phone=phone: send(phone)) for phone in phones), Meanwhile(app, rename)]
    for worker in workers:
        worker.start(0)
    assert [set(worker.end()) for worker in workers] == [{200}] * 3
    session.expire_all()
    assert {job.state for job in session.scalars(sa.select(Job)).unique()} == {"finished"}
    taken = [version for (version,) in session.execute(sa.select(LogEntry.version).filter_by(origin="phone"))]
    assert len(taken) == 20
    assert all(version > 0 for version in taken)
    assert max(taken) <= versions.current()[1]


def test_an_applied_step_is_numbered_though_a_later_one_was_set_aside(cast, phone, session):
    """The savepoint of the second is undone; what the first touched must reach other phones all the same."""
    job = a_job(cast.store, cast.technician)
    before = job.version
    phone.op("take_step", job.id, step="accept")
    phone.op("take_step", job.id, step="finish")
    phone.op("add_note", job.id, text="  ")
    answer = phone.sync()
    assert results(answer) == ["applied", "quarantined", "rejected"]
    assert len({ack["version"] for ack in answer["acks"]}) == 1
    session.expire_all()
    assert job.version == answer["acks"][0]["version"] > before
    assert phone.jobs[job.id]["state"] == "accepted"


def test_a_clock_at_the_end_of_time_and_a_page_of_ages_hold_nothing_up(cast, phone, session):
    job = a_job(cast.store, cast.technician)
    late = 253_370_764_799_999
    one = phone.op("add_note", job.id, text="一")
    one["mono"] = {"page": "12345678", "t": 0, "anchor": {"server_ms": 0, "t": 2**53 - 1, "rtt": 2**53 - 1}}
    two = phone.op("add_note", job.id, text="二", occurred_at=1)
    assert results(phone.sync(now=late)) == ["applied", "applied"], (one, two)
    session.expire_all()
    assert all(note.happened_at <= clock.now() + timedelta(seconds=1) for note in job.notes)


@pytest.mark.parametrize(
    ("change", "status", "code"), [("disabled", 401, "signed_out"), ("no technician", 403, "not_allowed")]
)
def test_who_is_no_technician_any_more_sends_nothing_and_loses_nothing(
    cast, phone, session, change, status, code
):
    """The phone keeps it all; when the person is back it arrives, once."""
    job = a_job(cast.store, cast.technician)
    phone.op("add_note", job.id, text="一")
    before = cast.technician.is_active, list(cast.technician.role_rows)
    if change == "disabled":
        cast.technician.is_active = False
    else:
        cast.technician.role_rows = [PersonRole(role="quality")]
    answer = phone.post(phone.request())
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert session.scalar(sa.select(sa.func.count()).select_from(LogEntry).filter_by(origin="phone")) == 0
    cast.technician.is_active = before[0]
    cast.technician.role_rows = [PersonRole(role="technician")]
    assert results(phone.sync()) == ["applied"]
    assert [note.text for note in session.get(Job, job.id).notes] == ["一"]


@pytest.mark.filterwarnings("error::sqlalchemy.exc.SAWarning")
def test_two_copies_of_a_profile_that_send_the_same_at_once_bring_it_once(
    app, cast, phone, session, monkeypatch
):
    """Under two client ids, as after a fork: the second waits for the job, and is answered as the first."""
    job = a_job(cast.store, cast.technician)
    copy = Phone(phone.client)
    op = phone.op("add_note", job.id, text="一")
    copy.waiting = [op]
    bodies = [phone.request(), copy.request()]
    second = Meanwhile(app, lambda: copy.post(bodies[1]))
    write_down = sync_actions._write_down
    monkeypatch.setattr(
        sync_actions,
        "_write_down",
        lambda *given: (write_down(*given), second.has_begun or second.start()),
    )
    assert results(phone.post(bodies[0]).json) == ["applied"]
    answer = second.end()
    assert answer.status_code == 200
    assert results(answer.json) == ["applied"]
    session.expire_all()
    assert [note.text for note in session.get(Job, job.id).notes] == ["一"]
    assert results(copy.post(bodies[1]).json) == ["applied"]


def test_the_same_device_registered_twice_at_once_is_one(app, cast, session):
    client, clock_id = sign_in(app.test_client(), cast.technician), new_id()
    body = {"client_id": clock_id, "name": "门店手机 07"}
    session.commit()
    calls = [Meanwhile(app, lambda: client.post("/api/device", json=body)) for _ in range(2)]
    for call in calls:
        call.start(0)
    assert {call.end().status_code for call in calls} <= {200, 409}
    assert client.post("/api/device", json=body).status_code == 200


def test_two_visits_to_one_site_end_at_the_same_moment(app: Flask, cast: Cast) -> None:
    """Each is history on the card of the other, and so takes the other along."""
    site = a_site(a_customer(cast.store))
    first, second = (a_job(cast.store, cast.technician, site=site, state="working").id for _ in range(2))
    dispatcher_id = cast.dispatcher.id
    db.session.rollback()
    second_held = threading.Event()

    def from_the_desk() -> str:
        job = job_for(db.session.get_one(Person, dispatcher_id), second, to_change=True)
        second_held.set()
        time.sleep(0.5)  # the phone comes as far as it can
        job.state = "finished"
        return "ended"

    def from_the_phone() -> str:
        second_held.wait(10)
        hold_jobs([first])
        db.session.get_one(Job, first).state = "finished"
        return "ended"

    desk, phone = Meanwhile(app, from_the_desk), Meanwhile(app, from_the_phone)
    desk.start(0)
    phone.start(0)
    assert (desk.end(), phone.end()) == ("ended", "ended")
    assert {db.session.get_one(Job, job_id).state for job_id in (first, second)} == {"finished"}
