"""Jobs entered and followed at the desk."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldservice.cases.models import Case
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of, log_office_edit
from fieldservice.customers.models import Customer, Site
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from tests.builders import MOMENT, a_case, a_customer, a_job, a_product, a_site
from tests.cast import Cast, a_cast, sign_in
from tests.support.own_forms import send_form

VISIT = {
    "type": "repair",
    "brief": "地板起拱",
    "priority": "normal",
    "case_kind": "repair",
    "visit_on": "2026-11-24",
    "start": "10:00",
    "end": "11:30",
    "case_words": "客厅靠窗鼓起来了",
}
NEW_CUSTOMER = {"customer_kind": "person", "customer_name": "欧阳䶮", "customer_phone": "13812342716"}
NEW_SITE = {"site_address": "望京西园四区", "site_datum": "WGS-84", "site_pasted": "116.4698,39.9911"}


@pytest.fixture
def cast(session: object) -> Cast:
    return a_cast()


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The dispatcher of the store, in English."""
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, cast.dispatcher)


@pytest.fixture
def site(cast: Cast) -> Site:
    found: Site = a_site(a_customer(cast.store))
    return found


def enter(desk: FlaskClient, site: Site | None = None, **given: Any) -> TestResponse:
    known = {"site": site.id} if site else {}
    return send_form(desk, "/jobs/new", {"job_id": new_id()} | VISIT | known | given, page="/jobs/new?new=1")


def count(kind: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(kind)) or 0


def the_only(kind: Any) -> Any:
    return db.session.scalars(sa.select(kind)).unique().one()


def test_a_job_for_a_known_address(desk: FlaskClient, site: Site, cast: Cast) -> None:
    answer = enter(
        desk,
        site,
        lead_id=cast.technician.id,
        helper_ids=[cast.second_technician.id],
        amount_fen="180.5",
        amount_reason="上门费",
        special_needs=["quiet_hours"],
    )
    job = the_only(Job)
    assert answer.location == f"/jobs/{job.id}"
    assert (job.state, job.lead_id, [one.id for one in job.helpers]) == (
        "assigned",
        cast.technician.id,
        [cast.second_technician.id],
    )
    assert (job.amount_fen, job.planned_minutes, job.special_needs) == (18050, 30, ["quiet_hours"])
    assert job.window_start_at.isoformat() == "2026-11-24T02:00:00+00:00"
    assert job.number.startswith("BJ01-P")
    assert (job.case.number[:6], job.case.words) == ("BJ01-F", "客厅靠窗鼓起来了")
    assert [entry.kind for entry in log_of("job", job.id)] == ["office.create_job"]


def test_customer_address_case_and_job_in_one_form(desk: FlaskClient, cast: Cast) -> None:
    assert enter(desk, **NEW_CUSTOMER, **NEW_SITE).status_code == 303
    job = the_only(Job)
    assert (job.site.customer.name, job.site.lat, job.branch_id) == ("欧阳䶮", 39.9911, cast.store.id)
    assert job.state == "unassigned"


def test_a_further_address_of_a_known_customer(desk: FlaskClient, site: Site) -> None:
    customer = site.customer
    page = f"/jobs/new?customer={customer.id}&new_site=1"
    answer = send_form(desk, "/jobs/new", VISIT | NEW_SITE | {"customer": customer.id}, page=page)
    assert answer.status_code == 303
    assert (count(Site), count(Customer), the_only(Job).site_id == site.id) == (2, 1, False)


def test_all_problems_of_the_whole_form_are_said_at_once(desk: FlaskClient) -> None:
    answer = enter(
        desk,
        customer_name="",
        customer_phone="12",
        site_pasted="x",
        brief="",
        start="12:00",
        end="11:00",
        priority="urgent",
        amount_fen="-5",
        planned_minutes="2",
    )
    assert answer.status_code == 422
    fields = ["customer_name", "customer_phone", "site_address", "brief", "planned_minutes", "amount_fen"]
    assert [name for name in fields if f'id="e-{name}"' not in answer.text] == []
    assert "客厅靠窗鼓起来了" in answer.text
    assert (count(Customer), count(Site), count(Case), count(Job)) == (0, 0, 0, 0)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"start": "12:00", "end": "11:00"}, "end"),
        ({"start": "12:00", "end": "12:00"}, "end"),
        ({"start": "12:00", "end": ""}, "end"),
        ({"start": "", "end": "12:00"}, "start"),
        ({"visit_on": ""}, "visit_on"),
        ({"visit_on": "soon"}, "visit_on"),
        ({"start": "25:00"}, "start"),
        ({"planned_minutes": "many"}, "planned_minutes"),
        ({"planned_minutes": "9" * 5000}, "planned_minutes"),
        ({"amount_fen": "-5"}, "amount_fen"),
        ({"amount_fen": "180"}, "amount_reason"),
        ({"amount_fen": "1e9", "amount_reason": "x"}, "amount_fen"),
        ({"priority": "urgent"}, "priority_reason"),
        ({"type": "party"}, "type"),
        ({"brief": "长" * 10_000}, "brief"),
        ({"case_words": "长" * 10_000}, "case_words"),
        ({"special_needs": ["flying"]}, "special_needs"),
        ({"case_id": "nobody's"}, "case_id"),
        ({"product_id": "nobody's"}, "product_id"),
    ],
)
def test_bad_input_is_refused_beside_its_field(
    desk: FlaskClient, site: Site, given: dict[str, Any], field: str
) -> None:
    a_product(site)
    a_case(site)
    answer = enter(desk, site, **given)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert count(Job) == 0


