"""The push: each operation exactly once, with one result, whatever the network and the office did."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.inbox import actions as inbox_actions
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job, JobNote, JobStep
from fieldservice.visits.models import ChecklistAnswer
from tests.builders import a_checklist, a_job
from tests.cast import sign_in
from tests.support.statements import counted
from tests.sync.phone import Phone, codes, results

STEPS = ("accept", "depart", "arrive", "start", "finish")


@pytest.fixture
def phone(client, cast, session):
    return Phone(sign_in(client, cast.technician))


@pytest.fixture
def job(cast, session):
    return a_job(cast.store, cast.technician)


def walk(phone, job_id, *steps):
    return [phone.op("take_step", job_id, step=step) for step in steps]


def test_a_whole_visit_arrives_in_one_request(phone, job, session):
    walk(phone, job.id, *STEPS)
    phone.op("add_note", job.id, text="垫了防潮膜 𬱖")
    body = phone.sync()
    assert results(body) == ["applied"] * 6
    assert session.get(Job, job.id).state == "finished"
    assert [step.step for step in session.get(Job, job.id).steps] == list(STEPS)
    assert phone.jobs[job.id]["state"] == "finished"
    assert phone.jobs[job.id]["notes"][0]["text"] == "垫了防潮膜 𬱖"


def test_a_repeat_is_answered_with_the_same_results(phone, job, session):
    walk(phone, job.id, "accept", "depart")
    body = phone.request()
    first, second = phone.post(body).json, phone.post(body).json
    assert first["acks"] == second["acks"]
    assert session.scalar(sa.select(sa.func.count(JobStep.id))) == 2


def test_every_op_stands_in_the_log_once_with_its_body(phone, job, session):
    ops = walk(phone, job.id, *STEPS)
    body = phone.request()
    phone.post(body)
    phone.sync()
    entries = session.scalars(sa.select(LogEntry).filter_by(origin="phone").order_by(LogEntry.seq)).all()
    assert [entry.id for entry in entries] == [op["id"] for op in ops]
    assert {entry.result for entry in entries} == {"applied"}
    assert '"step":"accept"' in entries[0].body


def test_ops_out_of_order_are_applied_in_order(phone, job, session):
    walk(phone, job.id, "accept", "depart", "arrive")
    phone.waiting.reverse()
    assert results(phone.sync()) == ["applied"] * 3


def test_it_stops_at_a_gap_and_acknowledges_what_came_before(phone, job):
    ops = walk(phone, job.id, "accept", "depart", "arrive")
    body = phone.post(phone.request(ops=[ops[0], ops[2]])).json
    assert [ack["id"] for ack in body["acks"]] == [ops[0]["id"]]
    assert results(phone.sync()) == ["applied"] * 3


def test_a_copied_profile_is_told_to_fork_and_nothing_is_applied(phone, job, session):
    walk(phone, job.id, "accept")
    phone.sync()
    stranger = phone.op("take_step", job.id, step="depart")
    body = phone.post(phone.request(ops=[{**stranger, "seq": 1}])).json
    assert body["fork"] is True
    assert body["acks"] == []
    assert session.get(Job, job.id).state == "accepted"


def test_a_known_op_under_a_new_number_is_answered_as_before(phone, job, session):
    walk(phone, job.id, "accept")
    first = phone.post(phone.request()).json
    clone = Phone(phone.client)
    clone.waiting = [{**phone.waiting[0], "seq": 1}]
    assert clone.post(clone.request()).json["acks"] == first["acks"]
    clone.seq = 1
    clone.waiting = []
    clone.op("take_step", job.id, step="depart")
    assert results(clone.sync()) == ["applied"]


def test_a_step_out_of_order_is_set_aside_and_the_rest_goes_on(phone, job, session):
    walk(phone, job.id, "accept", "finish", "depart")
    body = phone.sync()
    assert results(body) == ["applied", "quarantined", "applied"]
    assert codes(body)[1] == "step_out_of_order"
    assert session.get(Job, job.id).state == "en_route"
    assert [item.reason for item in session.scalars(sa.select(InboxItem))] == ["step_out_of_order"]


def test_an_unknown_kind_and_a_newer_schema_are_kept(phone, job, session):
    phone.op("teleport", job.id, to="Mars")
    phone.op("add_note", job.id, text="x")["schema"] = 99
    body = phone.sync()
    assert results(body) == ["quarantined", "quarantined"]
    assert codes(body) == ["unknown_kind", "unknown_kind"]
    assert session.scalar(sa.select(sa.func.count(LogEntry.id)).filter_by(origin="phone")) == 2


@pytest.mark.parametrize(
    "args",
    [{}, {"text": 5}, {"text": None}, {"text": "x" * 2001}, {"text": "a\0b"}, {"text": "\ud800"}, {"text": {"deep": 1}}],
)
def test_bad_arguments_are_refused_and_never_block(phone, job, args, session):
    phone.op("add_note", job.id, **args)
    phone.op("add_note", job.id, text="后面这条")
    body = phone.sync()
    assert results(body) == ["rejected", "applied"]
    assert codes(body)[0] == "bad_args"


@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_note_is_refused_with_a_reason(phone, job, text):
    phone.op("add_note", job.id, text=text)
    body = phone.sync()
    assert (results(body), codes(body)) == (["rejected"], ["text_missing"])


def test_unknown_arguments_of_a_newer_app_are_left_out(phone, job):
    phone.op("add_note", job.id, text="好", colour="red")
    assert results(phone.sync()) == ["applied"]


def test_a_step_is_taken_back_with_a_reason(phone, job, session):
    (accept, depart) = walk(phone, job.id, "accept", "depart")
    phone.op("take_back_step", job.id, step_id=depart["id"], reason="按错了")
    assert results(phone.sync()) == ["applied"] * 3
    found = session.get(Job, job.id)
    assert found.state == "accepted"
    assert [step.void_reason for step in found.steps] == ["", "按错了"]
    assert [step["void_reason"] for step in phone.jobs[job.id]["steps"]] == [None, "按错了"]
    phone.op("take_back_step", job.id, step_id=accept["id"], reason="")
    assert codes(phone.sync()) == ["reason_missing"]


def test_only_the_last_step_can_be_taken_back(phone, job):
    (accept, _depart) = walk(phone, job.id, "accept", "depart")
    phone.op("take_back_step", job.id, step_id=accept["id"], reason="按错了")
    assert results(phone.sync())[-1] == "quarantined"


def test_cannot_finish_needs_a_reason_and_a_promise(phone, job, session):
    walk(phone, job.id, "accept", "depart", "arrive")
    phone.op("take_step", job.id, step="cannot_finish", reason="少一块板")
    phone.op("take_step", job.id, step="cannot_finish", reason="", promised_ms=clock.to_ms(clock.now()))
    promised = clock.to_ms(clock.now()) + 86_400_000
    phone.op("take_step", job.id, step="cannot_finish", reason="少一块板", promised_ms=promised)
    body = phone.sync()
    assert codes(body)[3:] == ["promise_missing", "reason_missing", None]
    found = session.get(Job, job.id)
    assert found.state == "unfinished"
    assert clock.to_ms(found.steps[-1].promised_at) == promised


def test_the_customer_was_absent(phone, job, session):
    walk(phone, job.id, "accept", "depart", "arrive")
    phone.op("take_step", job.id, step="customer_absent", reason="敲门无人", no_place="denied")
    assert results(phone.sync())[-1] == "applied"
    last = session.get(Job, job.id).steps[-1]
    assert (last.to_state, last.reason, last.no_place) == ("absent", "敲门无人", "denied")


def test_the_place_of_a_step_is_kept(phone, job, session):
    phone.op("take_step", job.id, step="accept", place={"lat": 39.9911, "lng": 116, "accuracy_m": 12})
    assert results(phone.sync()) == ["applied"]
    step = session.get(Job, job.id).steps[0]
    assert (step.lat, step.lng, step.accuracy_m, step.no_place) == (39.9911, 116.0, 12, "")


class TestWhileThePhoneWasAway:
    """What the office did meanwhile."""

    def cancel(self, job, cast, session):
        found = session.get(Job, job.id)
        actions.cancel_job(found, "客户不修了", expected_version=found.version, by=cast.dispatcher, at=clock.now())
        session.commit()

    def give_to(self, person, job, cast, session):
        found = session.get(Job, job.id)
        actions.assign_job(found, person, expected_version=found.version, by=cast.dispatcher, at=clock.now())
        session.commit()

    def test_steps_on_a_cancelled_job_wait_for_the_dispatcher(self, phone, job, cast, session):
        walk(phone, job.id, *STEPS)
        self.cancel(job, cast, session)
        body = phone.sync()
        assert results(body) == ["quarantined"] * 5
        assert set(codes(body)) == {"job_cancelled"}
        assert session.scalar(sa.select(sa.func.count(InboxItem.id))) == 5
        assert phone.jobs[job.id]["state"] == "cancelled"

    def test_notes_on_a_cancelled_job_are_kept_as_late(self, phone, job, cast, session):
        phone.op("add_note", job.id, text="已经到门口了")
        phone.op("record_contact", job.id, channel="call")
        self.cancel(job, cast, session)
        assert results(phone.sync()) == ["late_evidence", "late_evidence"]
        assert session.scalars(sa.select(JobNote)).one().is_late

    def test_steps_on_a_reassigned_job_wait_and_the_job_leaves_the_phone(self, phone, job, cast, session):
        phone.sync()
        assert job.id in phone.jobs
        walk(phone, job.id, "accept", "depart")
        phone.op("add_note", job.id, text="在路上买了胶")
        self.give_to(cast.second_technician, job, cast, session)
        body = phone.sync()
        assert results(body) == ["quarantined", "quarantined", "late_evidence"]
        assert codes(body)[0] == "job_reassigned"
        assert job.id not in phone.jobs
        assert session.get(Job, job.id).state == "assigned"

    def test_the_dispatcher_accepts_the_late_work(self, phone, job, cast, session):
        walk(phone, job.id, *STEPS)
        self.give_to(cast.second_technician, job, cast, session)
        phone.sync()
        item = session.scalars(sa.select(InboxItem).filter_by(state="open")).first()
        inbox_actions.accept(item, by=cast.dispatcher, at=clock.now())
        session.commit()
        found = session.get(Job, job.id)
        assert (found.state, found.lead_id) == ("finished", cast.technician.id)
        phone.sync()
        assert phone.jobs[job.id]["state"] == "finished"

    def test_an_edit_of_the_office_does_not_disturb_the_visit(self, phone, job, cast, session):
        phone.sync()
        walk(phone, job.id, "accept")
        found = session.get(Job, job.id)
        start = found.window_start_at + timedelta(hours=2)
        actions.move_job(found, found.visit_on, start, start + timedelta(hours=1),
                         expected_version=found.version, by=cast.dispatcher, at=clock.now())  # fmt: skip
        session.commit()
        assert results(phone.sync()) == ["applied"]
        assert phone.jobs[job.id]["window"]["start_ms"] == clock.to_ms(start)
        assert phone.jobs[job.id]["planned_start_ms"] is None
        actions.plan_start(found, start, expected_version=found.version, by=cast.dispatcher, at=clock.now())
        session.commit()
        phone.sync()
        assert phone.jobs[job.id]["planned_start_ms"] == clock.to_ms(start)
        assert phone.jobs[job.id]["state"] == "accepted"


class TestTheWrongPerson:
    """Nobody moves what is not theirs, and cannot tell whether it is there."""

    def test_a_helper_adds_notes_but_does_not_move_the_state(self, app, cast, session):
        job = a_job(cast.store, cast.second_technician, helpers=(cast.technician,))
        helper = Phone(sign_in(app.test_client(), cast.technician))
        helper.op("take_step", job.id, step="accept")
        helper.op("add_note", job.id, text="我带了锯")
        body = helper.sync()
        assert results(body) == ["quarantined", "applied"]
        assert codes(body)[0] == "not_lead"

    def test_a_guessed_job_is_unknown_like_one_that_does_not_exist(self, app, cast, session, job):
        outsider = Phone(sign_in(app.test_client(), cast.outside_technician))
        outsider.op("add_note", job.id, text="我不该看到")
        outsider.op("take_step", job.id, step="accept")
        outsider.op("add_note", new_id(), text="没有这一单")
        outsider.op("add_note", "x", text="也没有")
        body = outsider.sync()
        assert results(body) == ["rejected"] * 4
        assert set(codes(body)) == {"job_unknown"}
        assert outsider.jobs == {}
        assert session.scalar(sa.select(sa.func.count(JobNote.id))) == 0
        assert {item.branch_id for item in session.scalars(sa.select(InboxItem))} == {cast.other_store.id}

    def test_a_dispatcher_has_no_phone_side(self, app, cast, session):
        client = sign_in(app.test_client(), cast.dispatcher)
        answer = client.post("/api/sync", json=Phone(client, register=False).request())
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_allowed")

    def test_a_device_of_somebody_else_is_refused(self, app, phone, cast, session):
        other = sign_in(app.test_client(), cast.second_technician)
        answer = other.post("/api/sync", json=phone.request())
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "device_of_another")

    def test_an_unregistered_device_is_told_so(self, client, cast, session):
        phone = Phone(sign_in(client, cast.technician), register=False)
        answer = phone.post(phone.request())
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "device_unknown")

    def test_somebody_signed_out_gets_401_with_our_mark(self, app, phone):
        answer = app.test_client().post("/api/sync", json=phone.request(), headers={
            "X-Fieldservice-Nonce": "00112233aabbccdd", "Sec-Fetch-Site": "same-origin"})
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "signed_out")
        assert answer.headers["X-Fieldservice"] == "00112233aabbccdd"

    def test_another_site_is_refused(self, client, phone):
        answer = client.post("/api/sync", json=phone.request(), headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "cross_site")


class TestTime:
    """The phone's clock is evidence, not order."""

    @pytest.mark.parametrize("days_off", [-3650, -1, 0, 1, 3650])
    def test_a_wrong_clock_changes_no_result_and_the_time_is_corrected(self, phone, job, days_off, session):
        off = days_off * 86_400_000
        now = clock.to_ms(clock.now())
        op = phone.op("take_step", job.id, occurred_at=now + off - 600_000, step="accept")
        body = phone.sync(now=now + off)
        assert results(body) == ["applied"]
        step = session.get(JobStep, op["id"])
        assert abs(clock.to_ms(step.happened_at) - (now - 600_000)) < 5_000
        assert clock.to_ms(step.device_at) == now + off - 600_000

    def test_the_page_that_knew_the_servers_time_counts_exactly(self, phone, job, session):
        now = clock.to_ms(clock.now())
        op = phone.op("take_step", job.id, occurred_at=5, step="accept")
        op["mono"] = {"page": "abcd1234", "t": 70_000, "anchor": {"server_ms": now - 60_000, "t": 40_000, "rtt": 80}}
        phone.sync()
        step = session.get(JobStep, op["id"])
        assert (clock.to_ms(step.happened_at), step.uncertainty_ms) == (now - 30_000, 40)


