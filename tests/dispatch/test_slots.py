"""The best times for a visit: over everybody who can, taken while they are free; a customer learns only when."""

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.dispatch import slots
from fieldservice.jobs.models import Job
from fieldservice.people.models import PersonPlanning, PersonSkill, ShiftChange
from fieldservice.people.rules import WINDOWS, read_windows, windows_text
from tests.builders import MOMENT
from tests.cast import sign_in
from tests.dispatch.test_slips import EN, HOUR, store, visit  # noqa: F401 a fixture
from tests.portal.visitor import Visitor, link_of
from tests.support.html import form_token, text_of

#: MOMENT is Saturday, 10:00 in Shanghai; the default windows begin at 8:00, 10:00, 13:30 and 15:30


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


@pytest.fixture
def job(store):  # noqa: F811
    return visit(store, None, "新来女士", MOMENT + 24 * HOUR)


@pytest.fixture
def desk(client, cast):
    return sign_in(client, cast.dispatcher)


def found(job, **more):
    return slots.best_slots(slots.wish_of(db.session.get(Job, job.id)), at=MOMENT, **more)


def times(found):
    return [(slot.start_at - MOMENT) // timedelta(minutes=30) / 2 for slot in found]


def test_it_is_today_first_and_only_what_is_still_ahead(cast, job) -> None:
    assert times(found(job, days=1)) == [0, 3.5, 5.5]
    assert len(found(job)) == slots.COUNT
    assert {slot.name for slot in found(job)} <= {"王建国", "陈志强"}


def test_only_who_can_and_is_there_is_offered(cast, store, job) -> None:  # noqa: F811
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=MOMENT.date(), kind="sick", made_at=MOMENT))
    db.session.add(PersonPlanning(person_id=cast.second_technician.id))
    db.session.add(PersonSkill(person_id=cast.second_technician.id, skill="survey"))
    job.skills = ["repair"]
    db.session.commit()
    assert found(job, days=1) == []
    assert {slot.person_id for slot in found(job)} == {cast.technician.id}
    job.pinned_lead, job.lead_id, job.state = True, cast.second_technician.id, "assigned"
    db.session.commit()
    assert found(job) == []


@pytest.fixture
def two_ways(cast, store):  # noqa: F811
    """A job some minutes from where the day begins; tomorrow afternoon somebody is at the next door anyway."""
    near = {"lat": 39.992, "lng": 116.472}
    visit(store, cast.technician, "邻居女士", MOMENT + 27 * HOUR, ends=MOMENT + 29 * HOUR, **near)
    return visit(store, None, "新来女士", MOMENT + 24 * HOUR, **near)


def test_the_order_is_what_is_asked_for(two_ways) -> None:
    by_cost, by_way, by_time = (found(two_ways, by=by, count=30) for by in slots.ORDERS)
    assert [slot.cost for slot in by_cost] == sorted(slot.cost for slot in by_cost)
    assert [slot.extra_minutes for slot in by_way] == sorted(slot.extra_minutes for slot in by_way)
    assert [slot.start_at for slot in by_time] == sorted(slot.start_at for slot in by_time)
    assert (by_way[0].extra_minutes, by_way[0].start_at - MOMENT > 20 * HOUR) == (0, True)
    assert by_cost[0].extra_minutes > 0
    assert by_time[0].start_at == MOMENT
    # each order offers every window that somebody can keep, once
    assert len({slot.start_at for slot in by_way}) == len(by_way) == len(by_cost) == len(by_time)


def test_why_the_first_stands_before_the_least_way_is_known(two_ways) -> None:
    by_cost = found(two_ways, count=30)
    why = slots.why_first(by_cost)
    assert why is not None
    assert (why.nearest.extra_minutes, why.minutes) == (0, by_cost[0].extra_minutes)
    assert why.days_sooner == 1
    assert slots.why_first(found(two_ways, by="way")) is None
    assert slots.why_first([]) is None


