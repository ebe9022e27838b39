"""Directed checks of the server: each fails when the protection it names in `protections.py` is taken out.

A check asserts what a phone or a person at the desk would notice, never how the product does it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from fieldservice.accounts.models import Device, Person
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core import clock, files, versions
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.customers.models import Customer
from fieldservice.evidence.models import Upload
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job, JobNote, JobStep
from fieldservice.jobs.queries import job_for
from fieldservice.sync import actions as sync_actions
from fieldservice.sync import cursor, queries, rules
from tests.builders import a_checklist, a_customer, a_site
from tests.evidence.photos import announced, checksum
from tests.support.hasty import keeping_its_word
from tests.sync.phone import NONCE, Phone, codes, results
from tests.teeth.world import World

DAY_MS = 86_400_000
_CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())


def _walk(phone: Phone, job: Job, *steps: str) -> list[dict[str, Any]]:
    return [phone.op("take_step", job.id, step=step) for step in steps]


def _refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("error", {}).get("code", "")


# ── the push ─────────────────────────────────────────────────────────────────────────────────────────────────────


def a_repeat_gets_the_same_answer(world: World) -> None:
    """P2, P3: sent twice, applied once, answered alike."""
    phone, job = world.phone(), world.job()
    _walk(phone, job, "accept", "depart")
    body = phone.request()
    first, second = phone.post(body).json, phone.post(body).json
    assert [ack["result"] for ack in first["acks"]] == ["applied", "applied"]
    assert first["acks"] == second["acks"]
    assert len(world.fresh(job).steps) == 2


def a_copy_that_comes_at_the_same_moment_is_answered_alike(world: World) -> None:
    """P2: the same act under two client ids, the second one waiting at the job."""
    phone, copy, job = world.phone(), world.phone(), world.job()
    copy.waiting = [phone.op("add_note", job.id, text="一")]
    bodies = [phone.request(), copy.request()]
    second = world.meanwhile(lambda: copy.post(bodies[1]))
    write = sync_actions._write_down
    world.wrap(
        sync_actions, "_write_down", lambda *given: (write(*given), second.has_begun or second.start(0.3))
    )
    first = phone.post(bodies[0])
    answer = second.end()
    assert (first.status_code, answer.status_code) == (200, 200)
    assert results(answer.json) == ["applied"]
    assert len(world.fresh(job).notes) == 1


def a_file_brings_nothing_twice(world: World) -> None:
    """P2: an exported file is brought to the desk, and then the phone itself comes back, and then the file again."""
    phone, job = world.phone(), world.job()
    phone.sync()
    phone.op("add_note", job.id, text="一")
    ops, _unreadable = sync_actions.readable(phone.waiting)
    carried = sync_actions.Carried(phone.client_id, None, None, world.cast.dispatcher)
    for _ in range(2):
        db.session.rollback()
        try:
            sync_actions.take_carried(ops, carried, world.cast.technician, at=clock.now())
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            raise AssertionError("brought twice") from error
        assert results(phone.post(phone.request()).json) == ["applied"]
    assert len(world.fresh(job).notes) == 1


def what_cannot_be_written_together_is_written_alone(world: World) -> None:
    """P1: a push that cannot be written as one leaves nothing of that attempt, and is logged act by act."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="一")

    def fail() -> None:
        raise ValueError("cannot be written")

    world.once(versions, "_add_rows", fail)
    answer = phone.post(phone.request())
    assert answer.status_code == 200
    assert results(answer.json) == ["applied"]
    assert (len(world.logged(phone)), len(world.fresh(job).notes)) == (1, 1)


def an_earlier_word_that_comes_late_changes_no_day(world: World) -> None:
    """P4: one phone of a technician brings what was said before the other one's word about the same day."""
    phone, late, job = world.phone(), world.phone(), world.job()
    said = phone.request()["now"]
    late.op("order_day", job.id, occurred_at=said - 3_600_000, day="2026-11-21", order=[])
    phone.op("order_day", job.id, occurred_at=said, day="2026-11-21", order=[job.id])
    phone.sync()
    assert results(late.sync()) == ["applied"]
    assert (phone.sync(), phone.me["order"]["order"])[1] == [job.id]


