"""The map of the day: whose visits lie where, and nobody's position who did not agree."""

import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts import actions as account_actions
from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening, Place
from fieldservice.core.ids import new_id
from fieldservice.customers.models import Site
from fieldservice.dispatch import map as day_map
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.people.models import PersonPlanning
from fieldservice.routing.models import RoadService, SiteLookup
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.statements import counted

DAY = "2026-11-21"
EN = {"Accept-Language": "en", "HX-Request": "true"}


def signed_in(app: Flask, person: Person) -> FlaskClient:
    return sign_in(app.test_client(), person)


def asked(client: FlaskClient, day: str = DAY) -> tuple[dict[str, Any], str]:
    with clock.frozen(MOMENT):
        page = client.get(f"/board/map?day={day}", headers=EN).get_data(as_text=True)
    found = re.search(r"data-map='(.*?)'", page)
    assert found, page
    return json.loads(unescape(found[1])), page


def arrived(cast: Cast, at: datetime, *, place: Place, person: Person | None = None) -> Job:
    """A visit whose technician has departed and arrived."""
    who = person or cast.technician
    job = a_job(who.branch, who, start_at=at)
    for step, when in (("accept", at), ("depart", at), ("arrive", at)):
        happening = Happening(at=when, op_id=new_id())
        given = actions.StepGiven(step, place=place if step == "arrive" else Place())
        actions.take_step(job, given, by=who, when=happening)
    db.session.commit()
    return job


def seen_of(data: dict[str, Any], person: Person) -> Any:
    return next((way["seen"] for way in data["ways"] if way["id"] == person.id), None)


def test_visits_stand_in_the_order_of_the_day_with_their_state(app: Flask, cast: Cast) -> None:
    later = a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(hours=3))
    first = a_job(cast.store, cast.technician)
    free = a_job(cast.store, start_at=MOMENT)
    a_job(cast.store, cast.technician, state="cancelled", start_at=MOMENT + timedelta(hours=1))
    lost = a_job(cast.store, cast.technician, site=a_site(a_customer(cast.store), lat=None, lng=None, position_source=""))
    data, page = asked(signed_in(app, cast.dispatcher))
    numbers = {pin["id"]: (pin["number"], pin["state"], pin["lead"]) for pin in data["pins"]}
    assert numbers == {first.id: (1, "assigned", cast.technician.id), later.id: (3, "assigned", cast.technician.id),
                       free.id: (0, "unassigned", "")}, "the one without a position has its number too"  # fmt: skip
    assert lost.id not in page
    assert "without a position: 1" in page


def test_nothing_of_another_branch_is_in_it(app: Flask, cast: Cast) -> None:
    mine, other = a_job(cast.store, cast.technician), a_job(cast.other_store, cast.outside_technician)
    page = asked(signed_in(app, cast.dispatcher))[1]
    assert mine.id in page
    for secret in (other.id, cast.outside_technician.id, cast.outside_technician.name):
        assert secret not in page
    assert other.id in asked(signed_in(app, cast.head_office_manager))[1]
    client = signed_in(app, cast.technician)
    assert client.get("/board/map").status_code == 403


def test_who_did_not_agree_is_seen_nowhere(app: Flask, cast: Cast) -> None:
    arrived(cast, MOMENT - timedelta(minutes=20), place=Place(39.95, 116.45, 12))
    client = signed_in(app, cast.dispatcher)
    data, page = asked(client)
    assert seen_of(data, cast.technician) is None
    assert "39.95" not in page


def test_the_last_step_is_seen_with_its_age_since_one_agreed(app: Flask, cast: Cast) -> None:
    account_actions.share_position(cast.technician, True, at=MOMENT - timedelta(minutes=30))
    arrived(cast, MOMENT - timedelta(minutes=20), place=Place(39.95, 116.45, 12))
    client = signed_in(app, cast.dispatcher)
    data, page = asked(client)
    assert seen_of(data, cast.technician) == [39.95, 116.45, 12]
    assert "last seen 20 min ago, at 09:40" in page
    account_actions.share_position(db.session.get_one(Person, cast.technician.id), False, at=MOMENT)
    db.session.commit()
    data, page = asked(client)
    assert "39.95" not in page, "taken back: gone at once"


