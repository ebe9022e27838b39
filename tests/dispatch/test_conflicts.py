"""What speaks against a place for a visit: the rules, and the forms that ask once more."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.dispatch import conflict_words
from fieldservice.dispatch.conflicts import Duty, Held, Late, Moment, Now, Other, Target, remarks
from fieldservice.people.models import PersonSkill, ShiftChange
from fieldservice.routing import schedule, travel
from fieldservice.routing.model import Day, Lunch, Technician, Visit
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of

ROOT = Path(__file__).resolve().parents[2]
CASES = json.loads((ROOT / "tests/vectors/board.json").read_text())
COURSES = json.loads((ROOT / "tests/vectors/board_course.json").read_text())
EN = {"Accept-Language": "en"}


def test_what_speaks_against_a_place_is_what_the_browser_says() -> None:
    assert len(CASES) >= 35
    for case in CASES:
        held, duty = case["held"], case["duty"]
        found = remarks(
            Held(**held | {"origin": held["origin"] and Moment(**held["origin"])}), Target(**case["to"]),
            [Other(**one) for one in case["others"]],
            Duty(**duty | {"shift": duty["shift"] and tuple(duty["shift"]),
                           "skills": None if duty["skills"] is None else frozenset(duty["skills"])}),
            [Late(**one) for one in case["late"]], Now(**case["now"]))
        assert [vars(one) for one in found] == case["found"], case["name"]


def test_who_is_reached_too_late_is_what_the_browser_says() -> None:
    assert sum(any(case["late"].values()) for case in COURSES) >= 30
    for case in COURSES:
        way, works = case["way"], case["works"]
        places = [tuple(place) for place in [*(one["place"] for one in works), *filter(None, (way["from"], way["to"]))]]
        technician = Technician(
            "t", frozenset(), 8 * 3600, 18 * 3600, start=places.index(tuple(way["from"])) if way["from"] else None,
            end=places.index(tuple(way["to"])) if way["to"] else None,
            lunch=Lunch(*way["lunch"]) if way["lunch"] else None, busy_until=way["free"])
        visits = tuple(Visit(one["id"], place, one["seconds"], (tuple(one["window"]),))
                       for place, one in enumerate(works))
        order = [one.id for one in sorted(visits, key=lambda one: (*one.windows[0], one.id))]
        route = schedule.project(Day((technician,), visits, travel.matrix(places)), technician, order)
        assert {stop.visit_id: stop.late_seconds for stop in route.stops} == case["late"]


def test_both_sides_have_the_same_words() -> None:
    script = (ROOT / "static/js/behaviours/board/words.js").read_text()
    in_script = set(re.findall(r"\bt\('((?:[^'\\]|\\.)+)'", script))
    said = [*conflict_words.WORDS.values(), conflict_words.TOLD_ANOTHER_DAY]
    ours = {re.sub(r"%\((\w+)\)s", r"{\1}", words.msgid if hasattr(words, "msgid") else words._args[0]) for words in said}
    assert ours <= in_script
    assert in_script - ours == {"This visit has ended; it cannot be moved."}


@pytest.fixture
def dispatcher(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def post(client: FlaskClient, address: str, version: int, **form: Any) -> Any:
    token = form_token(client.get("/board").text)
    with clock.frozen(MOMENT - timedelta(hours=4)):
        return client.post(address, data={"csrf_token": token, "version": version} | form,
                           headers=EN | {"HX-Request": "true"})


def anyway_of(page: str) -> str:
    found = re.search(r'name="anyway" value="([^"]*)"', page)
    assert found
    return found[1]


def test_a_missing_skill_is_asked_once_more_and_then_done(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, skills=["vinyl", "electrician"])
    db.session.add(PersonSkill(person_id=cast.technician.id, skill="laminate"))
    db.session.add(PersonSkill(person_id=cast.technician.id, skill="electrician",
                               certified_until=MOMENT.date() - timedelta(days=1)))
    db.session.commit()
    place = {"lead": cast.technician.id, "day": "2026-11-21", "start": "13:00"}
    for address, form in ((f"/jobs/{job.id}/placement", place), (f"/jobs/{job.id}/assignment", {"lead": place["lead"]})):
        answer = post(dispatcher, address, job.version, **form)
        said = text_of(answer.text)
        assert (answer.status_code, job.lead_id) == (422, None)
        assert "王建国 cannot do this:" in said
        assert "was good until Fri 20 Nov" in said
        assert "Do it all the same" in said
        assert anyway_of(answer.text) == "certificate_expired no_skill"
    one_only = post(dispatcher, f"/jobs/{job.id}/placement", job.version, **place, anyway="no_skill")
    assert (one_only.status_code, job.lead_id) == (422, None), "what was not agreed to is asked again"
    assert post(dispatcher, f"/jobs/{job.id}/placement", job.version, **place,
                anyway="certificate_expired no_skill").status_code == 204
    assert job.lead_id == cast.technician.id
    logged = {entry.kind: json.loads(entry.body).get("against") for entry in log_of("job", job.id)}
    expired = {"person_id": cast.technician.id, "skills": ["electrician"], "until": {"electrician": "2026-11-20"}}
    missing = {"person_id": cast.technician.id, "skills": ["vinyl"]}
    assert logged == {"office.assign_job": {"certificate_expired": expired, "no_skill": missing}, "office.move_job": None}
    for language, label, words in (("en", "Done all the same", "was good until Fri 20 Nov"),
                                   ("zh", "仍照此安排", "王建国做不了")):
        page = text_of(dispatcher.get(f"/jobs/{job.id}", headers={"Accept-Language": language}).text)
        assert label in page
        assert words in page
    later = post(dispatcher, f"/jobs/{job.id}/placement", job.version, **place | {"start": "15:00"})
    assert later.status_code == 204, "what was known before is not asked at every move"


def test_an_illness_that_was_overruled_is_an_absence_in_the_log_and_told_to_planners(
    app: Flask, dispatcher: FlaskClient, cast: Cast
) -> None:
    job = a_job(cast.store, cast.technician)
    db.session.add(ShiftChange(id=new_id(), person_id=cast.technician.id, on_day=MOMENT.date() + timedelta(days=1),
                               kind="sick", made_at=MOMENT - timedelta(hours=5)))
    db.session.commit()
    form = {"day": "2026-11-22", "start": "13:00", "end": "14:30"}
    assert post(dispatcher, f"/jobs/{job.id}/window", job.version, **form).status_code == 422
    assert job.visit_on == MOMENT.date()
    assert post(dispatcher, f"/jobs/{job.id}/window", job.version, **form, anyway="sick").status_code == 204
    assert json.loads(log_of("job", job.id)[-1].body)["against"] == {
        "off": {"person_id": cast.technician.id, "day": "2026-11-22"}
    }
    desk = sign_in(app.test_client(), cast.service_desk)
    for client, words in ((dispatcher, "王建国 is ill on this day."), (desk, "王建国 is away on this day.")):
        page = text_of(client.get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text)
        assert "Done all the same" in page
        assert words in page
    change = db.session.scalars(sa.select(ShiftChange)).one()
    change.kind, change.made_at = "off", change.made_at + timedelta(days=1)
    db.session.commit()
    page = text_of(dispatcher.get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text)
    assert "王建国 is away on this day." in page, "what was said of the day since is not what it was then"


def test_who_is_away_whom_the_customer_asked_for_and_what_comes_too_late(dispatcher: FlaskClient, cast: Cast) -> None:
    away = ShiftChange(id=new_id(), person_id=cast.second_technician.id, on_day=MOMENT.date(), kind="sick",
                       made_at=MOMENT)
    db.session.add(away)
    db.session.commit()
    far = a_site(a_customer(cast.store, address_form="远女士"), lat=40.35, lng=116.9)
    before = a_job(cast.store, cast.technician, site=a_site(a_customer(cast.store, address_form="罗先生")))
    assert before.lead
    job = a_job(cast.store, site=far, planned_minutes=90)
    place = {"day": "2026-11-21", "start": "09:00"}
    ill = post(dispatcher, f"/jobs/{job.id}/placement", job.version, lead=cast.second_technician.id, **place)
    assert (ill.status_code, anyway_of(ill.text)) == (422, "sick")
    answer = post(dispatcher, f"/jobs/{job.id}/placement", job.version, lead=cast.technician.id, **place)
    assert answer.status_code == 204, "soft ones are done, and said"
    said = json.loads(answer.headers["HX-Trigger"])["fieldservice:done"]["words"]
    assert "王建国 is then at 罗先生, 10:00–11:30." in said
    assert re.search(r"王建国 would then be \d+ min late at 罗先生\.", said)
    assert "call them" not in said
    pinned = a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(hours=6), pinned_lead=True)
    db.session.delete(away)
    db.session.commit()
    other = post(dispatcher, f"/jobs/{pinned.id}/assignment", pinned.version, lead=cast.second_technician.id)
    assert (other.status_code, anyway_of(other.text)) == (422, "pinned")
    assert "The customer asked for 王建国." in text_of(other.text)


def test_the_form_says_beside_each_name_what_speaks_against(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, skills=["vinyl"])
    db.session.add(PersonSkill(person_id=cast.technician.id, skill="laminate"))
    db.session.commit()
    page = dispatcher.get(f"/jobs/{job.id}/assignment", headers=EN).text
    assert text_of(page).count("王建国 cannot do this") == 1
    assert "陈志强 cannot do this" not in text_of(page), "of whom no skill was entered has every craft"