def it_stops_at_a_gap(world: World) -> None:
    """P1: what comes after a gap waits for what is missing."""
    phone, job = world.phone(), world.job()
    ops = _walk(phone, job, "accept", "depart", "arrive")
    body = phone.post(phone.request(ops=[ops[0], ops[2]])).json
    assert [ack["id"] for ack in body["acks"]] == [ops[0]["id"]]
    assert results(phone.sync()) == ["applied"] * 3
    assert world.fresh(job).state == "arrived"


def ops_are_taken_in_their_order(world: World) -> None:
    """P2: shuffled on the way, applied as confirmed."""
    phone, job = world.phone(), world.job()
    _walk(phone, job, "accept", "depart", "arrive")
    phone.waiting.reverse()
    assert results(phone.sync()) == ["applied"] * 3


def a_copied_profile_is_told(world: World) -> None:
    """P1: the work of a copy gets through after it has taken a client id of its own."""
    phone, job = world.phone(), world.job()
    _walk(phone, job, "accept")
    phone.sync()
    stranger = phone.op("add_note", job.id, text="二")
    body = phone.post(phone.request(ops=[{**stranger, "seq": 1}])).json
    assert (body.get("fork"), body["acks"]) == (True, [])
    assert len(world.logged(phone)) == 1


def a_count_never_goes_back(world: World) -> None:
    """P1: two requests of one phone at once, the second knows only the first act; the phone goes on afterwards."""
    phone, job = world.phone(), world.job()
    for text in "一二三":
        phone.op("add_note", job.id, text=text)
    whole = phone.request()
    second = world.meanwhile(lambda: phone.post({**whole, "ops": whole["ops"][:1]}))
    write = sync_actions._write_down
    world.wrap(
        sync_actions, "_write_down", lambda *given: (write(*given), second.has_begun or second.start(0.3))
    )
    assert results(phone.post(whole).json) == ["applied"] * 3
    assert second.end().status_code == 200
    phone.waiting = []
    phone.op("add_note", job.id, text="四")
    assert results(phone.sync()) == ["applied"]


def ops_of_another_life_wait(world: World) -> None:
    """P13: numbered for the database as it was before a restore; nothing is taken, the new epoch is told."""
    phone, job = world.phone(), world.job()
    _walk(phone, job, "accept")
    body = phone.post(phone.request(epoch=7)).json
    assert (body["epoch"], body["acks"]) == (phone.epoch, [])
    assert world.logged(phone) == []


def what_is_acknowledged_is_there(world: World) -> None:
    """P1: an act the phone was told of stands in the database."""
    phone, job = world.phone(), world.job()
    op = phone.op("add_note", job.id, text="一")
    assert results(phone.post(phone.request()).json) == ["applied"]
    assert [entry.id for entry in world.logged(phone)] == [op["id"]]


def a_refused_act_leaves_nothing(world: World) -> None:
    """P8: a finish that lacks something is set aside whole; what it wrote before it was refused is undone."""
    phone, job = world.phone(), world.job(state="working")
    version = _checklist_of(job)
    finish = phone.op("take_step", job.id, step="finish", checklist=version.id)
    note = phone.op("add_note", job.id, text="后面这条")
    body = phone.post(phone.request()).json
    assert [ack["id"] for ack in body["acks"]] == [finish["id"], note["id"]]
    assert results(body) == ["quarantined", "applied"]
    assert (world.fresh(job).state, len(job.steps)) == ("working", 0)


def _checklist_of(job: Job) -> ChecklistVersion:
    known = db.session.scalar(sa.select(ChecklistVersion))
    return known or a_checklist(job.type, _CONTENT)


def a_refused_act_waits_for_the_desk(world: World) -> None:
    """P9: what could not be applied is set aside for a decision, not thrown away."""
    phone, job = world.phone(), world.job()
    op = _walk(phone, job, "finish")[0]
    assert results(phone.sync()) == ["quarantined"]
    item = db.session.scalar(sa.select(InboxItem).filter_by(op_id=op["id"]))
    assert item is not None
    assert (item.reason, item.state) == ("step_out_of_order", "open")


