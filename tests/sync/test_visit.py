"""A whole visit through `/api/sync`: what phones hold of it, and what the desk decides about it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fieldservice.core import clock, events
from fieldservice.core.db import db
from fieldservice.evidence.events import BlobChanged
from fieldservice.evidence.models import Blob, Evidence
from fieldservice.evidence.rules import counts
from fieldservice.inbox import actions as inbox_actions
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs.actions import assign_job
from fieldservice.jobs.models import Job
from fieldservice.sync import documents
from fieldservice.visits.models import ChecklistAnswer
from fieldservice.visits.queries import sheets_of
from fieldservice.visits.rules import has_customer_signed
from tests.builders import a_checklist, a_job
from tests.cast import sign_in
from tests.signoff.sheets import register_key, signed_on, take_photos
from tests.support.statements import counted
from tests.sync.phone import Phone, codes, results

CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
STEPS = ("accept", "depart", "arrive", "start")
DONE = {"done": True}


@pytest.fixture
def phone(client, cast, session):
    return Phone(sign_in(client, cast.technician))


@pytest.fixture
def helper(app, cast, session):
    return Phone(sign_in(app.test_client(), cast.second_technician))


@pytest.fixture
def checklist(cast):
    return a_checklist("repair", CONTENT)


@pytest.fixture
def job(cast, checklist):
    return a_job(cast.store, cast.technician, helpers=(cast.second_technician,), amount_fen=18000, amount_reason="上门费")


def answer(phone, job, checklist, item="greet", value=DONE):
    return phone.op("answer_item", job.id, checklist=checklist.id, item=item, value=value)


def shoot(phone, job, n=1, **given):
    return phone.op("add_photo", job.id, **{
        "slot": "before", "item": "before", "caption": "", "sha256": f"{n:064x}", "size": 400_000,
        "media_type": "image/jpeg", "source": "camera", "file_name": "", "opens": True} | given)  # fmt: skip


def visit(phone, job, checklist):
    for step in STEPS:
        phone.op("take_step", job.id, step=step, checklist=checklist.id)
    answer(phone, job, checklist)
    answer(phone, job, checklist, "cause", {"chosen": ["damp"], "text": ""})
    shoot(phone, job)


def the_item_of(session, op_id):
    return session.scalars(sa.select(InboxItem).filter_by(op_id=op_id)).one()


def test_a_whole_visit_arrives_in_one_request_and_comes_back(phone, job, checklist, session):
    visit(phone, job, checklist)
    phone.op("state_charges", job.id, lines=[])
    phone.op("take_step", job.id, step="finish", checklist=checklist.id)
    answer(phone, job, checklist, "tools")
    assert results(phone.sync()) == ["applied"] * 10
    shown = phone.jobs[job.id]
    assert shown["checklist"] == {"id": checklist.id, "pinned": True}
    assert {one["item"] for one in shown["answers"]} == {"greet", "cause", "tools"}
    assert (shown["photos"][0]["state"], shown["photos"][0]["run"]) == ("announced", 1)
    assert shown["charges"]["total_fen"] == 0
    assert (shown["state"], shown["sheets"], shown["incidents"], shown["closed"]) == ("finished", [], [], False)
    assert len(shown["sign_nonce"]) == 32


def test_a_finish_that_lacks_something_waits_for_the_dispatcher(phone, job, checklist, cast, session):
    visit(phone, job, checklist)
    phone.op("void_photo", job.id, photo_id=phone.waiting[-1]["id"], reason="")
    finish = phone.op("take_step", job.id, step="finish", checklist=checklist.id)
    assert phone.post(phone.request()).json["acks"][-1]["note"] == {
        "code": "checklist_incomplete", "missing": 1, "first": "施工前照片"}  # fmt: skip
    inbox_actions.accept(the_item_of(session, finish["id"]), by=cast.dispatcher, at=clock.now())
    session.commit()
    phone.sync()
    assert phone.jobs[job.id]["state"] == "finished"


def test_the_helper_adds_photos_while_the_lead_answers(phone, helper, job, checklist, session):
    for phone_of in (phone, helper):
        phone_of.sync()
    visit(phone, job, checklist)
    shoot(helper, job, 2, slot="after", item="")
    helper.op("report_incident", job.id, kind="damage", words="碰坏了茶几一角")
    assert results(helper.sync()) == ["applied"] * 2
    assert results(phone.sync()) == ["applied"] * 7
    helper.sync()
    assert helper.jobs[job.id] == phone.jobs[job.id]
    assert {photo["by"] for photo in phone.jobs[job.id]["photos"]} == {"王建国", "陈志强"}


def test_work_of_a_job_given_away_is_kept_and_accepted_as_one(phone, job, checklist, cast, session):
    phone.sync()
    visit(phone, job, checklist)
    found = session.get(Job, job.id)
    assign_job(found, cast.second_technician, expected_version=found.version, by=cast.dispatcher, at=clock.now())
    body = phone.sync()
    assert results(body) == ["quarantined"] * 6 + ["late_evidence"]
    assert set(codes(body)[:6]) == {"job_reassigned"}
    assert session.scalars(sa.select(Evidence.is_late)).all() == [True]
    inbox_actions.accept(the_item_of(session, body["acks"][0]["id"]), by=cast.dispatcher, at=clock.now())
    session.commit()
    phone.sync()
    shown = phone.jobs[job.id]
    assert (shown["state"], shown["checklist"]) == ("working", {"id": checklist.id, "pinned": True})
    assert len(shown["answers"]) == 2


def test_an_incident_is_before_the_dispatcher_though_it_was_applied(phone, job, cast, session):
    op = phone.op("report_incident", job.id, kind="injury", words="手被划伤，已包扎")
    assert results(phone.sync()) == ["applied"]
    item = the_item_of(session, op["id"])
    assert (item.reason, item.state) == ("incident_reported", "open")
    inbox_actions.see(item, by=cast.dispatcher, at=clock.now())
    assert item.state == "seen"


class TestChecklists:
    def test_come_with_the_jobs_that_are_done_by_them(self, phone, job, checklist, cast, session):
        a_checklist("maintenance", CONTENT)
        phone.sync()
        assert list(phone.checklists) == [checklist.id]
        held = phone.checklists[checklist.id]
        assert (held["job_type"], held["number"], held["content"]) == ("repair", 1, CONTENT)
        assert phone.post(phone.request()).json["manifest"] is None

    def test_a_new_version_goes_to_who_has_not_begun(self, phone, job, checklist, session):
        begun = a_job(job.branch, job.lead)
        answer(phone, begun, checklist)
        phone.sync()
        checklist.state = "retired"
        newer = a_checklist("repair", CONTENT, template=checklist.template)
        phone.sync()
        assert set(phone.checklists) == {checklist.id, newer.id}
        assert phone.jobs[job.id]["checklist"] == {"id": newer.id, "pinned": False}
        assert phone.jobs[begun.id]["checklist"] == {"id": checklist.id, "pinned": True}

    def test_one_published_long_ago_is_fetched_with_the_first_job_that_needs_it(self, phone, checklist, cast, session):
        phone.sync()
        assert phone.checklists == {}
        a_job(cast.store, cast.technician)
        phone.sync()
        assert list(phone.checklists) == [checklist.id]

    @pytest.fixture
    def old(self, checklist, session):
        """Replaced a year ago."""
        checklist.state, checklist.published_at = "retired", clock.now() - timedelta(days=700)
        a_year_ago = clock.now() - timedelta(days=365)
        return a_checklist("repair", CONTENT, template=checklist.template, published_at=a_year_ago)

    def test_one_replaced_long_ago_waits_for_the_dispatcher(self, phone, job, checklist, old, cast, session):
        for step in STEPS:
            phone.op("take_step", job.id, step=step, checklist=checklist.id)
        op = answer(phone, job, checklist)
        assert codes(phone.sync()) == [None] * len(STEPS) + ["checklist_old"]
        assert phone.jobs[job.id]["checklist"] == {"id": old.id, "pinned": False}
        inbox_actions.accept(the_item_of(session, op["id"]), by=cast.dispatcher, at=clock.now())
        session.commit()
        phone.sync()
        assert phone.jobs[job.id]["checklist"] == {"id": checklist.id, "pinned": True}
        assert [found["value"] for found in phone.jobs[job.id]["answers"]] == [DONE]

    def test_what_is_pinned_stays_however_old(self, phone, job, checklist, session):
        answer(phone, job, checklist)
        phone.sync()
        session.get_one(Job, job.id)
        checklist.state, checklist.published_at = "retired", clock.now() - timedelta(days=700)
        a_checklist("repair", CONTENT, template=checklist.template, published_at=clock.now() - timedelta(days=365))
        answer(phone, job, checklist, "cause", {"chosen": ["damp"], "text": ""})
        assert results(phone.sync()) == ["applied"]

    def test_those_of_others_cannot_be_fetched(self, phone, cast, session):
        other = a_checklist("repair", CONTENT, branch=cast.other_store)
        phone.sync(fetch=[other.id])
        assert phone.checklists == {}


def test_bytes_that_have_come_are_shown(phone, job, session):
    shoot(phone, job)
    phone.sync()
    blob = session.get_one(Blob, f"{1:064x}")
    blob.state = "verified"
    events.publish(BlobChanged(blob.sha256))
    session.commit()
    phone.sync()
    assert phone.jobs[job.id]["photos"][0]["state"] == "verified"


def test_many_jobs_are_read_with_as_many_questions_as_few(phone, cast, session, checklist):
    def read(jobs):
        session.expire_all()
        found = list(session.scalars(sa.select(Job).where(Job.id.in_(jobs))).unique())
        with counted(db.engine) as statements:
            documents.job_documents(found)
        return len(statements)

    ids = []
    for number in range(8):
        job = a_job(cast.store, cast.technician, helpers=(cast.second_technician,))
        answer(phone, job, checklist)
        shoot(phone, job, number)
        ids.append(job.id)
    phone.sync()
    assert read(ids[:2]) == read(ids)


def test_a_repeat_does_nothing_twice(phone, job, checklist, session):
    visit(phone, job, checklist)
    body = phone.request()
    first, again = phone.post(body).json["acks"], phone.post(body).json["acks"]
    assert first == again
    assert session.scalar(sa.select(sa.func.count()).select_from(ChecklistAnswer)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Evidence)) == 1


def test_a_photo_is_not_lost_over_what_somebody_else_said_of_its_bytes(phone, job, app, cast, session):
    other = Phone(sign_in(app.test_client(), cast.outside_technician))
    shoot(other, a_job(cast.other_store, cast.outside_technician), size=7)
    assert results(other.sync()) == ["applied"]
    shoot(phone, job)
    assert results(phone.sync()) == ["applied"]


class TestLateWorkThatIsAccepted:
    """The whole visit was done while the office cancelled the job, or gave it to somebody else."""

    @pytest.fixture(params=["cancelled", "reassigned"])
    def late(self, request, phone, helper, job, checklist, cast, session):
        phone.sync()
        found = session.get(Job, job.id)
        if request.param == "cancelled":
            found.state, found.cancelled_from, found.cancel_reason = "cancelled", "assigned", "客户改期"
        else:
            assign_job(found, cast.second_technician, expected_version=found.version, by=cast.dispatcher, at=clock.now())
        session.commit()
        visit(phone, job, checklist)
        phone.sync()
        session.expire_all()
        shoot(helper, job, 7)
        helper.sync()
        return the_item_of(session, session.scalars(sa.select(InboxItem.op_id).where(
            InboxItem.reason.in_(("job_cancelled", "job_reassigned")))).first())  # fmt: skip

    def photos(self, session, job, by):
        session.expire_all()
        return [(photo.is_late, photo.run, counts(photo)) for photo in
                session.scalars(sa.select(Evidence).filter_by(job_id=job.id, by_id=by.id))]  # fmt: skip

    def test_its_photos_count(self, late, job, cast, session):
        assert {found[2] for found in self.photos(session, job, cast.technician)} == {False}
        inbox_actions.accept(late, by=cast.dispatcher, at=clock.now())
        session.commit()
        assert self.photos(session, job, cast.technician) == [(False, session.get(Job, job.id).run, True)]
        document = documents.job_documents([session.get(Job, job.id)])[0]
        assert [photo["late"] for photo in document["photos"] if photo["by_id"] == cast.technician.id] == [False]

    def test_declined_they_stay_late(self, late, job, cast, session):
        inbox_actions.decline(late, by=cast.dispatcher, at=clock.now())
        session.commit()
        assert {found[0] for found in self.photos(session, job, cast.technician)} == {True}


class TestWhoLedBefore:
    """The job was given to somebody else, who works on it; what the first one sends now is late."""

    @pytest.fixture
    def own(self, phone, job, cast, session):
        own = shoot(phone, job)
        phone.sync()
        found = session.get(Job, job.id)
        assign_job(found, cast.second_technician, expected_version=found.version, by=cast.dispatcher, at=clock.now())
        found.state = "working"
        session.commit()
        take_photos(found, cast.second_technician)
        register_key(cast.second_technician)
        assert signed_on(found, cast.second_technician, shown={"job.run": 2}, signed={"run": 2}).fault == ""
        return own

    def is_signed(self, job):
        db.session.expire_all()
        return has_customer_signed(sheets_of([db.session.get(Job, job.id)])[job.id])

    def test_cannot_write_below_the_photos_of_the_next(self, phone, job, cast, session, own):
        theirs = session.scalars(sa.select(Evidence).filter_by(by_id=cast.second_technician.id)).first()
        phone.op("caption_photo", job.id, photo_id=theirs.id, caption="别人的")
        assert codes(phone.sync()) == ["not_allowed_photo"]
        session.expire_all()
        assert (theirs.caption, self.is_signed(job)) == ("", True)

    def test_does_not_undo_a_signature_that_never_showed_it(self, phone, job, own):
        phone.op("caption_photo", job.id, photo_id=own["id"], caption="窗下")
        shoot(phone, job, 5, replaces=own["id"])
        phone.op("void_photo", job.id, photo_id=own["id"], reason="拍糊了")
        assert results(phone.sync()) == ["late_evidence"] * 3
        assert self.is_signed(job)