def test_the_page_says_why_and_lets_one_order_otherwise(cast, desk, two_ways) -> None:
    page = desk.get(f"/jobs/{two_ways.id}/slots?next=/day/slips", headers=EN).text
    words = text_of(page)
    assert "a minute on the road counts whole" in words
    nearest, why = "王建国, Sun 22 Nov 13:30–15:30", "it is a day sooner"
    assert re.search(rf"The first stands there though {nearest}, has \d+ min less on the road: {why}", words)
    assert re.search(r'href="[^"]*by=way&amp;next=/day/slips"', page)
    ordered = desk.get(f"/jobs/{two_ways.id}/slots?by=way", headers=EN).text
    first = text_of(ordered.partition('class="slots"')[2])[:120]
    assert re.search(r"Sun 22 Nov 08:00–10:00 · 王建国\s+no way more · \d+ min more waiting", first)
    assert "The first stands there though" not in ordered
    assert re.search(r'by=way[^>]*aria-current="true"', ordered)
    # whatever is no order is the usual one
    for odd in ("", "x", "cost' --", "WAY"):
        assert re.search(r'by=cost[^>]*aria-current="true"', desk.get(f"/jobs/{two_ways.id}/slots?by={odd}").text), odd
    # refused, the order stays as it was chosen
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', ordered)[1] for name in ("csrf_token", "by", "lead")}
    refused = desk.post(f"/jobs/{two_ways.id}/slots", data={**fields, "version": two_ways.version, "day": "nonsense"})
    assert refused.status_code == 409
    assert re.search(r'by=way[^>]*aria-current="true"', refused.text)


def test_a_form_is_told_the_times_in_the_order_asked_for(desk, two_ways) -> None:
    token = form_token(desk.get("/jobs/new?new").text)
    given = {"csrf_token": token, "type": "repair", "site_lat": "39.992", "site_lng": "116.472", "planned_minutes": "60"}
    for by, day in (("cost", "2026-11-21"), ("way", "2026-11-22"), ("time", "2026-11-21")):
        page = desk.post(f"/jobs/slots?by={by}", data=given, headers=EN).text
        first = json.loads(re.search(r"data-fields='([^']+)'", page)[1].replace("&#34;", '"'))
        assert first["visit_on"] == day, by
        assert re.search(rf'by={by}"[^>]*aria-pressed="true"', page), by


def test_what_is_taken_is_not_offered_and_nobody_is_made_late(cast, store, job) -> None:  # noqa: F811
    for who in (cast.technician, cast.second_technician):
        visit(store, who, "全天女士", MOMENT, minutes=460)
    assert found(job, days=1) == []


def test_one_click_takes_window_and_technician_while_they_are_free(cast, store, desk, job) -> None:  # noqa: F811
    page = desk.get(f"/jobs/{job.id}/slots", headers=EN).text
    assert text_of(page).count("Take it") == slots.COUNT
    fields = ("csrf_token", "version", "day", "start", "lead")
    given = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in fields}
    # a page that changes nothing
    assert db.session.get_one(Job, job.id, populate_existing=True).lead_id is None
    who = cast.technician if given["lead"] == cast.technician.id else cast.second_technician
    blocking = visit(store, who, "先到先生", MOMENT, minutes=500)
    refused = desk.post(f"/jobs/{job.id}/slots", data=given, headers=EN)
    assert refused.status_code == 409
    assert "not free any more" in text_of(refused.text)
    blocking.state, blocking.lead_id = "unassigned", None
    db.session.commit()
    assert desk.post(f"/jobs/{job.id}/slots", data=given, headers=EN).location == f"/jobs/{job.id}"
    kept = db.session.get_one(Job, job.id, populate_existing=True)
    assert (kept.lead_id, kept.window_start_at, kept.window_end_at) == (who.id, MOMENT, MOMENT + 2 * HOUR)
    # the page from before: somebody else, or the same, was faster
    assert desk.post(f"/jobs/{job.id}/slots", data=given, headers=EN).status_code == 409


def test_one_comes_back_to_where_one_looked_for_a_time(cast, store, desk, job) -> None:  # noqa: F811
    page = desk.get(f"/jobs/{job.id}/slots?next=/day/slips", headers=EN).text
    assert 'class="btn" href="/day/slips"' in page
    fields = ("csrf_token", "version", "day", "start", "lead", "next")
    form = page.partition('class="slots"')[2]
    given = {name: re.search(rf'name="{name}" value="([^"]*)"', form)[1] for name in fields}
    assert desk.post(f"/jobs/{job.id}/slots", data=given, headers=EN).location == "/day/slips"
    elsewhere = desk.get(f"/jobs/{job.id}/slots?next=https://example.com/", headers=EN).text
    assert "example.com" not in elsewhere.split("<main")[1]