def what_is_unknown_is_parked(world: World) -> None:
    """P1: an act of a newer app is kept with its body, and holds nothing up (P18)."""
    phone, job = world.phone(), world.job()
    phone.op("teleport", job.id, to="Mars")
    phone.op("add_note", job.id, text="后面这条")
    assert results(phone.sync()) == ["quarantined", "applied"]
    assert '"to":"Mars"' in world.logged(phone)[0].body


def a_fault_of_ours_holds_nothing_up(world: World) -> None:
    """P18: an error in one operation sets this one aside; the next is applied."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="一")
    phone.op("add_note", job.id, text="二")
    add_note = actions.add_note

    def fail(job: Job, text: str, **given: Any) -> object:
        if text == "一":
            raise ZeroDivisionError("a fault of ours")
        return add_note(job, text, **given)

    world.wrap(actions, "add_note", fail)
    answer = phone.post(phone.request())
    assert answer.status_code == 200
    assert results(answer.json) == ["quarantined", "applied"]


def bad_arguments_hold_nothing_up(world: World) -> None:
    """P18: what cannot mean anything is rejected, the next is applied."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text=5)
    phone.op("add_note", job.id, text="后面这条")
    answer = phone.post(phone.request())
    assert answer.status_code == 200
    assert results(answer.json) == ["rejected", "applied"]


def late_work_is_kept_as_late(world: World) -> None:
    """P9: after reassignment notes count as late, steps wait for the desk."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="已经到门口了")
    _walk(phone, job, "accept")
    world.assign(job, world.cast.second_technician)
    body = phone.post(phone.request()).json
    assert list(zip(results(body), codes(body), strict=True)) == [
        ("late_evidence", "late_evidence"), ("quarantined", "job_reassigned")]  # fmt: skip
    assert [note.is_late for note in world.fresh(job).notes] == [True]


def who_led_before_is_not_a_stranger(world: World) -> None:
    """P9: nothing of a crew that was replaced is refused as somebody else's."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="已经到门口了")
    world.assign(job, world.cast.second_technician)
    world.assign(job, None)
    assert results(phone.sync()) == ["late_evidence"]


def a_guessed_job_is_unknown(world: World) -> None:
    """Nobody writes on what was never theirs, and cannot tell whether it is there."""
    outsider, job = world.phone(world.cast.outside_technician), world.job()
    outsider.op("add_note", job.id, text="我不该看到")
    outsider.op("add_note", new_id(), text="没有这一单")
    body = outsider.sync()
    assert (results(body), codes(body)) == (["rejected"] * 2, ["job_unknown"] * 2)
    assert world.fresh(job).notes == []


def a_phone_belongs_to_its_person(world: World) -> None:
    """P16: what is in A's phone never leaves under B's session."""
    phone, job = world.phone(), world.job(helpers=(world.cast.second_technician,))
    phone.op("add_note", job.id, text="A 写的")
    other = world.client(world.cast.second_technician)
    answer = other.post("/api/sync", json=phone.request(), headers={"X-Fieldservice-Nonce": NONCE})
    assert _refusal(answer) == (403, "device_of_another")
    assert world.logged(phone) == []


def a_phone_is_not_taken_over(world: World) -> None:
    """P16: a client id that is somebody's is not registered again by somebody else."""
    phone = world.phone()
    other = world.client(world.cast.second_technician)
    answer = other.post("/api/device", json={"client_id": phone.client_id, "name": "门店手机 08"})
    assert _refusal(answer) == (409, "device_of_another")


def a_blocked_phone_gets_nothing(world: World) -> None:
    """P9: after revocation nothing readable leaves the server, and no edit is discarded: it waits for the desk."""
    phone, job = world.phone(), world.job()
    op = phone.op("add_note", job.id, text="一")
    db.session.get_one(Device, phone.client_id).revoked_at = clock.now()
    db.session.commit()
    answer = phone.post(phone.request())
    assert answer.status_code == 200
    assert job.id not in answer.text
    assert [(entry.id, entry.result) for entry in world.logged(phone)] == [(op["id"], "quarantined")]