@pytest.mark.parametrize("who", ["service_desk", "finance", "quality"])
@pytest.mark.one_database
def test_only_planners_see_where_somebody_is(app: Flask, cast: Cast, who: str) -> None:
    account_actions.share_position(cast.technician, True, at=MOMENT - timedelta(hours=1))
    db.session.add(PersonPlanning(person_id=cast.technician.id, start_from="home", home_lat=39.77, home_lng=116.33))
    arrived(cast, MOMENT - timedelta(minutes=20), place=Place(39.95, 116.45, 12))
    planner = asked(signed_in(app, cast.dispatcher))[1]
    other = asked(signed_in(app, getattr(cast, who)))[1]
    for secret in ("39.95", "39.77"):
        assert secret in planner
        assert secret not in other


@pytest.mark.parametrize(
    ("minutes_before", "now_after", "is_seen"),
    [(20, 0, True), (20, 9 * 60, False), (5 * 60, 0, False), (26 * 60, 0, False)],
    ids=["now", "after the shift", "before the shift", "yesterday"],
)
@pytest.mark.one_database
def test_a_position_is_shown_only_on_duty(
    app: Flask, cast: Cast, minutes_before: int, now_after: int, is_seen: bool
) -> None:
    """MOMENT is a Saturday, 10:00; the shift is 8:00 to 18:00."""
    account_actions.share_position(cast.technician, True, at=MOMENT - timedelta(days=9))
    arrived(cast, MOMENT - timedelta(minutes=minutes_before), place=Place(39.95, 116.45, 12))
    now = MOMENT + timedelta(minutes=now_after)
    found = day_map.read_map([cast.store.id], MOMENT.date(), cast.dispatcher, now)
    assert any(way.seen for way in found.ways) is is_seen


def test_a_position_recorded_before_one_agreed_stays_unseen(app: Flask, cast: Cast) -> None:
    arrived(cast, MOMENT - timedelta(minutes=20), place=Place(39.95, 116.45, 12))
    account_actions.share_position(cast.technician, True, at=MOMENT - timedelta(minutes=5))
    found = day_map.read_map([cast.store.id], MOMENT.date(), cast.dispatcher, MOMENT)
    assert not any(way.seen for way in found.ways)


def test_the_technician_agrees_by_the_phone_and_it_is_logged(app: Flask, cast: Cast) -> None:
    client = signed_in(app, cast.technician)
    for shared in (True, True, False):
        answer = client.put("/api/account/position-sharing", json={"shared": shared})
        assert answer.status_code == 204
    from fieldservice.core.oplog import log_of

    assert [entry.kind for entry in log_of("person", cast.technician.id)] == ["office.share_position"] * 2
    assert client.put("/api/account/position-sharing", json={"shared": "yes"}).status_code == 400
    for wrong in ({"waited_ms": "1"}, {"waited_ms": 0.5}, {"person": 7}):
        assert client.put("/api/account/position-sharing", json={"shared": True} | wrong).status_code == 400
    foreign = client.put("/api/account/position-sharing", json={"shared": True, "person": cast.second_technician.id})
    assert (foreign.status_code, foreign.json["error"]["code"]) == (403, "device_of_another")
    assert cast.technician.shares_position_since is None
    assert signed_in(app, cast.dispatcher).put("/api/account/position-sharing", json={"shared": True}).status_code == 403


def test_a_word_that_waited_on_a_phone_does_not_pass_a_later_one(app: Flask, cast: Cast) -> None:
    client, own = signed_in(app, cast.technician), cast.technician.id

    def say(shared: bool, minutes: float) -> bool:
        body = {"shared": shared, "person": own, "waited_ms": round(minutes * 60_000)}
        assert client.put("/api/account/position-sharing", json=body).status_code == 204
        return db.session.get_one(Person, own).shares_position_since is not None

    assert say(True, 60), "nothing was said since"
    assert not say(False, 59), "said later, though both waited"
    assert not say(True, 59.5), "another phone took it back since"
    assert not say(False, 10**18), "a clock that was set says nothing, and breaks nothing"
    assert say(True, -5)
    since = db.session.get_one(Person, own).shares_position_since
    assert since
    assert since > clock.now() - timedelta(minutes=1), "it counts from now on"


def test_the_word_about_road_times_stands_on_the_map(app: Flask, cast: Cast) -> None:
    app.config["ROADS"] = "osrm"
    db.session.add(RoadService(code="osrm", trouble="answer", detail="no JSON", failures=1, since=MOMENT, next_at=MOMENT))
    page = asked(signed_in(app, cast.dispatcher))[1]
    assert "Road times by estimate since" in page
    assert "OSRM, its answer was not understood" in page


