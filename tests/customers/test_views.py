"""Pages of customers as people use them: the right person, the wrong one, and what goes wrong."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.accounts.models import AccessEntry
from fieldservice.core.db import db
from fieldservice.core.oplog import log_of
from fieldservice.customers.models import Customer, Product, Site
from tests.builders import a_customer, a_product, a_site
from tests.cast import Cast, a_cast, sign_in
from tests.support.own_forms import send_form

CUSTOMER = {
    "kind": "person",
    "name": "张丽华",
    "address_form": "张女士",
    "phone": "138 1234-2716",
    "remark": "",
}
SITE = {
    "district": "朝阳区",
    "address": "望京西园四区",
    "unit": "12 号楼",
    "access_note": "",
    "datum": "WGS-84",
}


@pytest.fixture
def cast(session: object) -> Cast:
    return a_cast()


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The service desk of the store, in English."""
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, cast.service_desk)


def add(desk: FlaskClient, **given: Any) -> TestResponse:
    return send_form(desk, "/customers/new", CUSTOMER | given)


def the_only(kind: Any) -> Any:
    return db.session.scalars(sa.select(kind)).one()


def test_the_desk_enters_a_customer(desk: FlaskClient, cast: Cast) -> None:
    answer = add(desk, special_needs=["pets", "elderly"])
    customer = the_only(Customer)
    assert answer.location == f"/customers/{customer.id}"
    assert (customer.name, customer.phone, customer.branch_id) == ("张丽华", "13812342716", cast.store.id)
    assert customer.special_needs == ["elderly", "pets"]
    [entry] = log_of("customer", customer.id)
    assert (entry.kind, entry.person_id) == ("office.add_customer", cast.service_desk.id)
    assert "张女士" in entry.body


def test_all_problems_are_said_at_once_and_nothing_typed_is_lost(desk: FlaskClient) -> None:
    answer = add(desk, name="", phone="abc", remark="记得敲门", special_needs=["flying"])
    assert answer.status_code == 422
    for words in (
        "To fix: 3",
        "This is needed.",
        "Write a phone number",
        "Choose from the list.",
        "记得敲门",
    ):
        assert words in answer.text
    assert 'value="abc"' in answer.text


def test_names_of_ten_thousand_characters_are_refused_kindly(desk: FlaskClient) -> None:
    answer = add(desk, name="长" * 10_000)
    assert answer.status_code == 422
    assert "at most 80" in answer.text


@pytest.mark.parametrize("name", ["䶮", "𬱖先生", "O'Brien & Söhne <b>", "张 \u3000 三"])
def test_rare_characters_and_signs_stay_what_they_are(desk: FlaskClient, name: str) -> None:
    page = desk.get(add(desk, name=name, address_form="").location)
    assert the_only(Customer).name == " ".join(name.split())
    assert "<b>" not in page.text


def test_nul_and_control_characters_do_no_harm(desk: FlaskClient) -> None:
    assert add(desk, name="张\0三\n李").status_code == 303
    assert the_only(Customer).name == "张三 李"


def test_only_the_desk_enters_customers(app: Flask, cast: Cast) -> None:
    for person in (cast.finance, cast.technician):
        client = sign_in(app.test_client(), person)
        assert client.get("/customers/new").status_code == 403
    assert app.test_client().get("/customers").status_code == 302


def test_a_customer_of_another_branch_is_not_there(app: Flask, cast: Cast) -> None:
    customer = a_customer(cast.store)
    site = a_site(customer)
    product = a_product(site)
    outsider = sign_in(app.test_client(), cast.outsider)
    addresses = [
        f"/customers/{customer.id}",
        f"/customers/{customer.id}/edit",
        f"/customers/{customer.id}/sites/new",
        f"/sites/{site.id}/edit",
        f"/sites/{site.id}/products/new",
        f"/products/{product.id}/edit",
    ]
    assert {outsider.get(address).status_code for address in addresses} == {404}
    assert (
        send_form(
            outsider, f"/customers/{customer.id}/edit", CUSTOMER | {"version": "1"}, page="/customers/new"
        ).status_code
        == 404
    )
    assert "张丽华" not in outsider.get("/customers").text
    assert outsider.get("/customers/not-an-id").status_code == 404