def a_blocked_phone_is_wiped_when_nothing_is_left(world: World) -> None:
    """P9: not while it says that something is left, nor behind a gap; and then it is."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="一")
    second = phone.op("add_note", job.id, text="二")
    db.session.get_one(Device, phone.client_id).revoked_at = clock.now()
    db.session.commit()
    assert not phone.post(phone.request(ops=[], pending=2)).json["wipe"]
    assert not phone.post(phone.request(ops=[second])).json["wipe"]
    assert phone.post(phone.request()).json["wipe"] is True


def a_blocked_phone_is_known_when_its_person_comes_anew(world: World) -> None:
    """P9: blocked before it heard that it was registered, its person signs in anew; it delivers and is wiped."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="一")
    db.session.get_one(Device, phone.client_id).revoked_at = clock.now()
    db.session.commit()
    phone.client = world.client(world.cast.technician)
    assert phone.client.post("/api/device", json={"client_id": phone.client_id, "name": "手机"}).status_code == 200
    assert phone.post(phone.request()).json["wipe"] is True
    assert phone.client.get("/account").status_code == 403


def a_phone_blocked_while_it_waits_is_heard_and_no_more(world: World) -> None:
    """P9: the phone is blocked while its request is under way; the request waits for that."""
    phone, job = world.phone(), world.job()
    phone.sync()
    phone.op("add_note", job.id, text="一")
    body = phone.request()
    push = world.meanwhile(lambda: phone.post(body))
    device = db.session.get_one(Device, phone.client_id)
    device.revoked_at = clock.now()
    db.session.flush()
    push.start(0.3)
    db.session.commit()
    answer = push.end().json
    assert (results(answer), answer["changes"], answer["manifest"]) == (["quarantined"], [], None)


def acknowledged_is_only_what_is_ones_own(world: World) -> None:
    """P16: who sends the id of somebody else's act is told nothing of it."""
    phone, job = world.phone(), world.job()
    known = phone.op("add_note", job.id, text="一")
    phone.sync()
    other = world.phone(world.cast.outside_technician)
    other.waiting = [{**known, "seq": 1}]
    assert other.post(other.request()).json["acks"] == []


def a_clock_ten_years_off_changes_nothing(world: World) -> None:
    """P14: the phone's time is kept as evidence, what counts is corrected by the server's."""
    now = clock.to_ms(clock.now())
    for off in (-3650 * DAY_MS, 3650 * DAY_MS):
        phone, job = world.phone(), world.job()
        op = phone.op("take_step", job.id, occurred_at=now + off - 600_000, step="accept")
        assert results(phone.sync(now=now + off)) == ["applied"]
        step = db.session.get_one(JobStep, op["id"])
        assert abs(clock.to_ms(step.happened_at) - (now - 600_000)) < 60_000
        assert clock.to_ms(step.device_at) == now + off - 600_000


def nothing_happens_after_it_was_received(world: World) -> None:
    """P14: a page that claims to be far ahead is clamped to the moment of receipt."""
    phone, job = world.phone(), world.job()
    op = phone.op("add_note", job.id, text="一")
    op["mono"] = {
        "page": "12345678",
        "t": 10**12,
        "anchor": {"server_ms": clock.to_ms(clock.now()), "t": 0, "rtt": 9},
    }
    assert results(phone.sync()) == ["applied"]
    assert db.session.get_one(JobNote, op["id"]).happened_at <= clock.now()


def every_answer_echoes_its_nonce(world: World) -> None:
    """P15: a phone can tell our answers, errors too, from those of a captive portal."""
    phone = world.phone()
    nobody = world.app.test_client()
    answers = [phone.post(phone.request()), phone.post({}), nobody.post("/api/sync", json={}, headers={
        "X-Fieldservice-Nonce": NONCE, "Sec-Fetch-Site": "same-origin"})]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 400, 401]
    assert {answer.headers.get("X-Fieldservice") for answer in answers} == {NONCE}


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def a_change_comes_by_the_cursor_alone(world: World) -> None:
    """P7: an edit of the desk is among the changes, without the help of the manifest."""
    phone, job = world.phone(), world.job()
    phone.sync()
    world.cancel(job)
    assert job.id in _changed(phone)


