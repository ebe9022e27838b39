"""What nobody sends on purpose, or somebody on very bad purpose: an answer in words each time, never a 500."""

import errno
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts.models import LoginSession
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.permissions import needs
from fieldservice.customers.models import Customer
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.support.html import form_token


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


@pytest.mark.parametrize(
    "address",
    ["/jobs/a%00b", "/jobs?q=a%00b", "/?q=%00", "/?branch=%00", "/day?q=%00", "/board?q=%00", "/customers/%00",
     "/people/%00"],
)
def test_nul_in_an_address_is_not_found(desk: FlaskClient, address: str) -> None:
    assert desk.get(address).status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31", "+2026-11-21", "2026-W47-6"])
def test_a_day_at_the_edge_of_the_calendar_is_no_trouble(desk: FlaskClient, day: str) -> None:
    assert desk.get(f"/day?day={day}").status_code == 200
    assert desk.get(f"/jobs?from={day}&to={day}").status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_no_visit_is_planned_for_the_edge_of_the_calendar(desk: FlaskClient, cast: Cast, day: str) -> None:
    job = a_job(cast.store, cast.technician)
    page = desk.get(f"/jobs/{job.id}/window")
    form = {
        "csrf_token": form_token(page.text),
        "version": job.version,
        "day": day,
        "start": "00:00",
        "end": "23:59",
    }
    assert desk.post(f"/jobs/{job.id}/window", data=form).status_code == 422
    page = desk.get(f"/jobs/{job.id}/edit")
    form |= {"type": "repair", "brief": "x", "visit_on": day}
    assert desk.post(f"/jobs/{job.id}/edit", data=form).status_code == 422


def test_a_token_that_is_not_even_latin_is_refused(desk: FlaskClient) -> None:
    assert desk.post("/sign-out", data={"csrf_token": "令牌"}).status_code == 403
    assert desk.post("/sign-out", headers={"X-CSRF-Token": "é"}).status_code == 403


def test_a_form_cut_short_by_a_clean_close_changes_nothing(desk: FlaskClient, cast: Cast) -> None:
    """The server would take what came as the whole."""
    job = a_job(cast.store, cast.technician)
    page = desk.get(f"/jobs/{job.id}/cancellation")
    body = f"csrf_token={form_token(page.text)}&version={job.version}&reason=cut"
    cut = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body) + 40)}
    answer = desk.post(
        f"/jobs/{job.id}/cancellation",
        data=body,
        environ_overrides=cut,
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 400
    assert job.state == "assigned"


def test_nul_in_a_form_is_left_out(desk: FlaskClient, client: FlaskClient, cast: Cast, app: Flask) -> None:
    job = a_job(cast.store, cast.technician)
    page = desk.get(f"/jobs/{job.id}/cancellation")
    form = {"csrf_token": form_token(page.text), "version": job.version, "reason": "a\0b"}
    assert desk.post(f"/jobs/{job.id}/cancellation", data=form).status_code == 303
    assert job.cancel_reason == "ab"
    stranger = app.test_client()
    stranger.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    token = form_token(stranger.get("/sign-in").text)
    assert (
        stranger.post("/sign-in", data={"csrf_token": token, "name": "0\0", "password": "x"}).status_code
        == 401
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/session", {"name": "0\0", "password": "x"}),
        ("/api/session", {"code": "\0"}),
        ("/api/device", {"client_id": new_id(), "name": "a\0b"}),
        ("/api/device", {"client_id": new_id(), "name": "\ud800"}),
    ],
)
def test_text_no_database_takes_is_a_bad_request(
    app: Flask, cast: Cast, path: str, body: dict[str, str]
) -> None:
    phone = sign_in(app.test_client(), cast.technician)
    assert phone.post(path, data=json.dumps(body), content_type="application/json").status_code == 400


@pytest.mark.one_database
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_a_write_from_elsewhere_is_refused_also_by_an_old_browser(
    app: Flask, cast: Cast, headers: dict[str, str]
) -> None:
    desk = sign_in(app.test_client(), cast.dispatcher)
    token = form_token(desk.get("/account").text)
    del desk.environ_base["HTTP_SEC_FETCH_SITE"]
    assert desk.post("/sign-out", data={"csrf_token": token}, headers=headers).status_code == 403
    assert desk.delete("/api/session", headers=headers).status_code == 403
    assert (
        desk.post("/sign-out", data={"csrf_token": token}, headers={"Origin": "http://localhost"}).status_code
        == 303
    )


@pytest.mark.one_database
@pytest.mark.parametrize(
    "wished",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=1",
    ],
)
def test_nobody_is_sent_away_by_an_address_of_ours(desk: FlaskClient, wished: str) -> None:
    form = {"csrf_token": form_token(desk.get("/account").text), "language": "en", "next": wished}
    answer = desk.post("/language", data=form)
    assert answer.headers["Location"] == "/"


def test_every_answer_is_guarded_errors_too(desk: FlaskClient, app: Flask) -> None:
    build = app.extensions["assets"].build
    for address in (
        "/",
        "/nothing",
        f"/jobs/{new_id()}",
        "/api/nothing",
        "/api/sync",
        f"/static/{build}/icons.svg",
        "/static/no/x.js",
        "/app/",
        "/livez",
        "/events-no",
        "/sign-in",
        "/people",
    ):
        answer = desk.get(address, headers={"Host": "evil.example"})
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "evil.example" not in answer.text + answer.headers.get("Location", "")
        if not address.startswith(("/static/", "/app/")):
            assert answer.headers["Cache-Control"] == "no-store", address


@pytest.mark.parametrize(
    "error",
    [
        sa.exc.OperationalError("x", None, Exception("database or disk is full")),
        sa.exc.OperationalError(
            "x", None, type("DiskFull", (Exception,), {"sqlstate": "53100"})("No space left on device")
        ),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
)
def test_a_full_disk_is_507_however_it_is_said(
    app: Flask, desk: FlaskClient, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_given: Any) -> None:
        raise error

    monkeypatch.setitem(app.view_functions, "jobs.index", _marked(fail))
    assert desk.get("/jobs").status_code == 507


def test_a_busy_database_is_503_with_the_time_to_wait(
    app: Flask, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_given: Any) -> None:
        raise sa.exc.OperationalError("x", None, Exception("database is locked"))

    monkeypatch.setitem(app.view_functions, "jobs.index", _marked(fail))
    answer = desk.get("/jobs")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_an_answer_stands_though_the_last_use_cannot_be_written(
    app: Flask, desk: FlaskClient, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for found in session.scalars(sa.select(LoginSession)):
        found.last_seen_at = clock.now() - timedelta(minutes=10)
    session.commit()
    engine = db.engine

    def locked(*_given: Any) -> None:
        raise sa.exc.OperationalError("x", None, Exception("database is locked"))

    monkeypatch.setattr(type(engine), "begin", locked)
    assert desk.get("/jobs").status_code == 200


def test_the_log_of_an_error_names_no_customer(cast: Cast, session: Any) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError) as caught:
        session.execute(sa.text("SELECT :name, nothing FROM customer"), {"name": "13812342716"})
    assert "13812342716" not in str(caught.value)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 0


def _marked(view: Any) -> Any:
    return needs("desk.read")(view)
