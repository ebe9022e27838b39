"""Planning of people at the desk: who may, what is kept, two editors at once, days off with visits on them."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.people import actions
from fieldservice.people.availability import available
from fieldservice.people.models import BranchPlanning, PersonPlanning, PersonSkill, ShiftChange
from fieldservice.people.queries import standing_of
from fieldservice.people.rules import Held, PlanningEntry
from tests.builders import a_case, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.forms import post_form
from tests.support.own_forms import hidden_fields

HOME = (39.912345, 116.412345)
WHOLE: dict[str, Any] = {
    "skills": ["laminate", "electrician"], "until_electrician": "2027-01-31", "number_electrician": "京 A 123",
    "own_week": "own", "start_0": "09:00", "end_0": "17:30", "start_6": "10:00", "end_6": "00:00",
    "lunch": "own", "lunch_earliest": "12:00", "lunch_latest": "13:00", "lunch_minutes": "30",
    "start_from": "home", "ends": "open", "home_address": "望京 3 号", "home_lat": str(HOME[0]), "home_lng": str(HOME[1]),
    "home_datum": "WGS-84", "van_m2": "60",
}  # fmt: skip


def today() -> date:
    return (clock.now() + timedelta(hours=8)).date()


def opened(client: FlaskClient, address: str) -> dict[str, Any]:
    """The form as somebody opens it: token, version and fields."""
    hidden = hidden_fields(client.get(address).text)
    return {**hidden, **json.loads(hidden["opened"])}


def save(client: FlaskClient, person: Any, **given: Any) -> Any:
    address = f"/team/{person.id}"
    return client.post(address, data={**opened(client, address), **given})


def test_everything_of_a_person_is_kept_and_read_again(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    assert save(client, cast.technician, **WHOLE).status_code == 303
    entry = standing_of(cast.technician.id).entry
    assert entry.skills == (Held("electrician", date(2027, 1, 31), "京 A 123"), Held("laminate"))
    assert entry.week == {0: (540, 1050), 6: (600, 1440)}
    assert (entry.start_from, entry.ends, entry.home, entry.van_m2) == ("home", "open", HOME, 60)
    again = opened(client, f"/team/{cast.technician.id}")
    for name, value in WHOLE.items():
        assert sorted(again[name]) == sorted(value if isinstance(value, list) else [value]), name
    before = db.session.scalar(sa.select(sa.func.count(LogEntry.id)))
    assert save(client, cast.technician).status_code == 303  # nothing touched: nothing moves, nothing is logged
    assert standing_of(cast.technician.id).entry == entry
    assert db.session.scalar(sa.select(sa.func.count(LogEntry.id))) == before


@pytest.mark.parametrize(("given", "where"), [
    ({"start_1": "10:00"}, "end_1"), ({"start_1": "10:00", "end_1": "09:00"}, "end_1"),
    ({"lunch_minutes": ""}, "lunch_minutes"), ({"lunch_latest": "11:00"}, "lunch_latest"),
    ({"until_electrician": "soon"}, "until_electrician"), ({"home_lat": "", "home_lng": ""}, "start_from"),
    ({"home_lat": "north"}, "home_lat"), ({"van_m2": "-1"}, "van_m2"), ({"van_m2": "99999999999999999999"}, "van_m2"),
    ({"start_0": "", "end_0": "", "start_6": "", "end_6": ""}, "own_week"), ({"ends": "anywhere"}, "ends"),
    ({"number_electrician": "x" * 41}, "number_electrician"), ({"start_2": "\0"}, ""),
])  # fmt: skip
@pytest.mark.one_database
def test_what_cannot_be_is_said_beside_its_field(
    client: FlaskClient, cast: Cast, given: dict[str, str], where: str
) -> None:
    sign_in(client, cast.dispatcher)
    answer = save(client, cast.technician, **{**WHOLE, **given})
    assert answer.status_code == 422 or not where
    assert not where or f'id="e-{where}"' in answer.text
    assert (db.session.scalar(sa.select(PersonPlanning)) is None) == (answer.status_code == 422)


@pytest.mark.one_database
def test_only_planners_of_the_branch_and_head_office_see_it(client: FlaskClient, cast: Cast) -> None:
    actions.save_planning(cast.technician, PlanningEntry(home=HOME, home_address="望京 3 号"), by=None, at=clock.now())
    actions.change_days(cast.technician, [today()], "sick", None, "发烧", by=None, at=clock.now())
    address = f"/team/{cast.technician.id}"
    allowed = (cast.dispatcher, cast.branch_manager, cast.head_office_manager)
    for person, status in [*((one, 200) for one in allowed), (cast.outsider, 404), (cast.service_desk, 403),
                           (cast.finance, 403), (cast.quality, 403), (cast.administrator, 403),
                           (cast.technician, 403), (cast.second_technician, 403)]:  # fmt: skip
        sign_in(client, person)
        answer = client.get(address)
        assert answer.status_code == status, person.name
        assert ("发烧" in answer.text, "望京 3 号" in answer.text) == (status == 200, status == 200)
        for post in ("", "/days", f"/days/{cast.technician.id}/removal"):
            if status != 200:
                assert post_form(client, address + post).status_code == status
        if status == 404:
            assert client.get(f"/team/branches/{cast.store.id}").status_code == 404
            assert cast.technician.name not in client.get(f"/team?branch={cast.store.id}").text
        if status == 403:
            for page in ("/", "/day", "/people"):
                assert "发烧" not in client.get(page).text


@pytest.mark.one_database
def test_everybody_reads_their_own_and_nobody_elses(client: FlaskClient, cast: Cast) -> None:
    actions.save_planning(cast.technician, PlanningEntry(home=HOME, home_address="望京 3 号"), by=None, at=clock.now())
    actions.change_days(cast.technician, [today()], "sick", None, "发烧", by=None, at=clock.now())
    sign_in(client, cast.technician)
    own = client.get("/account/planning")
    assert own.status_code == 200
    assert "望京 3 号" in own.text
    assert "发烧" in own.text
    assert "/account/planning" in client.get("/account").text
    sign_in(client, cast.second_technician)
    assert "望京" not in client.get("/account/planning").text


def test_two_editors_are_brought_together_field_by_field(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    address = f"/team/{cast.technician.id}"
    mine = opened(client, address)
    sign_in(client, cast.branch_manager)
    assert save(client, cast.technician, van_m2="40", skills=["repair"]).status_code == 303
    sign_in(client, cast.dispatcher)
    mine["csrf_token"] = opened(client, address)["csrf_token"]
    taken = client.post(address, data={**mine, "home_address": "望京 3 号"})
    assert taken.status_code == 303
    entry = standing_of(cast.technician.id).entry
    assert (entry.van_m2, entry.home_address, [one.skill for one in entry.skills]) == (40, "望京 3 号", ["repair"])
    clash = client.post(address, data={**mine, "van_m2": "90"})
    assert clash.status_code == 409
    assert cast.branch_manager.name in clash.text
    assert standing_of(cast.technician.id).entry.van_m2 == 40


def test_a_day_off_names_the_visits_and_moves_none(client: FlaskClient, cast: Cast) -> None:
    site = a_site(a_customer(cast.store))
    job = a_job(cast.store, cast.technician, site=site, case=a_case(site), start_at=clock.now() + timedelta(days=2))
    client.set_cookie("lang", "en", domain="localhost")
    sign_in(client, cast.dispatcher)
    day = job.visit_on
    assert day
    data = {"days_kind": "off", "days_first": day.isoformat(), "days_last": "", "days_reason": "搬家"}
    assert post_form(client, f"/team/{cast.technician.id}/days", data).status_code == 303
    page = client.get(f"/team/{cast.technician.id}").text
    assert f"/jobs/{job.id}" in page
    assert f"/board?day={day.isoformat()}" in page
    assert (job.lead_id, job.visit_on) == (cast.technician.id, day)
    assert f"/board?day={day.isoformat()}" in client.get(f"/team?week={day.isoformat()}").text
    first = client.get("/").text
    assert f"/board?day={day.isoformat()}" in first
    assert "搬家" not in first
    change = db.session.scalar(sa.select(ShiftChange))
    assert change
    removal = f"/team/{cast.technician.id}/days/{change.id}/removal"
    for words in ("is as usual again", "taken back before"):
        answer = post_form(client, removal, follow_redirects=True)
        assert words in answer.text
    assert f"/board?day={day.isoformat()}" not in client.get(f"/team/{cast.technician.id}").text


@pytest.mark.parametrize("given", [
    {"days_first": ""}, {"days_first": "2026-12-01", "days_last": "2026-11-30"},
    {"days_first": "2026-12-01", "days_last": "2027-12-01"}, {"days_first": "2026-12-01", "days_kind": "shift"},
    {"days_first": "9999-12-31"}, {"days_first": "2026-12-01", "days_kind": "holiday"},
    {"days_first": "2026-12-01", "days_kind": "shift", "days_start": "18:00", "days_end": "09:00"},
])  # fmt: skip
@pytest.mark.one_database
def test_days_that_cannot_be_are_refused(client: FlaskClient, cast: Cast, given: dict[str, str]) -> None:
    sign_in(client, cast.dispatcher)
    answer = post_form(client, f"/team/{cast.technician.id}/days", {"days_kind": "off", **given})
    assert answer.status_code == 422
    assert 'class="errors"' in answer.text
    assert db.session.scalar(sa.select(ShiftChange)) is None


def test_the_log_is_told_neither_why_somebody_is_away_nor_where_they_live(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.dispatcher)
    save(client, cast.technician, **WHOLE)
    data = {"days_kind": "sick", "days_first": "2026-12-01", "days_reason": "发烧"}
    post_form(client, f"/team/{cast.technician.id}/days", data)
    entries = list(db.session.scalars(sa.select(LogEntry).where(LogEntry.kind.in_(
        ("office.change_planning", "office.change_days")))))  # fmt: skip
    assert len(entries) == 2
    said = " ".join(entry.body for entry in entries)
    assert "2026-12-01" in said
    assert "京 A 123" in said
    for secret in ("发烧", "sick", "望京", str(HOME[0])):
        assert secret not in said


def test_a_disabled_account_has_no_home_any_more(client: FlaskClient, cast: Cast) -> None:
    entry = PlanningEntry(home=HOME, home_address="望京 3 号", start_from="home", ends="home", van_m2=30)
    actions.save_planning(cast.technician, entry, by=None, at=clock.now())
    sign_in(client, cast.administrator)
    assert post_form(client, f"/people/{cast.technician.id}/disablement").status_code == 303
    left = standing_of(cast.technician.id).entry
    assert (left.home, left.home_address, left.start_from, left.ends, left.van_m2) == (None, "", "branch", "branch", 30)


def test_a_branch_has_a_place_and_hours(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.branch_manager)
    address = f"/team/branches/{cast.store.id}"
    given = {"weekdays": ["0", "6"], "start": "09:00", "end": "00:00", "lunch": "none", "lat": "39.86", "lng": "116.29"}
    assert client.post(address, data={**opened(client, address), **given}).status_code == 303
    found = available([cast.store.id], date(2026, 11, 22))[0]
    assert (found.shift_start, found.shift_end, found.lunch, found.start) == (9 * 3600, 86400, None, (39.86, 116.29))
    bad = client.post(address, data={**opened(client, address), "weekdays": [], "end": ""})
    assert bad.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count(BranchPlanning.id))) == 1
    sign_in(client, cast.outsider)
    assert post_form(client, address, given).status_code == 404


def test_certificates_that_run_out_are_handled_first(client: FlaskClient, cast: Cast, session: Session) -> None:
    for skill, days in (("electrician", -1), ("heights", 20), ("floor_heating", 60)):
        until = today() + timedelta(days=days)
        session.add(PersonSkill(person_id=cast.technician.id, skill=skill, certified_until=until))
    session.commit()
    client.set_cookie("lang", "en", domain="localhost")
    sign_in(client, cast.dispatcher)
    first, team = client.get("/").text, client.get("/team").text
    for page, soon in ((first, "runs out on"), (team, "good until")):
        assert "ran out on" in page
        assert soon in page
        assert "Underfloor heating" not in page
    assert f"/team/{cast.technician.id}" in first
    sign_in(client, cast.outsider)
    assert "ran out on" not in client.get("/").text


@pytest.mark.one_database
def test_the_week_can_be_taken_along_without_homes_and_reasons(client: FlaskClient, cast: Cast) -> None:
    actions.save_planning(cast.technician, PlanningEntry((Held("laminate"),), home_address="望京 3 号"), by=None,
                          at=clock.now())  # fmt: skip
    actions.change_days(cast.technician, [today()], "sick", None, "发烧", by=None, at=clock.now())
    sign_in(client, cast.dispatcher)
    text = client.get("/team?export=csv").text
    assert cast.technician.name in text
    assert "强化复合地板" in text
    assert "病" not in text
    assert "发烧" not in text
    assert "望京" not in text
    assert client.get("/team?export=xlsx").data.startswith(b"PK")


@pytest.mark.parametrize("query", ["week=0001-01-01", "week=9999-12-31", "week=x", "branch=x", "page=9"])
@pytest.mark.one_database
def test_odd_addresses_are_no_errors(client: FlaskClient, cast: Cast, query: str) -> None:
    assert sign_in(client, cast.dispatcher).get(f"/team?{query}").status_code == (404 if "branch" in query else 200)