def what_shows_a_changed_thing_comes_too(world: World) -> None:
    """P5: the number of a customer changed; the visit that shows it comes anew."""
    phone, job = world.phone(), world.job()
    phone.sync()
    db.session.get_one(Customer, job.site.customer_id).phone = "13900000000"
    db.session.commit()
    assert job.id in _changed(phone)


def _changed(phone: Phone) -> set[str]:
    """Ids that come by the cursor; the phone is left as it was."""
    body = phone.post(phone.request(ops=[])).json
    return {change["id"] for change in body["changes"]}


def an_applied_act_is_numbered_though_a_later_one_was_refused(world: World) -> None:
    """P7: a savepoint undone takes nothing along of what was touched before it."""
    phone, job = world.phone(), world.job()
    phone.sync()
    before = job.version
    _walk(phone, job, "accept", "finish")
    answer = phone.post(phone.request()).json
    assert results(answer) == ["applied", "quarantined"]
    assert world.fresh(job).version == answer["acks"][0]["version"] > before


def nothing_is_written_past_the_counter(world: World) -> None:
    """P7: a bulk update that would take no version is an error."""
    job = world.job()
    db.session.commit()
    refused = False
    try:
        db.session.execute(sa.update(Job).filter_by(id=job.id).values(brief="绕过"))
    except versions.UnversionedWrite:
        refused = True
    db.session.rollback()
    assert refused


def a_slow_writer_is_not_passed_by(world: World) -> None:
    """P7: one transaction has its version and lingers before its commit; another commits meanwhile; a phone reads."""
    phone = world.phone()
    slow, quick = world.job(), world.job()
    phone.sync()
    ids, dispatcher_id = (slow.id, quick.id), world.cast.dispatcher.id

    def note_on(job_id: str) -> None:
        by = db.session.get_one(Person, dispatcher_id)
        actions.add_office_note(job_for(by, job_id, to_change=True), "带胶", by=by, at=clock.now())
        db.session.commit()

    first, second = (world.meanwhile(lambda job_id=job_id: note_on(job_id)) for job_id in ids)
    reader = world.meanwhile(lambda: _pulled(phone))

    def linger() -> None:
        second.start(0.3)
        reader.start(5)

    write = versions._write
    world.wrap(versions, "_write", lambda *given: (write(*given), second.has_begun or linger()))
    first.start(10)
    first.end()
    second.end()
    assert reader.end() | _pulled(phone) >= set(ids)


def _pulled(phone: Phone) -> set[str]:
    """Ids that come by the cursor alone; the cursor moves on."""
    answer = phone.post(phone.request(ops=[], cursor=phone.cursor))
    assert answer.status_code == 200
    phone.cursor = answer.json["to"]
    return {change["id"] for change in answer.json["changes"]}


def who_holds_the_counter_waits_for_nobody(world: World) -> None:
    """P7: a customer is renamed, which takes the visits along, while a phone holds one of these; both get through."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="一")
    customer_id = job.site.customer_id

    def rename() -> str:
        db.session.get_one(Customer, customer_id).remark = "改了"
        return _ended()

    desk = world.meanwhile(rename)
    write = sync_actions._write_down
    world.wrap(sync_actions, "_write_down", lambda *given: (write(*given), desk.has_begun or desk.start(0.3)))
    answer = phone.post(phone.request())
    assert (desk.end(), answer.status_code) == ("ended", 200)
    assert results(answer.json) == ["applied"]


def _ended() -> str:
    """Commits in a thread of its own: what the database says of it."""
    try:
        db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        return type(error).__name__
    return "ended"


def a_step_sees_the_cancellation_it_waited_for(world: World) -> None:
    """P2: the desk is first; the push must not write over what it did."""
    phone, job = world.phone(), world.job()
    phone.sync()
    _walk(phone, job, "accept")
    body = phone.request()
    push = world.meanwhile(lambda: phone.post(body))
    job = world.fresh(job)
    actions.cancel_job(
        job, "客户退单", expected_version=job.version, by=world.cast.dispatcher, at=clock.now()
    )
    db.session.flush()
    push.start(0.3)
    db.session.commit()
    answer = push.end()
    assert answer.status_code == 200
    assert codes(answer.json) == ["job_cancelled"]
    assert world.fresh(job).state == "cancelled"


def who_reads_first_writes_first(world: World) -> None:
    """SQLite: the desk commits between a push's first look and its first write; both get through."""
    phone, job, other = world.phone(), world.job(), world.job()
    phone.op("add_note", job.id, text="一")
    dispatcher_id, other_id = world.cast.dispatcher.id, other.id

    def edit() -> None:
        by = db.session.get_one(Person, dispatcher_id)
        actions.add_office_note(db.session.get_one(Job, other_id), "带胶", by=by, at=clock.now())
        db.session.commit()

    office = world.meanwhile(edit)
    world.once(sync_actions, "hold_jobs", lambda: office.start(0.3))
    answer = phone.post(phone.request())
    office.end()
    assert answer.status_code == 200, answer.text
    assert results(answer.json) == ["applied"]


