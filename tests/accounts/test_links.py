"""One-time links: made by those who may, shown once, looked at without being used up."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.test import TestResponse

from fieldservice.accounts.actions import NewLink, make_link, set_password
from fieldservice.accounts.models import Person, SetupLink
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_rules import IPHONE, WECHAT
from tests.accounts.test_signing_in import QUARTER
from tests.cast import Cast, sign_in
from tests.support.forms import post_form, token_of

ENGLISH = {"Accept-Language": "en"}
ANDROID = {**ENGLISH, "User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36"}


def a_link(cast: Cast, person: Person | None = None, by: Person | None = None) -> NewLink:
    return make_link(person or cast.technician, by=by or cast.branch_manager, at=clock.now(), good_for=QUARTER)


def come_in(client: FlaskClient, made: NewLink, to: str) -> TestResponse:
    return post_form(client, f"/go/{made.token}", {"to": to}, page=f"/go/{made.token}")


# --- making one


@pytest.mark.parametrize(("helper", "person", "status"), [
    ("administrator", "technician", 200), ("administrator", "head_office_manager", 200),
    ("head_office_manager", "outside_technician", 200), ("head_office_manager", "administrator", 403),
    ("branch_manager", "technician", 200), ("branch_manager", "dispatcher", 200),
    ("branch_manager", "outside_technician", 404), ("branch_manager", "head_office_manager", 404),
    ("dispatcher", "technician", 403), ("technician", "second_technician", 403)])
def test_who_makes_a_link_for_whom(client: FlaskClient, cast: Cast, helper: str, person: str, status: int) -> None:
    sign_in(client, getattr(cast, helper))
    address = f"/people/{getattr(cast, person).id}/phone"
    assert client.get(address).status_code == status
    assert post_form(client, address).status_code == status
    assert (db.session.scalar(sa.select(sa.func.count(SetupLink.id))) or 0) == (status == 200)


def test_a_branch_manager_cannot_become_administrator_by_a_link(client: FlaskClient, cast: Cast) -> None:
    cast.finance.role_rows.append(type(cast.finance.role_rows[0])(role="administrator"))
    sign_in(client, cast.branch_manager)
    assert post_form(client, f"/people/{cast.finance.id}/phone").status_code == 403


@pytest.mark.parametrize(("base_url", "is_said"), [
    ("http://127.0.0.1:8000", True), ("http://localhost:8000", True), ("https://192.0.2.2:8443", False),
    ("https://service.example", False)])
def test_an_address_of_this_machine_only_is_said(
        app: Flask, client: FlaskClient, cast: Cast, base_url: str, is_said: bool) -> None:
    app.config["BASE_URL"] = base_url
    sign_in(client, cast.branch_manager)
    address = f"/people/{cast.technician.id}/phone"
    assert ("make phone" in post_form(client, address).text) == is_said


def test_the_page_shows_code_link_and_picture_once(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.branch_manager)
    address = f"/people/{cast.technician.id}/phone"
    made = post_form(client, address, headers=ENGLISH).text
    token = re.search(r"http://127\.0\.0\.1:8000/go/([\w-]+)<", made)
    assert token
    assert "<svg viewBox" in made
    assert "<style" not in made
    assert "Valid until" in made
    assert token[1] not in client.get(address).text
    assert token[1] not in str(db.session.execute(sa.select(SetupLink)).scalars().one().__dict__)


def test_the_page_learns_when_the_link_was_used(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.branch_manager)
    page = post_form(client, f"/people/{cast.technician.id}/phone", headers=ENGLISH).text
    state = re.search(r'hx-get="([^"]+)"', page)
    token = re.search(r"/go/([\w-]+)<", page)
    assert state
    assert token
    waiting = client.get(state[1], headers=ENGLISH).text
    assert "Waiting" in waiting
    assert "every 3s" in waiting
    post_form(app.test_client(), f"/go/{token[1]}", page=f"/go/{token[1]}")
    used = client.get(state[1], headers=ENGLISH).text
    assert "Used by 王建国" in used
    assert "every 3s" not in used
    outsider = sign_in(app.test_client(), cast.head_office_manager)
    assert outsider.get(state[1].replace(cast.technician.id, cast.dispatcher.id)).status_code == 404
    assert client.get(f"/people/{cast.technician.id}/phone/{new_id()}").status_code == 404


def test_a_replaced_link_says_so(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    first = re.search(r'hx-get="([^"]+)"', post_form(client, "/account/phone").text)
    post_form(client, "/account/phone")
    assert first
    assert "replaced by a newer one" in client.get(first[1], headers=ENGLISH).text


# --- using one


@pytest.mark.parametrize("user_agent", [WECHAT, IPHONE, ANDROID["User-Agent"], "", "Mozilla/5.0 (X11; Linux) Chrome/140"])
def test_looking_never_uses_it_up(client: FlaskClient, cast: Cast, user_agent: str) -> None:
    made = a_link(cast)
    for _ in range(3):
        assert client.get(f"/go/{made.token}", headers={"User-Agent": user_agent}).status_code == 200
        client.head(f"/go/{made.token}", headers={"User-Agent": user_agent})
    assert made.link.used_at is None


def test_wechat_is_told_to_open_outside_and_offers_no_way_in(client: FlaskClient, cast: Cast) -> None:
    page = client.get(f"/go/{a_link(cast).token}", headers={**ENGLISH, "User-Agent": WECHAT}).text
    assert "opened inside WeChat" in page
    assert "Open in browser" in page
    assert 'name="to"' not in page


def test_an_iphone_installs_first_and_gets_the_code(client: FlaskClient, cast: Cast) -> None:
    made = a_link(cast)
    page = client.get(f"/go/{made.token}", headers={**ENGLISH, "User-Agent": IPHONE}).text
    assert "Add to Home Screen" in page
    assert f"{made.code[:4]} {made.code[4:]}" in page
    assert 'name="to"' not in page


def test_android_signs_in_and_goes_on_to_the_set_up(client: FlaskClient, cast: Cast) -> None:
    made = a_link(cast)
    assert "Sign in on this phone now" in client.get(f"/go/{made.token}", headers=ANDROID).text
    answer = come_in(client, made, "app")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/app/#/setup?by-link")
    assert client.get("/api/session").json["must_choose_password"] is True


def test_office_people_choose_a_password_and_are_in(client: FlaskClient, cast: Cast) -> None:
    assert come_in(client, a_link(cast, cast.finance), "app").headers["Location"] == "/choose-password"
    assert client.get("/account").headers["Location"] == "/choose-password"
    wrong = post_form(client, "/choose-password", {"new": "short", "again": "short"}, page="/choose-password")
    assert wrong.status_code == 422
    form = {"new": PASSWORD, "again": PASSWORD}
    assert post_form(client, "/choose-password", form, page="/choose-password").headers["Location"] == "/"
    assert client.get("/account").status_code == 200
    assert client.get("/choose-password").headers["Location"] == "/"


def test_a_link_made_for_oneself_asks_for_no_new_password(client: FlaskClient, cast: Cast) -> None:
    made = a_link(cast, cast.dispatcher, by=cast.dispatcher)
    assert come_in(client, made, "office").headers["Location"] == "/"
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("end", ["used", "expired", "replaced", "disabled", "guessed"])
def test_a_link_that_is_over_says_what_to_do(app: Flask, client: FlaskClient, cast: Cast, end: str) -> None:
    made = a_link(cast)
    token = token_of(client.get(f"/go/{made.token}").text)
    address = f"/go/{made.token}"
    if end == "used":
        come_in(app.test_client(), made, "app")
    elif end == "expired":
        made.link.expires_at = clock.now() - timedelta(seconds=1)
    elif end == "replaced":
        a_link(cast)
    elif end == "disabled":
        cast.technician.is_active = False
    else:
        address = f"/go/{made.token[:-1]}_"
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    form = {"csrf_token": token}
    for answer in (client.get(address, headers=ENGLISH), client.post(address, data=form, headers=ENGLISH)):
        assert answer.status_code == 410
        assert "no longer works" in answer.text
        assert "Ask your branch manager" in answer.text
        assert "王建国" not in answer.text
    assert client.get("/api/session").status_code == 401


def test_a_link_cannot_be_used_from_another_site(client: FlaskClient, cast: Cast) -> None:
    made = a_link(cast)
    token = token_of(client.get(f"/go/{made.token}").text)
    answer = client.post(f"/go/{made.token}", data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert client.post(f"/go/{made.token}", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 403
    assert made.link.used_at is None


# --- the first start


def test_the_first_start_prints_the_administrators_way_in(
    runner: FlaskCliRunner, client: FlaskClient, session: object
) -> None:
    printed = runner.invoke(args=["first-admin"]).output
    token = re.search(r"http://127\.0\.0\.1:8000/go/([\w-]+)", printed)
    assert token
    assert "staff number  1000" in printed
    person = db.session.scalars(sa.select(Person)).one()
    assert (person.roles, person.branch.code, person.branch.is_head_office) == ({"administrator"}, "HQ", True)
    answer = post_form(client, f"/go/{token[1]}", {"to": "office"}, page=f"/go/{token[1]}")
    assert answer.headers["Location"] == "/choose-password"


def test_started_again_it_makes_nobody_twice_and_only_a_new_link(runner: FlaskCliRunner, session: object) -> None:
    runner.invoke(args=["first-admin"])
    again = runner.invoke(args=["first-admin"]).output
    assert "/go/" in again
    person = db.session.scalars(sa.select(Person)).one()
    good = sa.select(sa.func.count(SetupLink.id)).where(SetupLink.expires_at > clock.now())
    assert db.session.scalar(good) == 1
    set_password(person, PASSWORD)
    db.session.commit()
    printed = runner.invoke(args=["first-admin"]).output
    assert "1000" in printed
    assert "/go/" not in printed


def test_the_machines_owner_helps_an_administrator_who_forgot_the_password(
    runner: FlaskCliRunner, cast: Cast
) -> None:
    set_password(cast.administrator, PASSWORD)
    db.session.commit()
    assert "--for 1000" in runner.invoke(args=["first-admin"]).output
    assert "/go/" in runner.invoke(args=["first-admin", "--for", "1000"]).output
    refused = runner.invoke(args=["first-admin", "--for", "0102"])
    assert refused.exit_code == 1
    assert "/go/" not in refused.output