def test_head_office_sees_all_and_chooses_the_branch(app: Flask, cast: Cast) -> None:
    a_customer(cast.store, name="甲")
    a_customer(cast.other_store, name="乙")
    head = sign_in(app.test_client(), cast.head_office_manager)
    head.set_cookie("lang", "en", domain="localhost")
    assert {name for name in "甲乙" if name in head.get("/customers").text} == {"甲", "乙"}
    assert "乙" not in head.get(f"/customers?branch={cast.store.id}").text.split("<tbody>")[1]
    assert "Choose the branch." in add(head).text
    assert add(head, branch_id=cast.other_store.id).status_code == 303


def test_search_looks_at_name_number_and_address(desk: FlaskClient, cast: Cast) -> None:
    a_site(a_customer(cast.store, name="张丽华", phone="13812342716"), address="望京西园四区")
    a_site(
        a_customer(cast.store, name="王五", address_form="王先生", phone="13900001111"), address="天通苑北区"
    )

    def found(search: str) -> set[str]:
        text = desk.get("/customers", query_string={"q": search}, headers={"HX-Request": "true"}).text
        assert "<html" not in text
        return {name for name in ("张丽华", "王五") if name in text}

    assert found("丽华") == {"张丽华"}
    assert found("2716") == {"张丽华"}
    assert found("天通苑 王") == {"王五"}
    assert found("天通苑 张") == set()
    assert found("100%_") == set()
    assert found("") == {"张丽华", "王五"}


def test_fifty_rows_a_page_with_counts_and_order(desk: FlaskClient, cast: Cast) -> None:
    for number in range(60):
        a_customer(cast.store, name=f"客户{number:02}", phone=f"138{number:08}")
    text = desk.get("/customers?sort=name").text
    assert "Customers: 1–50 of 60" in text
    assert 'aria-sort="ascending"' in text
    assert text.index("客户00") < text.index("客户49")
    assert "客户50" not in text
    assert "客户59" in desk.get("/customers?sort=name&page=2").text
    assert "客户59" in desk.get("/customers?sort=name&page=99999999").text


def test_the_number_is_masked_until_asked_for_and_that_is_logged(desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store)
    page = desk.get(f"/customers/{customer.id}").text
    assert "138 **** 2716" in page
    assert "13812342716" not in page
    assert "13812342716" not in desk.get(f"/customers/{customer.id}/edit").text
    shown = send_form(desk, f"/customers/{customer.id}/phone-opening", {}, page=f"/customers/{customer.id}")
    assert "13812342716" in shown.text
    entry = db.session.scalars(sa.select(AccessEntry).filter_by(act="phone_opened")).one()
    assert (entry.person_id, entry.subject_id) == (cast.service_desk.id, customer.id)


def test_who_may_not_open_numbers_gets_none(app: Flask, cast: Cast) -> None:
    customer = a_customer(cast.store)
    finance = sign_in(app.test_client(), cast.finance)
    page = f"/customers/{customer.id}"
    assert "phone-opening" not in finance.get(page).text
    assert send_form(finance, f"{page}/phone-opening", {}, page=page).status_code == 403
    assert db.session.scalar(sa.select(sa.func.count()).select_from(AccessEntry)) == 0


def test_an_edit_without_a_number_keeps_it(desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store)
    edit = f"/customers/{customer.id}/edit"
    assert send_form(desk, edit, CUSTOMER | {"name": "李丽华", "phone": ""}).status_code == 303
    assert (the_only(Customer).name, the_only(Customer).phone) == ("李丽华", "13812342716")
    send_form(desk, edit, CUSTOMER | {"phone": "+86 10 8765 4321"})
    assert the_only(Customer).phone == "+861087654321"