def what_is_committed_is_on_the_disk(world: World) -> None:
    """P1: SQLite brings every commit to the disk before it says so."""
    db.session.rollback()
    db.engine.dispose()
    with keeping_its_word(), db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


def a_database_put_back_begins_an_epoch(world: World) -> None:
    """P13: the counter went back behind what was given out; no number is given out again."""
    job = world.job()
    db.session.commit()
    for _ in range(3):
        world.note_at_desk(job)
    given = job.version
    _put_back(2)
    world.note_at_desk(job)
    assert job.version > given


def a_phone_ahead_of_the_database_begins_an_epoch(world: World) -> None:
    """P13: an older backup, and nothing was written since; the phone that comes first is told of it."""
    phone, job = world.phone(), world.job()
    phone.op("add_note", job.id, text="一")
    phone.sync()
    _put_back(1)
    assert phone.post(phone.request()).json["epoch"] > phone.epoch


def _put_back(steps: int) -> None:
    """The counter as in a backup of some versions ago."""
    db.session.rollback()
    db.session.execute(sa.text("UPDATE installation SET counter = counter - :steps"), {"steps": steps})
    db.session.commit()


# ── the pull ─────────────────────────────────────────────────────────────────────────────────────────────────────


def a_pull_sees_one_state(world: World) -> None:
    """P8: the desk commits in the middle of a pull; what comes is of one moment, the rest comes next time."""
    phone, job = world.phone(), world.job()
    job_id, dispatcher_id = job.id, world.cast.dispatcher.id

    def edit() -> None:
        by = db.session.get_one(Person, dispatcher_id)
        actions.add_office_note(db.session.get_one(Job, job_id), "带胶", by=by, at=clock.now())

    office = world.meanwhile(edit)
    world.once(queries, "_changes", lambda: office.start(5))
    answer = phone.post(phone.request()).json
    office.end()
    listed = dict(map(tuple, answer["manifest"]))
    assert {
        change["id"]: change["version"] for change in answer["changes"] if change["type"] == "job"
    }.items() <= (listed.items())
    phone.take(answer)
    phone.sync()
    assert [note["text"] for note in phone.jobs[job_id]["notes"]] == ["带胶"]


def a_transaction_is_not_cut_in_two(world: World) -> None:
    """P8: more visits than fit into one answer changed together; they come together."""
    phone = world.phone(world.cast.second_technician)
    phone.sync()
    world.wrap(rules, "MAX_CHANGES", 2)
    site = a_site(a_customer(world.cast.store))
    jobs = [world.job(world.cast.second_technician, site=site) for _ in range(4)]
    db.session.get_one(Customer, site.customer_id).remark = "四单一起变"
    db.session.commit()
    assert _pulled(phone) >= {job.id for job in jobs}


def a_phone_holds_its_own_jobs_alone(world: World) -> None:
    """P5, P9: neither by the cursor nor asked for by name does a job of others come."""
    phone, mine, other = world.phone(), world.job(), world.job(world.cast.second_technician)
    body = phone.post(phone.request(fetch=[other.id])).json
    came = {change["id"] for change in body["changes"]}
    listed = {held_id for held_id, _version in body["manifest"]}
    assert mine.id in came & listed
    assert other.id not in came | listed


