"""A job's, a case's and a customer's own page say that a position is missing or may be wrong, and how to put it right."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core.db import db
from fieldservice.customers.models import Site
from fieldservice.jobs.models import Job
from fieldservice.people.models import BranchPlanning
from fieldservice.routing.models import SiteLookup
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of

EN = {"Accept-Language": "en"}
DOUBTFUL = "position doubtful may lie elsewhere: the geocoder was not sure"
MISSING = "no position Without a position a visit is on no map, in no route and in no proposal."


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def looked_up(cast: Cast, outcome: str = "doubtful", doubts: tuple[str, ...] = ("low_confidence",), **given: Any) -> Job:
    """A visit at an address that a geocoder was asked for."""
    site = a_site(a_customer(cast.store), **{"position_source": "geocoder", **given})
    db.session.add(SiteLookup(site_id=site.id, asked_for="x", asked_at=MOMENT, geocoder="baidu", outcome=outcome,
                              doubts=list(doubts), failures=0))  # fmt: skip
    job = a_job(cast.store, cast.technician, site=site)
    db.session.commit()
    return job


def pages(job: Job) -> tuple[str, str, str]:
    return f"/jobs/{job.id}", f"/cases/{job.case_id}", f"/customers/{job.site.customer_id}"


def said(client: FlaskClient, address: str) -> str:
    answer = client.get(address, headers=EN)
    assert answer.status_code == 200
    return text_of(answer.text)


def test_each_page_says_that_the_geocoder_was_not_sure_until_somebody_sets_the_pin(desk: FlaskClient, cast: Cast) -> None:
    job = looked_up(cast, doubts=("several", "low_confidence"))
    for address in pages(job):
        page = said(desk, address)
        assert DOUBTFUL in page
        assert "Baidu: several places have this address, the geocoder is not sure" in page
        at_form = f"/sites/{job.site_id}/edit?next={address}"
        assert f'href="{at_form}"' in desk.get(address).text
        assert 'href="/positions"' in desk.get(address).text
    text = desk.get(f"/sites/{job.site_id}/edit?next=/jobs/{job.id}").text
    form = {"address": job.site.address, "district": job.site.district, "unit": job.site.unit, "datum": "WGS-84",
            "lng": "116.4701", "lat": "39.9921", "version": job.site.version, "next": f"/jobs/{job.id}",
            "csrf_token": form_token(text)}
    assert desk.post(f"/sites/{job.site_id}/edit", data=form).location == f"/jobs/{job.id}"
    assert db.session.get_one(Site, job.site_id).position_source == "typed"
    for address in pages(job):
        assert "position doubtful" not in said(desk, address)


def test_who_knows_that_it_is_right_says_so_where_it_is_shown(desk: FlaskClient, cast: Cast) -> None:
    job = looked_up(cast)
    token = form_token(desk.get(f"/jobs/{job.id}").text)
    confirm = f"/positions/{job.site_id}/confirmation"
    assert f'action="{confirm}"' in desk.get(f"/jobs/{job.id}").text
    answer = desk.post(confirm, data={"csrf_token": token, "next": f"/jobs/{job.id}"})
    assert (answer.status_code, answer.location) == (303, f"/jobs/{job.id}")
    assert "position doubtful" not in said(desk, f"/jobs/{job.id}")
    again = desk.post(confirm, data={"csrf_token": token, "next": f"/jobs/{job.id}"})
    assert again.status_code == 422, "it is somebody's pin by now"
    other = looked_up(cast)
    elsewhere = {"csrf_token": token, "next": "https://elsewhere.example/"}
    assert desk.post(f"/positions/{other.site_id}/confirmation", data=elsewhere).location == "/positions"


@pytest.mark.parametrize(
    ("outcome", "doubts", "words"),
    [
        ("doubtful", ("area_only",), "Baidu: only the town or district was found"),
        ("none", (), "Baidu: knows no such address"),
        ("failed", (), "Baidu: could not be asked, is tried again"),
    ],
)
def test_an_address_without_a_position_says_what_became_of_it(
    desk: FlaskClient, cast: Cast, outcome: str, doubts: tuple[str, ...], words: str
) -> None:
    job = looked_up(cast, outcome, doubts, lat=None, lng=None, position_source="")
    page = said(desk, f"/jobs/{job.id}")
    assert MISSING in page
    assert words in page
    assert "That is right" not in page


def test_a_town_that_was_assumed_is_told(desk: FlaskClient, cast: Cast) -> None:
    word = "looked up in 北京市, assumed"
    cast.store.address = "北京市丰台区科兴路 9 号"
    job = looked_up(cast, district="朝阳区", address="望京西园四区")
    named = looked_up(cast, district="朝阳区", address="北京市望京西园四区")
    assert word in said(desk, f"/jobs/{job.id}")
    assert word in said(desk, "/positions")
    assert word not in said(desk, f"/jobs/{named.id}")
    cast.store.address = ""
    db.session.commit()
    assert word not in said(desk, f"/jobs/{job.id}")


def test_a_position_nobody_was_asked_for_is_missing_too(desk: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, site=a_site(a_customer(cast.store), lat=None, lng=None, position_source=""))
    db.session.commit()
    assert MISSING in said(desk, f"/jobs/{job.id}")


def test_a_pin_in_the_sea_or_far_off_is_told_as_on_the_map(desk: FlaskClient, cast: Cast) -> None:
    db.session.add(BranchPlanning(branch_id=cast.store.id, lat=39.9, lng=116.4, weekdays=[0, 1, 2, 3, 4, 5, 6],
                                  start_minute=480, end_minute=1080, lunch_earliest=690, lunch_latest=810,
                                  lunch_minutes=45))  # fmt: skip
    sea, far, near = (
        a_job(cast.store, site=a_site(a_customer(cast.store), lat=lat, lng=lng))
        for lat, lng in ((38.7, 119.8), (23.1, 113.3), (39.95, 116.45))
    )
    db.session.commit()
    assert "position doubtful Its position lies in the sea or abroad" in said(desk, f"/jobs/{sea.id}")
    assert "position doubtful It is too far away" in said(desk, f"/jobs/{far.id}")
    assert "position doubtful" not in said(desk, f"/jobs/{near.id}")


def test_who_may_not_put_it_right_reads_it_and_another_branch_nothing(app: Flask, cast: Cast) -> None:
    job = looked_up(cast)
    reader = sign_in(app.test_client(), cast.finance)
    page = said(reader, f"/jobs/{job.id}")
    assert DOUBTFUL in page
    assert "That is right" not in page
    assert "Set the pin" not in page
    for person, status in ((cast.outsider, 404), (cast.outside_technician, (403, 404))):
        answer = sign_in(app.test_client(), person).get(f"/jobs/{job.id}", headers=EN)
        assert answer.status_code in ((status,) if isinstance(status, int) else status)
        assert "position doubtful" not in answer.text
