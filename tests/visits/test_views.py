"""The visit at the desk: gallery, conduct and charges on its job's page; closing, opening again, waiving."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts.models import AccessEntry
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.evidence.models import ANNOUNCED, RECEIVING, Evidence
from fieldservice.jobs.actions import assign_job
from fieldservice.jobs.models import Job
from fieldservice.visits import actions, queries
from tests.builders import MOMENT, a_checklist, a_job
from tests.cast import Cast, sign_in
from tests.signoff.sheets import VECTORS, register_key, signed_on, take_photos
from tests.support.own_forms import send_form
from tests.visits.scene import answer, cut_short, planks, shoot

CONTENT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
LINE = {"text": "换板", "quantity_milli": 2500, "unit": "平方米", "unit_price_fen": 12000, "amount_fen": 30000}
DONE = {"done": True}


@pytest.fixture
def job(cast: Cast) -> Job:
    a_checklist("repair", CONTENT, published_by_id=cast.branch_manager.id)
    return a_job(cast.store, cast.technician, state="working")


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, cast.dispatcher)


def page(desk: FlaskClient, job: Job) -> str:
    answered = desk.get(f"/jobs/{job.id}")
    assert answered.status_code == 200
    return answered.text


def plain(text: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def end(job: Job, state: str = "finished") -> None:
    job.state = state
    db.session.commit()


def close(desk: FlaskClient, job: Job, **given: Any) -> Any:
    return send_form(desk, f"/jobs/{job.id}/closing", {"version": job.version} | given)


class TestTheGallery:
    def test_before_stands_beside_after_and_the_rest_by_slot(self, desk, cast, job):
        for number, slot in enumerate(("after", "before", "voucher", "damage")):
            shoot(job, cast.technician, planks(number), slot=slot, caption=f"图 {slot}")
        text = page(desk, job)
        assert "Before and after" in text
        assert text.index("图 before") < text.index("图 after") < text.index("图 damage") < text.index("图 voucher")
        assert text.split('id="timeline"')[0].count("?as=thumb") == 4
        assert re.search(r'alt="Before · 图 before · [^"]*王建国"', text)

    def test_a_pair_of_the_checklist_stands_under_its_words(self, desk, cast, job):
        item = {"key": "floor", "phase": "during", "type": "photo_pair", "words": {"zh": "地板", "en": "The floor"},
                "hint": {"zh": "", "en": ""}, "required": True, "when": [], "sheet": "", "least": 1}  # fmt: skip
        version = a_checklist("repair", {**CONTENT, "items": [item]}, branch=cast.store)
        shoot(job, cast.technician, planks(), item="floor")
        text = page(desk, job)
        assert re.search(r'<h3 lang="en">The floor</h3>', text)
        assert "No photo after the work" in text
        assert queries.checklist_ids([job]) == {job.id: version.id}

    @pytest.mark.parametrize(
        ("state", "words"), [(ANNOUNCED, "Still on the phone"), (RECEIVING, "On its way")]
    )
    def test_it_says_where_the_bytes_are(self, desk, cast, job, state, words):
        shoot(job, cast.technician, planks(), state=state)
        text = page(desk, job)
        assert words in text
        assert "?as=thumb" not in text
        assert "?as=original" not in text

    def test_whole_and_not_looked_at_it_is_being_checked(self, desk, cast, job):
        photo = shoot(job, cast.technician, planks(), state=RECEIVING)
        photo.blob.state = "verified"
        assert "Here, being checked" in page(desk, job)

    def test_what_the_camera_declared_stands_as_declared(self, desk, cast, job):
        shoot(job, cast.technician, planks(), source="gallery", declared_time="2026:11:20 09:00:01",
              declared_lat=39.5, declared_lng=116.25, file_name="IMG_1.jpg")  # fmt: skip
        text = plain(page(desk, job))
        for words in ("from the gallery", "2026:11:20 09:00:01 as the camera declared it",
                      "116.25000,39.50000 WGS-84 as the camera declared it", "IMG_1.jpg"):  # fmt: skip
            assert words in text

    def test_taken_again_and_removed_are_folded_with_their_reason(self, desk, cast, job):
        first = shoot(job, cast.technician, planks(1), caption="第一张")
        shoot(job, cast.technician, planks(2), replaces_id=first.id)
        other = shoot(job, cast.technician, planks(3))
        when = Happening(at=clock.now(), op_id=new_id())
        actions.void_photo(job, other.id, "拍糊了", by=cast.technician, when=when)
        db.session.commit()
        folded = page(desk, job).split("Taken again or removed: 2")[1]
        assert "第一张" in folded
        assert "taken again" in folded
        assert "拍糊了" in folded

    def test_late_and_of_an_earlier_crew_is_said(self, desk, cast, job):
        shoot(job, cast.technician, planks(1), is_late=True)
        assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=clock.now())
        db.session.commit()
        text = page(desk, job)
        assert "late entry" in text
        assert "of an earlier crew" in text

    @pytest.mark.parametrize(("role", "sees"), [("dispatcher", True), ("quality", True), ("finance", False)])
    def test_the_file_is_offered_to_who_may_have_it(self, app, cast, job, role, sees):
        shoot(job, cast.technician, planks())
        text = page(sign_in(app.test_client(), getattr(cast, role)), job)
        assert ("?as=original" in text) == sees
        assert "?as=view" in text

    def test_it_asks_the_database_as_often_for_many_photos_as_for_one(self, desk, cast, job):
        counted = []
        page(desk, job)  # what is read once for a day is read now
        for number in (1, 30):
            for shade in range(number):
                shoot(job, cast.technician, f"{number} {shade}".encode(), state=ANNOUNCED)
            statements: list[str] = []

            def listen(_c, _u, statement, *_rest, found=statements):
                found.append(statement)

            sa.event.listen(db.engine, "before_cursor_execute", listen)
            page(desk, job)
            sa.event.remove(db.engine, "before_cursor_execute", listen)
            counted.append(len(statements))
        assert counted[0] == counted[1]


class TestWhatChangesByItself:
    def test_the_part_comes_alone_and_only_when_it_is_another(self, desk, cast, job):
        asked = {"HX-Request": "true"}
        address = f"/jobs/{job.id}/visit"
        first = desk.get(f"{address}?since={job.version}", headers=asked)
        assert (first.status_code, first.data) == (204, b"")
        before = job.version
        shoot(job, cast.technician, planks())
        second = desk.get(f"{address}?since={before}", headers=asked)
        assert second.status_code == 200
        assert "?as=thumb" in second.text
        assert "<html" not in second.text
        assert desk.get(address).location == f"/jobs/{job.id}"

    def test_another_branch_and_the_road_get_nothing(self, app, cast, job):
        address = f"/jobs/{job.id}/visit"
        assert sign_in(app.test_client(), cast.outsider).get(address).status_code == 404
        assert sign_in(app.test_client(), cast.technician).get(address).status_code == 403


class TestConduct:
    def test_nothing_begun_has_no_panel(self, desk, cast):
        a_checklist("repair", CONTENT)
        assert "On-site conduct" not in page(desk, a_job(cast.store, cast.technician))

    def test_answers_stand_in_words_by_phase_with_what_is_missing(self, desk, cast, job):
        version = queries.checklist_ids([job])[job.id]
        answer(job, version, "cause", {"chosen": ["other"], "text": "管道渗水"}, by=cast.technician)
        text = page(desk, job)
        for words in ("On-site conduct", "version 1", "沈店长", "Other: 管道渗水", "Still missing: "):
            assert words in text, words
        assert "Knock and greet" in text.split("Still missing")[1]

    def test_what_could_not_be_is_set_apart(self, desk, cast, job):
        version = queries.checklist_ids([job])[job.id]
        answer(job, version, "greet", {"done": False, "why": "门开着"}, by=cast.technician)
        text = plain(page(desk, job))
        assert "Could not be done: 1 Knock and greet : 门开着" in text

    def test_earlier_answers_are_folded_in_the_words_of_their_version(self, desk, cast, job):
        version = queries.checklist_ids([job])[job.id]
        for value in ({"chosen": ["damp"], "text": ""}, {"chosen": ["other"], "text": "渗水"}, None):
            answer(job, version, "cause", value, by=cast.technician)
        text = plain(page(desk, job)).split("Earlier answers: 3")[1]
        assert re.search(r"Cause → taken back.*Cause → Other: 渗水.*Cause → Damp", text)

    def test_a_later_version_changes_nothing_of_it(self, desk, cast, job):
        version = queries.checklist_ids([job])[job.id]
        answer(job, version, "greet", DONE, by=cast.technician)
        a_checklist("repair", {**CONTENT, "items": []}, branch=cast.store)
        assert "Knock and greet" in page(desk, job)

    def test_it_is_read_in_the_readers_language(self, desk, cast, job):
        version = queries.checklist_ids([job])[job.id]
        answer(job, version, "cause", {"chosen": ["damp"], "text": ""}, by=cast.technician)
        desk.set_cookie("lang", "zh", domain="localhost")
        text = page(desk, job)
        assert "受潮" in text
        assert "Damp" not in text


class TestCharges:
    def test_a_visit_for_free_has_none(self, desk, job):
        assert 'id="charges"' not in page(desk, job)

    def test_planned_agreed_and_stated_with_the_differences(self, desk, cast, job):
        job.amount_fen, job.amount_reason = 18000, "上门费"
        db.session.commit()
        when = Happening(at=clock.now(), op_id=new_id())
        given = {"text": "上门费", "quantity_milli": 1000, "unit": "", "unit_price_fen": 10000, "amount_fen": 10000}
        actions.state_charges(job, [given], by=cast.technician, when=when)
        db.session.commit()
        text = plain(page(desk, job).split('id="charges"')[1])
        for words in ("Planned ¥180 上门费", "nothing beyond the plan", "as stated by 王建国", "Total ¥100",
                      "¥80 less than agreed"):  # fmt: skip
            assert words in text

    def test_more_than_is_agreed_now_does_not_count(self, desk, cast, job):
        job.amount_fen = 40000
        db.session.commit()
        actions.state_charges(job, [LINE], by=cast.technician, when=Happening(at=clock.now(), op_id=new_id()))
        job.amount_fen = 20000
        db.session.commit()
        text = plain(page(desk, job).split('id="charges"')[1])
        assert "¥300 was stated, more than is agreed now" in text
        assert "Total ¥200" in text

    def test_an_agreement_is_named_and_leads_to_its_sheet(self, desk, cast, job):
        job.amount_fen = 18000
        take_photos(job, cast.technician)
        register_key(cast.technician)
        case = next(one for one in VECTORS["cases"] if one["name"].startswith("an agreement"))
        signed_on(job, cast.technician, shown=case["shown"], signed=case["signed"])
        text = page(desk, job)
        assert 'href="#sheets"' in text
        words = plain(text.split('id="charges"')[1])
        assert "Agreed on site + ¥90 Agreement number 1, 张伟" in words
        assert "Agreed total ¥270" in words


    def test_no_more_counts_than_the_customer_signed_for(self, desk, cast, job):
        job.amount_fen = 40000
        take_photos(job, cast.technician)
        register_key(cast.technician)
        state = {"by": cast.technician}
        less, more = ({"text": "换板", "quantity_milli": 1000, "unit": "", "unit_price_fen": fen, "amount_fen": fen}
                      for fen in (9000, 30000))  # fmt: skip
        actions.state_charges(job, [less], when=Happening(at=clock.now(), op_id=new_id()), **state)
        assert signed_on(job, cast.technician).fault == ""
        actions.state_charges(job, [more], when=Happening(at=clock.now(), op_id=new_id()), **state)
        job.state = "finished"
        db.session.commit()
        assert queries.visit_of(job).charged_lines == [less]
        for text in (page(desk, job).split('id="charges"')[1], desk.get(f"/jobs/{job.id}/closing").text):
            assert "The customer signed for ¥210 less than was stated or agreed" in plain(text)
        assert "Total ¥90" in plain(page(desk, job).split('id="charges"')[1])
        actions.state_charges(job, [less], when=Happening(at=clock.now(), op_id=new_id()), accepted=True, **state)
        db.session.commit()
        assert "signed for" not in page(desk, job).split('id="charges"')[1]


class TestIncidents:
    def test_they_stand_at_the_top(self, desk, cast, job):
        when = Happening(at=clock.now(), op_id=new_id())
        actions.report_incident(job, "damage", "碰坏踢脚线", by=cast.technician, when=when)
        db.session.commit()
        text = page(desk, job)
        assert text.index("碰坏踢脚线") < text.index('class="cols"')
        assert "Something was damaged" in text


class TestClosing:
    def test_it_is_closed_and_opened_again(self, desk, cast, job):
        shoot(job, cast.technician, planks())
        end(job)
        assert "Ready to be closed" in page(desk, job)
        assert close(desk, job).location == f"/jobs/{job.id}"
        assert queries.is_closed(job)
        text = page(desk, job)
        assert "Open again" in text
        assert "沈女士" in text
        answered = send_form(desk, f"/jobs/{job.id}/reopening", {"reason": " 还差一张收据 "})
        assert answered.location == f"/jobs/{job.id}"
        assert not queries.is_closed(job)
        entry = log_of("job", job.id)[-1]
        assert (entry.kind, json.loads(entry.body)["reason"]) == ("office.reopen_job", "还差一张收据")

    def test_opening_again_needs_a_reason(self, desk, job):
        end(job)
        close(desk, job)
        answered = send_form(desk, f"/jobs/{job.id}/reopening", {"reason": "  "})
        assert answered.status_code == 422
        assert "A reason is needed." in answered.text
        assert queries.is_closed(job)

    def test_what_is_typed_stays_when_somebody_was_faster(self, desk, cast, job):
        end(job)
        close(desk, job)
        answered = send_form(desk, f"/jobs/{job.id}/reopening", {"reason": "还差收据", "version": job.version - 1})
        assert answered.status_code == 409
        assert "Somebody changed this meanwhile" in answered.text
        assert "还差收据" in answered.text
        assert f'name="version" value="{job.version}"' in answered.text
        assert queries.is_closed(job)

    def test_a_stale_page_closes_nothing(self, desk, job):
        end(job)
        answered = close(desk, job, version=job.version - 1)
        assert answered.status_code == 409
        assert "Somebody changed this meanwhile" in answered.text
        assert not queries.is_closed(job)

    def test_closed_twice_it_is_closed_once(self, desk, job):
        end(job)
        close(desk, job)
        again = close(desk, job)
        assert again.location == f"/jobs/{job.id}"
        assert "The visit is closed already." in desk.get(again.location).text
        assert [one.kind for one in log_of("job", job.id)].count("office.close_job") == 1

    def test_not_closed_it_is_not_opened(self, desk, job):
        end(job)
        answered = desk.get(f"/jobs/{job.id}/reopening")
        assert answered.location == f"/jobs/{job.id}"

    @pytest.mark.parametrize("state", ["working", "cancelled"])
    def test_what_has_not_ended_or_was_cancelled_is_not_closed(self, desk, job, state):
        end(job, state)
        assert "/closing" not in page(desk, job)
        answered = close(desk, job)
        assert answered.status_code == 422
        assert "The visit has not ended." in answered.text

    def test_photos_that_are_not_here_stand_in_the_way(self, desk, cast, job):
        for shade in range(3):
            shoot(job, cast.technician, planks(shade), state=ANNOUNCED)
        end(job)
        text = page(desk, job)
        assert "Photos that have not arrived yet: 3." in text
        assert "/closing" not in text
        answered = close(desk, job)
        assert answered.status_code == 422
        assert "Photos that have not arrived yet: 3." in answered.text
        assert not queries.is_closed(job)

    @pytest.mark.parametrize("way", ["retaken", "waived"])
    def test_an_unusable_picture_until_it_is_retaken_or_waived(self, desk, cast, job, way):
        photo = shoot(job, cast.technician, cut_short(planks()), file_name="IMG_7.jpg")
        end(job)
        text = page(desk, job)
        assert "The picture was cut short" in text
        assert "Photos that cannot be used: 1." in text
        assert close(desk, job).status_code == 422
        if way == "retaken":
            shoot(job, cast.technician, planks(), replaces_id=photo.id)
        else:
            address = f"/jobs/{job.id}/photos/{photo.id}/waiver"
            answered = send_form(desk, address, {"reason": "另一张看得清楚"})
            assert answered.location == f"/jobs/{job.id}"
            assert "The office does without it: 另一张看得清楚" in page(desk, job)
        assert close(desk, job).status_code == 303
        assert queries.is_closed(job)

    @pytest.mark.parametrize("role", ["finance", "service_desk", "quality", "administrator"])
    def test_others_read_and_do_not_close(self, app, cast, job, role):
        photo = shoot(job, cast.technician, cut_short(planks()))
        end(job)
        client = sign_in(app.test_client(), getattr(cast, role))
        text = page(client, job)
        for way in ("closing", "reopening", f"photos/{photo.id}/waiver"):
            address = f"/jobs/{job.id}/{way}"
            assert address not in text
            assert client.get(address).status_code == 403
            assert send_form(client, address, {"reason": "x"}, text=text).status_code == 403

    def test_another_branch_must_not_know(self, app, cast, job):
        photo = shoot(job, cast.technician, cut_short(planks()))
        end(job)
        outsider, technician = (sign_in(app.test_client(), one) for one in (cast.outsider, cast.technician))
        for way in ("closing", "reopening", f"photos/{photo.id}/waiver"):
            assert outsider.get(f"/jobs/{job.id}/{way}").status_code == 404
            assert technician.get(f"/jobs/{job.id}/{way}").status_code == 403


class TestDoingWithoutAPhoto:
    def test_it_needs_a_reason_and_keeps_what_was_typed(self, desk, cast, job):
        photo = shoot(job, cast.technician, cut_short(planks()))
        address = f"/jobs/{job.id}/photos/{photo.id}/waiver"
        assert send_form(desk, address, {"reason": ""}).status_code == 422
        long = send_form(desk, address, {"reason": "长" * 501})
        assert long.status_code == 422
        assert "长" * 501 in long.text
        assert db.session.get_one(Evidence, photo.id).waived_at is None

    def test_the_first_reason_stays(self, desk, cast, job):
        photo = shoot(job, cast.technician, cut_short(planks()))
        address = f"/jobs/{job.id}/photos/{photo.id}/waiver"
        opened = desk.get(address).text
        for reason in ("一", "二"):
            assert send_form(desk, address, {"reason": reason}, text=opened).status_code == 303
        assert db.session.get_one(Evidence, photo.id).waive_reason == "一"
        assert [one.kind for one in log_of("job", job.id)].count("office.waive_photo") == 1

    def test_one_that_never_comes_can_be_done_without(self, desk, cast, job):
        photo = shoot(job, cast.technician, planks(), state=ANNOUNCED)
        assert "/waiver" not in page(desk, job)
        end(job)
        assert f"photos/{photo.id}/waiver" in page(desk, job)
        send_form(desk, f"/jobs/{job.id}/photos/{photo.id}/waiver", {"reason": "手机丢了"})
        assert "The office does without it: 手机丢了" in page(desk, job)
        assert "Photos not here yet" not in desk.get("/jobs").text
        assert close(desk, job).status_code == 303

    def test_a_usable_one_and_one_of_another_job_are_not_for_it(self, desk, cast, job):
        good, bad = shoot(job, cast.technician, planks()), shoot(job, cast.technician, cut_short(planks()))
        other = a_job(cast.store, cast.technician)
        assert desk.get(f"/jobs/{job.id}/photos/{good.id}/waiver").status_code == 303
        assert desk.get(f"/jobs/{other.id}/photos/{bad.id}/waiver").status_code == 404
        assert desk.get(f"/jobs/{job.id}/photos/nothing/waiver").status_code == 404


class TestLists:
    def test_list_and_day_say_what_is_closed_and_what_is_not_here(self, desk, cast, job):
        waiting, bad = (a_job(cast.store, cast.technician, state="finished") for _ in range(2))
        shoot(waiting, cast.technician, planks(), state=ANNOUNCED)
        shoot(bad, cast.technician, cut_short(planks()))
        end(job)
        close(desk, job)
        running = a_job(cast.store, cast.technician, state="working")
        shoot(running, cast.technician, planks(9), state=ANNOUNCED)
        for address in ("/jobs", f"/day?day={MOMENT.date()}", f"/customers/{waiting.site.customer_id}"):
            text = desk.get(address).text
            assert text.count("Photos not here yet: 1") == 1, address
            if "customers" not in address:
                assert text.count("Photos that cannot be used: 1") == 1, address
                assert len(re.findall(r"</svg>visit closed<", text)) == 1, address


def test_who_takes_an_original_stands_in_the_access_log(desk: FlaskClient, app: Flask, cast: Cast, job: Job) -> None:
    photo = shoot(job, cast.technician, planks())
    address = f"/api/blobs/{photo.sha256}"
    nonce = {"X-Fieldservice-Nonce": "0123456789abcdef"}
    assert desk.get(f"{address}?as=original", headers=nonce).data == planks()
    assert desk.get(f"{address}?as=view", headers=nonce).status_code == 200
    assert sign_in(app.test_client(), cast.finance).get(f"{address}?as=original", headers=nonce).status_code == 403
    entry = db.session.scalars(sa.select(AccessEntry).filter_by(act="original_opened")).one()
    assert (entry.person_id, entry.subject_type, entry.subject_id) == (cast.dispatcher.id, "evidence", photo.id)
