"""The pull: what is mine comes, whole and once; what is no longer mine goes."""

import gzip
import json
from datetime import timedelta

import pytest

from fieldservice.accounts.models import Device
from fieldservice.core import clock
from fieldservice.customers.models import Customer
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.sync import cursor, rules
from tests.builders import a_case, a_customer, a_job, a_product, a_site
from tests.cast import sign_in
from tests.sync.phone import NONCE, Phone


@pytest.fixture
def phone(client, cast, session):
    return Phone(sign_in(client, cast.technician))


def test_a_phone_gets_its_own_jobs_and_no_other(phone, cast, session):
    mine = a_job(cast.store, cast.technician)
    helped = a_job(cast.store, cast.second_technician, helpers=(cast.technician,))
    a_job(cast.store, cast.second_technician)
    a_job(cast.store)
    a_job(cast.other_store, cast.outside_technician)
    phone.sync()
    assert set(phone.jobs) == {mine.id, helped.id}
    assert phone.me["name"] == "王建国"


def test_a_job_shows_everything_the_visit_needs(phone, cast, session):
    site = a_site(a_customer(cast.store, special_needs=["elderly"]))
    product = a_product(site)
    case = a_case(site)
    earlier = a_job(cast.store, cast.second_technician, site=site, case=case, state="finished",
                    start_at=clock.now() - timedelta(days=90))  # fmt: skip
    job = a_job(cast.store, cast.technician, site=site, case=case, product_id=product.id, amount_fen=18000,
                special_needs=["pets"])  # fmt: skip
    phone.sync()
    fields = phone.jobs[job.id]
    assert fields["customer"] == {"name": "张丽华", "address_form": "张女士", "phone": "13812342716"}
    assert fields["site"]["access_note"] == "单元门 0602#"
    assert fields["special_needs"] == ["elderly", "pets"]
    assert (fields["amount_fen"], fields["timezone"], fields["visit_no"]) == (18000, "Asia/Shanghai", 2)
    assert fields["product"]["batch"] == "26-0117-B3"
    assert [visit["visit_on"] for visit in fields["history"]] == [earlier.visit_on.isoformat()]


def test_an_ended_job_no_longer_shows_the_phone_number(phone, cast, session):
    job = a_job(cast.store, cast.technician, state="finished")
    phone.sync()
    assert phone.jobs[job.id]["customer"]["phone"] == ""


def test_nothing_new_is_a_small_answer(phone, cast, session):
    a_job(cast.store, cast.technician)
    phone.sync()
    request = phone.request(build="3f9c2a71b0de")
    answer = phone.post(request)
    assert len(answer.data) <= 200
    assert len(phone.client.application.json.dumps(request).encode()) <= 300
    assert (answer.json["changes"], answer.json["manifest"]) == ([], None)


@pytest.mark.parametrize("days", [-8, -7, 14, 15])
def test_ended_jobs_are_held_seven_days_back_and_fourteen_ahead(phone, cast, session, days):
    today = clock.now()
    job = a_job(cast.store, cast.technician, state="cancelled", cancelled_from="assigned",
                start_at=today + timedelta(days=days))  # fmt: skip
    phone.sync()
    assert (job.id in phone.jobs) == (-7 <= days <= 14)


def test_an_unfinished_job_is_held_however_old(phone, cast, session):
    job = a_job(cast.store, cast.technician, state="working", start_at=clock.now() - timedelta(days=60))
    phone.sync()
    assert job.id in phone.jobs


def test_a_change_of_the_customer_changes_the_job(phone, cast, session):
    job = a_job(cast.store, cast.technician)
    phone.sync()
    session.get(Customer, job.site.customer_id).phone = "13900000000"
    session.commit()
    assert [change["id"] for change in phone.sync()["changes"]] == [job.id]
    assert phone.jobs[job.id]["customer"]["phone"] == "13900000000"


def test_a_job_given_away_leaves_and_one_given_comes(app, phone, cast, session):
    job = a_job(cast.store, cast.technician)
    other = Phone(sign_in(app.test_client(), cast.second_technician))
    phone.sync()
    other.sync()
    found = session.get(Job, job.id)
    actions.assign_job(found, cast.second_technician, expected_version=found.version, by=cast.dispatcher,
                       at=clock.now())  # fmt: skip
    session.commit()
    phone.sync()
    other.sync()
    assert (list(phone.jobs), list(other.jobs)) == ([], [job.id])


