"""Travel times of a branch at the desk: set, calibrated from own steps, taken back; by whom and for which branch."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening, Place
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.dispatch import road_work
from fieldservice.dispatch.trips import trips_of
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job, JobStep
from fieldservice.routing import road_asking
from fieldservice.routing.queries import history_of, model_of
from fieldservice.routing.travel import DEFAULT, estimate, metres_between
from tests.builders import MOMENT, a_case, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of

EN = {"Accept-Language": "en"}
FIELDS = {"detour_far": "1.3", "detour_near": "0.2", "detour_km": "4", "speed_slow": "16", "speed_gain": "25",
          "speed_km": "12", "parking_minutes": "2.5"}  # fmt: skip


@pytest.fixture
def manager(app: Flask, cast: Cast) -> FlaskClient:
    return sign_in(app.test_client(), cast.branch_manager)


def send(client: FlaskClient, address: str, **form: object):
    page = client.get("/travel", headers=EN).text
    setting = re.search(r'name="setting" value="([^"]*)"', page)
    assert setting
    data = {"csrf_token": form_token(page), "setting": setting[1], "factors": ["100"] * 24, **FIELDS, **form}
    return client.post(address, data=data, headers=EN)


def test_a_manager_sets_the_numbers_and_takes_them_back(manager: FlaskClient, cast: Cast) -> None:
    version = cast.store.version
    assert send(manager, "/travel", factors=["100"] * 7 + ["140"] * 2 + ["100"] * 15).status_code == 303
    found = model_of(cast.store.id)
    assert (found.speed_slow, found.parking_seconds, found.factor_per_mille[8]) == (16.0, 150, 1400)
    assert cast.store.version > version, "phones of the branch hear of it"
    assert log_of("branch", cast.store.id)[-1].kind == "office.set_travel"
    assert send(manager, "/travel", speed_slow="15").status_code == 303
    assert "counts now" in text_of(manager.get("/travel", headers=EN).text)
    assert send(manager, "/travel/return").status_code == 303
    assert model_of(cast.store.id) == found
    assert [row.how for row in history_of(cast.store.id)] == ["taken_back", "typed", "typed"]
    assert model_of(cast.other_store.id) == DEFAULT


def test_nothing_to_take_back_is_said(manager: FlaskClient, cast: Cast) -> None:
    assert send(manager, "/travel/return").status_code == 303
    assert history_of(cast.store.id) == []


def test_somebody_was_faster(manager: FlaskClient, cast: Cast) -> None:
    send(manager, "/travel")
    answer = send(manager, "/travel", setting="", speed_slow="33")
    assert answer.status_code == 409
    assert 'value="33"' in answer.text
    assert model_of(cast.store.id).speed_slow == 16.0


@pytest.mark.parametrize(
    "bad",
    [{"speed_slow": "0"}, {"speed_slow": "nan"}, {"speed_slow": "x"}, {"detour_far": "0.5"}, {"parking_minutes": "-1"},
     {"speed_km": "1e309"}, {"factors": ["100"] * 23}, {"factors": ["100"] * 23 + ["20"]}, {"factors": ["1.5"] * 24},
     {"factors": ["100"] * 500}, {"speed_gain": ""}],
)  # fmt: skip
@pytest.mark.one_database
def test_what_cannot_be_is_not_taken(manager: FlaskClient, cast: Cast, bad: dict[str, object]) -> None:
    assert send(manager, "/travel", **bad).status_code == 422
    assert history_of(cast.store.id) == []


def test_who_may_and_for_which_branch(app: Flask, cast: Cast, manager: FlaskClient) -> None:
    for address in ("/travel", "/travel/calibration"):
        assert manager.get(f"{address}?branch={cast.other_store.code}").status_code == 404
        assert sign_in(app.test_client(), cast.dispatcher).get(address).status_code == 403
        assert sign_in(app.test_client(), cast.head_office_manager).get(
            f"{address}?branch={cast.other_store.code}").status_code == 200
    assert send(manager, "/travel", branch=cast.other_store.code).status_code == 404
    assert send(manager, "/travel/return", branch=cast.other_store.code).status_code == 404


def steps(job: Job, *taken: tuple[str, int, Place]) -> None:
    """Steps at so many minutes after MOMENT."""
    for step, minute, place in taken:
        happening = Happening(at=MOMENT + timedelta(minutes=minute), op_id=new_id())
        actions.take_step(job, actions.StepGiven(step, place=place), by=job.lead, when=happening)
    db.session.commit()


def test_trips_come_out_of_steps_of_one_person_and_day(app: Flask, cast: Cast) -> None:
    here, there = ({"lat": 39.99, "lng": 116.46}, {"lat": 39.95, "lng": 116.40})
    customer = a_customer(cast.store)
    first, second, third = (a_job(cast.store, cast.technician, site=site, case=a_case(site))
                            for site in (a_site(customer, **here), a_site(customer, **there), a_site(customer, **here)))
    nowhere = Place()
    steps(first, ("accept", 0, nowhere), ("depart", 1, nowhere), ("arrive", 20, nowhere), ("start", 21, nowhere),
          ("finish", 60, nowhere))  # fmt: skip
    steps(second, ("accept", 61, nowhere), ("depart", 65, nowhere), ("arrive", 90, nowhere), ("start", 91, nowhere),
          ("finish", 120, nowhere))  # fmt: skip
    steps(third, ("accept", 121, nowhere), ("depart", 125, Place(39.5, 116.0, 10)), ("arrive", 160, nowhere))
    found = trips_of(cast.store, MOMENT + timedelta(hours=5))
    straight = metres_between((39.99, 116.46), (39.95, 116.40))
    assert [(trip.metres, trip.seconds, trip.hour, trip.is_elsewhere) for trip in found] == [
        (straight, 1500, 11, False), (straight, 2100, 12, True)]  # fmt: skip
    assert trips_of(cast.other_store, MOMENT + timedelta(hours=5)) == []
    second_arrival = next(step for step in second.steps if step.step == "arrive")
    db.session.get_one(JobStep, second_arrival.id).voided_at = MOMENT
    db.session.commit()
    assert [trip.is_elsewhere for trip in trips_of(cast.store, MOMENT + timedelta(hours=5))] == [True]


def test_calibration_is_shown_and_counts_only_when_the_manager_says_so(
    manager: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fieldservice.dispatch.views import calibration as page
    from fieldservice.routing.calibration import Trip

    trips = [Trip(metres, 2 * estimate(metres), 10) for metres in (1500, 3000, 7000) for _ in range(25)]
    trips.append(Trip(100, 60, 10))
    store_id = cast.store.id
    monkeypatch.setattr(page, "trips_of", lambda branch, _now: trips if branch.id == store_id else [])
    shown = manager.get("/travel/calibration", headers=EN).text
    words = text_of(shown)
    assert "Trips counted: 75." in words
    assert "too near: 1." in words
    assert "2.00" in words
    assert history_of(cast.store.id) == [], "looking changes nothing"
    form = {name: re.search(f'name="{name}" value="([^"]*)"', shown)[1] for name in ("shown", "setting", "branch")}  # type: ignore[index]
    form["csrf_token"] = form_token(shown)
    trips.append(Trip(1500, 600, 10))
    assert manager.post("/travel/calibration", data=form).status_code == 303
    assert history_of(cast.store.id) == [], "other trips than those looked at"
    trips.pop()
    assert manager.post("/travel/calibration", data=form).status_code == 303
    [row] = history_of(cast.store.id)
    assert (row.how, row.basis["trips"]) == ("calibrated", 75)
    assert model_of(cast.store.id).speed_slow < DEFAULT.speed_slow
    assert manager.post("/travel/calibration", data=form).status_code == 303, "sent twice"
    assert len(history_of(cast.store.id)) == 1
    send(manager, "/travel/return")
    assert model_of(cast.store.id) == DEFAULT


def test_the_worker_asks_for_the_ways_of_the_next_days(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[tuple[float, float]]] = []
    monkeypatch.setattr(road_asking, "learn", lambda places, _at: asked.append(list(places)) or 1)
    customer = a_customer(cast.store)
    for index, (days, state) in enumerate([(0, "unassigned"), (2, "unassigned"), (9, "unassigned"), (0, "cancelled")]):
        site = a_site(customer, lat=39.9 + index / 100)
        a_job(cast.store, site=site, case=a_case(site), start_at=MOMENT + timedelta(days=days), state=state)
    with clock.frozen(MOMENT):
        assert road_work.learn_ahead() == 0, "nobody is set"
        app.config["ROADS"] = "osrm"
        assert road_work.learn_ahead() == 3
    assert sorted(lat for places in asked for lat, _lng in places) == [39.9, 39.91]
