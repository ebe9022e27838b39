"""What the office changed while a phone was away, and what was said on it meanwhile: both told, none invented."""

from datetime import timedelta

import pytest

from fieldservice.core import clock
from fieldservice.customers import actions as customers
from fieldservice.customers.models import Site
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.sync.queries import overlaps_on
from tests.builders import a_job
from tests.cast import sign_in
from tests.support.html import text_of
from tests.sync.phone import Phone

EN = {"Accept-Language": "en"}


@pytest.fixture
def phone(client, cast):
    return Phone(sign_in(client, cast.technician))


@pytest.fixture
def job(cast, phone):
    made = a_job(cast.store, cast.technician)
    phone.sync()
    return made


def away(phone, job, kind="take_step", **args):
    """Confirms something on the version the phone holds."""
    op = phone.op(kind, job.id, **(args or {"step": "accept"}))
    op["base"] = {"version": phone.jobs[job.id]["version"]}
    return op


def move_house(session, cast, job, address="望京西园三区 5 号楼"):
    site = session.get(Site, job.site_id)
    details = customers.SiteDetails(address=address, district=site.district, unit=site.unit)
    customers.change_site(site, details, expected_version=site.version, by=cast.dispatcher, at=clock.now())
    session.commit()


def told(session, job):
    session.expire_all()
    return [(one.subjects, one.kind, one.step) for one in overlaps_on(session.get(Job, job.id))]


def test_the_office_changed_the_address_while_the_phone_was_away(phone, cast, session, job):
    away(phone, job)
    move_house(session, cast, job)
    phone.sync()
    assert told(session, job) == [(("address",), "take_step", "accept")]
    shown = phone.jobs[job.id]
    assert shown["state"] == "accepted"
    assert "望京西园三区" in shown["site"]["address"]
    (one,) = shown["overlaps"]
    assert (one["subjects"], one["kind"], one["step"]) == (["address"], "take_step", "accept")


def test_what_the_phone_had_seen_is_no_conflict(phone, cast, session, job):
    move_house(session, cast, job)
    phone.sync()
    away(phone, job)
    phone.sync()
    move_house(session, cast, job, "望京西园四区 6 号楼")
    phone.sync()
    assert told(session, job) == []
    assert "overlaps" not in phone.jobs[job.id]


@pytest.mark.parametrize(("kind", "args"), [
    ("record_contact", {"channel": "call"}), ("take_step", {"step": "finish"}), ("take_step", {"step": "nonsense"})])
def test_calls_and_what_was_not_taken_are_no_conflict(phone, cast, session, job, kind, args):
    away(phone, job, kind, **args)
    move_house(session, cast, job)
    phone.sync()
    assert told(session, job) == []


def test_saving_without_a_change_is_no_conflict(phone, cast, session, job):
    away(phone, job)
    fresh = session.get(Job, job.id)
    actions.move_job(fresh, fresh.visit_on, fresh.window_start_at, fresh.window_end_at, expected_version=fresh.version,
                     by=cast.dispatcher, at=clock.now())
    session.commit()
    phone.sync()
    assert told(session, job) == []


def test_an_old_phone_that_says_no_version_tells_none(phone, cast, session, job):
    away(phone, job)["base"] = {}
    move_house(session, cast, job)
    phone.sync()
    assert told(session, job) == []


def test_the_most_telling_is_named_and_each_edit_once(phone, cast, session, job):
    away(phone, job, "add_note", text="x")
    away(phone, job)
    away(phone, job, step="depart")
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        move_house(session, cast, job)
        fresh = session.get(Job, job.id)
        actions.move_job(fresh, fresh.visit_on, None, None, expected_version=fresh.version, by=cast.dispatcher,
                         at=clock.now())
        session.commit()
    phone.sync()
    assert [(subjects, step) for subjects, _kind, step in told(session, job)] == [
        (("time",), "depart"), (("address",), "depart")]


def test_a_colleague_is_not_told_of_what_another_said(app, phone, cast, session):
    job = a_job(cast.store, cast.technician, helpers=(cast.second_technician,))
    helper = Phone(sign_in(app.test_client(), cast.second_technician))
    phone.sync()
    helper.sync()
    away(phone, job)
    move_house(session, cast, job)
    phone.sync()
    helper.sync()
    assert "overlaps" in phone.jobs[job.id]
    assert "overlaps" not in helper.jobs[job.id]


def test_the_desk_reads_both_in_plain_words(app, phone, cast, session, job):
    away(phone, job)
    move_house(session, cast, job)
    phone.sync()
    desk = sign_in(app.test_client(), cast.dispatcher)
    page = text_of(desk.get(f"/jobs/{job.id}", headers=EN).text)
    assert "沈女士 changed the address" in page
    assert "王建国 reported “Accepted”" in page or "王建国 reported “Accept" in page
    assert "Both are kept." in page


def test_a_job_is_told_alike_alone_and_among_others(phone, cast, session, job):
    """What is left out when there is none is left out whatever else is in the answer."""
    away(phone, job)
    phone.sync()
    other = a_job(cast.store, cast.technician)
    phone.sync()
    away(phone, other)
    move_house(session, cast, job)
    move_house(session, cast, other)
    phone.sync()
    assert [len(phone.jobs[one.id].get("overlaps", ())) for one in (job, other)] == [0, 1]
    together = {one["id"]: one["fields"] for one in phone.sync(cursor="", fetch=[job.id, other.id])["changes"]}
    for one in (job, other):
        alone = {found["id"]: found["fields"] for found in phone.sync(fetch=[one.id])["changes"]}
        assert alone[one.id] == together[one.id]
    assert "overlaps" not in together[job.id]