def test_the_map_takes_the_same_few_queries_for_many(app: Flask, cast: Cast) -> None:
    def queries() -> int:
        db.session.expire_all()
        branch_id = cast.store.id
        viewer = cast.dispatcher
        assert viewer.can("jobs.assign")
        with counted(db.engine) as statements:
            day_map.read_map([branch_id], MOMENT.date(), viewer, MOMENT)
        return len(statements)

    a_job(cast.store, cast.technician)
    a_job(cast.store, cast.second_technician)
    few = queries()
    for hour in range(6):
        for person in (cast.technician, cast.second_technician, None):
            a_job(cast.store, person, start_at=MOMENT + timedelta(hours=hour))
    assert queries() <= few


def chosen(*jobs: Job) -> list[str]:
    return [f"{job.id}:{job.version}" for job in jobs]


def give(client: FlaskClient, visits: list[str], lead: Person, **more: str) -> tuple[int, dict[str, Any]]:
    with clock.frozen(MOMENT):
        answer = client.post("/board/assignments", headers=EN, data={
            "visit": visits, "lead": lead.id, "csrf_token": token_of(client), **more})
    told = json.loads(answer.headers.get("HX-Trigger", "{}")).get("fieldservice:done", {})
    return answer.status_code, told


def token_of(client: FlaskClient) -> str:
    page = client.get("/board").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_many_are_given_in_one_act_and_taken_back_as_one(app: Flask, cast: Cast) -> None:
    jobs = [a_job(cast.store, start_at=MOMENT + timedelta(hours=hour)) for hour in range(3)]
    client = signed_in(app, cast.dispatcher)
    status, told = give(client, chosen(*jobs), cast.technician)
    assert (status, "王建国: 3" in told["words"]) == (204, True)
    assert {job.lead_id for job in jobs} == {cast.technician.id}
    assert len({job.version for job in jobs}) == 1
    answer = client.post(told["undo"], headers=EN, data={"csrf_token": token_of(client)})
    assert "Undone: 3." in answer.headers["HX-Trigger"]
    assert {job.lead_id for job in jobs} == {None}
    assert client.post(told["undo"], headers=EN, data={"csrf_token": token_of(client)}).status_code == 204
    assert {job.state for job in jobs} == {"unassigned"}
    assert signed_in(app, cast.branch_manager).post(
        told["undo"], headers=EN, data={"csrf_token": token_of(client)}).status_code in (403, 404)


def test_what_others_changed_stays_and_is_named(app: Flask, cast: Cast) -> None:
    stale, fresh = (a_job(cast.store, start_at=MOMENT + timedelta(hours=hour)) for hour in range(2))
    visits = chosen(stale, fresh)
    actions.assign_job(stale, cast.second_technician, expected_version=stale.version, by=cast.branch_manager, at=MOMENT)
    db.session.commit()
    client = signed_in(app, cast.dispatcher)
    _status, told = give(client, visits, cast.technician)
    assert "王建国: 1" in told["words"]
    assert "changed by somebody meanwhile" in told["words"]
    assert (stale.lead_id, fresh.lead_id) == (cast.second_technician.id, cast.technician.id)
    actions.add_office_note(fresh, "a word", by=cast.branch_manager, at=MOMENT)
    db.session.commit()
    actions.assign_job(fresh, None, expected_version=fresh.version, by=cast.branch_manager, at=MOMENT)
    db.session.commit()
    answer = client.post(told["undo"], headers=EN, data={"csrf_token": token_of(client)})
    assert "not undone" in answer.headers["HX-Trigger"]


def test_a_skill_that_is_missing_and_a_wish_for_somebody_are_kept(app: Flask, cast: Cast) -> None:
    from fieldservice.people.models import PersonSkill

    db.session.add(PersonSkill(person_id=cast.technician.id, skill="vinyl"))
    wood = a_job(cast.store, skills=["hardwood"])
    wished = a_job(cast.store, cast.second_technician, pinned_lead=True)
    client = signed_in(app, cast.dispatcher)
    _status, told = give(client, chosen(wood, wished), cast.technician)
    assert "Nothing was changed." in told["words"]
    assert "needs" in told["words"]
    assert "the customer asked for 陈志强" in told["words"]
    assert "undo" in told
    assert told["undo"] == ""


def test_the_wrong_person_and_bad_input_change_nothing(app: Flask, cast: Cast) -> None:
    mine, other = a_job(cast.store), a_job(cast.other_store)
    client = signed_in(app, cast.dispatcher)
    assert give(client, chosen(mine, other), cast.technician)[0] == 404
    assert give(client, chosen(mine), cast.outside_technician)[0] == 404
    for bad in ([], ["x"], [f"{mine.id}:-1"], [f"{mine.id}:9e9"], [mine.id], [f"{mine.id}:{'9' * 30}"]):
        assert give(client, bad, cast.technician)[0] == 422
    assert mine.lead_id is None
    assert give(signed_in(app, cast.service_desk), chosen(mine), cast.technician)[0] == 403
    assert client.post("/undo/together/1", headers=EN, data={"csrf_token": token_of(client)}).status_code == 404


