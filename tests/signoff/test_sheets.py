"""What a sheet means for its job: which one stands, what was agreed, and what happens when it comes late."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.evidence.models import Evidence
from fieldservice.inbox.actions import accept, see
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs.actions import assign_job, restore_job
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from fieldservice.signoff.queries import agreed_in, sheets_of
from fieldservice.visits import actions as visit_actions
from fieldservice.visits.actions import PhotoTaken
from fieldservice.visits.queries import visit_of
from fieldservice.visits.rules import is_signed
from tests.builders import a_checklist, a_job
from tests.cast import Cast, sign_in
from tests.signoff.sheets import VECTORS, register_key, signed_on, take_photos, true_sheet, true_work
from tests.sync.phone import Phone

CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
REFUSED = next(case for case in VECTORS["cases"] if case["name"].startswith("refused, with"))["signed"]
_AGREEMENT = next(case for case in VECTORS["cases"] if case["name"].startswith("an agreement"))


def agreement(fen: int = 9000, **signed: object) -> dict[str, object]:
    """A case of an agreement to one line of that amount, on top of the 180 yuan the office planned."""
    line = {"text": "换踢脚线", "quantity_milli": 1000, "unit": "", "unit_price_fen": fen, "amount_fen": fen}
    shown = {**_AGREEMENT["shown"], "lines": [line], "total_fen": fen, "agreed_fen": fen + 18000}
    return {"shown": shown, "signed": {"kind": "agreement", **signed}}


@pytest.fixture
def job(cast: Cast) -> Job:
    job = a_job(cast.store, cast.technician, helpers=(cast.second_technician,), state="working", amount_fen=18000,
                amount_reason="上门费")  # fmt: skip
    take_photos(job, cast.technician)
    register_key(cast.technician)
    return job


def current(job: Job) -> list[tuple[str, int]]:
    """Kind and revision of the sheets that stand."""
    return [(sheet["kind"], sheet["revision"]) for sheet in sheets_of([job])[job.id] if sheet["current"]]


def now() -> Happening:
    return Happening(at=clock.now(), op_id=new_id(), device_at=clock.now())


def test_a_sheet_stands_on_the_job_as_the_phone_knows_it(job, cast):
    row = signed_on(job, cast.technician)
    sheet = sheets_of([job])[job.id][0]
    assert sheet == {
        "id": row.id, "kind": "sign_off", "revision": 1, "outcome": "signed", "signer": "张伟", "role": "customer",
        "at_ms": clock.to_ms(row.happened_at), "lines": VECTORS["presented"]["lines"], "total_fen": 18000,
        "state": "valid", "fault": "", "weak": False, "current": True, "language": "zh", "by_link": None,
    }  # fmt: skip
    assert is_signed(visit_of(job).sheets)


def test_a_new_revision_stands_in_the_place_of_the_first(job, cast):
    signed_on(job, cast.technician)
    signed_on(job, cast.technician, revision=2)
    assert current(job) == [("sign_off", 2)]


def test_a_sheet_that_does_not_verify_changes_nothing(job, cast):
    signed_on(job, cast.technician)
    signed_on(job, cast.technician, revision=2, signature="")
    assert current(job) == [("sign_off", 1)]


def test_a_later_answer_charge_or_photo_needs_a_new_signature(job, cast):
    signed_on(job, cast.technician)
    visit_actions.state_charges(job, [], by=cast.technician, when=now())
    db.session.commit()
    assert current(job) == []
    assert not is_signed(visit_of(job).sheets)


def answer(job, checklist, item, value, by):
    visit_actions.answer_item(job, checklist.id, item, value, by=by, when=now())
    db.session.commit()


def item(key, kind, sheet="", when=(), **fields):
    words = {"zh": key, "en": key}
    return {"key": key, "phase": "during", "type": kind, "words": words, "hint": {"zh": "", "en": ""}, "required": True,
            "when": list(when), "sheet": sheet, **fields}  # fmt: skip


@pytest.fixture
def checklist(cast):
    """An item that is nowhere on the sheet hides one that is."""
    cause = item("cause", "text", "found", [{"item": "open", "is": True}], most=100)
    items = [item("open", "confirm"), item("swept", "confirm"), cause]
    return a_checklist("repair", {"format": 1, "items": items, "phrases": []})


class TestWhatIsAnsweredAfterwards:
    @pytest.fixture(autouse=True)
    def signed(self, job, cast, checklist):
        answer(job, checklist, "open", {"done": True}, cast.technician)
        answer(job, checklist, "cause", {"text": "受潮"}, cast.technician)
        return signed_on(job, cast.technician)

    def test_the_same_again_changes_nothing(self, job, cast, checklist):
        answer(job, checklist, "cause", {"text": "受潮"}, cast.technician)
        assert current(job) == [("sign_off", 1)]

    @pytest.mark.parametrize("value", [{"done": True}, {"done": False, "why": "没带扫帚"}])
    def test_another_count_of_what_was_done_needs_a_new_signature(self, job, cast, checklist, value):
        answer(job, checklist, "swept", value, cast.technician)
        assert current(job) == []

    @pytest.mark.parametrize("value", [None, {"done": False, "why": "没人"}])
    def test_what_hides_something_shown_needs_a_new_signature(self, job, cast, checklist, value):
        answer(job, checklist, "open", value, cast.technician)
        assert current(job) == []

    def test_going_back_to_what_was_signed_does_not_bring_it_back(self, job, cast, checklist):
        answer(job, checklist, "cause", {"text": "漏水"}, cast.technician)
        answer(job, checklist, "cause", {"text": "受潮"}, cast.technician)
        assert current(job) == []

    def test_the_office_can_change_what_applies(self, job, cast, checklist):
        job.amount_fen, job.amount_reason = 18000, "加急上门费"
        db.session.commit()
        assert current(job) == []

    def test_what_was_outdated_before_the_end_stays_so(self, job, cast, client, checklist):
        phone = Phone(sign_in(client, cast.technician))
        db.session.execute(sa.update(Evidence).values(voided_at=clock.now()))  # by no action that tells of it
        db.session.commit()
        assert current(job) == []
        phone.op("take_step", job.id, step="cannot_finish", reason="缺料", no_promise="等货")
        assert phone.sync()["acks"][0]["result"] == "applied"
        db.session.expire_all()
        assert current(job) == []

    def test_a_helpers_photo_that_comes_later_is_no_change(self, job, cast, client):
        take_photos(job, cast.second_technician, ("d" * 64,))
        assert current(job) == [("sign_off", 1)]
        take_photos(job, cast.technician, ("e" * 64,))
        assert current(job) == []


def test_an_agreement_covers_what_the_office_plans_later_only_if_it_is_no_more(job, cast):
    signed_on(job, cast.technician, **agreement(9000))
    job.amount_fen = 17000
    db.session.commit()
    assert current(job) == [("agreement", 1)]
    job.amount_fen = 18001
    db.session.commit()
    assert current(job) == []
    assert agreed_in(job.id, 1, 18001) == 18001


def test_other_words_below_a_photo_need_a_new_signature(job, cast):
    photo = db.session.scalars(sa.select(Evidence).filter_by(job_id=job.id)).first()
    signed_on(job, cast.technician)
    visit_actions.caption_photo(job, photo.id, photo.caption, by=cast.technician)
    assert current(job) == [("sign_off", 1)]
    visit_actions.caption_photo(job, photo.id, "客厅窗下", by=cast.technician)
    assert current(job) == []


def test_a_step_is_not_taken_back_after_the_customer_signed_for_the_job_as_it_is(job, cast, client):
    phone = Phone(sign_in(client, cast.technician))
    step = phone.op("take_step", job.id, step="finish")
    phone.post(phone.request())
    job.state = "working"  # signed on site, before the step
    signed_on(job, cast.technician)
    job.state = "finished"
    phone.op("take_back_step", job.id, step_id=step["id"], reason="按错了")
    assert phone.post(phone.request()).json["acks"][-1]["note"] == {"code": "signed_already"}
    job.amount_fen = 20000  # the office plans another amount: what was signed is outdated
    db.session.commit()
    phone.op("take_back_step", job.id, step_id=step["id"], reason="按错了")
    assert phone.post(phone.request()).json["acks"][-1]["result"] == "applied"


def test_a_photo_after_the_end_stands_beside_what_was_signed(job, cast):
    """Nobody could sign again: a bad photo taken again at base must not cost the signature."""
    signed_on(job, cast.technician)
    photo = db.session.scalars(sa.select(Evidence).filter_by(job_id=job.id)).first()
    job.state = "finished"
    visit_actions.caption_photo(job, photo.id, "客厅窗下", by=cast.technician)
    visit_actions.void_photo(job, photo.id, "拍糊了", by=cast.technician, when=Happening.at_desk(clock.now(), new_id()))
    assert current(job) == [("sign_off", 1)]


def test_a_refusal_is_no_signature(job, cast):
    signed_on(job, cast.technician, signed=REFUSED)
    visit_actions.check_not_signed(job)


def test_another_planned_amount_needs_a_new_signature(job, cast):
    signed_on(job, cast.technician)
    job.amount_fen = 20000
    db.session.commit()
    assert current(job) == []
    job.amount_fen = 18000
    db.session.commit()
    assert current(job) == [("sign_off", 1)]


def test_what_was_agreed_can_be_charged_and_no_more(job, cast):
    signed_on(job, cast.technician, **agreement(9000))
    assert visit_of(job).final_lines[-1]["amount_fen"] == 9000
    line = {"text": "一共", "quantity_milli": 1000, "unit": "", "unit_price_fen": 27001, "amount_fen": 27001}
    over = {"lines": [line], "total_fen": 27001, "agreed_fen": 27001}
    assert signed_on(job, cast.technician, shown=over).fault == "sign_over_agreed"
    line = {**line, "unit_price_fen": 27000, "amount_fen": 27000}
    fair = {"lines": [line], "total_fen": 27000, "agreed_fen": 27000}
    assert signed_on(job, cast.technician, shown=fair).fault == ""


def test_a_new_agreement_needs_a_new_sign_off(job, cast):
    signed_on(job, cast.technician)
    signed_on(job, cast.technician, **agreement())
    assert current(job) == [("agreement", 1)]


@pytest.mark.parametrize("outcome", ["refused", "absent"])
def test_an_agreement_that_was_not_given_leaves_the_one_before(job, cast, outcome):
    signed_on(job, cast.technician, **agreement(9000))
    second = agreement(50000, **{**REFUSED, "outcome": outcome})
    assert signed_on(job, cast.technician, revision=2, **second).fault == ""
    assert ("agreement", 1) in current(job)
    assert visit_of(job).final_lines[-1]["amount_fen"] == 9000


def test_a_neighbour_cannot_agree_to_charges(job, cast):
    witnessed = next(case for case in VECTORS["cases"] if case["name"] == "a neighbour signs")
    case = agreement(9000, **witnessed["signed"])
    case["shown"] = {**case["shown"], **witnessed["shown"]}
    assert signed_on(job, cast.technician, **case).fault == ""
    assert sum(line["amount_fen"] for line in visit_of(job).final_lines) == 18000


def test_a_helper_does_not_sign(job, cast, client):
    phone = Phone(sign_in(client, cast.second_technician))
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.second_technician))
    assert [(ack["result"], ack["note"]["code"]) for ack in phone.sync()["acks"]] == [("quarantined", "not_lead")]


@pytest.mark.parametrize("state", ["assigned", "accepted", "en_route", "finished", "unfinished", "absent"])
def test_a_sheet_signed_when_no_visit_was_under_way_is_kept_apart(job, cast, state):
    job.state = state
    assert signed_on(job, cast.technician).fault == "sign_wrong_state"
    assert current(job) == []


@pytest.mark.parametrize("state", ["arrived", "working"])
def test_a_sheet_is_signed_on_site(job, cast, state):
    job.state = state
    assert signed_on(job, cast.technician).fault == ""


def test_the_same_operation_twice_is_one_sheet(job, cast, client, session):
    phone = Phone(sign_in(client, cast.technician))
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician))
    body = phone.request()
    first, second = phone.post(body).json, phone.post(body).json
    assert first["acks"] == second["acks"]
    assert [ack["result"] for ack in first["acks"]] == ["applied"]
    assert session.scalar(sa.select(sa.func.count()).select_from(SignOff)) == 1


def test_the_phone_gets_its_sheets_back(job, cast, client):
    phone = Phone(sign_in(client, cast.technician))
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician))
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician, revision=2, signed={"nonce": ""}))
    phone.sync()
    sheets = {(sheet["revision"], sheet["state"], sheet["fault"], sheet["current"])
              for sheet in phone.jobs[job.id]["sheets"]}  # fmt: skip
    assert sheets == {(1, "valid", "", True), (2, "quarantined", "sign_nonce_wrong", False)}


def test_a_sheet_of_a_job_that_was_cancelled_meanwhile_is_late_evidence_until_the_work_counts(
    job, cast, client, session
):
    phone = Phone(sign_in(client, cast.technician))
    phone.sync()
    job.state, job.cancelled_from, job.cancel_reason = "cancelled", "working", "客户改期"
    session.commit()
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician))
    phone.op("take_step", job.id, step="finish")
    acks = phone.sync()["acks"]
    assert [ack["result"] for ack in acks] == ["late_evidence", "quarantined"]
    session.expire_all()
    row = session.scalars(sa.select(SignOff)).one()
    assert (row.state, row.is_late, row.is_current) == ("valid", True, False)

    item = session.scalars(sa.select(InboxItem).filter_by(op_id=acks[1]["id"])).one()
    accept(item, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert (row.is_late, current(job)) == (False, [("sign_off", 1)])
    assert job.state == "finished"


def cancelled(job):
    job.state, job.cancelled_from, job.cancel_reason = "cancelled", "working", "客户改期"
    db.session.commit()


def test_a_late_agreement_counts_only_when_the_work_does(job, cast, client, session):
    phone = Phone(sign_in(client, cast.technician))
    cancelled(job)
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician, **agreement(9000)))
    assert [ack["result"] for ack in phone.sync()["acks"]] == ["late_evidence"]
    restore_job(job, expected_version=job.version, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert sum(line["amount_fen"] for line in visit_of(job).final_lines) == agreed_in(job.id, 1, 18000) == 18000


def test_a_helper_does_not_sign_for_a_cancelled_job_either(job, cast, client):
    phone = Phone(sign_in(client, cast.second_technician))
    cancelled(job)
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.second_technician))
    assert [ack["note"]["code"] for ack in phone.sync()["acks"]] == ["not_lead"]


def test_a_late_sheet_stands_for_what_was_done_before_it(job, cast, client, session):
    checklist = a_checklist("repair", CONTENT)
    phone = Phone(sign_in(client, cast.technician))
    done = {"chosen": ["damp"], "text": ""}
    work = true_work(job, cast.technician, {"cause": done})
    cancelled(job)
    phone.op("answer_item", job.id, checklist=checklist.id, item="cause", value=done)
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician, work=work))
    acks = phone.sync()["acks"]
    assert [ack["result"] for ack in acks] == ["quarantined", "late_evidence"]
    item = session.scalars(sa.select(InboxItem).filter_by(op_id=acks[0]["id"])).one()
    accept(item, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert (visit_of(job).values, current(job)) == ({"cause": done}, [("sign_off", 1)])


def test_a_paper_taken_again_does_not_undo_the_signature(job, cast):
    take_photos(job, cast.technician, ("e" * 64,), slot="paper")
    paper = db.session.scalars(sa.select(Evidence).filter_by(slot="paper")).one()
    signed_on(job, cast.technician)
    taken = PhotoTaken(slot="paper", sha256="f" * 64, size=5, media_type="image/jpeg", source="camera",
                       replaces_id=paper.id)  # fmt: skip
    visit_actions.add_photo(job, taken, by=cast.technician, when=now())
    assert (paper.is_void, current(job)) == (True, [("sign_off", 1)])


def test_a_helpers_sheet_does_not_hold_up_the_rest(job, cast, client, session):
    checklist = a_checklist("repair", CONTENT)
    phone = Phone(sign_in(client, cast.second_technician))
    phone.op("answer_item", job.id, checklist=checklist.id, item="greet", value={"done": True})
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.second_technician))
    acks = phone.sync()["acks"]
    answered, signed = (session.scalars(sa.select(InboxItem).filter_by(op_id=ack["id"])).one() for ack in acks)
    accept(answered, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert (answered.state, signed.state) == ("accepted", "open")
    see(signed, by=cast.dispatcher, at=clock.now())


def test_what_was_agreed_late_can_be_signed_late(job, cast, client, session):
    phone = Phone(sign_in(client, cast.technician))
    cancelled(job)
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician, **agreement(9000)))
    more = {"text": "换踢脚线", "quantity_milli": 1000, "unit": "", "unit_price_fen": 9000, "amount_fen": 9000}
    shown = {"lines": [*VECTORS["presented"]["lines"], more], "total_fen": 27000, "agreed_fen": 27000}
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician, shown=shown))
    phone.op("take_step", job.id, step="finish")
    acks = phone.sync()["acks"]
    assert [ack["result"] for ack in acks] == ["late_evidence", "late_evidence", "quarantined"]
    accept(session.scalars(sa.select(InboxItem)
                           .filter_by(op_id=acks[2]["id"])).one(), by=cast.dispatcher, at=clock.now())  # fmt: skip
    session.commit()
    assert set(current(job)) == {("agreement", 1), ("sign_off", 1)}


def test_a_sheet_of_a_visit_that_was_given_away_before_any_of_it_arrived(job, cast, client, session):
    job.state = "assigned"
    session.commit()
    phone, work = Phone(sign_in(client, cast.technician)), true_work(job, cast.technician)
    assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=clock.now())
    session.commit()
    for step in ("accept", "depart", "arrive", "start"):
        phone.op("take_step", job.id, step=step)
    phone.op("sign_sheet", job.id, **true_sheet(job, cast.technician, work=work))
    phone.op("take_step", job.id, step="finish")
    acks = phone.sync()["acks"]
    assert [ack["result"] for ack in acks] == ["quarantined"] * 4 + ["late_evidence", "quarantined"]
    item = session.scalars(sa.select(InboxItem).filter_by(op_id=acks[0]["id"])).one()
    accept(item, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert (job.lead_id, job.run, job.state) == (cast.technician.id, 1, "finished")
    assert current(job) == [("sign_off", 1)]


def test_a_paper_stands_for_one_sheet_whatever_the_job(job, cast):
    on_paper = next(case for case in VECTORS["cases"] if case["name"] == "on paper")
    other = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    case = {"shown": on_paper["shown"], "signed": {**on_paper["signed"], "photo": "c" * 64}}
    for one, fault in ((job, ""), (other, "sign_photo_used")):
        take_photos(one, cast.technician, ("c" * 64,), slot="paper")
        assert signed_on(one, cast.technician, **case).fault == fault
