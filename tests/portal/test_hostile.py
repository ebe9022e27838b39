"""What nobody's browser sends: made-up ids, days without a moment, a flood; and two desks at one moment."""

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.ids import new_id
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from fieldservice.portal import actions, queries, rules
from fieldservice.portal.models import NOTED, CustomerWord
from tests.builders import MOMENT, a_job
from tests.cast import Cast, sign_in
from tests.portal.test_words import words
from tests.portal.visitor import Visitor, link_of
from tests.support.html import form_token


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


def inside(app: Flask, job) -> Visitor:
    visitor = Visitor(app.test_client(), link_of(job))
    visitor.let_in()
    return visitor


def test_an_id_of_somebody_elses_word_takes_nothing_from_it(app: Flask, cast: Cast) -> None:
    jobs = [a_job(cast.store, cast.technician, state="finished") for _number in range(2)]
    word_id = new_id()
    for job in jobs:
        assert inside(app, job).say("complaint", job, words="so nicht", word_id=word_id).status_code == 303
    assert {word.case_id for word in words()} == {job.case_id for job in jobs}


@pytest.mark.parametrize("about", ["\0", "x\0y"])
def test_a_visit_that_cannot_be_is_none(app: Flask, cast: Cast, about: str) -> None:
    visitor = inside(app, a_job(cast.store, cast.technician, state="finished"))
    assert visitor.post("/words", kind="complaint", words="x", job=about).status_code == 404


def test_a_flood_ends_and_says_so(app: Flask, cast: Cast) -> None:
    visitor = inside(app, a_job(cast.store, cast.technician, state="finished"))
    for number in range(rules.MOST_WORDS):
        assert visitor.say("complaint", words=f"{number}").status_code == 303
    answer = visitor.say("complaint", words="und noch eins")
    assert answer.status_code == 422
    assert "we have all of it" in answer.text
    assert "und noch eins" in answer.text
    assert len(words()) == rules.MOST_WORDS


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_no_visit_is_moved_out_of_time(app: Flask, cast: Cast, day: str) -> None:
    job = a_job(cast.store, cast.technician, state="accepted")
    inside(app, job).say("wish", job, words="später")
    desk = sign_in(app.test_client(), cast.dispatcher)
    address = f"/words/{words()[0].id}/acceptance"
    token = form_token(desk.get(address).text)
    form = {"csrf_token": token, "version": job.version, "day": day, "start": "00:00", "end": "23:59"}
    assert desk.post(address, data=form).status_code == 422


def test_two_desks_answer_once(app: Flask, cast: Cast) -> None:
    inside(app, a_job(cast.store, cast.technician, state="finished")).say("complaint", words="so nicht")
    word_id, by_id = words()[0].id, cast.dispatcher.id
    db.session.rollback()
    start, refused = threading.Barrier(2), []

    def answer() -> None:
        with app.app_context():
            start.wait(5)
            word, by = db.session.get_one(CustomerWord, word_id), db.session.get_one(Person, by_id)
            try:
                actions.answer_word(word, NOTED, "Wir rufen an", by=by, at=MOMENT)
                db.session.commit()
            except RuleBroken as error:
                refused.append(error.code)
            db.session.remove()

    threads = [threading.Thread(target=answer) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["answered_already"]
    assert queries.is_answered(words()[0])


def test_a_link_is_replaced_while_a_wish_is_agreed_to(app: Flask, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, state="accepted")
    inside(app, job).say("wish", job, words="später")
    job_id, case_id, by_id, word_id = job.id, job.case_id, cast.dispatcher.id, words()[0].id
    window = rules.Window(MOMENT + timedelta(days=1), MOMENT + timedelta(days=1, hours=1))
    db.session.rollback()
    holds, errors = threading.Event(), []

    def agree() -> None:
        with app.app_context():
            hold_jobs([job_id])
            holds.set()
            time.sleep(0.5)
            found, word = db.session.get_one(Job, job_id), db.session.get_one(CustomerWord, word_id)
            by = db.session.get_one(Person, by_id)
            try:
                actions.grant_wish(word, found, window, "", expected_version=found.version, by=by, at=MOMENT)
                db.session.commit()
            except Exception as error:
                errors.append(error)
            db.session.remove()

    thread = threading.Thread(target=agree)
    thread.start()
    assert holds.wait(5)
    actions.rotate_link(db.session.get_one(Case, case_id), by=db.session.get_one(Person, by_id), at=MOMENT)
    db.session.commit()
    thread.join()
    assert errors == []
    assert queries.is_answered(words()[0])