def test_two_who_edit_at_once_see_both_and_lose_nothing(desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store, remark="旧")
    edit = f"/customers/{customer.id}/edit"
    stale = desk.get(edit).text
    send_form(desk, edit, CUSTOMER | {"remark": "先到", "phone": ""})
    answer = send_form(desk, edit, CUSTOMER | {"remark": "后到", "phone": ""}, text=stale)
    assert answer.status_code == 409
    assert "后到" in answer.text
    assert "now: <strong>先到</strong>" in answer.text
    assert the_only(Customer).remark == "先到"
    assert answer.text.count("now: <strong>") == 1
    assert (
        send_form(desk, edit, CUSTOMER | {"remark": "后到", "phone": ""}, text=answer.text).status_code == 303
    )
    assert the_only(Customer).remark == "后到"


def test_what_nobody_typed_into_takes_over_what_somebody_else_wrote(desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store, name="张丽华", address_form="张女士", remark="旧", kind="person")
    edit = f"/customers/{customer.id}/edit"
    stale = desk.get(edit).text
    send_form(desk, edit, CUSTOMER | {"remark": "他们的", "phone": ""})
    wrong = send_form(desk, edit, CUSTOMER | {"remark": "旧", "name": "", "phone": ""}, text=stale)
    assert wrong.status_code == 422
    assert "\n他们的</textarea>" in wrong.text
    assert "Taken over, as you had not touched it: Remark." in wrong.text
    answer = send_form(desk, edit, CUSTOMER | {"remark": "旧", "name": "张丽", "phone": ""}, text=stale)
    assert answer.status_code == 303
    assert (customer.name, customer.remark) == ("张丽", "他们的")
    assert "Somebody else changed meanwhile, and it stays: Remark." in desk.get(answer.location).text


def test_who_changed_it_is_said_and_theirs_can_be_chosen(app: Flask, desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store, remark="旧", name="张丽华")
    edit = f"/customers/{customer.id}/edit"
    stale = desk.get(edit).text
    other = sign_in(app.test_client(), cast.branch_manager)
    send_form(other, edit, CUSTOMER | {"remark": "他们的", "phone": "13900001111"})
    mine = CUSTOMER | {"remark": "我的", "name": "张丽", "phone": "13900002222"}
    answer = send_form(desk, edit, mine, text=stale)
    assert answer.status_code == 409
    assert "沈店长 changed this too" in answer.text
    assert "mine: <strong>我的</strong>" in answer.text
    assert "139 **** 1111" in answer.text
    assert "13900001111" not in answer.text
    chosen = mine | {"choose-remark": "theirs remark", "choose-phone": "theirs phone"}
    assert send_form(desk, edit, chosen, text=answer.text).status_code == 303
    assert (customer.name, customer.remark, customer.phone) == ("张丽", "他们的", "13900001111")


def test_a_mistake_in_between_does_not_hide_somebody_elses_change(desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store, remark="旧")
    edit = f"/customers/{customer.id}/edit"
    stale = desk.get(edit).text
    send_form(desk, edit, CUSTOMER | {"remark": "先到", "phone": ""})
    wrong = send_form(desk, edit, CUSTOMER | {"remark": "后到", "name": "", "phone": ""}, text=stale)
    assert wrong.status_code == 409
    assert customer.remark == "先到"
    again = send_form(desk, edit, CUSTOMER | {"remark": "后到", "name": "", "phone": ""}, text=wrong.text)
    assert again.status_code == 422
    assert "后到" in again.text
    assert customer.remark == "先到"


@pytest.mark.parametrize("opened", ["[", "[]", '{"remark": 1}', "[" * 5000])
def test_a_form_with_a_broken_memory_still_shows_what_differs(
    desk: FlaskClient, cast: Cast, opened: str
) -> None:
    customer = a_customer(cast.store, remark="旧")
    form = CUSTOMER | {"remark": "新", "phone": "", "version": "0", "opened": opened}
    answer = send_form(desk, f"/customers/{customer.id}/edit", form)
    assert answer.status_code == 409
    assert "now: <strong>旧</strong>" in answer.text


def test_half_of_a_position_is_never_taken_over(desk: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store), lat=39.99, lng=116.46)
    edit = f"/sites/{site.id}/edit"
    stale = desk.get(edit).text
    send_form(desk, edit, SITE | {"lat": "39.95", "lng": "116.40"})
    answer = send_form(desk, edit, SITE | {"lat": "39.99", "lng": "116.47"}, text=stale)
    assert answer.status_code == 409
    assert 'value="39.99"' in answer.text
    assert 'value="116.47"' in answer.text