def test_a_form_sent_twice_makes_one_job(desk: FlaskClient, site: Site) -> None:
    job_id = new_id()
    assert {enter(desk, site, job_id=job_id).location for _ in range(2)} == {f"/jobs/{job_id}"}
    assert (count(Job), count(Case)) == (1, 1)


def test_a_job_id_of_another_branch_is_not_shown(
    app: Flask, desk: FlaskClient, site: Site, cast: Cast
) -> None:
    other = a_job(cast.other_store)
    assert enter(desk, site, job_id=other.id).status_code == 404


def test_a_visit_without_time_and_day_is_fine(desk: FlaskClient, site: Site) -> None:
    assert enter(desk, site, visit_on="", start="", end="").status_code == 303
    assert (the_only(Job).visit_on, the_only(Job).window_start_at) == (None, None)


def test_another_visit_under_a_case_that_exists(desk: FlaskClient, site: Site) -> None:
    case = a_case(site)
    assert "selected" in desk.get(f"/jobs/new?case={case.id}&site={site.id}").text.split(case.number)[0][-40:]
    enter(desk, site, case_id=case.id, case_words="")
    assert (the_only(Job).case_id, count(Case)) == (case.id, 1)


def test_only_technicians_of_the_branch_can_be_sent(desk: FlaskClient, site: Site, cast: Cast) -> None:
    for person in (cast.outside_technician, cast.finance):
        answer = enter(desk, site, lead_id=person.id)
        assert (answer.status_code, 'id="e-lead_id"' in answer.text) == (422, True)
    assert cast.outside_technician.name not in desk.get(f"/jobs/new?site={site.id}").text


def test_who_may_not_enter_jobs_gets_no_form(app: Flask, cast: Cast) -> None:
    for person in (cast.finance, cast.technician):
        assert sign_in(app.test_client(), person).get("/jobs/new").status_code == 403


def test_sites_customers_and_cases_of_another_branch_are_not_there(
    app: Flask, site: Site, cast: Cast
) -> None:
    case = a_case(site)
    outsider = sign_in(app.test_client(), cast.outsider)
    for query in (f"site={site.id}", f"customer={site.customer_id}", f"case={case.id}", "site=1"):
        assert outsider.get(f"/jobs/new?{query}").status_code == 404
    assert enter(outsider, site).status_code == 404
    assert "张丽华" not in outsider.get("/jobs/new?q=张").text


def test_a_case_of_another_customer_does_not_fit_the_address(
    desk: FlaskClient, site: Site, cast: Cast
) -> None:
    foreign = a_case(a_site(a_customer(cast.store, name="王五")))
    assert desk.get(f"/jobs/new?site={site.id}&case={foreign.id}").status_code == 404
    assert "Choose from the list." in enter(desk, site, case_id=foreign.id).text


def test_head_office_chooses_the_branch_of_a_new_customer(app: Flask, cast: Cast) -> None:
    head = sign_in(app.test_client(), cast.head_office_manager)
    assert 'id="e-customer_branch_id"' in enter(head, **NEW_CUSTOMER, **NEW_SITE).text
    form = (
        NEW_CUSTOMER
        | NEW_SITE
        | {"customer_branch_id": cast.other_store.id, "lead_id": cast.outside_technician.id}
    )
    assert enter(head, **form).status_code == 303
    assert the_only(Job).number.startswith("SH01-P")


def test_choosing_works_as_one_types_and_without_script(desk: FlaskClient, site: Site) -> None:
    page = desk.get("/jobs/new?q=望京")
    assert f"/jobs/new?site={site.id}" in page.text
    assert "<html" not in desk.get("/jobs/new?q=望京", headers={"HX-Request": "true"}).text
    assert "No customers found." in desk.get("/jobs/new?q=nobody").text
    assert "name=nobody" in desk.get("/jobs/new?q=nobody").text