def test_addresses_to_place_are_listed_and_put_right(app: Flask, cast: Cast) -> None:
    unknown = a_site(a_customer(cast.store), lat=None, lng=None, position_source="", address="无名路一号")
    doubtful = a_site(a_customer(cast.store), position_source="geocoder", address="多处路二号")
    foreign = a_site(a_customer(cast.other_store), lat=None, lng=None, position_source="", address="外店路三号")
    quiet = a_site(a_customer(cast.store), lat=None, lng=None, position_source="", address="没有活路")
    db.session.add(SiteLookup(site_id=doubtful.id, asked_for="x", asked_at=MOMENT, geocoder="amap", outcome="doubtful",
                              doubts=["several"], failures=0))  # fmt: skip
    for site in (unknown, doubtful):
        a_job(cast.store, site=site)
    a_job(cast.other_store, site=foreign)
    client = signed_in(app, cast.dispatcher)
    page = client.get("/positions", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "无名路一号" in page
    assert "several places have this address" in page
    assert "外店路三号" not in page
    assert quiet.address not in page, "nobody goes there"
    with clock.frozen(MOMENT):
        first = client.get("/", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "has no position: on no map and in no route" in first
    form = {"csrf_token": token_of(client)}
    assert client.post(f"/positions/{doubtful.id}/confirmation", data=form).status_code == 303
    assert db.session.get_one(Site, doubtful.id).position_source == "pin"
    assert client.post(f"/positions/{unknown.id}/confirmation", data=form).status_code == 422
    assert client.post(f"/positions/{foreign.id}/confirmation", data=form).status_code == 404
    assert client.post(f"/positions/{foreign.id}/lookup", data=form).status_code == 404
    assert client.post(f"/positions/{unknown.id}/lookup", data=form).status_code == 303
    assert signed_in(app, cast.finance).post(f"/positions/{unknown.id}/lookup", data=form).status_code == 403


def test_the_map_is_narrowed_to_some_in_its_address(app: Flask, cast: Cast) -> None:
    first = a_job(cast.store, cast.technician)
    second = a_job(cast.store, cast.second_technician)
    free = a_job(cast.store, start_at=MOMENT)
    client = signed_in(app, cast.dispatcher)

    def shown(who: str) -> set[str]:
        return {pin["id"] for pin in asked(client, f"{DAY}&{who}")[0]["pins"]}

    everything = {first.id, second.id, free.id}
    assert shown("who=0217") == {first.id}
    assert shown("who=0217.0218") == shown("who=0217&who=0218") == {first.id, second.id}, "address, boxes"
    assert shown("who=_nobody") == {free.id}
    assert shown("who=0218._nobody.0218") == {second.id, free.id}
    # who is not here narrows nothing: another branch's, no number at all, what no number can be
    for odd in ("who=0917", "who=", "who=9999", "who=%27%3Cb%3E", f"who={'1.' * 500}"):
        assert shown(odd) == everything, odd
    assert shown("who=0917.0217") == {first.id}


def test_a_narrowed_map_offers_everybody_all_the_same(app: Flask, cast: Cast) -> None:
    a_job(cast.store, cast.technician)
    _data, page = asked(signed_in(app, cast.dispatcher), f"{DAY}&who=0217")
    assert 'data-who="0217"' in page
    lead = page.split('id="map-lead"')[1].split("</select>")[0]
    assert {cast.technician.name, cast.second_technician.name} <= set(re.findall(r">(\S+) · ", lead))
    assert "Shown: 王建国" in page
    assert re.search(r'name="who" value="0217"[^>]* checked', page)
    assert not re.search(r'name="who" value="0218"[^>]* checked', page)


def test_the_board_hands_on_whom_its_map_shows(app: Flask, cast: Cast) -> None:
    client = signed_in(app, cast.dispatcher)
    with clock.frozen(MOMENT):
        page = client.get(f"/board?day={DAY}&map=1&who=0217._nobody&who=%22").get_data(as_text=True)
        without = client.get(f"/board?day={DAY}&map=1").get_data(as_text=True)
    assert re.search(r'hx-get="/board/map\?[^"]*who=0217._nobody', page)
    assert re.search(r'id="day-after" href="[^"]*who=0217._nobody', page)
    assert 'name="who" value="0217._nobody">' in page
    assert 'name="who" value="" disabled>' in without
    assert not re.search(r'id="day-after" href="[^"]*who=', without)
