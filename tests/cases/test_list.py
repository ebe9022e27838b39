"""The list of cases: found by words, narrowed by what their visits say, for who may see them."""

import pytest
from flask.testing import FlaskClient

from fieldservice.core.db import db
from tests.builders import a_case, a_customer, a_job, a_product, a_site
from tests.cast import Cast, sign_in
from tests.core.test_tables import read_csv


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def numbers(client: FlaskClient, query: str = "") -> list[str]:
    """The cases of the list in its order."""
    answer = client.get(f"/cases?export=csv&{query}")
    assert answer.status_code == 200
    return [row[0] for row in read_csv(answer.data)[1:]]


def test_an_empty_list_says_what_to_do(desk: FlaskClient) -> None:
    text = desk.get("/cases").text
    assert "还没有服务单" in text
    assert 'href="/jobs/new"' in text


def test_a_case_is_found_by_whatever_one_knows_of_it(desk: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store, name="张丽华", phone="13812342716"))
    case = a_case(site, number="BJ01-F261121-003", product_id=a_product(site, model="浅橡木").id, words="靠窗鼓起来了")
    a_job(cast.store, site=site, case=case, number="BJ01-P261121-009")
    a_case(a_site(a_customer(cast.store, name="别人", phone="13900000000"), address="别处"), number="BJ01-F1", words="")
    db.session.commit()
    for word in ("张丽", "f261121", "鼓起来", "橡木", "2716", "13812", "望京", "P261121-009", "望京 张丽华"):
        assert numbers(desk, f"q={word}") == ["BJ01-F261121-003"], word
    assert numbers(desk, "q=没有这个词") == []
    assert "没有找到服务单" in desk.get("/cases?q=没有这个词").text
    assert "张丽华" in desk.get("/cases?q=张丽", headers={"HX-Request": "true"}).text


def test_open_and_done_are_what_the_visits_say(desk: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    for name, states in {
        "none": [], "done": ["unfinished", "finished"], "again": ["finished", "absent"], "off": ["cancelled"],
        "waits": ["finished", "assigned"],
    }.items():  # fmt: skip
        case = a_case(site, number=name)
        for state in states:
            a_job(cast.store, cast.technician, site=site, case=case, state=state)
    db.session.commit()
    assert set(numbers(desk, "state=open")) == {"none", "again", "waits"}
    assert set(numbers(desk, "state=done")) == {"done", "off"}
    assert len(numbers(desk, "state=nonsense")) == 5
    job = a_job(cast.store, cast.technician, site=site, case=a_case(site, number="lives"))
    assert "lives" in numbers(desk, "state=open")
    job.state = "finished"
    db.session.commit()
    assert "lives" in numbers(desk, "state=done")


def test_the_list_is_narrowed_and_sorted(desk: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    for number, kind in (("1", "repair"), ("2", "complaint"), ("3", "repair")):
        a_case(site, number=number, kind=kind, id=f"0000000{number}-0000-7000-8000-000000000000")
    db.session.commit()
    assert numbers(desk) == ["3", "2", "1"]
    assert numbers(desk, "sort=opened") == ["1", "2", "3"]
    assert numbers(desk, "sort=kind") == ["2", "1", "3"]
    assert numbers(desk, "kind=repair") == ["3", "1"]
    assert numbers(desk, "sort=nonsense&page=x") == ["3", "2", "1"]


def test_cases_of_another_branch_are_not_in_it(client: FlaskClient, cast: Cast) -> None:
    a_case(a_site(a_customer(cast.store)), number="F1")
    db.session.commit()
    outsider = sign_in(client, cast.outsider)
    assert numbers(outsider) == []
    assert numbers(outsider, f"q=张丽华&branch={cast.store.id}") == []
    assert numbers(sign_in(client, cast.head_office_manager), f"branch={cast.store.id}") == ["F1"]


def test_who_may_not_and_who_is_nobody(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/cases").status_code == 302
    assert sign_in(client, cast.technician).get("/cases").status_code == 403
