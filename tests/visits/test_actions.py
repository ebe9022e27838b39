"""What is done on a visit: the checklist that is pinned, what is missing at the end, photos, waiving, closing."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from fieldservice.accounts.models import Person
from fieldservice.checklists.models import PUBLISHED, RETIRED
from fieldservice.core import clock
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.jobs.actions import StepGiven, accept_late_work, assign_job, take_step
from fieldservice.visits import actions, queries, rules
from fieldservice.visits.actions import PhotoTaken
from fieldservice.visits.listeners import sees_a_job_with_it
from tests.builders import MOMENT, a_checklist, a_customer, a_job, a_product, a_site

CONTENT = json.loads((Path(__file__).parents[1] / "vectors" / "visit_checklist.json").read_text())
DONE = {"done": True}


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
def checklist(cast):
    return a_checklist("repair", CONTENT)


@pytest.fixture
def job(cast, checklist):
    return a_job(cast.store, cast.technician, helpers=(cast.second_technician,), state="working")


def now(at=None):
    return Happening(at=at or clock.now(), op_id=new_id())


def answer(job, version, item="greet", value=DONE, *, by, **given):
    return actions.answer_item(job, version.id, item, value, by=by, when=now(), **given)


def shoot(job, by, n=1, **given):
    taken = PhotoTaken(**{"slot": "before", "item": "before", "sha256": f"{n:064x}", "size": 400_000,
                          "media_type": "image/jpeg", "source": "camera"} | given)  # fmt: skip
    return actions.add_photo(job, taken, by=by, when=now())


def complete(job, version, by):
    answer(job, version, by=by)
    answer(job, version, "cause", {"chosen": ["damp"], "text": ""}, by=by)
    return shoot(job, by)


class TestTheChecklistOfAVisit:
    def test_the_branchs_own_goes_before_that_of_the_organisation(self, cast, session, checklist):
        own = a_checklist("repair", CONTENT, branch=cast.store)
        here, there = a_job(cast.store, cast.technician), a_job(cast.other_store, cast.outside_technician)
        assert queries.checklist_ids([here, there]) == {here.id: own.id, there.id: checklist.id}

    def test_a_draft_or_another_kind_of_visit_is_none(self, cast, session):
        a_checklist("repair", CONTENT, state="draft")
        a_checklist("maintenance", CONTENT)
        job = a_job(cast.store, cast.technician)
        assert queries.checklist_ids([job]) == {job.id: None}
        assert queries.missing_of(job) == []

    def test_a_visit_that_ended_without_one_has_none(self, cast, session, checklist):
        job = a_job(cast.store, cast.technician, state="finished")
        assert queries.visit_parts([job])[job.id]["checklist"] is None

    def test_a_new_version_does_not_change_a_visit_that_has_begun(self, cast, session, job, checklist):
        answer(job, checklist, by=cast.technician)
        checklist.state = RETIRED
        session.flush()
        a_checklist("repair", {**CONTENT, "items": []}, template=checklist.template)
        assert queries.visit_parts([job])[job.id]["checklist"] == {"id": checklist.id, "pinned": True}

    def test_a_new_lead_begins_anew_and_the_earlier_one_goes_on(self, cast, session, job, checklist, at):
        answer(job, checklist, by=cast.technician)
        take_step(job, StepGiven("finish"), by=cast.technician, when=now())
        job.state = "working"
        session.commit()
        assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=at)
        session.commit()
        assert (job.checklist_id, queries.visit_of(job).values) == (None, {})
        accept_late_work(job, [], author=cast.technician, by=cast.dispatcher, at=at)
        assert (job.checklist_id, queries.visit_of(job).values) == (checklist.id, {"greet": DONE})

    def test_jobs_not_begun_are_sent_again_when_a_version_is_published(self, cast, session, job, checklist):
        begun, ended = a_job(cast.store, cast.technician), a_job(cast.store, cast.technician, state="finished")
        answer(begun, checklist, by=cast.technician)
        session.commit()
        before = {one.id: one.version for one in (job, begun, ended)}
        draft = a_checklist("repair", CONTENT, template=checklist.template, state="draft")
        assert {one.id: one.version for one in (job, begun, ended)} == before
        checklist.state, draft.state, draft.published_at = RETIRED, PUBLISHED, clock.now()
        session.commit()
        assert job.version > before[job.id]
        assert {one.id: one.version for one in (begun, ended)} == {one.id: before[one.id] for one in (begun, ended)}


class TestAnswers:
    def test_the_one_before_is_history(self, cast, session, job, checklist):
        first = answer(job, checklist, by=cast.technician)
        second = answer(job, checklist, value={"done": False, "why": "没人"}, by=cast.technician)
        session.flush()
        assert (first.is_current, second.is_current) == (False, True)

    def test_taken_back_it_is_missing_again(self, cast, session, job, checklist):
        complete(job, checklist, cast.technician)
        assert queries.missing_of(job) == []
        answer(job, checklist, value=None, by=cast.technician)
        assert queries.missing_of(job) == ["greet"]

    def test_one_to_another_version_counts_when_the_dispatcher_says_so(self, cast, session, job, checklist):
        other = a_checklist("repair", CONTENT, template=checklist.template, state="retired")
        answer(job, checklist, by=cast.technician)
        with pytest.raises(RuleBroken, match="checklist_other"):
            answer(job, other, "tools", by=cast.technician)
        answer(job, other, "tools", by=cast.technician, accepted=True)
        assert set(queries.visit_of(job).values) == {"greet", "tools"}

    def test_after_closing_none(self, cast, session, job, checklist, at):
        job.state = "finished"
        session.commit()
        actions.close_job(job, expected_version=job.version, by=cast.dispatcher, at=at)
        with pytest.raises(RuleBroken, match="job_closed"):
            answer(job, checklist, "tools", by=cast.technician)


class TestTheEnd:
    def test_says_how_many_are_missing_and_the_first_in_words(self, cast, session, job, checklist, at):
        with pytest.raises(RuleBroken) as raised:
            actions.check_finish(job, checklist.id, language="en", at=at)
        assert raised.value.facts == {"missing": 3, "first": "Knock and greet"}

    def test_a_phone_that_names_none_is_held_to_what_was_published_when_the_run_began(self, cast, session, job, at):
        with pytest.raises(RuleBroken, match="checklist_incomplete"):
            actions.check_finish(job, None, language=None, at=at)

    def test_what_was_published_later_does_not_count(self, cast, session, at):
        job = a_job(cast.store, cast.technician, type="maintenance")
        take_step(job, StepGiven("accept"), by=cast.technician, when=now(MOMENT))
        a_checklist("maintenance", CONTENT, published_at=MOMENT + timedelta(minutes=1))
        actions.check_finish(job, None, language="zh", at=at)

    def test_photos_of_an_earlier_run_fill_no_slot(self, cast, session, job, checklist, at):
        complete(job, checklist, cast.technician)
        session.commit()
        assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=at)
        assert queries.missing_of(job, checklist) == ["greet", "cause", "before"]


class TestClosing:
    @pytest.fixture
    def photo(self, cast, session, job, checklist):
        found = complete(job, checklist, cast.technician)
        job.state = "finished"
        session.commit()
        return found

    def close(self, job, cast, at):
        return actions.close_job(job, expected_version=job.version, by=cast.dispatcher, at=at)

    def test_only_with_all_bytes_looked_at(self, cast, session, job, photo, at):
        with pytest.raises(RuleBroken) as raised:
            self.close(job, cast, at)
        assert (raised.value.code, raised.value.facts) == ("photos_missing", {"count": 1})
        photo.blob.state = "verified"
        with pytest.raises(RuleBroken, match="photos_unchecked"):
            self.close(job, cast, at)
        photo.blob.picture = "usable"
        self.close(job, cast, at)
        session.commit()
        assert queries.visit_parts([job])[job.id]["closed"]
        assert log_of("job", job.id)[-1].kind == "office.close_job"

    def test_an_unusable_picture_is_waived_with_a_reason_or_taken_again(self, cast, session, job, photo, at):
        photo.blob.state, photo.blob.picture = "verified", "usable"
        with pytest.raises(RuleBroken, match="photo_not_unusable"):
            actions.waive_photo(photo, "够了", by=cast.dispatcher, at=at)
        photo.blob.picture, photo.blob.why = "unusable", "truncated"
        with pytest.raises(RuleBroken, match="photos_unusable"):
            self.close(job, cast, at)
        with pytest.raises(RuleBroken, match="reason_missing"):
            actions.waive_photo(photo, " ", by=cast.dispatcher, at=at)
        actions.waive_photo(photo, "别的照片看得清", by=cast.dispatcher, at=at)
        self.close(job, cast, at)
        assert queries.visit_parts([job])[job.id]["photos"][0]["waived"]

    def test_a_photo_lost_with_its_phone_is_waived_too(self, cast, session, job, photo, at):
        actions.waive_photo(photo, "手机掉水里了", by=cast.dispatcher, at=at)
        self.close(job, cast, at)

    def test_a_photo_taken_out_is_not_waited_for(self, cast, session, job, photo, at):
        actions.void_photo(job, photo.id, "", by=cast.technician, when=now())
        self.close(job, cast, at)

    def test_neither_twice_nor_before_the_end_nor_over_a_change(self, cast, session, job, photo, at):
        photo.blob.state, photo.blob.picture = "verified", "usable"
        with pytest.raises(Conflict):
            actions.close_job(job, expected_version=job.version - 1, by=cast.dispatcher, at=at)
        self.close(job, cast, at)
        with pytest.raises(RuleBroken, match="closed_already"):
            self.close(job, cast, at)
        with pytest.raises(RuleBroken, match="job_not_ended"):
            self.close(a_job(cast.store, cast.technician, state="cancelled", cancelled_from="assigned"), cast, at)

    def test_what_was_closed_upon_stays_as_it_is(self, cast, session, job, photo, at):
        photo.blob.state, photo.blob.picture = "verified", "usable"
        self.close(job, cast, at)
        with pytest.raises(RuleBroken, match="job_closed"):
            actions.void_photo(job, photo.id, "", by=cast.technician, when=now())
        with pytest.raises(RuleBroken, match="job_closed"):
            actions.caption_photo(job, photo.id, "别的", by=cast.technician)
        again = shoot(job, cast.technician, 2, replaces_id=photo.id)
        assert (photo.is_void, photo.caption, again.is_void) == (False, "", False), "what was taken is kept all the same"

    def test_opened_again_with_a_reason(self, cast, session, job, photo, at):
        photo.blob.state, photo.blob.picture = "verified", "usable"
        self.close(job, cast, at)
        session.commit()
        version = job.version
        actions.reopen_job(job, "客户来电", expected_version=version, by=cast.dispatcher, at=at)
        session.commit()
        assert (queries.is_closed(job), job.version > version) == (False, True)
        with pytest.raises(RuleBroken, match="not_closed"):
            actions.reopen_job(job, "客户来电", expected_version=job.version, by=cast.dispatcher, at=at)


class TestWhoSeesAPhoto:
    def test_desk_of_the_branch_and_crew(self, cast, session, job):
        photo = shoot(job, cast.second_technician)
        session.commit()
        people = {name: one for name, one in vars(cast).items() if isinstance(one, Person)}
        seen = {name: sees_a_job_with_it(person, [photo]) for name, person in people.items()}
        assert {name for name, sees in seen.items() if sees} == {
            "administrator", "head_office_manager", "branch_manager", "dispatcher", "service_desk", "finance", "quality",
            "technician", "second_technician"}  # fmt: skip


@pytest.mark.parametrize(("start", "bought", "day", "expected"), [
    (None, None, "2026-11-21", False),
    ("2025-11-21", None, "2026-11-21", True),
    ("2025-11-21", None, "2026-11-22", False),
    (None, "2025-11-21", "2026-11-21", True),
    ("2025-12-01", "2025-01-01", "2026-11-21", True),
    ("2024-02-29", None, "2025-02-28", True),
    ("2024-02-29", None, "2025-03-01", False),
    ("2027-01-01", None, "2026-11-21", True),
])  # fmt: skip
def test_a_year_of_warranty(start, bought, day, expected):
    days = (date.fromisoformat(one) if one else None for one in (start, bought))
    assert rules.is_under_warranty(*days, date.fromisoformat(day)) is expected


def test_the_day_of_the_visit_decides_about_the_warranty(cast, session):
    site = a_site(a_customer(cast.store))
    product = a_product(site, warranty_start_on=date(2025, 11, 21))
    job = a_job(cast.store, cast.technician, site=site, product_id=product.id)
    assert queries.is_under_warranty(job)
    job.visit_on = None
    assert not queries.is_under_warranty(job, at=MOMENT + timedelta(days=1))
