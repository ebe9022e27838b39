"""The links a job's document carries: the customer's, and the badge of whoever leads, for the lead alone."""

from datetime import timedelta

import pytest

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.portal import actions as portal
from fieldservice.web.qr import qr_modules
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.sync.phone import Phone


@pytest.fixture
def job(cast: Cast) -> Job:
    job = a_job(cast.store, cast.technician, helpers=(cast.second_technician,), start_at=clock.now())
    portal.case_link(job.case_id, at=clock.now())
    portal.badge_link(job.case_id, job.id, cast.technician.id, at=clock.now())
    db.session.commit()
    return job


def held(app, person, job):  # type: ignore[no-untyped-def]
    phone = Phone(sign_in(app.test_client(), person))
    phone.sync()
    return phone, phone.jobs[job.id]["links"]


def test_the_lead_has_both_with_codes_that_need_no_encoder(app, cast, job):
    _phone, links = held(app, cast.technician, job)
    assert "/c/" in links["case"]["address"]
    assert "/b/" in links["badge"]["address"]
    for shown in links.values():
        assert shown["qr"] == qr_modules(shown["address"])


def test_a_helper_shows_nobody_elses_badge(app, cast, job):
    _phone, links = held(app, cast.second_technician, job)
    assert links["badge"] is None
    assert links["case"]["address"]


def test_a_rotated_link_reaches_the_phone_and_a_revoked_one_goes(app, cast, job):
    phone, links = held(app, cast.technician, job)
    case = db.session.get(Job, job.id).case
    portal.rotate_link(case, by=cast.dispatcher, at=clock.now())
    db.session.commit()
    phone.sync()
    assert phone.jobs[job.id]["links"]["case"]["address"] not in ("", links["case"]["address"])
    portal.revoke_link(db.session.get(Job, job.id).case, by=cast.dispatcher, at=clock.now())
    db.session.commit()
    phone.sync()
    assert phone.jobs[job.id]["links"]["case"] is None


def test_a_new_lead_shows_an_own_badge_and_the_old_one_none(app, cast, job):
    held(app, cast.technician, job)
    version = db.session.get(Job, job.id).version
    actions.assign_job(db.session.get(Job, job.id), cast.second_technician, (cast.technician,), expected_version=version,
                       by=cast.dispatcher, at=clock.now())  # fmt: skip
    db.session.commit()
    assert held(app, cast.second_technician, job)[1]["badge"] is not None
    assert held(app, cast.technician, job)[1]["badge"] is None


def test_an_ended_visit_and_one_without_links_carry_none(app, cast, job):
    plain = a_job(cast.store, cast.technician, start_at=clock.now() + timedelta(days=1))
    links = held(app, cast.technician, plain)[1]
    assert (links["case"], links["badge"]) == (None, None)
    db.session.get(Job, job.id).state = "finished"
    db.session.commit()
    links = held(app, cast.technician, job)[1]
    assert (links["case"], links["badge"]) == (None, None)