def a_made_up_cursor_starts_anew(world: World) -> None:
    """P7: a cursor ahead of everything is not believed: it hides nothing, and begins no epoch."""
    phone, job = world.phone(), world.job()
    sealed = cursor.seal(versions.current()[1] + 10**6, client_id=phone.client_id, key="made up")
    body = phone.post(phone.request(cursor=sealed)).json
    assert job.id in {change["id"] for change in body["changes"]}
    assert body["epoch"] == phone.epoch


def a_cursor_of_another_phone_starts_anew(world: World) -> None:
    """P7: what another phone has seen, this one has not."""
    old, new, job = world.phone(), world.phone(), world.job()
    old.sync()
    body = new.post(new.request(cursor=old.cursor)).json
    assert job.id in {change["id"] for change in body["changes"]}


def what_was_given_away_leaves(world: World) -> None:
    """P9: the manifest takes a job from the phone that is no longer its own."""
    phone, job = world.phone(), world.job()
    phone.sync()
    assert job.id in phone.jobs
    world.assign(job, world.cast.second_technician)
    phone.sync()
    assert job.id not in phone.jobs


def a_damaged_copy_is_healed(world: World) -> None:
    """P5: what a phone has lost comes again although no version moved."""
    phone, job = world.phone(), world.job()
    phone.sync()
    del phone.jobs[job.id]
    phone.sync()
    assert job.id in phone.jobs


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def other_bytes_are_not_verified(world: World) -> None:
    """P10: verified means that the bytes hash to the name."""
    sender, photo, content = world.photo(world.phone())
    answer = sender.create(photo, content, content[:-1] + bytes([content[-1] ^ 1]))
    assert answer.status_code == 460
    assert world.state_of(photo) != "verified"
    assert sender.create(photo, content, content).headers["Upload-Offset"] == str(len(content))


def other_bytes_in_pieces_are_not_verified(world: World) -> None:
    """P10: also when they came piece by piece."""
    sender, photo, content = world.photo(world.phone())
    address = sender.create(photo, content).headers["Location"]
    sender.patch(address, 0, bytes(5000))
    assert sender.patch(address, 5000, content[5000:]).status_code == 460
    assert world.state_of(photo) != "verified"


def a_piece_counts_where_it_belongs(world: World) -> None:
    """P10: a piece for another place is not taken, and the place stays what it was."""
    sender, photo, content = world.photo(world.phone())
    address = sender.create(photo, content).headers["Location"]
    assert sender.patch(address, 0, content[:3000]).status_code == 204
    for offset in (0, 5000):
        assert sender.patch(address, offset, content[offset : offset + 1000]).status_code == 409
    assert sender.head(address).headers["Upload-Offset"] == "3000"
    assert sender.patch(address, 3000, content[3000:]).status_code == 204
    assert world.state_of(photo) == "verified"


def a_spoilt_piece_does_not_count(world: World) -> None:
    """P10: a piece that says its hash and has another is refused as it comes, not at the end."""
    sender, photo, content = world.photo(world.phone())
    address = sender.create(photo, content).headers["Location"]
    spoilt = sender.patch(address, 0, content[1:3000], Upload_Checksum=checksum(content[:3000]))
    assert spoilt.status_code == 460
    assert sender.head(address).headers["Upload-Offset"] == "0"


def other_bytes_in_a_bundle_are_not_verified(world: World) -> None:
    """P10: of several photos in one request each is hashed; the others are taken."""
    sender, bad, content = world.photo(world.phone())
    good = announced(db.session.get_one(Job, bad.job_id), bad.by, db.session.get_one(Device, sender.device_id), b"good")
    told = sender.bundle([(bad, bytes(len(content))), (good, b"good")]).json["parts"]
    assert [(part["offset"], part["code"]) for part in told] == [(0, "hash_differs"), (4, "")]
    assert [world.state_of(photo) for photo in (bad, good)] == ["announced", "verified"]