@pytest.mark.parametrize(
    "change",
    [{"proto": "1"}, {"client_id": "x"}, {"nonce": "zz"}, {"ops": {}}, {"ops": [{"id": "x"}]}, {"now": -1},
     {"fetch": ["x"]}],
)  # fmt: skip
def test_a_broken_request_is_refused_as_a_whole_and_changes_nothing(phone, job, change, session):
    answer = phone.post(phone.request(**change))
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")
    assert session.scalar(sa.select(sa.func.count(LogEntry.id)).filter_by(origin="phone")) == 0


def test_more_than_a_request_may_hold_is_413(phone, job):
    phone.op("add_note", job.id, text="长" * 2000)
    body = phone.request()
    body["ops"] = [{**body["ops"][0], "seq": n + 1, "id": new_id(), "args": {"text": "长" * 2000}} for n in range(100)]
    answer = phone.post(body)
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")


def test_an_app_too_old_is_told_to_update(phone):
    answer = phone.post(phone.request(proto=0))
    assert (answer.status_code, answer.json["error"]["code"]) == (426, "update_needed")


def test_a_hundred_operations_are_written_together(app, cast, phone, session):
    """As many statements for many as for few: a day of work arrives while five hundred other phones wait."""
    jobs = [a_job(cast.store, cast.technician).id for _ in range(2)]
    counts = []
    for notes in (2, 48):
        for job_id in jobs:
            for number in range(notes):
                phone.op("add_note", job_id, text=f"{number}")
                phone.op("record_contact", job_id, channel="call")
        with counted(db.engine) as statements:
            assert set(results(phone.sync())) == {"applied"}
        counts.append(len(statements))
    assert counts[1] <= counts[0] + 4


def test_one_bad_operation_among_many_leaves_the_others_as_they_were_meant(app, cast, phone, session):
    """All are tried together first; nothing of that try may remain."""
    content = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
    version = a_checklist("repair", content)
    job = a_job(cast.store, cast.technician, state="working")
    for _ in range(3):
        phone.op("answer_item", job.id, checklist=version.id, item="greet", value={"done": True})
        phone.op("add_note", job.id, text="第一")
    phone.op("add_note", job.id, text="  ")
    last = phone.op("answer_item", job.id, checklist=version.id, item="greet", value={"done": True})
    answer = phone.sync()
    assert results(answer) == ["applied"] * 6 + ["rejected", "applied"]
    answers = session.scalars(sa.select(ChecklistAnswer)).all()
    assert len(answers) == 4
    assert [one.id for one in answers if one.is_current] == [last["id"]]
    assert session.scalar(sa.select(sa.func.count(JobNote.id))) == 3
    assert session.scalar(sa.select(sa.func.count(LogEntry.id)).filter_by(origin="phone")) == 8
