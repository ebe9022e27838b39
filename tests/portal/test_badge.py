"""The page behind a badge: who this is, whether a visit is due; nothing of the customer."""

from datetime import timedelta

import pytest

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs import actions as job_actions
from fieldservice.people.actions import set_portrait
from fieldservice.portal import actions
from tests.builders import MOMENT, a_job
from tests.portal.visitor import path_of
from tests.support.html import text_of


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


@pytest.fixture
def job(cast):
    return a_job(cast.store, cast.technician, state="accepted")


@pytest.fixture
def address(job, cast):
    link = actions.badge_link(job.case_id, job.id, cast.technician.id, at=MOMENT)
    db.session.commit()
    return path_of(link)


def page(client, address) -> str:
    answer = client.get(address, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return text_of(answer.text)


def test_who_is_expected_is_said_and_nothing_of_the_customer(client, address):
    words = page(client, address)
    for part in ("A visit is due here today, 10:00–11:30", "王建国", "B217", "丰台店", "01087654321", "4001234567"):
        assert part in words, part
    for secret in ("张", "望京", "602", "138", "地板起拱", "F-", "P-"):
        assert secret not in words, secret


def _reassigned(job, cast):
    job_actions.assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=MOMENT)


def _cancelled(job, cast):
    job_actions.cancel_job(job, "x", expected_version=job.version, by=cast.dispatcher, at=MOMENT)


def _tomorrow(job, cast):
    job.visit_on += timedelta(days=1)


def _dismissed(job, cast):
    cast.technician.is_active = False


def _ended(job, cast):
    job.state = "finished"


def _unplanned(job, cast):
    job.visit_on = job.window_start_at = job.window_end_at = None


@pytest.mark.parametrize("happens", [_reassigned, _cancelled, _tomorrow, _dismissed, _ended, _unplanned])
def test_nobody_is_expected_any_more(client, address, job, cast, happens):
    happens(job, cast)
    db.session.commit()
    words = page(client, address)
    assert "Not expected" in words
    assert "Please call us before you let anybody in" in words
    assert "01087654321" in words
    assert "is due here today" not in words.replace("This person has no visit here today", "")


def test_a_visit_that_runs_over_midnight_is_still_expected(client, address, job):
    job.state = "working"
    db.session.commit()
    with clock.frozen(MOMENT + timedelta(hours=15)):
        assert "under way" in page(client, address)


def test_the_face_goes_with_the_dismissal(client, address, cast):
    assert client.get(f"{address}/portrait").status_code == 404
    set_portrait(cast.technician, b"jpeg", by=None, at=MOMENT)
    db.session.commit()
    assert client.get(f"{address}/portrait").data == b"jpeg"
    assert "/portrait" in client.get(address).text
    cast.technician.is_active = False
    db.session.commit()
    assert client.get(f"{address}/portrait").status_code == 404
    assert "This badge is no longer valid." in page(client, address)
