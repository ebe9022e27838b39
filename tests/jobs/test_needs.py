"""What a visit needs of whoever goes, who must go, and whether the time was agreed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import log_of
from fieldservice.customers.models import Site
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import usual_load_m2, usual_skills
from tests.builders import a_customer, a_job, a_product, a_site
from tests.cast import Cast, sign_in
from tests.jobs.test_views import VISIT, enter
from tests.support.own_forms import send_form


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, cast.dispatcher)


@pytest.fixture
def site(cast: Cast) -> Site:
    found: Site = a_site(a_customer(cast.store))
    return found


def the_job() -> Job:
    return db.session.scalars(sa.select(Job)).one()


@pytest.mark.parametrize(("job_type", "model", "needed"), [
    ("repair", "实木 18 毫米", ("repair",)), ("survey", "", ("survey",)), ("installation", "", ()),
    ("installation", "强化复合 12 毫米 浅橡木", ("laminate",)), ("installation", "SPC 石塑", ("vinyl",)),
    ("installation", "多层实木", ("hardwood",)), ("goods_transport", "实木", ()),
])  # fmt: skip
def test_a_visit_usually_needs_what_its_kind_and_floor_say(job_type: str, model: str, needed: tuple[str, ...]) -> None:
    assert usual_skills(job_type, model) == needed


def test_the_boards_of_a_floor_that_is_laid_are_brought() -> None:
    from decimal import Decimal

    assert usual_load_m2("installation", Decimal("35.01")) == 36
    assert usual_load_m2("installation", None) is None
    assert usual_load_m2("repair", Decimal(35)) is None


def test_without_a_word_a_visit_needs_the_usual_and_its_window_is_promised(desk: FlaskClient, site: Site) -> None:
    product = a_product(site, area_m2=35)
    db.session.commit()
    answer = enter(desk, site, type="installation", product_id=product.id)
    assert answer.status_code == 303
    job = the_job()
    assert (job.skills, job.load_m2, job.is_promised, job.pinned_lead) == (["laminate"], 35, True, False)
    page = desk.get(f"/jobs/{job.id}").text
    assert "Laminate floors" in page
    assert "35 m²" in page


def test_the_office_says_what_is_needed_who_must_go_and_what_is_open(desk: FlaskClient, site: Site, cast: Cast) -> None:
    given = {"skills_by": "chosen", "skills": ["electrician", "repair"], "load_m2": "7", "lead_id": cast.technician.id,
             "pinned_lead": "pinned", "not_promised": "open"}  # fmt: skip
    assert enter(desk, site, **given).status_code == 303
    job = the_job()
    assert (sorted(job.skills), job.load_m2) == (["electrician", "repair"], 7)
    assert (job.pinned_lead, job.is_promised) == (True, False)
    page = desk.get(f"/jobs/{job.id}").text
    assert f"The customer asked for {cast.technician.name}" in page
    assert "not agreed with the customer yet" in page
    form = VISIT | {"skills_by": "", "load_m2": "", "visit_on": "2026-11-24"}
    assert send_form(desk, f"/jobs/{job.id}/edit", form).status_code == 303
    job = the_job()
    assert (job.skills, job.load_m2, job.pinned_lead, job.is_promised) == (["repair"], None, False, True)
    assert "Skills needed" in desk.get(f"/jobs/{job.id}").text


def test_what_makes_no_sense_is_said(desk: FlaskClient, site: Site) -> None:
    answer = enter(desk, site, skills_by="chosen", skills=["flying"], pinned_lead="pinned", load_m2="-3")
    assert answer.status_code == 422
    assert 'id="e-load_m2"' in answer.text
    answer = enter(desk, site, skills_by="chosen", skills=["flying"])
    assert 'id="e-skills"' in answer.text
    answer = enter(desk, site, pinned_lead="pinned")
    assert "Choose the technician the customer asked for" in answer.text
    assert db.session.scalar(sa.select(Job)) is None


def test_giving_it_to_another_by_hand_ends_the_wish_and_undo_brings_it_back(cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, pinned_lead=True, is_promised=True)
    at = clock.now()
    actions.assign_job(job, cast.second_technician, expected_version=job.version, by=cast.dispatcher, at=at)
    db.session.commit()
    assert job.pinned_lead is False
    actions.undo_edits(job, log_of("job", job.id)[-1:], by=cast.dispatcher, at=at)
    db.session.commit()
    assert (job.lead_id, job.pinned_lead) == (cast.technician.id, True)


def test_a_drag_keeps_the_promise_and_a_time_from_the_form_is_one(cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    start, at = job.window_start_at, clock.now()
    assert start
    later = {"window_start_at": start + timedelta(hours=1), "window_end_at": start + timedelta(hours=2)}
    for is_promised, expected in ((None, False), (True, True), (None, True)):
        actions.move_job(job, job.visit_on, **later, expected_version=job.version, by=cast.dispatcher, at=at,
                         is_promised=is_promised)  # fmt: skip
        db.session.commit()
        assert job.is_promised is expected
    actions.move_job(job, job.visit_on, None, None, expected_version=job.version, by=cast.dispatcher, at=at)
    db.session.commit()
    assert job.is_promised is False, "without a window there is nothing to promise"
    actions.undo_edits(job, log_of("job", job.id)[-1:], by=cast.dispatcher, at=at)
    db.session.commit()
    assert job.is_promised is True