def test_a_form_that_is_filled_is_told_the_best_times(cast, store, desk) -> None:  # noqa: F811
    token = form_token(desk.get("/jobs/new?new").text)

    def ask(**given):
        return desk.post("/jobs/slots", data={"csrf_token": token, "type": "repair", **given}, headers=EN)

    assert "Say where it is first" in text_of(ask().text)
    page = ask(site_lat="39.9911", site_lng="116.4698", planned_minutes="60", priority="urgent").text
    fields = [json.loads(one.replace("&#34;", '"')) for one in re.findall(r"data-fields='([^']+)'", page)]
    assert len(fields) == slots.COUNT
    assert fields[0]["start"] == "10:00"
    assert fields[0]["lead_id"] in (cast.technician.id, cast.second_technician.id)
    for hostile in ({"site_lat": "x", "site_lng": "9e9"}, {"planned_minutes": "-5", "type": "?"}, {"site_datum": "?"}):
        assert ask(**hostile).status_code in (200, 404)
    assert ask(site="0" * 36).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_a_customer_is_offered_only_what_somebody_can_keep_and_learns_nothing_else(app, cast, store) -> None:  # noqa: F811
    own = visit(store, cast.technician, "张女士", MOMENT + HOUR, state="accepted")
    for number in range(1, 7):
        begins = MOMENT + number * 24 * HOUR - 2 * HOUR
        visit(store, cast.technician, "别家女士", begins, minutes=540, ends=begins + 2 * HOUR)
    visitor = Visitor(app.test_client(), link_of(own))
    visitor.let_in()
    assert "Free at the moment:" in visitor.words
    assert "tomorrow 08:00–10:00" in visitor.words
    for secret in ("陈志强", "别家女士", "again technician"):
        assert secret not in visitor.words
    for number in range(1, 9):
        db.session.add(ShiftChange(person_id=cast.second_technician.id, on_day=MOMENT.date() + timedelta(days=number),
                                   kind="off", made_at=MOMENT))  # fmt: skip
    db.session.commit()
    assert "tomorrow 08:00–10:00" not in visitor.words


@pytest.mark.one_database
@pytest.mark.parametrize(("who", "status"), [("technician", 403), ("finance", 403), ("outsider", 404)])
def test_it_is_for_the_desk_of_the_branch(client, cast, job, who, status) -> None:
    sign_in(client, getattr(cast, who))
    assert client.get(f"/jobs/{job.id}/slots").status_code == status
    token = form_token(client.get("/account").text)
    assert client.post(f"/jobs/{job.id}/slots", data={"csrf_token": token, "day": "2026-11-21"}).status_code == status
    assert db.session.get_one(Job, job.id, populate_existing=True).lead_id is None


@pytest.mark.one_database
def test_hostile_choices_are_refused(desk, cast, job) -> None:
    token = form_token(desk.get("/account").text)
    for day in ("", "nonsense", "2026-11-20", "2099-01-01"):
        answer = desk.post(f"/jobs/{job.id}/slots", data={"csrf_token": token, "version": job.version, "day": day,
                                                          "start": "10:00", "lead": cast.technician.id})  # fmt: skip
        assert answer.status_code == 409, day
    answer = desk.post(f"/jobs/{job.id}/slots", data={"csrf_token": token, "version": "x", "day": "2026-11-21"})
    assert answer.status_code == 409


@pytest.mark.parametrize(("text", "windows"), [
    ("8:00-10:00 10:00–12:00", ((480, 600), (600, 720))), ("13：30－15：30、9:00~11:00", ((540, 660), (810, 930))),
    ("", ()),
    ("10:00-9:00", None), ("8-10", None), ("8:00-10:00 x", None), ("8:00-8:10", None), ("23:00-25:00", None),
    ("8:00-10:00, 8:00-10:00", None),
])  # fmt: skip
def test_windows_are_read_as_people_write_them(text, windows) -> None:
    assert read_windows(text) == windows


def test_windows_are_written_as_they_are_read() -> None:
    assert read_windows(windows_text(WINDOWS)) == WINDOWS