def test_the_page_of_a_job_shows_everything(desk: FlaskClient, cast: Cast, site: Site) -> None:
    job = a_job(
        cast.store,
        cast.technician,
        site=site,
        analysis="受潮",
        remedy="换板",
        bring="吸尘器",
        amount_fen=18000,
        amount_reason="材料费",
    )
    when = actions.Happening(
        at=MOMENT, op_id=new_id(), device_at=MOMENT - timedelta(hours=2), uncertainty_ms=5000
    )
    step = actions.take_step(
        job,
        actions.StepGiven("accept", place=actions.Place(39.99, 116.47, 12)),
        by=cast.technician,
        when=when,
    )
    actions.take_back_step(job, step.id, "点错了", by=cast.technician, when=when)
    actions.record_contact(job, "call", by=cast.technician, when=actions.Happening(at=MOMENT, op_id=new_id()))
    page = desk.get(f"/jobs/{job.id}").text
    for words in (
        job.number,
        job.case.number,
        "受潮",
        "换板",
        "吸尘器",
        "¥180",
        "材料费",
        "<s>Accepted</s>",
        "点错了",
        "116.47000,39.99000",
        "WGS-84 ± 12 m",
        "± 5 s",
        "clock said",
        "Called the customer",
        "138 **** 2716",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("state", "given", "shown", "hidden"),
    [
        (
            "unassigned",
            {},
            ["assignment", "window", "edit", "cancellation"],
            ["restoration", "/jobs/new?case"],
        ),
        ("finished", {}, ["edit", "/jobs/new?case"], ["assignment", "window", "cancellation", "restoration"]),
        (
            "cancelled",
            {"cancelled_from": "unassigned", "cancel_reason": "客户不装了"},
            ["restoration"],
            ["assignment", "cancellation", "/edit"],
        ),
    ],
)
def test_buttons_fit_the_state(
    desk: FlaskClient, cast: Cast, state: str, given: dict[str, Any], shown: list[str], hidden: list[str]
) -> None:
    job = a_job(cast.store, cast.technician if state == "finished" else None, state=state, **given)
    buttons = desk.get(f"/jobs/{job.id}").text.split('class="btns"')[1].split("</div>")[0]
    assert [word for word in shown if word not in buttons] == []
    assert [word for word in hidden if word in buttons] == []


def test_who_only_reads_gets_no_buttons(app: Flask, cast: Cast) -> None:
    job = a_job(cast.store)
    page = sign_in(app.test_client(), cast.finance).get(f"/jobs/{job.id}").text
    assert "/assignment" not in page
    assert "/notes" not in page


def test_a_job_of_another_branch_is_not_there(app: Flask, cast: Cast) -> None:
    job = a_job(cast.store)
    outsider = sign_in(app.test_client(), cast.outsider)
    for address in (f"/jobs/{job.id}", f"/jobs/{job.id}/edit", "/jobs/1"):
        assert outsider.get(address).status_code == 404
    assert (
        send_form(outsider, f"/jobs/{job.id}/notes", {"text": "x"}, page="/jobs/new?new=1").status_code == 404
    )
    assert job.number not in outsider.get("/jobs").text