def test_a_form_sent_twice_adds_one_thing(desk: FlaskClient, cast: Cast) -> None:
    page = desk.get("/customers/new").text
    first, second = (send_form(desk, "/customers/new", CUSTOMER, text=page) for _ in range(2))
    customer = the_only(Customer)
    assert first.location == second.location == f"/customers/{customer.id}"
    assert "nothing was added twice" in desk.get(second.location).text
    new_site = f"/customers/{customer.id}/sites/new"
    page = desk.get(new_site).text
    assert {send_form(desk, new_site, SITE, text=page).status_code for _ in range(2)} == {303}
    new_product = f"/sites/{the_only(Site).id}/products/new"
    page = desk.get(new_product).text
    assert {send_form(desk, new_product, {"model": "浅橡木"}, text=page).status_code for _ in range(2)} == {303}
    assert the_only(Product).model == "浅橡木"


def test_an_id_of_another_branch_does_not_tell_that_it_exists(desk: FlaskClient, cast: Cast) -> None:
    others = a_customer(cast.other_store)
    assert add(desk, row_id=others.id).status_code == 404
    assert send_form(desk, "/customers/new", CUSTOMER | {"row_id": "x"}).status_code == 303


@pytest.mark.parametrize("version", ["", "abc", "9" * 30, "-1"])
def test_a_form_without_its_version_is_a_conflict_not_an_error(
    desk: FlaskClient, cast: Cast, version: str
) -> None:
    customer = a_customer(cast.store)
    edit = f"/customers/{customer.id}/edit"
    assert send_form(desk, edit, CUSTOMER | {"version": version}).status_code == 409


def test_an_address_with_a_position_typed_in_gcj(desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store)
    form = SITE | {"datum": "GCJ-02", "lng": "116.481488", "lat": "39.990464"}
    answer = send_form(desk, f"/customers/{customer.id}/sites/new", form)
    assert answer.location == f"/customers/{customer.id}"
    site = the_only(Site)
    assert (round(site.lat, 4), round(site.lng, 4), site.position_source) == (39.9892, 116.4754, "typed")
    assert "116.481488,39.990464" in desk.get(answer.location).text  # shown in the datum it was typed in
    [entry] = log_of("site", site.id)
    assert str(site.lat) in entry.body


def test_saving_an_untouched_position_does_not_move_it(desk: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store), lat=39.9911234, lng=116.4698765)
    desk.set_cookie("datum", "BD-09", domain="localhost")
    edit = f"/sites/{site.id}/edit"
    shown = {
        "lat": desk.get(edit).text.split('name="lat"')[1].split('value="')[1].split('"')[0],
        "lng": desk.get(edit).text.split('name="lng"')[1].split('value="')[1].split('"')[0],
    }
    assert send_form(desk, edit, SITE | shown | {"datum": "BD-09", "unit": "13 号楼"}).status_code == 303
    assert (site.lat, site.lng, site.unit, site.position_source) == (
        39.9911234,
        116.4698765,
        "13 号楼",
        "pin",
    )


@pytest.mark.parametrize(
    "pasted", ["116.4698,39.9911", "39.9911, 116.4698", "（116.4698，39.9911）", "39.9911 116.4698"]
)
def test_a_pasted_position_is_read_in_either_order(desk: FlaskClient, cast: Cast, pasted: str) -> None:
    customer = a_customer(cast.store)
    send_form(desk, f"/customers/{customer.id}/sites/new", SITE | {"pasted": pasted})
    assert (the_only(Site).lat, the_only(Site).lng) == (39.9911, 116.4698)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lat": "abc", "lng": "116.4"}, "Write degrees"),
        ({"lat": "39.9"}, "Give both"),
        ({"lat": "39.9", "lng": "400"}, "outside the map"),
        ({"pasted": "116.4"}, "Write two numbers"),
        ({"pasted": "somewhere, else"}, "Write two numbers"),
        ({"lat": "1e1", "lng": "nan"}, "Write degrees"),
        ({"lat": "48.85", "lng": "2.35"}, "outside China"),
        ({"lat": "39.9", "lng": "116.4", "datum": "MARS"}, "Choose from the list"),
        ({"lat": "3" * 10_000, "lng": "116"}, "Write degrees"),
    ],
)
def test_a_bad_position_is_explained_and_kept_in_the_form(
    desk: FlaskClient, cast: Cast, given: dict[str, str], words: str
) -> None:
    customer = a_customer(cast.store)
    answer = send_form(desk, f"/customers/{customer.id}/sites/new", SITE | given)
    assert answer.status_code == 422
    assert words in answer.text
    assert all(value[:50] in answer.text for value in given.values() if value != "MARS")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Site)) == 0


