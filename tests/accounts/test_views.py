"""The pages of accounts: in and out, people, devices, one's own account."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.accounts import sessions
from fieldservice.accounts.actions import change_person, disable_person
from fieldservice.accounts.models import Device, LoginSession, Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_people_actions import entry_of
from tests.cast import Cast, sign_in
from tests.support.forms import post_form, token_of

NEW = "木地板要先晾四十八小时"
ENGLISH = {"Accept-Language": "en"}
IN_THE_APP = "/app/#/sign-in?signed-in"


def sign_in_by_form(client: FlaskClient, name: str, password: str = PASSWORD, next_page: str = "") -> TestResponse:
    return post_form(client, "/sign-in", {"name": name, "password": password, "next": next_page}, page="/sign-in")


# --- in and out


@pytest.mark.parametrize(("name", "next_page", "target"), [
    ("0102", "", "/"), ("0102", "/jobs?day=1", "/jobs?day=1"), ("0102", "/", "/"), ("0102", "https://evil.example/", "/"),
    ("0102", "//evil.example", "/"), ("0102", "/\\evil.example", "/"), ("0217", "", IN_THE_APP),
    ("0217", "/", IN_THE_APP)])
def test_signing_in_leads_to_the_right_place(
    client: FlaskClient, cast: Cast, name: str, next_page: str, target: str
) -> None:
    answer = sign_in_by_form(client, name, next_page=next_page)
    assert (answer.status_code, answer.headers["Location"]) == (303, target)


def test_a_wrong_password_keeps_the_name_typed(client: FlaskClient, cast: Cast) -> None:
    answer = sign_in_by_form(client, "0102", "a guess of mine")
    assert answer.status_code == 401
    assert 'value="0102"' in answer.text
    assert 'role="alert"' in answer.text
    assert "a guess of mine" not in answer.text


def test_a_form_without_its_token_or_with_anothers_is_refused(app: Flask, client: FlaskClient, cast: Cast) -> None:
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    form = {"name": "0102", "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 403
    others = token_of(app.test_client().get("/sign-in").text)
    assert client.post("/sign-in", data={**form, "csrf_token": others}).status_code == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_form_of_another_site_is_refused(client: FlaskClient, cast: Cast, headers: dict[str, str]) -> None:
    token = token_of(client.get("/sign-in").text)
    form = {"name": "0102", "password": PASSWORD, "csrf_token": token}
    assert client.post("/sign-in", data=form, headers=headers).status_code == 403


def test_signed_out_one_is_asked_to_sign_in_and_comes_back(client: FlaskClient, cast: Cast) -> None:
    answer = client.get("/people?q=%E7%8E%8B")
    assert answer.headers["Location"] == "/sign-in?next=/people?q%3D%25E7%258E%258B"


def test_signing_out_ends_it_here(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    assert post_form(client, "/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/account").headers["Location"].startswith("/sign-in")
    assert db.session.scalars(sa.select(LoginSession.ended_at)).one() is not None


def test_a_disabled_person_is_out_at_once(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    assert client.get("/account").status_code == 200
    disable_person(cast.dispatcher, by=cast.administrator, at=clock.now())
    assert client.get("/account").status_code == 302


# --- people


@pytest.mark.parametrize(("role", "status"), [
    ("administrator", 200), ("head_office_manager", 200), ("branch_manager", 200), ("dispatcher", 403),
    ("service_desk", 403), ("finance", 403), ("quality", 403), ("technician", 403)])
def test_who_lists_people(client: FlaskClient, cast: Cast, role: str, status: int) -> None:
    assert sign_in(client, getattr(cast, role)).get("/people").status_code == status


def test_a_branch_manager_sees_the_own_branch_only(client: FlaskClient, cast: Cast) -> None:
    page = sign_in(client, cast.branch_manager).get("/people").text
    assert "王建国" in page
    assert "外店师傅" not in page
    assert "外店师傅" not in client.get(f"/people?branch={cast.other_store.id}&active=all").text


def test_head_office_sees_all_and_filters(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.head_office_manager)
    assert "外店师傅" in client.get("/people").text
    assert "外店师傅" not in client.get(f"/people?branch={cast.store.id}").text
    by_role = client.get("/people?role=technician", headers={"HX-Request": "true"}).text
    assert "外店师傅" in by_role
    assert "外店派工" not in by_role
    assert "<html" not in by_role
    assert "王建国" in client.get("/people?q=1381234").text
    disable_person(cast.technician, by=cast.administrator, at=clock.now())
    assert "王建国" not in client.get("/people").text
    assert "王建国" in client.get("/people?active=no").text


@pytest.mark.parametrize("path", ["/people/new", "/people/{id}"])
@pytest.mark.parametrize("role", ["head_office_manager", "branch_manager", "dispatcher", "technician"])
def test_only_the_administrator_edits(client: FlaskClient, cast: Cast, role: str, path: str) -> None:
    sign_in(client, getattr(cast, role))
    assert client.get(path.format(id=cast.technician.id)).status_code == 403
    for act in ("", "/disablement", "/enablement"):
        assert post_form(client, f"/people/{cast.technician.id}{act}", {"name": "x"}).status_code == 403


def person_form(cast: Cast, **changes: object) -> dict[str, object]:
    form: dict[str, object] = {"staff_no": "0300", "name": "新来的", "branch_id": cast.store.id, "phone": "139 0000 0000",
                               "badge_no": "", "language": "", "roles": ["technician"]}
    return form | changes


def test_a_person_is_added_and_then_given_a_link(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    answer = post_form(client, "/people", person_form(cast))
    person = db.session.scalars(sa.select(Person).filter_by(staff_no="0300")).one()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/people/{person.id}/phone")
    assert (person.phone, person.badge_no, person.language) == ("13900000000", None, None)


@pytest.mark.one_database
@pytest.mark.parametrize(("changes", "words"), [
    ({"staff_no": ""}, "This is needed."), ({"staff_no": "0217"}, "This staff number is taken."),
    ({"staff_no": "a b"}, "A staff number has"), ({"roles": []}, "Choose at least one role."),
    ({"phone": "no number"}, "Write a phone number"), ({"branch_id": ""}, "This is needed."),
    ({"branch_id": "gone"}, "This branch is closed."), ({"name": "x" * 61}, "Too long")])
def test_what_is_wrong_stands_beside_its_field(
    client: FlaskClient, cast: Cast, changes: dict[str, object], words: str
) -> None:
    sign_in(client, cast.administrator)
    answer = post_form(client, "/people", person_form(cast, **changes), headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.text
    assert changes.get("name", "新来的") in answer.text


def test_of_two_who_edit_the_second_sees_what_differs(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    seen = cast.technician.version
    change_person(cast.technician, entry_of(cast.technician, name="王大师"), expected_version=seen,
                  by=cast.administrator, at=clock.now())
    form = person_form(cast, staff_no="0217", name="王师傅", phone="13812342716", badge_no="B217", version=seen)
    answer = post_form(client, f"/people/{cast.technician.id}", form)
    assert answer.status_code == 409
    assert "王师傅" in answer.text
    assert "王大师" in answer.text
    again = post_form(client, f"/people/{cast.technician.id}", {**form, "version": cast.technician.version})
    assert again.status_code == 303
    assert cast.technician.name == "王师傅"


def test_the_last_administrator_is_told_why_not(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    answer = post_form(client, f"/people/{cast.administrator.id}/disablement", headers=ENGLISH)
    assert answer.status_code == 422
    assert "last administrator" in answer.text


def test_disabling_and_letting_in_again(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    assert post_form(client, f"/people/{cast.technician.id}/disablement").status_code == 303
    assert cast.technician.is_active is False
    assert post_form(client, f"/people/{cast.technician.id}/enablement").status_code == 303
    assert cast.technician.is_active is True


@pytest.mark.parametrize("path", ["/people/{id}", "/people/{id}/phone"])
def test_a_guessed_id_is_not_found(client: FlaskClient, cast: Cast, path: str) -> None:
    sign_in(client, cast.administrator)
    assert client.get(path.format(id=new_id())).status_code == 404
    assert post_form(client, path.format(id="x' OR 1=1")).status_code == 404


# --- devices


@pytest.fixture
def device(cast: Cast) -> Device:
    found = Device(person_id=cast.technician.id, name="门店手机 07", registered_at=clock.now(), pending_count=3,
                   oldest_pending_at=clock.now(), last_contact_at=clock.now(), build="3f9c2a71b0de")
    db.session.add(found)
    db.session.commit()
    return found


# --- the own account


def test_everybody_sees_the_own_account(client: FlaskClient, cast: Cast, device: Device) -> None:
    sign_in(client, cast.technician)
    page = client.get("/account", headers=ENGLISH).text
    assert "王建国" in page
    assert "门店手机 07" in page
    assert "this one" in page
    assert "门店手机 07" not in sign_in(client, cast.second_technician).get("/account").text


def test_one_or_all_other_sign_ins_are_ended(app: Flask, client: FlaskClient, cast: Cast) -> None:
    others = [sign_in(app.test_client(), cast.technician) for _ in range(3)]
    sign_in(client, cast.technician)
    first = db.session.scalars(sa.select(LoginSession).order_by(LoginSession.created_at, LoginSession.id)).first()
    assert first
    assert post_form(client, f"/account/sessions/{first.id}/end").status_code == 303
    assert others[0].get("/account").status_code == 302
    assert others[1].get("/account").status_code == 200
    assert post_form(client, "/account/sessions/end-others").status_code == 303
    assert [other.get("/account").status_code for other in others] == [302] * 3
    assert client.get("/account").status_code == 200


def test_nobody_ends_what_is_anothers(client: FlaskClient, cast: Cast, device: Device) -> None:
    found, _token = sessions.open_session(cast.dispatcher, at=clock.now(), address="", user_agent="")
    db.session.commit()
    sign_in(client, cast.second_technician)
    assert post_form(client, f"/account/sessions/{found.id}/end").status_code == 404
    assert post_form(client, f"/account/devices/{device.id}/revocation").status_code == 404
    assert (found.ended_at, device.revoked_at) == (None, None)


def test_a_new_password_ends_the_others_where_wished(app: Flask, client: FlaskClient, cast: Cast) -> None:
    other = sign_in(app.test_client(), cast.technician)
    sign_in(client, cast.technician)
    form = {"present": PASSWORD, "new": NEW, "again": NEW}
    assert post_form(client, "/account/password", form).status_code == 303
    assert other.get("/account").status_code == 200
    back = {"present": NEW, "new": PASSWORD, "again": PASSWORD, "end_others": "on"}
    assert post_form(client, "/account/password", back).status_code == 303
    assert other.get("/account").status_code == 302


@pytest.mark.parametrize(("form", "words"), [
    ({"present": "x", "new": NEW, "again": NEW}, "The current password is wrong."),
    ({"present": PASSWORD, "new": NEW, "again": "other"}, "The two passwords are not the same."),
    ({"present": PASSWORD, "new": "short", "again": "short"}, "at least 10 characters")])
def test_a_password_is_refused_with_the_reason(client: FlaskClient, cast: Cast, form: dict[str, str], words: str) -> None:
    sign_in(client, cast.technician)
    answer = post_form(client, "/account/password", form, headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.text
    assert PASSWORD not in answer.text