def test_a_note_from_the_desk(desk: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    page = f"/jobs/{job.id}"
    assert send_form(desk, f"{page}/notes", {"text": "客户改走北门\n保安老李"}, page=page).status_code == 303
    assert "保安老李" in desk.get(page).text
    for text in ("", "  ", "长" * 2001):
        answer = send_form(desk, f"{page}/notes", {"text": text}, page=page)
        assert (answer.status_code, 'id="e-text"' in answer.text) == (422, True)
    assert len(job.notes) == 1


def test_an_edit_and_its_conflict(desk: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    edit = f"/jobs/{job.id}/edit"
    stale = desk.get(edit).text
    assert 'value="10:00"' in stale
    form = VISIT | {"visit_on": "2026-11-21"}
    assert send_form(desk, edit, form | {"brief": "先到", "planned_minutes": "45"}).status_code == 303
    answer = send_form(desk, edit, form | {"brief": "后到", "planned_minutes": "45"}, text=stale)
    assert answer.status_code == 409
    assert "now: <strong>先到</strong>" in answer.text
    assert answer.text.count("now: <strong>") == 1
    assert (job.brief, job.planned_minutes, job.lead_id) == ("先到", 45, cast.technician.id)


def test_work_that_stops_the_supply_is_ticked_and_unticked(desk: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    edit = f"/jobs/{job.id}/edit"
    form = VISIT | {"visit_on": "2026-11-21"}
    assert send_form(desk, edit, form | {"stops_supply": "stops"}).status_code == 303
    assert job.stops_supply
    assert 'value="stops" checked' in desk.get(edit).text
    assert send_form(desk, edit, form).status_code == 303
    assert not job.stops_supply
    assert send_form(desk, edit, form | {"stops_supply": "fly"}).status_code == 422


def test_a_cancelled_job_is_not_edited(desk: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, state="cancelled", cancelled_from="unassigned", cancel_reason="x")
    answer = send_form(desk, f"/jobs/{job.id}/edit", VISIT)
    assert answer.status_code == 422
    assert "was cancelled" in answer.text


def test_the_list_is_narrowed_by_its_address(desk: FlaskClient, cast: Cast) -> None:
    now = a_job(cast.store, cast.technician, brief="甲")
    later = a_job(cast.store, None, brief="乙", start_at=MOMENT + timedelta(days=3), type="survey")
    a_job(cast.other_store, brief="丙")

    def found(query: str) -> set[str]:
        text = desk.get(f"/jobs?{query}").text.split('<div id="list">')[1]
        return {name for name in "甲乙丙" if name in text}

    assert found("") == {"甲", "乙"}
    assert found("state=unassigned") == {"乙"}
    assert found("state=open&type=repair") == {"甲"}
    assert found(f"technician={cast.technician.id}") == {"甲"}
    assert found("from=2026-11-23") == {"乙"}
    assert found("to=2026-11-22") == {"甲"}
    assert found(f"q={now.number}") == {"甲"}
    assert found(f"q={later.case.number}") == {"乙"}
    assert found("q=13812342716") == {"甲", "乙"}
    assert found("q=望京 乙") == {"乙"}
    assert found("from=nonsense&state=nonsense") == set()
    assert found("from=nonsense&page=x&sort=x") == {"甲", "乙"}


@pytest.mark.parametrize("sort", ["day", "-day", "number", "-number", "state", "-type"])
def test_the_list_is_sorted_in_every_column(desk: FlaskClient, cast: Cast, sort: str) -> None:
    a_job(cast.store, start_at=None, visit_on=None)
    a_job(cast.store, cast.technician)
    text = desk.get(f"/jobs?sort={sort}").text
    assert "Jobs: 2" in text
    assert text.count("aria-sort") == 1


def test_pages_of_customer_show_their_visits(desk: FlaskClient, cast: Cast, site: Site) -> None:
    job = a_job(cast.store, site=site)
    assert job.number in desk.get(f"/customers/{site.customer_id}").text


def test_a_changed_customer_reaches_the_jobs_that_show_it(desk: FlaskClient, cast: Cast, site: Site) -> None:
    job = a_job(cast.store, cast.technician, site=site)
    before = job.version
    edit = f"/customers/{site.customer_id}/edit"
    send_form(desk, edit, {"kind": "person", "name": "李四", "address_form": "", "phone": "", "remark": ""})
    assert job.version > before


def test_the_number_is_that_of_the_branchs_day(desk: FlaskClient, site: Site) -> None:
    with clock.frozen(MOMENT.replace(hour=17)):  # 1:00 of the 22nd in Shanghai
        enter(desk, site)
    assert the_only(Job).number == "BJ01-P261122-001"


def test_an_empty_list_says_what_to_do(desk: FlaskClient, cast: Cast) -> None:
    page = desk.get("/jobs").text
    assert "No job yet" in page
    assert "Filters in use" not in page
    page = desk.get("/jobs?state=open&q=x").text
    assert "No jobs found" in page
    assert "Filters in use: 1" in page


def test_a_visit_made_again_begins_with_what_was_promised(desk: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, state="working", brief="地板起拱", bring="含水率仪")
    given = actions.StepGiven("cannot_finish", reason="缺板", promised_at=MOMENT + timedelta(days=3))
    actions.take_step(job, given, by=cast.technician, when=actions.Happening.at_desk(MOMENT, new_id()))
    again = f"/jobs/new?case={job.case_id}&site={job.site_id}"
    with clock.frozen(MOMENT + timedelta(hours=1)):
        page = desk.get(again).text
    assert "Promised to the customer" in page
    for words in ('name="visit_on" value="2026-11-24"', 'name="brief" value="地板起拱"', "含水率仪"):
        assert words in page.replace(' aria-describedby="h-brief"', "")
    with clock.frozen(MOMENT + timedelta(days=9)):
        sign_in(desk, cast.service_desk)
        assert 'name="visit_on" value="2026-11-30"' in desk.get(again).text
    a_job(cast.store, site=job.site, case=job.case)
    assert "Promised to the customer" not in desk.get(again).text


def test_the_log_names_the_step(desk: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    log_office_edit("take_step", job, by=cast.technician, at=MOMENT, step="depart")
    text = desk.get(f"/jobs/{job.id}").text.split('id="timeline"')[1]
    assert '<strong>Departed</strong> <span class="two">王建国</span>' in text
