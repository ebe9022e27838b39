"""A day as the engines see it: what can be planned, what is fixed, what is left out and why."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.dispatch.planning import OVERRUN_SECONDS, Planned, day_of
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.people.models import BranchPlanning, ShiftChange
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import Cast
from tests.support.statements import counted

pytestmark = pytest.mark.one_database

#: MOMENT, a Saturday, is 10:00 there
SATURDAY = date(2026, 11, 21)
EVENING_BEFORE = MOMENT - timedelta(hours=14)
HOUR = 3600


@pytest.fixture(autouse=True)
def place(cast: Cast) -> None:
    db.session.add(BranchPlanning(
        branch_id=cast.store.id, weekdays=[0, 1, 2, 3, 4, 5], start_minute=480, end_minute=1080, lunch_earliest=690,
        lunch_latest=810, lunch_minutes=45, lat=39.95, lng=116.45))  # fmt: skip
    db.session.commit()


def planned(cast: Cast, at: datetime = EVENING_BEFORE, **given: Any) -> Planned:
    db.session.commit()
    return day_of([cast.store.id], SATURDAY, at=at, **given)


def step(job: Job, cast: Cast, name: str, at: datetime) -> None:
    whole = db.session.get_one(Job, job.id, populate_existing=True)
    actions.take_step(whole, actions.StepGiven(name), by=cast.technician, when=Happening.at_desk(at, new_id()))
    db.session.commit()


def test_the_tray_and_what_somebody_has_are_visits_of_the_day(cast: Cast) -> None:
    tray = a_job(cast.store, is_promised=True)
    undated = a_job(cast.store, start_at=None, visit_on=None, priority="urgent", skills=["carpet"], load_m2=12)
    held = a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(hours=3), planned_minutes=90)
    a_job(cast.store, start_at=MOMENT + timedelta(days=1))
    a_job(cast.other_store)
    a_job(cast.store, state="cancelled", cancelled_from="unassigned")
    found = planned(cast)
    assert set(found.visits) == {tray.id, undated.id, held.id}
    assert set(planned(cast, with_undated=False).visits) == {tray.id, held.id}
    one, two, three = (found.visits[job.id] for job in (tray, undated, held))
    assert (one.windows, one.promised, one.lead, one.value) == (((10 * HOUR, 11 * HOUR + 1800),), True, None, 10)
    assert (two.windows, two.skills, two.load, two.priority, two.value) == ((), {"carpet"}, 12, 2, 30)
    assert (three.lead, three.start, three.seconds, three.is_fixed) == (cast.technician.id, 13 * HOUR, 5400, False)
    assert found.order[cast.technician.id] == (held.id,)
    assert found.order[cast.second_technician.id] == ()
    assert found.moment(13 * HOUR) == MOMENT + timedelta(hours=3)
    assert found.day.travel.shape == (len(found.places),) * 2
    assert not found.left_out


def test_the_order_now_is_what_was_planned_then_the_windows(cast: Cast) -> None:
    wide = {"window_end_at": MOMENT + timedelta(hours=6)}
    late = a_job(cast.store, cast.technician, **wide, planned_start_at=MOMENT + timedelta(hours=5))
    first = a_job(cast.store, cast.technician, **wide)
    loose = a_job(cast.store, cast.technician, start_at=None)
    found = planned(cast)
    assert found.order[cast.technician.id] == (first.id, late.id, loose.id)
    assert found.visits[late.id].start == 15 * HOUR
    behind = found.visits[loose.id].start  # nobody said when: behind the others
    assert behind is not None
    assert behind >= 15 * HOUR


@pytest.mark.parametrize(("lat", "lng", "code"), [
    (None, None, "no_position"), (38.9, 123.4, "position_in_sea"), (0.0, 0.0, "position_in_sea"),
    (31.2, 121.4, "too_far")])  # fmt: skip
def test_a_position_that_cannot_be_is_told(cast: Cast, lat: float | None, lng: float | None, code: str) -> None:
    job = a_job(cast.store, site=a_site(a_customer(cast.store), lat=lat, lng=lng))
    found = planned(cast)
    assert found.left_out[job.id].code == code
    assert found.visits == {}


def test_a_window_that_is_over_is_told_but_who_has_the_visit_keeps_it_late(cast: Cast) -> None:
    tray, held = a_job(cast.store, is_promised=True), a_job(cast.store, cast.technician, is_promised=True)
    found = planned(cast, MOMENT + timedelta(hours=2))
    assert found.left_out[tray.id].code == "window_past"
    visit = found.visits[held.id]
    assert not visit.promised
    assert visit.start is not None
    assert visit.start >= 12 * HOUR
    assert visit.soft_until is not None
    assert found.day.now == 12 * HOUR


def test_a_day_that_is_over_cannot_be_planned(cast: Cast) -> None:
    job = a_job(cast.store)
    assert planned(cast, MOMENT + timedelta(days=1)).left_out[job.id].code == "window_past"


def test_work_in_progress_is_fixed_and_says_where_its_technician_is(cast: Cast) -> None:
    job, after = a_job(cast.store, cast.technician), a_job(cast.store, cast.technician, start_at=None)
    for minutes, name in enumerate(("accept", "depart", "arrive", "start")):
        step(job, cast, name, MOMENT + timedelta(minutes=minutes))
    found = planned(cast, MOMENT + timedelta(minutes=30))
    one = found.technicians[cast.technician.id]
    assert found.visits[job.id].is_fixed
    assert one.busy_until == 11 * HOUR + 3 * 60
    assert one.at == found.visits[job.id].place
    assert found.order[cast.technician.id] == (job.id, after.id)
    overrun = planned(cast, MOMENT + timedelta(minutes=120))
    assert overrun.doing[cast.technician.id].until == 12 * HOUR + OVERRUN_SECONDS
    step(job, cast, "finish", MOMENT + timedelta(minutes=125))
    done = planned(cast, MOMENT + timedelta(minutes=130))
    assert job.id not in done.visits
    assert done.technicians[cast.technician.id].at == one.at  # the day goes on from there
    assert done.technicians[cast.technician.id].busy_until == done.day.now


def test_who_is_away_is_not_there_and_a_visit_bound_to_them_says_so(cast: Cast) -> None:
    bound = a_job(cast.store, cast.technician, pinned_lead=True)
    loose = a_job(cast.store, cast.technician)
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=SATURDAY, kind="sick", made_at=MOMENT))
    found = planned(cast)
    assert set(found.technicians) == {cast.second_technician.id}
    assert found.left_out[bound.id].code == "pinned_cannot"
    assert found.left_out[bound.id].facts == {"technician": cast.technician.id, "why": "sick"}
    assert found.visits[loose.id].lead == cast.technician.id


def test_who_helps_is_held_where_the_lead_is(cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, helpers=(cast.second_technician,))
    found = planned(cast)
    assert found.visits[job.id].is_fixed
    twin = found.visits[f"{job.id}+{cast.second_technician.id}"]
    assert (twin.is_fixed, twin.lead, twin.start) == (True, cast.second_technician.id, 10 * HOUR)
    assert found.helping == {twin.id: job.id}


def test_branches_keep_their_own_technicians_and_a_longer_day_asks_no_more(cast: Cast) -> None:
    job = a_job(cast.store)
    db.session.commit()
    both = [cast.store.id, cast.other_store.id]
    with counted(db.engine) as few:
        found = day_of(both, SATURDAY, at=EVENING_BEFORE)
    able = [one.id for one in found.day.technicians if found.visits[job.id].skills <= one.skills]
    assert set(able) == {cast.technician.id, cast.second_technician.id}
    for _ in range(5):
        a_job(cast.store, cast.technician)
    db.session.expire_all()
    with counted(db.engine) as many:
        day_of(both, SATURDAY, at=EVENING_BEFORE)
    assert len(many) <= len(few) + 1  # the crew, asked for once there is somebody
