"""What a phone is shown of the jobs it just changed: as the database has them, though they are not read again."""

import pytest

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.core.db import db
from fieldservice.jobs import queries as jobs
from fieldservice.jobs.models import Job
from fieldservice.sync import api
from tests.builders import a_job
from tests.cast import sign_in
from tests.support.meanwhile import Meanwhile
from tests.sync.phone import Phone, results


@pytest.fixture
def phone(client, cast, session):
    return Phone(sign_in(client, cast.technician))


@pytest.fixture
def at_the_commit(app, monkeypatch):
    """Does something at the desk between the commit of the next push and its answer."""

    def do(work):
        found = api.found.look_for

        def look(announced):
            monkeypatch.setattr(api.found, "look_for", found)
            found(announced)
            desk = Meanwhile(app, work)
            desk.start(20)
            desk.end()

        monkeypatch.setattr(api.found, "look_for", look)

    return do


def a_day(phone, job_ids):
    for job_id in job_ids:
        phone.op("take_step", job_id, step="accept", place={"lat": 39.9, "lng": 116.4, "accuracy_m": 12})
        phone.op("add_note", job_id, text="含水率 9.4%")
        phone.op("record_contact", job_id, channel="call")
        phone.op("take_step", job_id, step="depart", no_place="off")
        phone.op("add_note", job_id, text=" 第二 ")


def shown_to_a_new_phone(app, cast):
    other = Phone(sign_in(app.test_client(), cast.technician))
    other.sync()
    return other.jobs


def test_it_is_what_a_new_phone_is_shown(app, phone, cast, session):
    helped = a_job(cast.store, cast.second_technician, helpers=(cast.technician,))
    ids = [a_job(cast.store, cast.technician).id for _ in range(3)]
    phone.sync()
    a_day(phone, ids)
    phone.op("add_note", helped.id, text="帮忙")
    assert set(results(phone.sync())) == {"applied"}
    assert phone.jobs == shown_to_a_new_phone(app, cast)
    assert {note["text"] for note in phone.jobs[ids[0]]["notes"]} == {"含水率 9.4%", "第二"}


def test_so_it_is_where_an_act_was_refused(app, phone, cast, session):
    job = a_job(cast.store, cast.technician)
    phone.sync()
    a_day(phone, [job.id])
    phone.op("take_step", job.id, step="accept")
    phone.op("add_note", job.id, text="之后")
    assert results(phone.sync())[-2:] != ["applied", "applied"]
    assert phone.jobs == shown_to_a_new_phone(app, cast)


def test_what_the_desk_changed_before_the_answer_is_in_it(phone, cast, session, at_the_commit):
    edited, left = (a_job(cast.store, cast.technician).id for _ in range(2))
    phone.sync()
    a_day(phone, [edited, left])

    def edit():
        job = db.session.get_one(Job, edited)
        job.site.address, job.site.customer.name = "新地址 8 号", "赵女士"

    at_the_commit(edit)
    answer = phone.post(phone.request()).json
    shown = {one["id"]: one["fields"] for one in answer["changes"]}[edited]
    assert {one["id"]: one["version"] for one in answer["changes"]} == dict(answer["manifest"])
    phone.take(answer)
    assert (shown["site"]["address"], shown["customer"]["name"]) == ("新地址 8 号", "赵女士")
    assert (shown["state"], len(shown["notes"]), len(shown["steps"])) == ("en_route", 2, 2)
    assert phone.jobs[left]["state"] == "en_route"


def test_what_the_desk_took_away_before_the_answer_is_not_in_it(phone, cast, session, at_the_commit):
    job, lead_id = a_job(cast.store, cast.technician), cast.second_technician.id
    job_id = job.id
    phone.sync()
    phone.op("add_note", job_id, text="一")

    def give_away():
        db.session.get_one(Job, job_id).lead = db.session.get_one(Person, lead_id)

    at_the_commit(give_away)
    phone.sync()
    assert phone.jobs == {}


def test_a_person_renamed_before_the_answer_is_told(phone, cast, session, at_the_commit):
    job, person_id = a_job(cast.store, cast.technician), cast.technician.id
    phone.sync()
    phone.op("add_note", job.id, text="一")

    def rename():
        db.session.get_one(Person, person_id).name = "王建设"

    at_the_commit(rename)
    phone.sync()
    assert phone.me["name"] == "王建设"


def test_what_became_of_the_branch_and_the_roles_before_the_answer_is_told(phone, cast, session, at_the_commit):
    job, person_id = a_job(cast.store, cast.technician), cast.technician.id
    phone.sync()
    phone.op("add_note", job.id, text="一")

    def move_up():
        person = db.session.get_one(Person, person_id)
        person.branch.name = "通州二店"
        person.role_rows.append(PersonRole(role="dispatcher"))

    at_the_commit(move_up)
    phone.sync()
    assert (phone.me["branch"]["name"], phone.me["roles"]) == ("通州二店", ["dispatcher", "technician"])
    assert phone.jobs[job.id]["branch"]["name"] == "通州二店"


def test_a_job_is_as_read_at_its_own_version_alone(cast, session):
    job = a_job(cast.store, cast.technician)
    session.commit()
    (held,) = jobs.hold_jobs([job.id])
    assert jobs.is_as_read(held, held.version)
    assert not jobs.is_as_read(held, held.version + 1)
    version = held.version
    session.expire(held)
    assert not jobs.is_as_read(held, version)