def test_a_damaged_copy_is_fetched_again(phone, cast, session):
    job = a_job(cast.store, cast.technician)
    phone.sync()
    phone.jobs.clear()
    phone.sync()
    assert list(phone.jobs) == [job.id]


def test_only_own_jobs_can_be_fetched(phone, cast, session):
    foreign = a_job(cast.other_store, cast.outside_technician)
    assert phone.sync(fetch=[foreign.id])["changes"][0]["type"] == "me"
    assert phone.jobs == {}


def test_many_jobs_come_in_parts_and_end_in_the_same_state(phone, cast, session, monkeypatch):
    monkeypatch.setattr(rules, "MAX_CHANGES", 3)
    jobs = {a_job(cast.store, cast.technician).id for _ in range(10)}
    first = phone.post(phone.request()).json
    assert first["more"]
    assert len(first["changes"]) < 10
    phone.sync()
    assert set(phone.jobs) == jobs
    assert phone.sync()["changes"] == []


def test_a_transaction_is_never_cut_in_two(phone, cast, session, monkeypatch):
    monkeypatch.setattr(rules, "MAX_CHANGES", 2)
    site = a_site(a_customer(cast.store))
    jobs = [a_job(cast.store, cast.technician, site=site) for _ in range(5)]
    session.get(Customer, site.customer_id).remark = "五单一起变"
    session.commit()
    body = phone.post(phone.request()).json
    assert {change["id"] for change in body["changes"] if change["type"] == "job"} == {job.id for job in jobs}


def test_a_cursor_made_up_or_of_another_phone_starts_anew(phone, cast, session):
    a_job(cast.store, cast.technician)
    phone.sync()
    forged = phone.cursor[:-1] + ("1" if phone.cursor.endswith("0") else "0")
    for made_up in ("", "x", "fffffffffff.000000000000", forged, phone.cursor + "\u0660"):
        assert len(phone.post(phone.request(cursor=made_up)).json["changes"]) == 2


def test_a_cursor_is_sealed_for_its_phone():
    sealed = cursor.seal(77, client_id="a", key="k")
    assert cursor.unseal(sealed, client_id="a", key="k") == 77
    assert cursor.unseal(sealed, client_id="b", key="k") == 0
    assert cursor.unseal(sealed, client_id="a", key="other") == 0


def test_another_epoch_applies_nothing_and_says_which_it_is(phone, cast, session):
    job = a_job(cast.store, cast.technician)
    phone.op("take_step", job.id, step="accept")
    body = phone.post(phone.request(epoch=7)).json
    assert (body["epoch"], body["acks"]) == (1, [])
    assert session.get(Job, job.id).state == "assigned"


def test_a_revoked_device_gets_nothing_whatever_it_says(phone, cast, session):
    job = a_job(cast.store, cast.technician)
    phone.op("take_step", job.id, step="accept")
    session.get(Device, phone.client_id).revoked_at = clock.now()
    for epoch in (0, 1, 7):
        answer = phone.post(phone.request(epoch=epoch, fetch=[job.id])).json
        assert (answer["changes"], answer["manifest"], answer["to"]) == ([], None, phone.cursor)
    assert session.get(Job, job.id).state == "assigned"


def test_a_long_answer_is_zipped_for_who_takes_it(app, cast, phone, session):
    for _ in range(5):
        a_job(cast.store, cast.technician)
    plain = phone.post(phone.request())
    headers = {"X-Fieldservice-Nonce": NONCE, "Content-Type": "application/json", "Accept-Encoding": "gzip"}
    zipped = phone.client.post("/api/sync", data=json.dumps(phone.request()), headers=headers)
    assert (plain.headers.get("Content-Encoding"), zipped.headers["Content-Encoding"]) == (None, "gzip")
    assert zipped.headers["X-Fieldservice"] == NONCE
    assert json.loads(gzip.decompress(zipped.data))["changes"] == plain.json["changes"]
    assert len(zipped.data) < len(plain.data) / 2
    phone.sync()
    idle = phone.client.post("/api/sync", data=json.dumps(phone.request()), headers=headers)
    assert "Content-Encoding" not in idle.headers
