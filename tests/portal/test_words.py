"""What customers say by the link: taken once, in the right state, by who knows the digits; answered at the desk."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.jobs.models import Job
from fieldservice.portal import actions, queries
from fieldservice.portal.models import CustomerWord, WordAnswer
from fieldservice.portal.payloads import window_code
from fieldservice.web.exceptions import Asked, find
from tests.builders import MOMENT, a_job
from tests.cast import sign_in
from tests.portal.visitor import PHONE_BROWSER, Visitor, link_of
from tests.support.forms import post_form
from tests.support.html import form_token


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


@pytest.fixture
def planned(cast):
    return a_job(cast.store, cast.technician, state="accepted")


@pytest.fixture
def finished(cast):
    return a_job(cast.store, cast.technician, state="finished")


@pytest.fixture
def about_planned(app, planned):
    return _inside(app, planned)


@pytest.fixture
def about_finished(app, finished):
    return _inside(app, finished)


def _inside(app, job) -> Visitor:
    visitor = Visitor(app.test_client(), link_of(job))
    visitor.let_in()
    return visitor


def words() -> list[CustomerWord]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(CustomerWord).order_by(CustomerWord.id)))


# ---- saying ----


def test_nothing_is_said_without_the_digits(client, finished):
    visitor = Visitor(client, link_of(finished))
    answer = visitor.say("confirmed", finished)
    assert answer.status_code == 403
    assert "last four digits" in answer.text
    assert words() == []


def test_our_own_people_answer_for_no_customer(client, cast, finished):
    visitor = Visitor(client, link_of(finished))
    visitor.let_in()
    sign_in(client, cast.dispatcher)
    for answer in (visitor.say("confirmed", finished), visitor.post(f"/visits/{finished.id}/signature", whole="1")):
        assert answer.status_code == 403
        assert "signed in as staff" in answer.text
    assert words() == []


def test_another_site_and_a_form_without_its_token_say_nothing(about_finished, finished):
    visitor = about_finished
    data = {"kind": "confirmed", "job": finished.id, "word_id": new_id()}
    token = form_token(visitor.get().text)
    foreign = visitor.headers | {"Sec-Fetch-Site": "cross-site"}
    for sent, headers in ((data, visitor.headers), ({**data, "csrf_token": token}, foreign)):
        answer = visitor.client.post(visitor.path + "/words", data=sent, headers=headers)
        assert answer.status_code == 403
        assert visitor.path in answer.text  # the way back is to the own page, not to the desk
        assert "sign-in" not in answer.text
    assert words() == []


def test_confirming_is_said_once_however_often_it_is_sent(about_finished, finished):
    for _ in range(2):
        assert about_finished.say("confirmed", finished).status_code == 303
    assert [word.kind for word in words()] == ["confirmed"]
    assert "You confirmed the work today 10:00." in about_finished.words


def test_a_form_sent_twice_is_one_word_even_when_it_was_changed(about_finished, finished):
    word_id = new_id()
    for text in ("有条缝", "有条缝。"):
        about_finished.say("disputed", finished, words=text, word_id=word_id)
    assert [word.words for word in words()] == ["有条缝"]


def test_a_dispute_names_its_reason_and_is_promised_an_answer(about_finished, finished):
    assert about_finished.say("disputed", finished, words=" ").status_code == 422
    about_finished.say("disputed", finished, words="踢脚线有缝 <b>")
    assert "丰台店 will get back to you by tomorrow 10:00." in about_finished.words
    assert "&lt;b&gt;" in about_finished.get().text
    assert about_finished.say("confirmed", finished).status_code == 303  # and later it is well
    assert "You confirmed the work" in about_finished.words


def test_a_rating_that_is_given_again_stands_in_the_place_of_the_first(about_finished, finished):
    about_finished.say("rating", finished, attitude="5", efficiency="4", skill="")
    assert "Your rating: 5 · 4 · –" in about_finished.words
    about_finished.say("rating", finished, attitude="2", words="后来发现有划痕")
    assert "Your rating: 2 · – · –" in about_finished.words
    rows = words()
    assert [row.attitude for row in rows] == [5, 2]
    assert [row.answer_by_at is not None for row in rows] == [False, True]
    assert queries.standing_ids(rows) == {rows[1].id}


@pytest.mark.parametrize("data", [{}, {"attitude": "6"}, {"attitude": "0"}, {"skill": "x"}, {"words": "好"}])
def test_a_rating_needs_marks_from_1_to_5(about_finished, finished, data):
    assert about_finished.say("rating", finished, **data).status_code == 422
    assert words() == []


def test_words_that_are_too_long_are_refused_and_named(about_finished, finished):
    answer = about_finished.say("disputed", finished, words="缝" * 1001)
    assert answer.status_code == 422
    assert "1001" in answer.text


def test_another_time_is_chosen_from_what_is_free(about_planned, planned, cast):
    taken = queries.offers_for(planned, at=MOMENT)
    assert len(taken) == 3
    for who in (cast.technician, cast.second_technician):  # while one of them is free, it is offered
        assert taken[0] in queries.offers_for(planned, at=MOMENT)
        a_job(cast.store, who, start_at=taken[0].start_at, window_end_at=taken[0].end_at, planned_minutes=240)
    offered = queries.offers_for(planned, at=MOMENT)
    assert taken[0] not in offered
    assert about_planned.say("wish", planned, window=window_code(taken[0])).status_code == 422
    assert about_planned.say("wish", planned, window=window_code(offered[0])).status_code == 303
    word = words()[0]
    assert (word.wish_start_at, word.wish_end_at) == (offered[0].start_at, offered[0].end_at)
    assert word.answer_by_at == MOMENT + timedelta(hours=2)
    assert "丰台店 will get back to you by today 12:00." in about_planned.words


def test_a_wish_in_words_at_night_is_answered_in_the_morning(about_planned, planned):
    with clock.frozen(MOMENT + timedelta(hours=11, minutes=30)):  # 21:30
        about_planned.let_in()
        assert about_planned.say("wish", planned).status_code == 422
        about_planned.say("wish", planned, words="周末都可以")
        assert "by tomorrow 10:30" in about_planned.words


@pytest.mark.parametrize(
    ("state", "kind", "said"),
    [
        ("accepted", "confirmed", "has not ended yet"), ("accepted", "rating", "has not ended yet"),
        ("finished", "wish", "has already ended"), ("cancelled", "wish", "is cancelled"),
        ("cancelled", "disputed", "is cancelled"), ("working", "wish", "already with you"),
        ("absent", "confirmed", "has not ended yet"),
    ],
)  # fmt: skip
def test_the_wrong_state_is_named(app, cast, state, kind, said):
    job = a_job(cast.store, cast.technician, state=state)
    answer = _inside(app, job).say(kind, job, words="x", attitude="5")
    assert answer.status_code == 422
    assert said in answer.text
    assert words() == []


def test_another_cases_visit_cannot_be_spoken_of(about_finished, planned):
    assert about_finished.say("wish", planned, words="x").status_code == 404
    assert about_finished.say("wish", None, words="x").status_code == 422
    assert about_finished.say("nonsense", None, words="x").status_code == 422
    assert words() == []


def test_a_complaint_is_about_the_case_and_each_one_stands(about_finished):
    for text in ("态度不好", "还是没人来电话"):
        about_finished.say("complaint", None, words=text)
    assert queries.standing_ids(words()) == {word.id for word in words()}
    assert "态度不好" in about_finished.words


def test_what_is_said_moves_no_phone(about_finished, finished):
    before = finished.version
    about_finished.say("confirmed", finished)
    assert db.session.get_one(Job, finished.id, populate_existing=True).version == before


# ---- answering ----


@pytest.fixture
def wish(about_planned, planned):
    offered = queries.offers_for(planned, at=MOMENT)[1]
    about_planned.say("wish", planned, window=window_code(offered), words="下午方便")
    return words()[0]


@pytest.fixture
def desk(app, cast):
    return sign_in(app.test_client(), cast.dispatcher)


def test_the_desk_agrees_with_the_form_filled_in_and_the_visit_moves(desk, wish, planned, about_planned):
    page = desk.get(f"/words/{wish.id}/acceptance").text
    assert 'value="2026-11-23"' in page  # nobody works on Sunday
    assert 'value="13:30"' in page
    answer = post_form(desk, f"/words/{wish.id}/acceptance", {
        "day": "2026-11-22", "start": "14:30", "end": "16:00", "words": "师傅 14:30 到", "version": str(planned.version),
    }, page=f"/words/{wish.id}/acceptance")  # fmt: skip
    assert answer.status_code == 303
    db.session.expire_all()
    assert planned.window_start_at == MOMENT + timedelta(hours=28, minutes=30)
    said = about_planned.words
    assert "Agreed. 师傅 14:30 到" in said
    assert "tomorrow 14:30–16:00" in said


def test_somebody_who_was_faster_and_half_a_window_are_said(desk, wish, planned):
    address = f"/words/{wish.id}/acceptance"
    good = {"day": "2026-11-22", "start": "14:30", "end": "16:00"}
    assert post_form(desk, address, {**good, "version": "1"}, page=address).status_code == 409
    for bad in ({"end": ""}, {"end": "14:00"}, {"day": "x"}):
        answer = post_form(desk, address, {**good, **bad, "version": str(planned.version)}, page=address)
        assert answer.status_code == 422
    assert db.session.scalars(sa.select(WordAnswer)).all() == []


def test_declining_needs_words_and_the_customer_reads_them(desk, wish, about_planned):
    address = f"/words/{wish.id}/answer"
    assert post_form(desk, address, {"words": ""}, page=address).status_code == 422
    assert post_form(desk, address, {"words": "明天已约满，后天可以"}, page=address).status_code == 303
    assert "Sorry, that is not possible. 明天已约满，后天可以" in about_planned.words
    assert post_form(desk, address, {"words": "又"}, page="/account").status_code == 303  # answered: back to the job
    assert db.session.scalars(sa.select(WordAnswer.words)).all() == ["明天已约满，后天可以"]


def test_one_tap_says_that_it_was_settled_by_phone(desk, about_finished, finished):
    about_finished.say("disputed", finished, words="有缝")
    page = desk.get(f"/jobs/{finished.id}", headers={"Accept-Language": "en"}).text
    assert "Settled by phone" in page
    address = f"/words/{words()[0].id}/answer"
    post_form(desk, address, {"words": "We have talked on the phone.", "next": f"/jobs/{finished.id}"}, page=address)
    assert "Taken care of. We have talked on the phone." in about_finished.words


def test_who_may_answer(app, cast, wish):
    for person, status in (
        (cast.outsider, 404), (cast.finance, 403), (cast.technician, 403), (cast.service_desk, 200),
        (cast.head_office_manager, 200),
    ):  # fmt: skip
        client = sign_in(app.test_client(), person)
        for way in ("answer", "acceptance"):
            assert client.get(f"/words/{wish.id}/{way}").status_code == status, person.name
    assert app.test_client().get(f"/words/{wish.id}/answer").status_code == 302


def test_the_first_page_of_the_desk_has_what_waits_and_no_more(about_finished, finished, cast, wish, desk):
    about_finished.say("disputed", finished, words="有缝")
    about_finished.say("rating", finished, attitude="1")
    about_finished.say("complaint", None, words="没人回电话")
    assert _kinds(cast) == {"wish", "dispute", "rating", "complaint"}
    assert _kinds(cast, cast.other_store) == set()
    about_finished.say("confirmed", finished)
    about_finished.say("rating", finished, attitude="5")
    assert _kinds(cast) == {"wish", "complaint"}
    for word in words():
        if word.kind in ("wish", "complaint"):
            address = f"/words/{word.id}/answer"
            post_form(desk, address, {"words": "今天 15:00 给您打电话"}, page=address)
    assert _kinds(cast) == set()


def _kinds(cast, branch=None):
    branch = branch or cast.store
    found = find(Asked([branch.id], cast.dispatcher, MOMENT, branch.timezone))
    return {matter.kind for matter in found.matters if matter.kind in ("wish", "dispute", "rating", "complaint")}


# ---- the link at the desk ----


def test_the_pages_of_job_and_case_show_link_and_words(desk, about_finished, finished, cast):
    about_finished.say("disputed", finished, words="有缝")
    about_finished.get()
    link = link_of(finished)
    for page in (f"/jobs/{finished.id}", f"/cases/{finished.case_id}"):
        text = desk.get(page, headers={"Accept-Language": "en"}).text
        for part in (actions.address_of(link), "<svg", "有缝", "Disputes the work", "in total", "Revoke"):
            assert part in text, part


def test_rotating_and_revoking_are_the_desks_and_are_logged(app, desk, cast, finished):
    visitor = Visitor(app.test_client(), link_of(finished))
    for act, after in (("rotation", 404), ("revocation", 404)):
        address = f"/cases/{finished.case_id}/link/{act}"
        assert sign_in(app.test_client(), cast.finance).get(address).status_code == 302
        for person, status in ((cast.finance, 403), (cast.outsider, 404)):
            assert post_form(sign_in(app.test_client(), person), address).status_code == status
        assert post_form(desk, address, {"next": f"/jobs/{finished.id}"}).location == f"/jobs/{finished.id}"
        assert visitor.get().status_code == after
        visitor = Visitor(app.test_client(), link_of(finished))
    assert post_form(desk, f"/cases/{finished.case_id}/link/rotation").location == f"/cases/{finished.case_id}"
    assert Visitor(app.test_client(), link_of(finished)).get().status_code == 200


def test_what_was_open_before_a_rotation_is_shut(app, about_finished, finished, cast):
    actions.rotate_link(finished.case, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    fresh = Visitor(about_finished.client, link_of(finished))
    assert "602" not in fresh.words


def test_a_browser_is_named_nowhere(about_finished, finished, session):
    about_finished.say("confirmed", finished)
    tables = [table for table in db.metadata.tables.values() if table.name in ("link", "link_opening", "customer_word")]
    kept = " ".join(str(row) for table in tables for row in session.execute(sa.select(table)))
    assert PHONE_BROWSER not in kept
    assert "127.0.0.1" not in kept
