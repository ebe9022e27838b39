"""Phones that are older or newer than the server: lifted, sent to rescue, parked, replayed. Nothing is ever lost.

There is one schema today; the tests register others from outside, and everything goes through the product's own path.
"""

import json

import pytest
import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.oplog import LogEntry
from fieldservice.inbox import actions as inbox_actions
from fieldservice.inbox import queries as inbox_queries
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job, JobNote
from fieldservice.sync import rules, upcasters
from fieldservice.sync.operations import OPERATIONS, add_note
from fieldservice.sync.operations.base import Operation
from fieldservice.sync.upcasters import CannotLift, Shape, lifted, lifts
from tests.builders import a_job
from tests.cast import sign_in
from tests.sync.phone import Phone, codes, results


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(upcasters, "_lifts", {})


@pytest.fixture
def phone(client, cast, session):
    return Phone(sign_in(client, cast.technician))


@pytest.fixture
def job(cast, session):
    return a_job(cast.store, cast.technician)


def notes(session):
    return sorted(session.scalars(sa.select(JobNote.text)))


def item(session):
    return session.scalars(sa.select(InboxItem)).one()


def old_note(phone, job, text, schema=1):
    """As an app wrote it that called the text otherwise, and the kind too."""
    op = phone.op("write_words", job.id, words=text)
    op["schema"] = schema
    return op


def register_history():
    """Schema 2 renamed the argument, schema 3 the kind."""

    @lifts("write_words", 1)
    def _argument(shape):
        return Shape(shape.kind, {"text": shape.args["words"]})

    @lifts("write_words", 2)
    def _kind(shape):
        return Shape("add_note", shape.args)


# lifting


def test_it_is_lifted_step_by_step_and_unchanged_where_nothing_is_registered(monkeypatch):
    monkeypatch.setattr(rules, "SCHEMA", 4)
    register_history()
    given = {"words": "垫高"}
    assert lifted("write_words", 1, given) == Shape("add_note", {"text": "垫高"})
    assert given == {"words": "垫高"}, "pure"
    assert lifted("write_words", 2, {"text": "a"}) == Shape("add_note", {"text": "a"})
    assert lifted("add_note", 1, {"text": "a"}) == Shape("add_note", {"text": "a"})
    with pytest.raises(ValueError, match="already"):
        lifts("write_words", 2)(lambda shape: shape)


@pytest.mark.parametrize(("newest", "oldest"), [(1, 1), (5, 1), (6, 1), (7, 2), (20, 15)])
def test_six_schemas_are_understood(monkeypatch, newest, oldest):
    monkeypatch.setattr(rules, "SCHEMA", newest)
    assert rules.min_schema() == oldest
    for schema in (oldest, newest):
        lifted("add_note", schema, {})
    for schema in (oldest - 1, newest + 1):
        with pytest.raises(CannotLift):
            lifted("add_note", schema, {})


def test_an_old_phone_works_as_before_and_the_log_keeps_what_came(phone, job, session, monkeypatch):
    monkeypatch.setattr(rules, "SCHEMA", 3)
    register_history()
    phone.op("take_step", job.id, step="accept")
    op = old_note(phone, job, "旧版")
    assert results(phone.sync(schema=1)) == ["applied", "applied"]
    assert notes(session) == ["旧版"]
    entry = session.get(LogEntry, op["id"])
    assert (entry.kind, json.loads(entry.body)["args"], json.loads(entry.body)["schema"]) == (
        "write_words", {"words": "旧版"}, 1)


def test_also_one_by_one_when_a_neighbour_is_refused(phone, job, session, monkeypatch):
    monkeypatch.setattr(rules, "SCHEMA", 3)
    register_history()
    old_note(phone, job, "旧版")
    phone.op("add_note", job.id, nonsense=1)
    assert codes(phone.sync()) == [None, "bad_args"]
    assert notes(session) == ["旧版"]


