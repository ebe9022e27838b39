"""The tour, the first steps and the keys: who sees what, until when."""

import pytest
from flask.testing import FlaskClient

from fieldservice.accounts.models import Device
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.permissions import ROLES, TECHNICIAN
from fieldservice.guide import actions, queries, words
from fieldservice.guide.models import DeskHabit
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.support.forms import post_form

DESK_ROLES = [role for role in ROLES if role != TECHNICIAN]


@pytest.mark.one_database
@pytest.mark.parametrize("role", DESK_ROLES)
def test_each_role_has_its_tour_of_places_it_may_open(client: FlaskClient, cast: Cast, role: str) -> None:
    sign_in(client, getattr(cast, role))
    page = client.get("/", headers={"Accept-Language": "zh-CN"})
    steps = words.TOURS[role]
    assert page.status_code == 200
    for step in steps:
        assert str(step.title) in page.text
        assert client.get(step.address).status_code == 200


def test_the_tour_is_left_once_and_shown_again_on_demand(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    assert 'id="tour"' in client.get("/").text
    for _twice in range(2):
        assert post_form(client, "/help/tour", {}, page="/help").status_code == 303
        assert 'id="tour"' not in client.get("/").text
    assert db.session.get(DeskHabit, cast.dispatcher.id) is not None
    post_form(client, "/help/tour", {"again": "1"}, page="/help")
    assert 'id="tour"' in client.get("/").text
    assert 'id="tour"' not in client.get("/jobs").text, "on the first page only"


def test_it_is_remembered_for_each_person_alone(client: FlaskClient, cast: Cast) -> None:
    actions.leave_tour(cast.dispatcher, at=clock.now())
    sign_in(client, cast.branch_manager)
    assert 'id="tour"' in client.get("/").text


def test_first_steps_tell_what_is_done_and_go_when_all_is(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.administrator)
    page = client.get("/").text
    assert [step.is_done for step in queries.first_steps()] == [True, True, False, False, False, False]
    assert 'id="first-steps"' in page
    assert page.count("is-done") == 2
    start = page.split('id="first-steps"')[1].split("</ol>")[0]
    assert 'href="/people"' in start
    assert 'href="/board"' not in start, "administrators assign nobody: who does is said in words"
    db.session.add(Device(person_id=cast.technician.id, name="门店手机", registered_at=clock.now()))
    a_job(cast.store, lead=cast.technician)
    assert all(step.is_done for step in queries.first_steps())
    assert 'id="first-steps"' not in client.get("/").text


def test_first_steps_are_for_administrators_and_can_be_put_away(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    assert 'id="first-steps"' not in client.get("/").text
    sign_in(client, cast.administrator)
    assert post_form(client, "/help/first-steps", {}, page="/help").status_code == 303
    assert 'id="first-steps"' not in client.get("/").text
    assert "first-steps" in client.get("/help").text


def test_keys_name_only_places_the_person_may_open(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.finance)
    page = client.get("/jobs").text
    assert 'data-keys="g j"' in page
    assert 'data-keys="n"' not in page
    assert 'data-keys="g p"' not in page


def test_keys_can_be_switched_off_and_on(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    assert "data-off" not in client.get("/jobs").text
    post_form(client, "/help/keys", {"on": "0"}, page="/help")
    assert "data-off" in client.get("/jobs").text
    post_form(client, "/help/keys", {"on": "1"}, page="/help")
    assert "data-off" not in client.get("/jobs").text


@pytest.mark.parametrize("address", ["/help", "/help/tour", "/help/keys", "/help/first-steps"])
def test_a_technician_has_no_help_of_the_desk(client: FlaskClient, cast: Cast, address: str) -> None:
    sign_in(client, cast.technician)
    answer = client.get(address) if address == "/help" else post_form(client, address, {}, page="/account")
    assert answer.status_code == 403
    assert "data-keys" not in client.get("/account").text


def test_no_key_is_given_twice() -> None:
    keys = [key.keys for key in (*words.PLACES, *words.ON_THE_PAGE)]
    assert len(keys) == len(set(keys))
    assert not {key for key in keys if len(key) == 1} & {key.split()[0] for key in keys if " " in key}