def test_exchanged_numbers_are_offered_to_be_put_right(desk: FlaskClient, cast: Cast) -> None:
    address = f"/customers/{a_customer(cast.store).id}/sites/new"
    wrong = SITE | {"lat": "116.4698", "lng": "39.9911"}
    assert "Exchange longitude and latitude" in send_form(desk, address, wrong).text
    swapped = send_form(desk, address, wrong | {"swap": "1"})
    assert swapped.status_code == 200
    assert 'value="39.9911"' in swapped.text.split('name="lat"')[1][:80]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Site)) == 0


def test_a_place_abroad_is_kept_when_the_person_says_so(desk: FlaskClient, cast: Cast) -> None:
    address = f"/customers/{a_customer(cast.store).id}/sites/new"
    abroad = SITE | {"lat": "48.8566", "lng": "2.3522"}
    assert "position_is_right" in send_form(desk, address, abroad).text
    assert send_form(desk, address, abroad | {"position_is_right": "1"}).status_code == 303
    assert (the_only(Site).lat, the_only(Site).lng) == (48.8566, 2.3522)


def test_an_address_may_be_without_position(desk: FlaskClient, cast: Cast) -> None:
    customer = a_customer(cast.store)
    send_form(desk, f"/customers/{customer.id}/sites/new", SITE)
    assert (the_only(Site).lat, the_only(Site).position_source) == (None, "")
    assert "not known yet" in desk.get(f"/customers/{customer.id}").text


def test_two_who_edit_an_address_at_once(desk: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    edit = f"/sites/{site.id}/edit"
    stale = desk.get(edit).text
    position = {"lat": "39.991100", "lng": "116.469800"}
    send_form(desk, edit, SITE | position | {"unit": "1 号楼"})
    answer = send_form(desk, edit, SITE | position | {"unit": "2 号楼"}, text=stale)
    assert answer.status_code == 409
    assert "now: <strong>1 号楼</strong>" in answer.text
    assert answer.text.count("now: <strong>") == 1


def test_a_product_is_added_and_changed(desk: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    form = {
        "model": "强化复合 12 毫米",
        "area_m2": "38.456",
        "purchased_on": "2026-03-01",
        "batch": "26-0117-B3",
    }
    assert send_form(desk, f"/sites/{site.id}/products/new", form).status_code == 303
    product = the_only(Product)
    assert (str(product.area_m2), str(product.purchased_on)) == ("38.46", "2026-03-01")
    edit = f"/products/{product.id}/edit"
    stale = desk.get(edit).text
    assert send_form(desk, edit, form | {"room": "客厅", "area_m2": ""}).status_code == 303
    assert (product.room, product.area_m2) == ("客厅", None)
    assert send_form(desk, edit, form, text=stale).status_code == 409


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("area_m2", "-3"),
        ("area_m2", "many"),
        ("area_m2", "1e99"),
        ("area_m2", "NaN"),
        ("area_m2", "0"),
        ("purchased_on", "yesterday"),
        ("purchased_on", "2026-13-40"),
        ("model", ""),
        ("model", "长" * 10_000),
    ],
)
def test_a_bad_product_is_refused_beside_its_field(
    desk: FlaskClient, cast: Cast, field: str, value: str
) -> None:
    site = a_site(a_customer(cast.store))
    answer = send_form(desk, f"/sites/{site.id}/products/new", {"model": "甲", field: value})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
