"""The order of a day that a technician chose, and what their phone plans days with: theirs alone. The later word
stands.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from fieldservice.core import clock
from fieldservice.core.ids import new_id
from fieldservice.people.models import BranchPlanning, PersonPlanning, Shift, ShiftChange
from fieldservice.visits.queries import order_of, orders_of
from tests.builders import a_job
from tests.cast import sign_in
from tests.sync.phone import Phone

DAY = "2026-11-21"


@pytest.fixture
def phone(app, cast) -> Phone:
    return Phone(sign_in(app.test_client(), cast.technician))


def _me(phone: Phone) -> dict[str, Any]:
    changes = phone.post(phone.request()).json["changes"]
    found: dict[str, Any] = next(change["fields"] for change in changes if change["type"] == "me")
    return found


def test_the_office_and_the_persons_other_phone_see_it(phone, app, cast, session):
    one, other = a_job(cast.store, cast.technician), a_job(cast.store, cast.technician, helpers=(cast.second_technician,))
    foreign = a_job(cast.store, cast.second_technician)
    order = [other.id, foreign.id, one.id, other.id, new_id()]
    phone.op("order_day", other.id, day=DAY, order=order, pinned=[other.id, foreign.id], estimates=[1000, 2000, 3000])
    answer = phone.post(phone.request()).json
    assert [ack["result"] for ack in answer["acks"]] == ["applied"]
    [me] = [change["fields"] for change in answer["changes"] if change["type"] == "me"]
    assert me["order"] == {"day": DAY, "order": [other.id, one.id], "pinned": [other.id]}
    kept = order_of(cast.technician.id, date(2026, 11, 21))
    assert kept is not None
    assert kept.estimates == {other.id: 1000, one.id: 3000}
    assert order_of(cast.technician.id, date(2026, 11, 22)) is None
    assert list(orders_of([cast.technician.id, cast.second_technician.id], date(2026, 11, 21))) == [cast.technician.id]
    mate = Phone(sign_in(app.test_client(), cast.second_technician))
    assert _me(mate)["order"] is None


def test_the_later_word_stands_whichever_comes_first(phone, app, cast, session):
    job = a_job(cast.store, cast.technician)
    other = Phone(sign_in(app.test_client(), cast.technician))
    now = phone.request()["now"]
    phone.op("order_day", job.id, day=DAY, order=[job.id], pinned=[job.id], estimates=[])
    phone.post(phone.request())
    other.op("order_day", job.id, occurred_at=now - 3_600_000, day=DAY, order=[], pinned=[], estimates=[])
    [ack] = other.post(other.request()).json["acks"]
    assert ack["result"] == "applied"
    session.expire_all()
    assert order_of(cast.technician.id, date(2026, 11, 21)) is not None
    other.op("order_day", job.id, day=DAY, order=[], pinned=[], estimates=[])
    other.post(other.request())
    session.expire_all()
    assert order_of(cast.technician.id, date(2026, 11, 21)) is None
    assert _me(phone)["order"] == {"day": DAY, "order": [], "pinned": []}


@pytest.mark.one_database
@pytest.mark.parametrize("args", [
    {"order": []}, {"day": "2026-02-30", "order": []}, {"day": DAY, "order": ["x"]}, {"day": DAY, "order": [7]},
    {"day": DAY, "order": [], "estimates": [-1]}, {"day": DAY, "order": [], "estimates": ["soon"]},
    {"day": 20261121, "order": []},
    {"day": DAY, "order": [f"019fff00-0000-7000-8000-{at:012d}" for at in range(61)]}])  # fmt: skip
def test_arguments_that_cannot_be(phone, cast, args):
    job = a_job(cast.store, cast.technician)
    phone.op("order_day", job.id, **args)
    [ack] = phone.post(phone.request()).json["acks"]
    assert (ack["result"], ack["note"]["code"]) == ("rejected", "bad_args")


def test_of_a_job_that_never_was_theirs(phone, cast):
    foreign = a_job(cast.store, cast.second_technician)
    phone.op("order_day", foreign.id, day=DAY, order=[], pinned=[], estimates=[])
    [ack] = phone.post(phone.request()).json["acks"]
    assert (ack["result"], ack["note"]["code"]) == ("rejected", "job_unknown")


def test_what_a_day_is_planned_with_is_sent_when_it_changes_and_to_nobody_else(phone, app, cast, session):
    mate = Phone(sign_in(app.test_client(), cast.second_technician))
    usual = [28800, 64800]
    assert _me(phone)["work"]["week"] == [usual] * 6 + [None]
    assert _me(mate)["work"]["start"] is None
    own = cast.technician.id
    tomorrow = clock.now().date() + timedelta(days=1)
    session.add_all([
        PersonPlanning(person_id=own, start_from="home", ends="open", home_lat=39.9, home_lng=116.4, has_own_week=True,
                       lunch_minutes=0),
        Shift(person_id=own, weekday=2, start_minute=540, end_minute=1020),
        ShiftChange(person_id=own, on_day=tomorrow, kind="off", reason="家事", made_at=clock.now()),
        ShiftChange(person_id=own, on_day=tomorrow + timedelta(days=1), kind="shift", start_minute=600, end_minute=900,
                    made_at=clock.now()),
    ])  # fmt: skip
    session.commit()
    work = _me(phone)["work"]
    assert work["week"] == [None, None, [32400, 61200], None, None, None, None]
    assert work["changes"] == {tomorrow.isoformat(): None, (tomorrow + timedelta(days=1)).isoformat(): [36000, 54000]}
    assert (work["lunch"], work["start"], work["end"]) == (None, [39.9, 116.4], "open")
    told = mate.post(mate.request(cursor="")).json
    assert "39.9, 116.4" not in str(told)
    assert "own_week" not in str(told)
    assert "家事" not in str(work), "why somebody is off is nothing a phone needs"
    session.add(BranchPlanning(
        branch_id=cast.store.id, lat=39.8, lng=116.3, weekdays=[0, 1], start_minute=480, end_minute=960,
        lunch_earliest=700, lunch_latest=760, lunch_minutes=30))  # fmt: skip
    session.commit()
    assert _me(mate)["work"] | {"travel": None} == {
        "week": [[28800, 57600], [28800, 57600], None, None, None, None, None], "changes": {},
        "lunch": {"earliest": 42000, "latest": 45600, "seconds": 1800}, "start": [39.8, 116.3], "end": [39.8, 116.3],
        "travel": None,
    }  # fmt: skip
