"""Taking the own last act back: a new entry in the log, never a deletion; not over somebody else's work."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.dispatch import undo
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from tests.builders import MOMENT, a_job
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of

EN = {"Accept-Language": "en"}


@pytest.fixture
def dispatcher(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def act(client: FlaskClient, job: Job, name: str, **form: Any) -> None:
    token = form_token(client.get(f"/jobs/{job.id}/{name}").text)
    answer = client.post(f"/jobs/{job.id}/{name}", data={"csrf_token": token, "version": job.version, **form})
    assert answer.status_code == 303


def take_back(client: FlaskClient, act_id: str) -> str:
    token = form_token(client.get("/day").text)
    answer = client.post(f"/undo/{act_id}", data={"csrf_token": token}, headers=EN)
    assert answer.status_code == 303, answer.text
    return text_of(client.get(answer.location, headers=EN).text)


def last_of(cast: Cast) -> undo.Deed:
    return undo.last_acts(cast.dispatcher, clock.now())[0]


def kinds(job: Job) -> list[str]:
    return [entry.kind for entry in log_of("job", job.id)]


def test_each_kind_of_act_is_taken_back_by_a_new_entry(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, state="accepted", helpers=(cast.second_technician,))
    act(dispatcher, job, "assignment", lead=cast.second_technician.id)
    assert (job.lead_id, job.run, job.state) == (cast.second_technician.id, 2, "assigned")
    assert "undone" in take_back(dispatcher, last_of(cast).id)
    assert (job.lead_id, job.run, job.state) == (cast.technician.id, 1, "accepted")
    assert [person.id for person in job.helpers] == [cast.second_technician.id]
    act(dispatcher, job, "window", day="2026-11-23", start="09:00", end="10:00")
    take_back(dispatcher, last_of(cast).id)
    assert (str(job.visit_on), job.window_start_at) == ("2026-11-21", MOMENT)
    act(dispatcher, job, "cancellation", reason="客户出差")
    take_back(dispatcher, last_of(cast).id)
    assert (job.state, job.cancel_reason) == ("accepted", "")
    act(dispatcher, job, "cancellation", reason="客户出差")
    act(dispatcher, job, "restoration")
    take_back(dispatcher, last_of(cast).id)
    assert (job.state, job.cancel_reason, job.cancelled_from) == ("cancelled", "客户出差", "accepted")
    assert kinds(job) == [
        "office.assign_job", "office.undo_assign_job", "office.move_job", "office.undo_move_job", "office.cancel_job",
        "office.undo_cancel_job", "office.cancel_job", "office.restore_job", "office.undo_restore_job"]


def test_a_planned_start_goes_with_another_time_and_comes_back_with_the_undo(
    dispatcher: FlaskClient, cast: Cast
) -> None:
    job = a_job(cast.store, cast.technician)
    planned = MOMENT + timedelta(minutes=20)
    actions.plan_start(job, planned, expected_version=job.version, by=cast.dispatcher, at=clock.now())
    db.session.commit()
    act(dispatcher, job, "window", day="2026-11-23", start="09:00", end="10:00")
    assert job.planned_start_at is None
    take_back(dispatcher, last_of(cast).id)
    assert job.planned_start_at == planned
    page = text_of(dispatcher.get(f"/jobs/{job.id}", headers=EN).text)
    assert "Planned when it begins" in page
    assert "Planned start" in page
    take_back(dispatcher, last_of(cast).id)
    assert job.planned_start_at is None
    assert kinds(job)[-1] == "office.undo_plan_start"


def test_the_acts_before_it_can_be_taken_back_too_in_their_order(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    act(dispatcher, job, "assignment", lead=cast.technician.id)
    act(dispatcher, job, "window", day="2026-11-23", start="09:00", end="10:00")
    first = undo.last_acts(cast.dispatcher, clock.now())[1]
    assert not first.can_go  # the later one comes first
    take_back(dispatcher, last_of(cast).id)
    assert last_of(cast).id == first.id
    take_back(dispatcher, first.id)
    assert (job.state, str(job.visit_on)) == ("unassigned", "2026-11-21")
    assert undo.last_acts(cast.dispatcher, clock.now()) == []


def test_it_is_not_taken_back_over_what_somebody_else_did(app: Flask, dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    act(dispatcher, job, "assignment", lead=cast.technician.id)
    mine = log_of("job", job.id)[-1].id
    actions.take_step(job, actions.StepGiven(step="accept"), by=cast.technician,
                      when=Happening.at_desk(clock.now(), new_id()))
    act(sign_in(app.test_client(), cast.branch_manager), job, "window", day="2026-11-23", start="09:00", end="10:00")
    assert "not undone. 沈店长 changed day or window" in take_back(dispatcher, mine)
    assert job.lead_id == cast.technician.id
    assert "office.undo_assign_job" not in kinds(job)


def test_a_note_of_somebody_is_no_hindrance(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    act(dispatcher, job, "assignment", lead=cast.technician.id)
    actions.add_office_note(job, "门铃坏了", by=cast.branch_manager, at=clock.now())
    db.session.commit()
    take_back(dispatcher, last_of(cast).id)
    assert job.state == "unassigned"


def test_nobody_takes_back_what_another_did_nor_twice_nor_after_a_day(
        app: Flask, dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    act(dispatcher, job, "assignment", lead=cast.technician.id)
    mine = last_of(cast).id
    token = form_token(dispatcher.get("/day").text)
    for person in (cast.branch_manager, cast.outsider):
        other = sign_in(app.test_client(), person)
        found = other.post(f"/undo/{mine}", data={"csrf_token": form_token(other.get("/account").text)})
        assert found.status_code == 404
    assert dispatcher.post(f"/undo/{mine}").status_code == 403  # without its token
    assert undo.last_acts(cast.dispatcher, clock.now() + timedelta(hours=13)) == []
    take_back(dispatcher, mine)
    assert dispatcher.post(f"/undo/{mine}", data={"csrf_token": token}).status_code == 404
    assert dispatcher.post("/undo/nonsense", data={"csrf_token": token}).status_code == 404


def test_the_pages_offer_it(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    act(dispatcher, job, "assignment", lead=cast.technician.id)
    for address in ("/", "/day", "/board"):
        assert "Undo: 张女士: who goes" in text_of(dispatcher.get(address, headers=EN).text)
    assert "/undo/" not in sign_in(dispatcher.application.test_client(), cast.finance).get("/day").text