def test_what_an_old_phone_did_too_late_is_accepted_in_the_shape_of_today(phone, job, cast, session, monkeypatch):
    monkeypatch.setattr(rules, "SCHEMA", 2)

    @lifts("take_step", 1)
    def _step(shape):
        return Shape(shape.kind, {"step": shape.args["move"]})

    phone.op("take_step", job.id, move="accept")
    actions.assign_job(job, lead=cast.second_technician, helpers=[], expected_version=job.version,
                       by=cast.dispatcher, at=clock.now())
    session.commit()
    assert codes(phone.sync()) == ["job_reassigned"]
    assert inbox_queries.act_of(item(session).op).code == "accept"
    inbox_actions.accept(item(session), by=cast.dispatcher, at=clock.now())
    session.commit()
    assert (session.get(Job, job.id).state, session.get(Job, job.id).lead_id) == ("accepted", cast.technician.id)


def test_a_lift_that_fails_loses_nothing_and_holds_up_nothing(phone, job, session, monkeypatch):
    monkeypatch.setattr(rules, "SCHEMA", 3)
    register_history()
    phone.op("write_words", job.id, unheard_of=1)
    phone.op("add_note", job.id, text="后来")
    assert results(phone.sync()) == ["quarantined", "applied"]
    assert item(session).reason == "server_trouble"


# too old


def test_below_the_oldest_schema_only_rescue_is_served(phone, job, cast, session, monkeypatch):
    phone.sync()
    phone.op("take_step", job.id, step="accept")
    monkeypatch.setattr(rules, "SCHEMA", 8)
    answer = phone.post(phone.request())
    assert (answer.status_code, answer.json["error"]) == (
        426, {"code": "update_needed", "min_proto": 1, "min_schema": 3})
    assert session.scalar(sa.select(sa.func.count(LogEntry.id)).filter_by(origin="phone")) == 0
    file = {"format": "fieldservice-unsent", "format_version": 1, "person_id": cast.technician.id,
            "client_id": phone.client_id, "ops": phone.waiting}
    saved = phone.client.post("/api/rescue", json=file)
    assert (saved.status_code, saved.json["state"], saved.json["acks"]) == (200, "taken", [phone.waiting[0]["id"]])
    assert item(session).reason == "unknown_kind"
    # the phone takes the new version and sends the same again: it is known
    assert codes(phone.sync(schema=8)) == ["unknown_kind"]
    phone.op("add_note", job.id, text="新版")["schema"] = 8
    assert results(phone.sync(schema=8)) == ["applied"]


def test_below_the_oldest_protocol_too(phone, job, cast, session, monkeypatch):
    monkeypatch.setattr(rules, "MIN_PROTO", 2)
    phone.op("take_step", job.id, step="accept")
    assert phone.post(phone.request()).json["error"]["min_proto"] == 2
    file = {"format": "fieldservice-unsent", "format_version": 1, "person_id": cast.technician.id,
            "client_id": phone.client_id, "ops": phone.waiting}
    assert phone.client.post("/api/rescue", json=file).json["state"] == "taken"
    entry = session.get(LogEntry, phone.waiting[0]["id"])
    assert (entry.result, entry.brought_by_id) == ("quarantined", cast.technician.id), "it had never been in contact"


# newer: parked and replayed

PRAISE = Operation(kind="praise", merge_class="append", args=add_note.Args, apply=add_note.apply)


def test_what_nobody_knew_is_applied_once_after_an_upgrade(phone, job, session, runner, monkeypatch):
    op = phone.op("praise", job.id, text="好评")
    phone.op("add_note", job.id, text="普通")
    assert results(phone.sync()) == ["quarantined", "applied"]
    before = session.get(LogEntry, op["id"]).version
    assert "judged now: 0" in runner.invoke(args=["sync", "replay-parked"]).output
    monkeypatch.setitem(OPERATIONS, "praise", PRAISE)
    assert "Parked: 1, judged now: 1" in runner.invoke(args=["sync", "replay-parked"]).output
    assert "Parked: 0, judged now: 0" in runner.invoke(args=["sync", "replay-parked"]).output
    session.expire_all()
    assert notes(session) == ["好评", "普通"]
    assert (item(session).state, item(session).decided_by_id) == ("accepted", None)
    said = session.scalars(sa.select(LogEntry).filter_by(kind="office.replay_parked")).one()
    assert (json.loads(said.body)["op_ids"], json.loads(said.body)["result"], said.entity_id) == (
        [op["id"]], "applied", job.id)
    # the ack stays what the phone was told; what became of it comes with the job
    assert (session.get(LogEntry, op["id"]).result, session.get(LogEntry, op["id"]).version) == ("quarantined", before)
    phone.waiting = [op]
    assert codes(phone.sync()) == ["unknown_kind"]
    assert sorted(note["text"] for note in phone.jobs[job.id]["notes"]) == ["好评", "普通"]


