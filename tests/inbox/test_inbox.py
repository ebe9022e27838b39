"""What sync set aside: listed with its reason, accepted, declined or seen, once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts.models import Person
from fieldservice.core import clock, json
from fieldservice.core.db import db
from fieldservice.core.oplog import log_of
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs.models import Job, JobNote, JobStep
from fieldservice.visits.queries import visit_of
from tests.builders import MOMENT, a_checklist, a_job
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of
from tests.support.set_aside import set_aside
from tests.support.statements import counted

pytestmark = pytest.mark.every_rail

EN = {"Accept-Language": "en"}
CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())


def work_of(job: Job, author: Person, *steps: str) -> list[InboxItem]:
    """A row of steps that were set aside, in order."""
    more = {"cannot_finish": {"reason": "缺料", "no_promise": "等料"}}
    return [set_aside(job, author, step=step, minutes=place, **more.get(step, {})) for place, step in enumerate(steps)]


def read(client: FlaskClient) -> str:
    with clock.frozen(MOMENT + timedelta(hours=3)):
        answer = client.get("/inbox", headers=EN)
    assert answer.status_code == 200
    return answer.text


def decide(client: FlaskClient, item: InboxItem, name: str):
    token = form_token(client.get("/inbox", headers=EN).text)
    with clock.frozen(MOMENT + timedelta(hours=3)):
        return client.post(f"/inbox/{item.id}/{name}", data={"csrf_token": token}, headers=EN)


@pytest.fixture
def dispatcher(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def test_it_says_what_was_done_when_and_why_it_waits(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    set_aside(job, cast.technician, step="cannot_finish", why="job_reassigned", no_promise="等料")
    page = text_of(read(dispatcher))
    for words in ("王建国 · 张女士 Repair", "10:00", "phone said 21 Nov 09:55", "Not finished", "等料",
                  "The job was given to somebody else.", "reached the server 21 Nov 12:00",
                  "Accepting gives the job back to 王建国."):
        assert words in page, words


@pytest.mark.one_database
@pytest.mark.parametrize(("result", "why", "kind", "args", "sort"), [
    ("late_evidence", "late_evidence", "add_note", {"text": "x"}, "Late evidence"),
    ("quarantined", "step_out_of_order", "take_step", {"step": "start"}, "Not applied, waits for a decision"),
    ("quarantined", "job_reassigned", "take_step", {"step": "finish"}, "Completed after it was given to somebody else"),
    ("quarantined", "job_reassigned", "take_step", {"step": "depart"}, "Done after it was given to somebody else"),
    ("quarantined", "job_cancelled", "take_step", {"step": "finish"}, "Work after the cancellation"),
    ("quarantined", "phone_blocked", "add_note", {"text": "x"}, "From a blocked phone"),
    ("rejected", "bad_args", "add_note", {}, "Cannot be applied")])
def test_each_sort_has_its_own_words(
    dispatcher: FlaskClient, cast: Cast, result: str, why: str, kind: str, args: dict[str, str], sort: str
) -> None:
    set_aside(a_job(cast.store, cast.second_technician), cast.technician, kind, why=why, result=result, **args)
    page = text_of(read(dispatcher))
    assert sort in page
    assert ("Accept: this work counts" in page) is (result == "quarantined")


def test_it_stands_in_the_rail(dispatcher: FlaskClient, cast: Cast) -> None:
    set_aside(a_job(cast.store, cast.second_technician), cast.technician)
    assert "open: 1" in text_of(dispatcher.get("/", headers=EN).text)


def test_newest_first_and_by_job_and_author(dispatcher: FlaskClient, cast: Cast) -> None:
    first = a_job(cast.store, cast.second_technician, brief="早的")
    second = a_job(cast.store, cast.technician, brief="晚的")
    work_of(first, cast.technician, "accept", "depart")
    set_aside(second, cast.second_technician, minutes=30)
    page = read(dispatcher)
    assert page.index("晚的") < page.index("早的")
    assert page.count("/acceptance") == 4  # one form a group: its action and its hx-post


def test_accepting_applies_all_steps_of_the_author_in_order(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    items = work_of(job, cast.technician, "accept", "depart", "arrive", "start", "finish")
    assert decide(dispatcher, items[2], "acceptance").status_code == 303
    assert (job.state, job.lead_id) == ("finished", cast.technician.id)
    assert [step.step for step in job.steps] == ["accept", "depart", "arrive", "start", "finish"]
    assert {item.state for item in items} == {"accepted"}
    assert "office.decide_inbox" in [entry.kind for entry in log_of("job", job.id)]
    page = text_of(read(dispatcher))
    assert "Accepted by 沈女士, 13:00." in page
    assert "Nothing to decide" in page


def test_accepting_brings_a_cancelled_job_back(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, state="cancelled", cancelled_from="accepted", cancel_reason="改期")
    item = set_aside(job, cast.technician, step="depart", why="job_cancelled")
    decide(dispatcher, item, "acceptance")
    assert (job.state, job.cancel_reason) == ("en_route", "")


def test_a_step_taken_back_is_applied_in_its_place(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    accepted = set_aside(job, cast.technician, step="accept")
    set_aside(job, cast.technician, "take_back_step", minutes=1, step_id=accepted.op_id, reason="按错了")
    set_aside(job, cast.technician, "add_note", minutes=2, text="门禁坏了", why="server_trouble")
    decide(dispatcher, accepted, "acceptance")
    assert (job.state, job.lead_id) == ("assigned", cast.technician.id)
    assert [(step.step, step.is_void) for step in job.steps] == [("accept", True)]
    assert db.session.scalars(sa.select(JobNote.text)).all() == ["门禁坏了"]


def test_what_does_not_fit_stays_open_and_says_why(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    items = work_of(job, cast.technician, "accept", "finish")
    answer = decide(dispatcher, items[0], "acceptance")
    assert answer.status_code == 422
    assert "It cannot be accepted, so nothing was changed and it stays open." in answer.text
    assert "This step does not fit the state of the job." in answer.text
    assert {item.state for item in items} == {"open"}
    assert (job.state, job.lead_id) == ("assigned", cast.second_technician.id)
    assert db.session.scalar(sa.select(sa.func.count(JobStep.id))) == 0


def test_declining_keeps_the_job_and_the_history(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    items = work_of(job, cast.technician, "accept", "depart")
    decide(dispatcher, items[0], "refusal")
    assert (job.state, job.lead_id) == ("assigned", cast.second_technician.id)
    assert {item.state for item in items} == {"declined"}
    decision = log_of("job", job.id)[-1]
    assert json.loads(decision.body)["decision"] == "declined"
    assert json.loads(decision.body)["op_ids"] == [item.op_id for item in items]


@pytest.mark.parametrize(("first", "second"), [
    ("acceptance", "acceptance"), ("acceptance", "refusal"), ("refusal", "acceptance")])
def test_a_second_press_is_told_that_it_is_decided(
        dispatcher: FlaskClient, cast: Cast, first: str, second: str) -> None:
    job = a_job(cast.store, cast.second_technician)
    item = set_aside(job, cast.technician)
    decide(dispatcher, item, first)
    state = item.state
    answer = decide(dispatcher, item, second)
    assert answer.status_code == 409
    assert "This has been decided already." in answer.text
    assert item.state == state
    assert len([entry for entry in log_of("job", job.id) if entry.kind == "office.decide_inbox"]) == 1


def test_late_evidence_is_seen_not_decided(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    item = set_aside(job, cast.technician, "add_note", result="late_evidence", why="late_evidence", text="水表在左")
    page = read(dispatcher)
    assert "/acceptance" not in page
    assert "水表在左" in page
    assert decide(dispatcher, item, "acceptance").status_code == 422
    assert item.state == "open"
    decide(dispatcher, item, "acknowledgement")
    assert item.state == "seen"
    assert decide(dispatcher, item, "acknowledgement").status_code == 409


def test_steps_to_decide_and_things_to_see_are_decided_apart(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    step = set_aside(job, cast.technician)
    note = set_aside(job, cast.technician, "add_note", result="late_evidence", why="late_evidence", minutes=1, text="x")
    decide(dispatcher, note, "acknowledgement")
    assert (note.state, step.state) == ("seen", "open")


def test_an_operation_of_a_newer_app_or_of_no_known_job_is_shown(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    set_aside(job, cast.technician, "measure_moisture", why="unknown_kind")
    unknown = set_aside(None, cast.technician, result="rejected", why="job_unknown", minutes=1)
    page = text_of(read(dispatcher))
    assert "Entry of a newer app (measure_moisture)" in page
    assert "a job we do not know" in page
    decide(dispatcher, unknown, "acknowledgement")
    assert unknown.state == "seen"
    assert "office.decide_inbox" in [entry.kind for entry in log_of("inbox_item", unknown.id)]


def test_another_branch_neither_sees_nor_decides(app: Flask, cast: Cast) -> None:
    item = set_aside(a_job(cast.store, cast.second_technician), cast.technician)
    outsider = sign_in(app.test_client(), cast.outsider)
    assert "王建国" not in read(outsider)
    set_aside(a_job(cast.other_store, None), cast.outside_technician)
    for name in ("acceptance", "refusal", "acknowledgement"):
        assert decide(outsider, item, name).status_code == 404
    assert item.state == "open"
    assert "王建国" in read(sign_in(app.test_client(), cast.head_office_manager))


def test_the_service_desk_reads_and_does_not_decide(client: FlaskClient, cast: Cast) -> None:
    item = set_aside(a_job(cast.store, cast.second_technician), cast.technician)
    sign_in(client, cast.service_desk)
    assert "A dispatcher or manager decides." in read(client)
    assert decide(client, item, "acceptance").status_code == 403
    assert item.state == "open"


def test_a_technician_does_not_see_the_inbox(client: FlaskClient, cast: Cast) -> None:
    assert sign_in(client, cast.technician).get("/inbox").status_code == 403


def test_htmx_gets_the_list_and_the_new_count(dispatcher: FlaskClient, cast: Cast) -> None:
    item = set_aside(a_job(cast.store, cast.second_technician), cast.technician)
    token = form_token(dispatcher.get("/inbox").text)
    answer = dispatcher.post(f"/inbox/{item.id}/refusal", data={"csrf_token": token},
                             headers={"HX-Request": "true", **EN})
    assert answer.status_code == 200
    assert 'id="inbox-badge" hx-swap-oob="true" hidden' in answer.text
    assert "<html" not in answer.text


def test_it_asks_the_database_as_often_for_many_items_as_for_few(dispatcher: FlaskClient, cast: Cast) -> None:
    counts: list[int] = []
    for number in (3, 20):
        for place in range(number):
            set_aside(a_job(cast.store, cast.second_technician), cast.technician, minutes=len(counts) * 100 + place)
        with counted(db.engine) as statements:
            read(dispatcher)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_it_says_what_was_done_on_the_visit(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    checklist = a_checklist("repair", CONTENT)
    line = {"text": "上门费", "quantity_milli": 1000, "unit": "", "unit_price_fen": 18000, "amount_fen": 18000}
    acts: list[tuple[str, dict[str, Any]]] = [
        ("answer_item", {"checklist": checklist.id, "item": "cause", "value": {"chosen": ["damp"], "text": ""}}),
        ("answer_item", {"checklist": "gone", "item": "greet", "value": {"done": True}}),
        ("state_charges", {"lines": [line]}),
        ("add_photo", {"slot": "voucher", "caption": "购买小票"}),
        ("void_photo", {"photo_id": "x", "reason": "拍糊了"}),
    ]
    for minutes, (kind, args) in enumerate(acts):
        set_aside(job, cast.technician, kind, minutes=minutes, **args)
    set_aside(job, cast.technician, "report_incident", minutes=9, why="incident_reported", result="applied",
              kind="damage", words="碰坏了茶几一角")
    page = text_of(read(dispatcher))
    for words in ("Answered: Cause Damp", "Answered: greet", "Charge: ¥180", "Photo: Proof of purchase 购买小票",
                  "Removed a photo 拍糊了", "Incident: Something was damaged 碰坏了茶几一角", "Reported from the site."):
        assert words in page, words


def test_what_arrives_in_no_shape_is_shown_as_far_as_it_can(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    a_checklist("repair", CONTENT)
    for minutes, kind in enumerate(("answer_item", "add_photo", "state_charges", "report_incident", "sign_sheet")):
        set_aside(job, cast.technician, kind, minutes=minutes, result="rejected", why="bad_args", slot=[1], item={"a": 1},
                  checklist=[2], lines=[3, {"amount_fen": "4"}], words=5, value=[6])
    assert "Charge: ¥0" in text_of(read(dispatcher))


def test_a_sheet_that_does_not_verify_is_seen_not_decided(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    item = set_aside(job, cast.technician, "sign_sheet", why="sign_invalid")
    assert decide(dispatcher, item, "acceptance").status_code == 422
    decide(dispatcher, item, "acknowledgement")
    assert item.state == "seen"


def test_accepting_applies_answers_charges_and_photos(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.second_technician)
    checklist = a_checklist("repair", CONTENT)
    photo = {"slot": "after", "sha256": "a" * 64, "size": 5, "media_type": "image/jpeg", "source": "camera"}
    first = set_aside(job, cast.technician, "answer_item", checklist=checklist.id, item="greet", value={"done": True})
    set_aside(job, cast.technician, "state_charges", minutes=1, lines=[])
    set_aside(job, cast.technician, "add_photo", minutes=2, why="server_trouble", **photo)
    assert decide(dispatcher, first, "acceptance").status_code == 303
    visit = visit_of(job)
    assert (job.lead_id, visit.values, visit.charge.total_fen) == (cast.technician.id, {"greet": {"done": True}}, 0)
    assert [(one.slot, one.is_late) for one in visit.photos] == [("after", False)]
