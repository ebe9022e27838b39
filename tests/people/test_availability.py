"""Who is there on a day: what was entered, and the defaults where nothing was."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from fieldservice.core.db import db
from fieldservice.people.availability import Available, available
from fieldservice.people.models import BranchPlanning, PersonPlanning, PersonSkill, Shift, ShiftChange
from tests.builders import MOMENT
from tests.cast import Cast, a_person
from tests.support.statements import counted

MONDAY = date(2026, 11, 23)
SUNDAY = MONDAY + timedelta(days=6)
HOUR = 3600


def on(cast: Cast, day: date = MONDAY) -> dict[str, Available]:
    return {one.person.id: one for one in available([cast.store.id], day)}


def of(cast: Cast, day: date = MONDAY) -> Available:
    return on(cast, day)[cast.technician.id]


def branch(cast: Cast, **given: object) -> BranchPlanning:
    values = {"weekdays": [0, 1, 2, 3, 4], "start_minute": 540, "end_minute": 1020, "lunch_earliest": 720,
              "lunch_latest": 780, "lunch_minutes": 60, "lat": 39.86, "lng": 116.29}  # fmt: skip
    return BranchPlanning(branch_id=cast.store.id, **values | given)


def test_where_nothing_was_entered_the_products_defaults_count(cast: Cast) -> None:
    found = of(cast)
    assert (found.shift_start, found.shift_end, found.lunch) == (8 * HOUR, 18 * HOUR, (41400, 48600, 2700))
    assert (found.start, found.end, found.van_m2, found.why_not) == (None, None, None, "")
    assert "laminate" in found.skills
    assert "electrician" not in found.skills  # a certificate is nobody's of whom nothing is known
    assert of(cast, SUNDAY).why_not == "no_shift"
    assert set(on(cast)) == {cast.technician.id, cast.second_technician.id}  # technicians of this branch alone


def test_the_branch_gives_hours_lunch_and_place(cast: Cast) -> None:
    db.session.add(branch(cast))
    db.session.commit()
    found = of(cast)
    assert (found.shift_start, found.shift_end, found.lunch) == (9 * HOUR, 17 * HOUR, (12 * HOUR, 13 * HOUR, HOUR))
    assert found.start == found.end == (39.86, 116.29)
    assert of(cast, MONDAY + timedelta(days=5)).why_not == "no_shift"


def test_an_own_week_an_own_lunch_and_the_home_win(cast: Cast) -> None:
    db.session.add_all([
        branch(cast),
        PersonPlanning(person_id=cast.technician.id, has_own_week=True, lunch_minutes=0, start_from="home", ends="open",
                       home_lat=39.9, home_lng=116.4, van_m2=60),
        Shift(person_id=cast.technician.id, weekday=6, start_minute=600, end_minute=1440),
        PersonPlanning(person_id=cast.second_technician.id, start_from="home", ends="home"),
    ])  # fmt: skip
    db.session.commit()
    found = of(cast, SUNDAY)
    assert (found.shift_start, found.shift_end, found.lunch) == (10 * HOUR, 24 * HOUR, None)
    assert (found.start, found.end, found.van_m2) == ((39.9, 116.4), "open", 60)
    assert of(cast).why_not == "no_shift"
    # a home that is not known: the branch, not nowhere
    assert on(cast)[cast.second_technician.id].start == (39.86, 116.29)


@pytest.mark.parametrize(("kind", "span", "why_not", "hours"), [
    ("off", (None, None), "off", (0, 0)), ("sick", (None, None), "sick", (0, 0)),
    ("shift", (840, 1200), "", (14 * HOUR, 20 * HOUR)),
])  # fmt: skip
def test_a_day_can_be_another_one(cast: Cast, kind: str, span: tuple[int, int], why_not: str,
                                  hours: tuple[int, int]) -> None:  # fmt: skip
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=SUNDAY, kind=kind, start_minute=span[0],
                               end_minute=span[1], made_at=MOMENT))  # fmt: skip
    db.session.commit()
    found = of(cast, SUNDAY)
    assert (found.why_not, (found.shift_start, found.shift_end)) == (why_not, hours)
    assert of(cast, SUNDAY - timedelta(days=1)).why_not == ""


def test_a_certificate_is_good_on_its_last_day_and_not_on_the_next(cast: Cast) -> None:
    db.session.add_all([
        PersonSkill(person_id=cast.technician.id, skill="electrician", certified_until=MONDAY),
        PersonSkill(person_id=cast.technician.id, skill="laminate"),
    ])  # fmt: skip
    db.session.commit()
    assert of(cast).skills == {"electrician", "laminate"}
    later = of(cast, MONDAY + timedelta(days=1))
    assert (later.skills, later.expired) == (frozenset({"laminate"}), {"electrician": MONDAY})


def test_a_disabled_technician_is_named_only_when_asked_for(cast: Cast) -> None:
    cast.technician.is_active = False
    db.session.commit()
    assert cast.technician.id not in on(cast)
    found = {one.person.id: one for one in available([cast.store.id], MONDAY, even_inactive=True)}
    assert found[cast.technician.id].why_not == "inactive"


def test_many_people_take_as_many_queries_as_few(cast: Cast, session: Session) -> None:
    store = cast.store

    def asked() -> int:
        store_id = store.id
        with counted(db.engine) as statements:
            assert available([store_id], MONDAY)
        return len(statements)

    few = asked()
    for number in range(20):
        a_person(f"07{number:02}", f"师傅{number}", store, "technician")
    session.commit()
    assert asked() == few <= 8