def a_bundle_is_told_after_the_commit(world: World) -> None:
    """P10: when the phone may let the bytes of several photos go, the database has them as verified."""
    sender, photo, content = world.photo(world.phone())
    assert sender.bundle([(photo, content)]).json["parts"][0]["offset"] == len(content)
    assert world.state_of(photo) == "verified"


def a_bundle_is_its_persons(world: World) -> None:
    """P16: nobody sends a bundle as the phone of another, nor bytes to another's act."""
    sender, photo, content = world.photo(world.phone())
    other = world.phone(world.cast.second_technician)
    theirs = type(sender)(other.client, db.session.get_one(Device, other.client_id))
    assert theirs.bundle([(photo, content)]).json["parts"][0]["code"] == "evidence_unknown"
    theirs.device_id = sender.device_id
    assert theirs.bundle([(photo, content)]).status_code == 403
    assert world.state_of(photo) == "announced"


def bytes_of_a_bundle_are_on_the_disk_before_they_are_named(world: World) -> None:
    """P10: after a power cut a file under its hash is whole or absent, also when several came at once."""
    sender, photo, content = world.photo(world.phone())
    steps: list[str] = []
    fsync, replace = files.os.fsync, files.Path.replace

    def brought(handle: int) -> None:
        steps.append(f"brought {os.readlink(f'/proc/self/fd/{handle}')}")
        fsync(handle)

    def named(source: Any, target: Any) -> Any:
        steps.append(f"named {source}")
        return replace(source, target)

    with pytest.MonkeyPatch.context() as seen:
        seen.setattr(files.os, "fsync", brought)
        seen.setattr(files.Path, "replace", named)
        sender.bundle([(photo, content)])
    moved = next(step for step in steps if step.startswith("named") and "draft-" in step).removeprefix("named ")
    assert f"brought {moved}" in steps[: steps.index(f"named {moved}")]


def created_twice_is_one_upload(world: World) -> None:
    """P2: a repeat after a lost answer finds the upload begun before."""
    sender, photo, content = world.photo(world.phone())
    first, again = sender.create(photo, content, content[:4000]), sender.create(photo, content)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (first.headers["Location"], "4000")
    db.session.rollback()
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(Upload).filter_by(evidence_id=photo.id)) == 1
    )


def whole_is_said_after_the_commit(world: World) -> None:
    """P10: when the phone may let its bytes go, the database has them as verified."""
    sender, photo, content = world.photo(world.phone())
    answer = sender.create(photo, content, content)
    assert answer.headers["Upload-Offset"] == str(len(content))
    assert world.state_of(photo) == "verified"


def what_the_disk_has_lost_is_asked_for_again(world: World) -> None:
    """P10: the row says whole, the file is gone; the phone is told that bytes are missing."""
    sender, photo, content = world.photo(world.phone())
    address = sender.create(photo, content, content).headers["Location"]
    files.path_of(photo.sha256).unlink()
    assert sender.head(address).headers["Upload-Offset"] == "0"


def bytes_belong_to_an_act(world: World) -> None:
    """Bytes that no act of this person announced are not taken."""
    _sender, photo, content = world.photo(world.phone())
    other = world.phone(world.cast.second_technician)
    sender = type(_sender)(other.client, db.session.get_one(Device, other.client_id))
    assert sender.create(photo, content, content).status_code == 409
    assert world.state_of(photo) == "announced"


def an_upload_is_its_persons(world: World) -> None:
    """P16: nobody adds to the upload of another."""
    sender, photo, content = world.photo(world.phone())
    address = sender.create(photo, content).headers["Location"]
    other = type(sender)(
        world.client(world.cast.second_technician), db.session.get_one(Device, sender.device_id)
    )
    assert other.patch(address, 0, content).status_code in (403, 404)
    assert sender.head(address).headers["Upload-Offset"] == "0"


def knowing_a_hash_grants_nothing(world: World) -> None:
    """A photo is shown to who sees a job with it, and not for the asking."""
    sender, photo, content = world.photo(world.phone())
    assert sender.create(photo, content, content).status_code == 201
    stranger = world.client(world.cast.outside_technician)
    assert _refusal(stranger.get(f"/api/blobs/{photo.sha256}")) == (404, "not_found")
