"""The page of a case."""

import pytest
from flask import Flask

from tests.builders import a_case, a_customer, a_job, a_site
from tests.cast import Cast, a_cast, sign_in


@pytest.fixture
def cast(session: object) -> Cast:
    return a_cast()


def test_it_shows_words_customer_and_visits(app: Flask, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    case = a_case(site, words="客厅靠窗鼓起来了")
    job = a_job(cast.store, cast.technician, site=site, case=case)
    page = sign_in(app.test_client(), cast.quality).get(f"/cases/{case.id}").text
    for words in (case.number, "客厅靠窗鼓起来了", "张丽华", job.number, "王建国"):
        assert words in page


def test_a_case_of_another_branch_is_not_there(app: Flask, cast: Cast) -> None:
    case = a_case(a_site(a_customer(cast.store)))
    assert sign_in(app.test_client(), cast.outsider).get(f"/cases/{case.id}").status_code == 404
    assert sign_in(app.test_client(), cast.technician).get(f"/cases/{case.id}").status_code == 403
    assert sign_in(app.test_client(), cast.head_office_manager).get(f"/cases/{case.id}").status_code == 200
