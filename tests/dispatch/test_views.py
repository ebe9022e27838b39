"""The day page and its small forms: who sees what, what is refused, what is kept."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session

from fieldservice.accounts.models import Device, LoginSession
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job
from tests.builders import MOMENT, a_case, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of
from tests.support.statements import counted

SATURDAY = "/day?day=2026-11-21"
EN = {"Accept-Language": "en"}


@pytest.fixture
def dispatcher(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def read(client: FlaskClient, address: str = SATURDAY, at: datetime = MOMENT) -> str:
    with clock.frozen(at):
        answer = client.get(address, headers=EN)
    assert answer.status_code == 200
    return answer.text


def post(client: FlaskClient, address: str, at: datetime = MOMENT + timedelta(minutes=1), **form: object):
    with clock.frozen(MOMENT):
        token = form_token(client.get(address, headers=EN).text)
    with clock.frozen(at):
        return client.post(address, data={"csrf_token": token, **form}, headers=EN)


def test_it_shows_unassigned_visits_first_and_every_technician(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician, brief="踢脚线松动")
    a_job(cast.store, brief="地板起拱")
    page = read(dispatcher)
    assert page.index("Not assigned") < page.index("地板起拱") < page.index("王建国") < page.index("踢脚线松动")
    assert "陈志强" in page
    assert "No visits on this day." in page


def test_an_empty_day_offers_what_comes_next(
        client: FlaskClient, cast: Cast, dispatcher: FlaskClient, app: Flask) -> None:
    page = read(dispatcher, "/day?day=2026-11-23")
    assert "Every visit of this day is assigned" not in page
    assert 'id="first-job" href="/jobs/new?day=2026-11-23"' in page
    cast.technician.is_active = cast.second_technician.is_active = False
    assert "first-person" not in read(dispatcher)
    administrator = sign_in(app.test_client(), cast.administrator)
    page = read(administrator, "/day?branch=BJ01")
    assert 'id="first-person" href="/people/new"' in page
    assert "first-job" not in page


@pytest.mark.parametrize("state", ["unfinished", "absent"])
def test_a_visit_that_has_to_be_repeated_offers_it(dispatcher: FlaskClient, cast: Cast, state: str) -> None:
    job = a_job(cast.store, cast.technician, state=state)
    link = f'href="/jobs/new?case={job.case_id}&amp;site={job.site_id}"'
    assert link in read(dispatcher).replace("&site", "&amp;site")
    a_job(cast.store, site=job.site, case=job.case, start_at=MOMENT + timedelta(days=1))
    assert link not in read(dispatcher).replace("&site", "&amp;site")


def test_a_visit_without_a_position_offers_to_set_it(dispatcher: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store), lat=None, lng=None, position_source="")
    job = a_job(cast.store, site=site)
    at_form = f"/sites/{site.id}/edit?next=/day%3Fday%3D2026-11-21%23job-{job.id}"
    page = read(dispatcher, at=MOMENT + timedelta(days=1))
    assert f'href="{at_form}"' in page
    text = dispatcher.get(at_form).text
    assert f'name="next" value="/day?day=2026-11-21#job-{job.id}"' in text
    form = {"address": "望京", "datum": "WGS-84", "lng": "116.47", "lat": "39.99", "version": site.version,
            "next": "https://elsewhere.example/", "csrf_token": form_token(text)}
    assert dispatcher.post(f"/sites/{site.id}/edit", data=form).location == f"/customers/{site.customer_id}"
    form |= {"version": site.version, "next": f"/day?day=2026-11-21#job-{job.id}"}
    assert dispatcher.post(f"/sites/{site.id}/edit", data=form).location == form["next"]
    assert "Set the position" not in read(dispatcher)


def test_the_late_visits_are_counted_and_found(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    assert f'id="first-late" href="#job-{job.id}"' in read(dispatcher, at=MOMENT + timedelta(hours=1))


def test_a_row_says_what_must_not_be_overlooked(dispatcher: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store, special_needs=["elderly"]))
    case = a_case(site)
    a_job(cast.store, cast.technician, site=site, case=case, start_at=MOMENT - timedelta(days=2), state="unfinished")
    a_job(cast.store, cast.technician, site=site, case=case, amount_fen=18050, priority="urgent",
          priority_reason="水浸", special_needs=["pets"], helpers=(cast.second_technician,))
    page = text_of(read(dispatcher, at=MOMENT + timedelta(minutes=22)))
    for words in ("10:00–11:30", "22 min late", "Nobody is on the way", "Urgent · 水浸", "Visit 2", "Collect ¥180.50",
                  "Elderly person", "Pets", "张女士", "Repair · 地板起拱", "朝阳区 望京西园四区"):
        assert words in page, words


def test_a_visit_under_way_is_late_only_when_its_window_is_over(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician, state="working")
    assert "The window is over" not in read(dispatcher, at=MOMENT + timedelta(minutes=80))
    page = text_of(read(dispatcher, at=MOMENT + timedelta(minutes=100)))
    assert "The window is over" in page
    assert "Over by 10 min" in page


def test_visits_without_a_day_are_listed(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, start_at=None, visit_on=None, brief="等电话")
    page = read(dispatcher)
    assert "No day yet" in page
    assert "等电话" in page
    assert f"/jobs/{job.id}/window" in page


def test_it_can_be_arranged_by_state(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician, state="working")
    page = read(dispatcher, f"{SATURDAY}&view=state")
    assert 'id="state-working"' in page
    assert 'id="state-accepted"' not in page


def test_the_search_finds_customer_phone_address_and_crew(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician, site=a_site(a_customer(cast.store, name="李雷", address_form="李先生",
                                                              phone="13900001111"), address="芍药居 3 号院"))
    a_job(cast.store, cast.second_technician)
    for words in ("李雷", "1390000", "芍药居", "王建国", "李 芍药"):
        page = read(dispatcher, f"{SATURDAY}&q={words}")
        assert "李先生" in page, words
        assert "张女士" not in page, words
    assert "Found for “%”: 0" in text_of(read(dispatcher, f"{SATURDAY}&q=%25"))


def test_a_day_that_cannot_be_read_is_today(dispatcher: FlaskClient, cast: Cast) -> None:
    assert "21 Nov" in read(dispatcher, "/day?day=yesterday")


def test_it_says_what_is_only_on_a_phone(dispatcher: FlaskClient, cast: Cast) -> None:
    db.session.add(Device(id=new_id(), person_id=cast.technician.id, name="手机", registered_at=MOMENT,
                          last_contact_at=MOMENT + timedelta(minutes=42), pending_count=3,
                          oldest_pending_at=MOMENT + timedelta(minutes=40)))
    page = text_of(read(dispatcher, at=MOMENT + timedelta(hours=1)))
    assert "last contact 10:42" in page
    assert "3 only on the phone since 10:40" in page
    assert "no phone with the app" in page


def test_a_store_sees_its_own_day_and_head_office_all(app: Flask, cast: Cast) -> None:
    a_job(cast.store, brief="丰台的活")
    a_job(cast.other_store, brief="浦东的活")
    assert "浦东的活" not in read(sign_in(app.test_client(), cast.dispatcher))
    assert "丰台的活" not in read(sign_in(app.test_client(), cast.outsider))
    manager = sign_in(app.test_client(), cast.head_office_manager)
    assert "丰台的活" in (page := read(manager))
    assert "浦东的活" in page
    assert "浦东的活" not in read(manager, f"{SATURDAY}&branch=BJ01")


def test_another_branch_is_not_to_be_asked_for(dispatcher: FlaskClient, cast: Cast) -> None:
    assert dispatcher.get("/day?branch=SH01").status_code == 404
    assert dispatcher.get("/day?branch=XX99").status_code == 404


def test_a_technician_is_sent_to_the_app(client: FlaskClient, cast: Cast) -> None:
    answer = sign_in(client, cast.technician).get("/")
    assert (answer.status_code, answer.location) == (302, "/app/")


def test_nobody_sees_the_day_without_signing_in(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/").status_code == 302
    assert client.get("/events").status_code in (302, 401)
    assert client.get("/events", headers={"Accept": "text/event-stream"}).status_code == 204


def test_htmx_gets_the_part_alone(dispatcher: FlaskClient, cast: Cast) -> None:
    answer = dispatcher.get(SATURDAY, headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith("<div")
    assert "<html" not in answer.text


def test_a_page_that_reads_itself_again_does_not_keep_a_sign_in_alive(dispatcher: FlaskClient, cast: Cast) -> None:
    later = clock.now() + timedelta(hours=1)

    def seen() -> datetime:
        return db.session.scalars(sa.select(LoginSession.last_seen_at)).one()

    before = seen()
    with clock.frozen(later):
        dispatcher.get(SATURDAY, headers={"HX-Request": "true", "X-Fieldservice-Automatic": "1"})
        dispatcher.get("/events", headers={"Accept": "text/event-stream"}).close()
        assert seen() == before
        dispatcher.get(SATURDAY)
        assert seen() == later


def test_finance_reads_the_day_and_changes_nothing(client: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    page = read(sign_in(client, cast.finance))
    assert "/assignment" not in page
    for name in ("assignment", "window", "cancellation", "restoration"):
        assert client.get(f"/jobs/{job.id}/{name}").status_code == 403


def test_the_service_desk_moves_but_does_not_assign(client: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    sign_in(client, cast.service_desk)
    assert client.get(f"/jobs/{job.id}/assignment").status_code == 403
    assert client.get(f"/jobs/{job.id}/window").status_code == 200


@pytest.mark.parametrize("name", ["assignment", "window", "cancellation", "restoration"])
def test_a_job_of_another_branch_is_not_there(client: FlaskClient, cast: Cast, name: str) -> None:
    job = a_job(cast.store)
    outsider = sign_in(client, cast.outsider)
    assert outsider.get(f"/jobs/{job.id}/{name}").status_code == 404
    own = a_job(cast.other_store)
    token = form_token(outsider.get(f"/jobs/{own.id}/window").text)
    assert outsider.post(f"/jobs/{job.id}/{name}", data={"csrf_token": token, "version": job.version}).status_code == 404
    assert outsider.get(f"/jobs/{new_id()}/{name}").status_code == 404


def test_a_job_is_given_to_a_technician_with_a_helper(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    answer = post(dispatcher, f"/jobs/{job.id}/assignment", version=job.version, lead=cast.technician.id,
                  helpers=[cast.second_technician.id])
    assert (answer.status_code, answer.location) == (303, f"/day?day=2026-11-21#job-{job.id}")
    assert (job.state, job.lead_id) == ("assigned", cast.technician.id)
    assert [helper.name for helper in job.helpers] == ["陈志强"]
    page = read(dispatcher)
    assert "helps 王建国 at" in text_of(page)
    assert "张女士: 王建国 goes." in page


def test_a_job_goes_back_to_the_tray(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    post(dispatcher, f"/jobs/{job.id}/assignment", version=job.version, lead="")
    assert (job.state, job.lead_id) == ("unassigned", None)


def test_the_form_says_who_is_busy_at_the_same_time(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(minutes=60))
    job = a_job(cast.store)
    page = text_of(read(dispatcher, f"/jobs/{job.id}/assignment"))
    assert "At the same time: 11:00–12:30 张女士" in page
    assert "free all day" in page


@pytest.mark.parametrize("wrong", ["outside_technician", "dispatcher"])
def test_only_technicians_of_the_branch_can_be_given_a_job(dispatcher: FlaskClient, cast: Cast, wrong: str) -> None:
    job = a_job(cast.store)
    answer = post(dispatcher, f"/jobs/{job.id}/assignment", version=job.version, lead=getattr(cast, wrong).id)
    assert answer.status_code == 422
    assert "not a technician of this branch" in answer.text
    assert job.lead_id is None


def test_two_dispatchers_at_once_the_second_hears_of_the_first(app: Flask, cast: Cast) -> None:
    job = a_job(cast.store)
    seen = job.version
    first, second = (sign_in(app.test_client(), person) for person in (cast.dispatcher, cast.branch_manager))
    post(first, f"/jobs/{job.id}/assignment", version=seen, lead=cast.technician.id)
    answer = post(second, f"/jobs/{job.id}/assignment", version=seen, lead=cast.second_technician.id)
    assert answer.status_code == 409
    page = text_of(answer.text)
    assert "10:01 沈女士 changed who goes" in page
    assert job.lead_id == cast.technician.id
    assert f'value="{cast.second_technician.id}" checked' in answer.text  # what was chosen is still chosen
    again = post(second, f"/jobs/{job.id}/assignment", version=job.version, lead=cast.second_technician.id)
    assert again.status_code == 303
    assert job.lead_id == cast.second_technician.id


def test_a_conflict_names_the_step_a_phone_sent(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    seen = job.version
    job.state = "accepted"
    db.session.add(LogEntry(origin="phone", person_id=cast.technician.id, kind="take_step", entity_type="job",
                            entity_id=job.id, body='{"args":{"step":"accept"}}', result="applied",
                            happened_at=MOMENT, received_at=MOMENT))
    answer = post(dispatcher, f"/jobs/{job.id}/window", version=seen, day="2026-11-22", start="09:00", end="10:00")
    assert answer.status_code == 409
    assert "王建国 reported a step: Accepted" in text_of(answer.text)
    assert 'value="2026-11-22"' in answer.text


def test_a_visit_is_moved_in_the_zone_of_the_branch(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician)
    post(dispatcher, f"/jobs/{job.id}/window", version=job.version, day="2026-11-23", start="09:00", end="10:30")
    assert str(job.visit_on) == "2026-11-23"
    assert job.window_start_at
    assert job.window_start_at.isoformat() == "2026-11-23T01:00:00+00:00"


@pytest.mark.parametrize(("typed", "words"), [
    ({"day": "2026-11-23", "start": "10:00", "end": "09:00"}, "must end after it starts"),
    ({"day": "2026-11-23", "start": "10:00", "end": ""}, "Give both times"),
    ({"day": "", "start": "10:00", "end": "11:00"}, "Give a day"),
    ({"day": "tomorrow", "start": "", "end": ""}, "day could not be read"),
    ({"day": "2026-11-23", "start": "ten", "end": "11:00"}, "time could not be read"),
])
def test_a_window_that_makes_no_sense_is_shown_again(
        dispatcher: FlaskClient, cast: Cast, typed: dict[str, str], words: str) -> None:
    job = a_job(cast.store)
    answer = post(dispatcher, f"/jobs/{job.id}/window", version=job.version, **typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert all(f'value="{value}"' in answer.text for value in typed.values() if value)
    assert str(job.visit_on) == "2026-11-21"


def test_a_visit_is_cancelled_with_a_reason_and_restored(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, state="accepted")
    refused = post(dispatcher, f"/jobs/{job.id}/cancellation", version=job.version, reason=" ")
    assert (refused.status_code, job.state) == (422, "accepted")
    post(dispatcher, f"/jobs/{job.id}/cancellation", version=job.version, reason="客户出差")
    assert job.state == "cancelled"
    assert "客户出差" in read(dispatcher)
    post(dispatcher, f"/jobs/{job.id}/restoration", version=job.version)
    assert (job.state, job.cancel_reason) == ("accepted", "")


def test_an_ended_job_is_neither_moved_nor_cancelled_twice(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, state="finished")
    for name, form in (("window", {"day": "2026-11-22"}), ("cancellation", {"reason": "x"}),
                       ("assignment", {"lead": cast.second_technician.id}), ("restoration", {})):
        assert post(dispatcher, f"/jobs/{job.id}/{name}", version=job.version, **form).status_code == 422
    assert job.state == "finished"


def test_htmx_is_told_that_it_was_done(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    token = form_token(dispatcher.get(f"/jobs/{job.id}/assignment").text)
    answer = dispatcher.post(f"/jobs/{job.id}/assignment", headers={"HX-Request": "true", **EN}, data={
        "csrf_token": token, "version": job.version, "lead": cast.technician.id})
    assert answer.status_code == 204
    assert "fieldservice:done" in answer.headers["HX-Trigger"]
    assert "\\u738b" in answer.headers["HX-Trigger"]  # a header holds no Chinese


def test_nobody_is_sent_to_a_foreign_page(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    answer = post(dispatcher, f"/jobs/{job.id}/window", version=job.version, day="2026-11-21", next="//evil.example/")
    assert answer.location.startswith("/day?day=2026-11-21")


def test_a_form_without_its_token_changes_nothing(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    answer = dispatcher.post(f"/jobs/{job.id}/cancellation", data={"version": job.version, "reason": "x"})
    assert answer.status_code == 403
    assert job.state == "unassigned"


def test_the_page_asks_the_database_as_often_for_300_jobs_as_for_30(
        dispatcher: FlaskClient, cast: Cast, session: scoped_session[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def count() -> int:
        with counted(db.engine) as statements:
            read(dispatcher)
        return len(statements)

    for number in (30, 270):
        with monkeypatch.context() as patch:
            patch.setattr(db.session, "commit", db.session.flush)  # one transaction for all: 300 would take 20 s
            for place in range(number):
                lead = (None, cast.technician, cast.second_technician)[place % 3]
                helpers = (cast.second_technician,) if lead is cast.technician else ()
                a_job(cast.store, lead, helpers=helpers, start_at=None if place % 10 == 0 else MOMENT)
        counts.append(count())
    assert counts[0] == counts[1]
    assert session.scalar(sa.select(sa.func.count(Job.id))) == 300
