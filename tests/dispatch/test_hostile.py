"""What nobody's browser sends: days without a moment, versions no database holds."""

import pytest
from flask.testing import FlaskClient

from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.support.html import form_token


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


@pytest.mark.parametrize(("day", "start"), [("0001-01-01", "00:00"), ("9999-12-31", "23:59")])
def test_nothing_is_dropped_out_of_time(desk: FlaskClient, cast: Cast, day: str, start: str) -> None:
    job = a_job(cast.store, cast.technician)
    form = {"csrf_token": form_token(desk.get("/board").text), "version": job.version, "day": day, "start": start}
    assert desk.post(f"/jobs/{job.id}/placement", data=form | {"lead": cast.technician.id}).status_code == 422


@pytest.mark.parametrize(
    "page",
    ["jobs/{job}/window", "jobs/{job}/placement", "jobs/{job}/edit", "customers/{customer}/edit", "sites/{site}/edit"],
)
def test_a_version_no_database_holds_is_none(desk: FlaskClient, cast: Cast, page: str) -> None:
    job = a_job(cast.store, cast.technician)
    address = "/" + page.format(job=job.id, customer=job.site.customer_id, site=job.site_id)
    form = {"csrf_token": form_token(desk.get("/board").text), "version": "9" * 19, "day": "2026-11-21", "start": "10:00"}
    assert desk.post(address, data=form).status_code in (400, 409)
