"""The phone's calls about its person and itself."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.accounts.actions import disable_person, make_link, revoke_device
from fieldservice.accounts.models import Device, LoginSession
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.keys import is_public_key, key_id
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_signing_in import QUARTER
from tests.cast import Cast, sign_in

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
NEW = "木地板要先晾四十八小时"


def call(client: FlaskClient, method: str, address: str, body: object = None) -> TestResponse:
    return client.open(address, method=method, json=body, headers=SAME_SITE)


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def by_code(client: FlaskClient, cast: Cast) -> TestResponse:
    made = make_link(cast.technician, by=cast.branch_manager, at=clock.now(), good_for=QUARTER)
    return call(client, "POST", "/api/session", {"code": made.code})


def test_name_and_password_open_a_session(client: FlaskClient, cast: Cast) -> None:
    answer = call(client, "POST", "/api/session", {"name": "0217", "password": PASSWORD})
    who = {"id": cast.technician.id, "staff_no": "0217", "name": "王建国"}
    assert answer.status_code == 200
    assert answer.json == {"person": who, "must_choose_password": False, "rescue": answer.json["rescue"]}
    assert is_public_key(answer.json["rescue"]["key"])
    assert answer.json["rescue"]["id"] == key_id(answer.json["rescue"]["key"])
    assert call(client, "GET", "/api/session").json == answer.json


def test_the_cookie_is_ours_alone(client: FlaskClient, cast: Cast) -> None:
    answer = call(client, "POST", "/api/session", {"name": "0217", "password": PASSWORD})
    cookie = next(found for found in answer.headers.getlist("Set-Cookie") if found.startswith("__Host-session="))
    attributes = set(cookie.split("; ")[1:])
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
    assert not [found for found in attributes if found.startswith("Domain")]
    token = cookie.split(";")[0].split("=")[1]
    assert token not in str(db.session.execute(sa.select(LoginSession.token_hash)).all())


@pytest.mark.one_database
@pytest.mark.parametrize("body", [
    {}, {"name": "0217"}, {"password": "x"}, {"name": 217, "password": "x"}, {"code": ""}, [], "x", None,
    {"name": "0217", "password": "x", "code": "AB"}, {"name": "x" * 61, "password": "x"}])
def test_a_body_that_is_no_sign_in_is_refused(client: FlaskClient, cast: Cast, body: object) -> None:
    answer = call(client, "POST", "/api/session", body) if body is not None else client.post(
        "/api/session", data="{", content_type="application/json", headers=SAME_SITE)
    assert code_of(answer) == (400, "bad_request")


def test_wrong_is_401_and_too_often_is_429(client: FlaskClient, cast: Cast) -> None:
    wrong = {"name": "0217", "password": "wrong"}
    for _ in range(5):
        assert code_of(call(client, "POST", "/api/session", wrong)) == (401, "wrong_name_or_password")
    answer = call(client, "POST", "/api/session", {"name": "0217", "password": PASSWORD})
    assert code_of(answer) == (429, "too_many_tries")
    assert int(answer.headers["Retry-After"]) == answer.json["error"]["wait_seconds"] > 0


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {}])
def test_another_site_cannot_sign_anybody_in(client: FlaskClient, cast: Cast, headers: dict[str, str]) -> None:
    answer = client.post("/api/session", json={"name": "0217", "password": PASSWORD}, headers=headers)
    assert code_of(answer) == (403, "cross_site")


def test_a_form_is_not_json(client: FlaskClient, cast: Cast) -> None:
    answer = client.post("/api/session", data={"name": "0217", "password": PASSWORD}, headers=SAME_SITE)
    assert code_of(answer) == (422, "json_expected")


def test_who_comes_by_a_code_chooses_a_password_before_anything_else(client: FlaskClient, cast: Cast) -> None:
    assert by_code(client, cast).json["must_choose_password"] is True
    device = {"client_id": new_id(), "name": "门店手机 07"}
    assert code_of(call(client, "POST", "/api/device", device)) == (403, "must_choose_password")
    assert client.get("/account").headers["Location"] == "/choose-password"
    assert call(client, "PUT", "/api/account/password", {"current": None, "new": NEW}).status_code == 204
    assert call(client, "POST", "/api/device", device).status_code == 200


def test_a_password_by_code_ends_the_other_sign_ins(app: Flask, client: FlaskClient, cast: Cast) -> None:
    old = sign_in(app.test_client(), cast.technician)
    by_code(client, cast)
    assert call(old, "GET", "/api/session").status_code == 200
    call(client, "PUT", "/api/account/password", {"new": NEW})
    assert code_of(call(old, "GET", "/api/session")) == (401, "signed_out")
    assert call(client, "GET", "/api/session").status_code == 200


def test_a_code_works_once(client: FlaskClient, cast: Cast) -> None:
    made = make_link(cast.technician, by=cast.branch_manager, at=clock.now(), good_for=QUARTER)
    assert call(client, "POST", "/api/session", {"code": made.code}).status_code == 200
    assert code_of(call(client, "POST", "/api/session", {"code": made.code})) == (401, "code_unknown")


def test_signing_out_ends_the_session(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    token = client.get_cookie("__Host-session", domain="localhost")
    assert call(client, "DELETE", "/api/session").status_code == 204
    client.set_cookie("__Host-session", token.value if token else "", domain="localhost", secure=True)
    assert code_of(call(client, "GET", "/api/session")) == (401, "signed_out")
    assert code_of(call(client, "DELETE", "/api/session")) == (401, "signed_out")


def test_signing_in_again_ends_the_session_before(app: Flask, client: FlaskClient, cast: Cast) -> None:
    call(client, "POST", "/api/session", {"name": "0217", "password": PASSWORD})
    before = client.get_cookie("__Host-session", domain="localhost")
    call(client, "POST", "/api/session", {"name": "0102", "password": PASSWORD})
    other = app.test_client()
    other.set_cookie("__Host-session", before.value if before else "", domain="localhost", secure=True)
    assert code_of(call(other, "GET", "/api/session")) == (401, "signed_out")


def test_a_disabled_person_is_out_at_once(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    assert call(client, "GET", "/api/session").status_code == 200
    disable_person(cast.technician, by=cast.administrator, at=clock.now())
    assert code_of(call(client, "GET", "/api/session")) == (401, "signed_out")


@pytest.mark.parametrize(("current", "new", "code"), [
    ("wrong", NEW, "password_wrong"), (None, NEW, "password_wrong"), (PASSWORD, "short", "password_short"),
    (PASSWORD, "password123", "password_common"), (PASSWORD, "13812342716", "password_personal")])
def test_a_password_change_is_refused(client: FlaskClient, cast: Cast, current: str, new: str, code: str) -> None:
    sign_in(client, cast.technician)
    answer = call(client, "PUT", "/api/account/password", {"current": current, "new": new})
    assert code_of(answer) == (422, code)
    assert call(client, "POST", "/api/session", {"name": "0217", "password": PASSWORD}).status_code == 200


def test_the_present_password_cannot_be_guessed_in_an_open_session(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    bodies = [{"current": "wrong", "new": NEW}] * 5 + [{"current": PASSWORD, "new": NEW}]
    assert code_of([call(client, "PUT", "/api/account/password", body) for body in bodies][-1])[0] == 429


def test_a_device_is_registered_and_renamed_and_bound_to_the_session(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    client_id = new_id()
    for name in ("门店手机 07", "我的手机"):
        answer = call(client, "POST", "/api/device", {"client_id": client_id, "name": name})
        assert answer.json == {"client_id": client_id, "name": name, "key_id": None}
    device = db.session.scalars(sa.select(Device)).one()
    assert (device.id, device.name, device.person_id) == (client_id, "我的手机", cast.technician.id)
    assert db.session.scalars(sa.select(LoginSession.device_id)).one() == client_id


@pytest.mark.parametrize("body", [
    {"client_id": "1", "name": "x"}, {"client_id": "0" * 36, "name": "x"}, {"name": "x"},
    {"client_id": "019fff00-0000-4000-8000-000000000000", "name": "x"}, {"client_id": None, "name": " "}])
def test_a_device_without_a_proper_id_or_name_is_refused(client: FlaskClient, cast: Cast, body: object) -> None:
    sign_in(client, cast.technician)
    assert code_of(call(client, "POST", "/api/device", body)) == (400, "bad_request")


def a_device(cast: Cast) -> Device:
    device = Device(person_id=cast.technician.id, name="门店手机 07", registered_at=clock.now())
    db.session.add(device)
    db.session.commit()
    return device


def test_anothers_device_is_a_conflict_and_cannot_be_blocked(client: FlaskClient, cast: Cast) -> None:
    device = a_device(cast)
    sign_in(client, cast.second_technician)
    body = {"client_id": device.id, "name": "meins"}
    assert code_of(call(client, "POST", "/api/device", body)) == (409, "device_of_another")
    assert code_of(call(client, "DELETE", f"/api/device/{device.id}")) == (404, "not_found")
    assert (device.name, device.revoked_at) == ("门店手机 07", None)


def test_a_blocked_device_that_registers_again_stays_blocked(client: FlaskClient, cast: Cast) -> None:
    """Signed in anew it is known as the blocked one it is: refused, it could neither deliver nor be wiped."""
    device = a_device(cast)
    revoke_device(device, by=cast.administrator, at=clock.now())
    sign_in(client, cast.technician)
    assert client.get("/account").status_code == 200
    answer = call(client, "POST", "/api/device", {"client_id": device.id, "name": "x"})
    assert (answer.status_code, device.name) == (200, "门店手机 07")
    assert device.revoked_at is not None
    assert client.get("/account").status_code == 403


def test_an_own_device_is_blocked_as_often_as_one_likes(client: FlaskClient, cast: Cast) -> None:
    device = a_device(cast)
    sign_in(client, cast.technician)
    assert call(client, "DELETE", f"/api/device/{device.id}").status_code == 204
    first = device.revoked_at
    assert call(client, "DELETE", f"/api/device/{device.id}").status_code == 204
    assert device.revoked_at == first is not None
    assert code_of(call(client, "DELETE", f"/api/device/{new_id()}")) == (404, "not_found")


def test_only_who_works_with_the_app_registers_a_device(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    answer = call(client, "POST", "/api/device", {"client_id": new_id(), "name": "x"})
    assert code_of(answer) == (403, "not_allowed")


def test_ping_proves_that_it_is_us(client: FlaskClient) -> None:
    answer = client.get("/api/ping?n=0123456789abcdef")
    assert answer.json["nonce"] == "0123456789abcdef"
    assert abs(answer.json["server_time"] - clock.to_ms(clock.now())) < 60_000
    assert code_of(client.get("/api/ping?n=<b>")) == (400, "bad_request")


def test_a_session_on_a_blocked_phone_reaches_nothing_but_the_way_out(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.technician)
    device = {"client_id": new_id(), "name": "丢了的手机"}
    assert call(client, "POST", "/api/device", device).status_code == 200
    revoke_device(db.session.get_one(Device, device["client_id"]), by=cast.administrator, at=clock.now())
    for path in ("/account", "/account/phone"):
        assert client.get(path).status_code == 403
    body = {"current": PASSWORD, "new": NEW}
    assert code_of(call(client, "PUT", "/api/account/password", body)) == (403, "device_revoked")
    assert call(client, "GET", "/api/session").status_code == 200
    assert call(client, "DELETE", "/api/session").status_code == 204