def test_a_newer_schema_of_a_known_kind_waits_and_is_not_taken_for_the_old_one(
    phone, job, cast, session, runner, monkeypatch
):
    phone.op("add_note", job.id, text="旧的意思", more="新的")["schema"] = 2
    assert codes(phone.sync(schema=2)) == ["unknown_kind"]
    assert not inbox_queries.is_item_decidable(item(session))
    runner.invoke(args=["sync", "replay-parked"])
    session.expire_all()
    assert (notes(session), item(session).state) == ([], "open")
    monkeypatch.setattr(rules, "SCHEMA", 2)
    assert inbox_queries.is_item_decidable(item(session)), "after the upgrade a dispatcher may accept it as well"
    runner.invoke(args=["sync", "replay-parked"])
    session.expire_all()
    assert (notes(session), item(session).state) == (["旧的意思"], "accepted")


def test_a_dispatcher_accepts_what_is_known_by_now(phone, job, cast, session, runner, monkeypatch):
    phone.op("praise", job.id, text="好评")
    phone.sync()
    monkeypatch.setitem(OPERATIONS, "praise", PRAISE)
    inbox_actions.accept(item(session), by=cast.dispatcher, at=clock.now())
    session.commit()
    assert "Parked: 0" in runner.invoke(args=["sync", "replay-parked"]).output
    assert notes(session) == ["好评"]


@pytest.mark.parametrize(("merge_class", "reason", "kept"), [
    ("append", "late_evidence", ["好评"]), ("technician", "job_reassigned", [])])
def test_given_away_meanwhile_it_is_judged_as_if_it_came_now(
    phone, job, cast, session, runner, monkeypatch, merge_class, reason, kept
):
    phone.op("praise", job.id, text="好评")
    phone.sync()
    actions.assign_job(job, lead=cast.second_technician, helpers=[], expected_version=job.version,
                       by=cast.dispatcher, at=clock.now())
    session.commit()

    def apply(context, args):
        if merge_class == "technician":
            _refuse_late(context)
        return add_note.apply(context, args)

    monkeypatch.setitem(OPERATIONS, "praise", Operation("praise", merge_class, add_note.Args, apply))
    runner.invoke(args=["sync", "replay-parked"])
    session.expire_all()
    assert (item(session).state, item(session).reason, notes(session)) == ("open", reason, kept)
    assert inbox_queries.is_item_decidable(item(session)) == (merge_class == "technician")
    assert "judged now: 0" in runner.invoke(args=["sync", "replay-parked"]).output


def _refuse_late(context):
    from fieldservice.core.errors import RuleBroken

    if context.is_late and not context.is_accepted:
        raise RuleBroken("job_reassigned")


def test_nonsense_of_a_newer_app_is_told_and_changes_nothing(phone, job, session, runner, monkeypatch):
    phone.op("praise", job.id, stars=5)
    phone.op("praise", "somewhere", text="?")
    phone.sync()
    monkeypatch.setitem(OPERATIONS, "praise", PRAISE)
    assert "judged now: 2" in runner.invoke(args=["sync", "replay-parked"]).output
    session.expire_all()
    assert sorted((one.reason, one.state) for one in session.scalars(sa.select(InboxItem))) == [
        ("bad_args", "open"), ("job_unknown", "open")]
    assert notes(session) == []
