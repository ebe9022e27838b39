"""Slips: later arrivals are estimated anew, who will miss a window is warned, the smallest change helps, one by one."""

import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.oplog import LogEntry
from fieldservice.dispatch import planning, slips
from fieldservice.jobs import actions
from fieldservice.jobs.actions import StepGiven
from fieldservice.jobs.models import Job
from fieldservice.people.models import BranchPlanning, ShiftChange
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import sign_in
from tests.support.html import form_token, text_of
from tests.support.statements import counted

EN = {"Accept-Language": "en"}
HTMX = EN | {"HX-Request": "true"}
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
#: a Saturday, 10:00 in Shanghai
TODAY = MOMENT.date()


@pytest.fixture
def store(cast):
    """The branch with a place: technicians begin there."""
    db.session.add(BranchPlanning(branch_id=cast.store.id, lat=39.99, lng=116.47, weekdays=[0, 1, 2, 3, 4, 5, 6],
                                  start_minute=480, end_minute=1080, lunch_earliest=690, lunch_latest=810,
                                  lunch_minutes=0))  # fmt: skip
    db.session.commit()
    return cast.store


def visit(store, lead, name, begins, *, ends=None, minutes=60, lat=39.99, lng=116.47, **given):
    site = a_site(a_customer(store, address_form=name), lat=lat, lng=lng)
    state = given.pop("state", "accepted" if lead else "unassigned")
    job = a_job(store, lead, site=site, start_at=begins, planned_minutes=minutes, state=state, **given)
    job.window_end_at = ends or begins + HOUR
    db.session.commit()
    return job


def step(job, name, at):
    job_id = sa.inspect(job).identity[0]
    job = db.session.get_one(Job, job_id, populate_existing=True)  # read for the day, which holds less of it
    when = Happening.at_desk(at, f"01a20000-0000-7000-8000-{abs(hash((job_id, name))) % 10**12:012d}")
    actions.take_step(job, StepGiven(name), by=job.lead, when=when)
    db.session.commit()


def day(store, at):
    return slips.of_day([store.id], TODAY, at)


def kinds(found):
    return [(slip.kind, slip.minutes, len(slip.touched)) for slip in found.slips]


# ---- what is found ----


def test_an_overrun_makes_every_later_arrival_later(cast, store) -> None:
    first = visit(store, cast.technician, "先做女士", MOMENT - HOUR)
    second = visit(store, cast.technician, "后等先生", MOMENT)
    third = visit(store, cast.technician, "再后女士", MOMENT + 3 * HOUR)
    for name, back in (("depart", 100), ("arrive", 95), ("start", 90)):
        step(first, name, MOMENT - back * MINUTE)
    assert kinds(day(store, MOMENT + 20 * MINUTE)) == []
    found = day(store, MOMENT + 50 * MINUTE)
    assert kinds(found) == [("overrun", 80, 1)]
    assert found.slips[0].touched == (second.id,)
    # the work is over a quarter of an hour from now at the earliest: 11:05, the window ended at 11:00
    assert (found.expected[second.id].late_minutes, found.expected[second.id].certainty) == (5, "likely")
    assert found.expected[third.id].late_minutes == 0
    assert found.expected[third.id].certainty == "rough"
    assert first.id not in found.expected


def test_nobody_has_set_out_though_it_is_time(cast, store) -> None:
    far = visit(store, cast.technician, "远处女士", MOMENT, lat=39.80, lng=116.20)
    assert kinds(day(store, MOMENT - HOUR)) == []
    found = day(store, MOMENT + 40 * MINUTE)
    assert [slip.kind for slip in found.slips] == ["late_start"]
    assert found.slips[0].since < MOMENT + 40 * MINUTE
    assert found.expected[far.id].late_minutes > 5
    step(far, "depart", MOMENT + 40 * MINUTE)
    found = day(store, MOMENT + 45 * MINUTE)
    assert [slip.kind for slip in found.slips] == ["behind"]
    assert found.expected[far.id].certainty == "sure"


def test_a_sick_person_and_an_emergency_stand_in_front(cast, store) -> None:
    visit(store, cast.technician, "等人女士", MOMENT + HOUR)
    urgent = visit(store, None, "漏水先生", MOMENT, priority="emergency", priority_reason="漏水")
    assert kinds(day(store, MOMENT)) == [("urgent", 0, 1)]
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=TODAY, kind="sick", made_at=MOMENT))
    db.session.commit()
    found = day(store, MOMENT)
    assert kinds(found) == [("urgent", 0, 1), ("sick", 0, 1)]
    assert found.slips[0].job_id == urgent.id
    # tomorrow's sick call is known too, and yesterday is nobody's any more
    assert slips.of_day([store.id], TODAY + timedelta(days=1), MOMENT).slips == []
    assert slips.of_day([store.id], TODAY - timedelta(days=1), MOMENT) == slips.NOTHING


@pytest.mark.parametrize(("kind", "words"), [("sick", "王建国 is sick"), ("off", "王建国 has the day off")])
def test_sick_and_off_are_kept_apart_for_whoever_plans(cast, store, desk, client, kind, words) -> None:
    visit(store, cast.technician, "等人女士", MOMENT + HOUR)
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=TODAY, kind=kind, made_at=MOMENT))
    db.session.commit()
    assert kinds(day(store, MOMENT)) == [(kind, 0, 1)]
    page = text_of(read(desk))
    assert words in page
    assert "王建国 is away" not in page
    with clock.frozen(MOMENT):
        planner = desk.get("/", headers=EN).text
        other = sign_in(client, cast.service_desk).get("/", headers=EN).text
    assert words in text_of(planner)
    assert "王建国 is away" in text_of(other)
    assert words not in text_of(other)
    assert f"{kind}-{cast.technician.id}" not in other, "nor is it said in what a page is made of"


def test_of_a_visit_several_go_to_it_is_not_said_that_the_customer_asked_for_somebody(cast, store, desk) -> None:
    visit(store, cast.technician, "同去女士", MOMENT + HOUR, helpers=(cast.second_technician,))
    visit(store, cast.technician, "指定先生", MOMENT + 3 * HOUR, pinned_lead=True)
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=TODAY, kind="sick", made_at=MOMENT))
    db.session.commit()
    with clock.frozen(MOMENT):
        page = text_of(desk.get("/day/slips", headers=EN).text)
    together = page.partition("同去女士")[2].partition("指定先生")[0]
    assert "Several go there together" in together
    assert "The customer asked" not in together
    assert "Several go there together" not in page.partition("指定先生")[2]


def test_it_is_worked_out_once_for_each_change_and_minute(cast, store, monkeypatch) -> None:
    job = visit(store, cast.technician, "一位女士", MOMENT)
    reads = []
    day_of = planning.day_of
    monkeypatch.setattr(planning, "day_of", lambda *args, **more: (reads.append(1), day_of(*args, **more))[1])
    for _look in range(3):
        day(store, MOMENT)
    with counted(db.engine) as statements:
        day(store, MOMENT)
    assert (len(reads), len(statements)) == (1, 1)
    a_job(cast.other_store, cast.outside_technician)
    day(store, MOMENT)
    assert len(reads) == 1  # another branch's day is none of ours
    actions.add_office_note(job, "钥匙在门卫", by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    day(store, MOMENT)
    day(store, MOMENT + MINUTE)
    assert len(reads) == 3


def test_a_visit_with_helpers_is_read_like_others(cast, store) -> None:
    site = a_site(a_customer(store), lat=39.99, lng=116.47)
    a_job(store, cast.technician, site=site, helpers=(cast.second_technician,))
    branch_id = store.id
    db.session.expunge_all()  # what is read is new to the session, the helpers too
    assert len(slips.of_day([branch_id], TODAY, MOMENT).expected) == 1
    assert not [row for row in db.session if isinstance(row, Job)]


def test_visits_with_strange_positions_do_not_break_the_day(cast, store) -> None:
    visit(store, cast.technician, "海里女士", MOMENT, lat=30.0, lng=125.0)
    visit(store, cast.technician, "不知先生", MOMENT, lat=None, lng=None)
    visit(store, cast.second_technician, "昨天女士", MOMENT - 3 * HOUR)
    assert [slip.kind for slip in day(store, MOMENT).slips] == ["late_start"]


def test_another_order_is_enough_where_it_helps(cast, store, client) -> None:
    visit(store, cast.technician, "久做女士", MOMENT + HOUR, minutes=120)
    visit(store, cast.technician, "快做先生", MOMENT + HOUR)
    visit(store, cast.technician, "下午女士", MOMENT + 5 * HOUR)
    desk = sign_in(client, cast.dispatcher)
    page = read(desk)
    assert "Visits changed: 1 · everybody in time" in text_of(page)
    accept(desk, lines(page))
    found = day(store, MOMENT)
    assert kinds(found) == []
    assert set(leads().values()) == {"王建国"}


# ---- the page, and what helps ----


@pytest.fixture
def desk(client, cast):
    return sign_in(client, cast.dispatcher)


@pytest.fixture
def late(cast, store):
    """Two visits of one technician at the same time, and somebody who has nothing to do."""
    first = visit(store, cast.technician, "先到女士", MOMENT + HOUR, minutes=120)
    second = visit(store, cast.technician, "要等先生", MOMENT + HOUR, minutes=120)
    return first, second


def read(client, address="/day/slips", at=MOMENT):
    with clock.frozen(at):
        answer = client.get(address, headers=EN)
    assert answer.status_code == 200
    return answer.text


def lines(page):
    return re.findall(r'name="line" value="([^"]+)"', page)


def accept(client, codes, at=MOMENT):
    with clock.frozen(at):
        token = form_token(client.get("/day/slips").text)
        return client.post("/day/slips/changes", data={"csrf_token": token, "line": codes}, headers=EN,
                           follow_redirects=True)  # fmt: skip


def leads():
    db.session.expire_all()
    return {job.case.customer.address_form: job.lead and job.lead.name for job in db.session.scalars(sa.select(Job))}


def test_the_smallest_change_is_one_visit_to_somebody_who_is_free(cast, desk, late) -> None:
    page = read(desk)
    assert "the day does not fit from 要等先生 on" in text_of(page)
    assert "Visits changed: 1 · everybody in time" in text_of(page)
    assert "will miss the window: 要等先生" in text_of(read(desk, "/"))
    codes = lines(page)
    assert len(codes) == 1
    said = text_of(accept(desk, codes).text)
    assert "Done:" in said
    assert "The day goes as planned." in said
    assert "Undo:" in said
    assert sorted(filter(None, leads().values())) == ["王建国", "陈志强"]
    kept = set(db.session.scalars(sa.select(LogEntry.kind)))
    assert {"office.assign_job", "office.plan_start"} <= kept
    # the same button again: it is done, and nothing more
    assert "Nothing was changed" in text_of(accept(desk, codes).text)


def test_what_somebody_else_changed_meanwhile_is_not_done(cast, desk, late) -> None:
    codes = lines(read(desk))
    job = db.session.get(Job, codes[0].split("|")[0])
    actions.assign_job(job, None, expected_version=job.version, by=cast.branch_manager, at=MOMENT)
    db.session.commit()
    said = text_of(accept(desk, codes).text)
    assert "somebody changed this visit meanwhile. Nothing was changed" in said
    assert list(leads().values()).count(None) == 1


def test_a_change_that_would_make_others_late_by_now_is_not_done(cast, store, desk, late) -> None:
    codes = lines(read(desk))
    visit(store, cast.second_technician, "新来女士", MOMENT + HOUR, minutes=180)
    assert "this would make others late. Nothing was changed" in text_of(accept(desk, codes).text)
    assert set(leads().values()) == {"王建国", "陈志强"}


def test_a_note_or_a_message_meanwhile_stops_nothing(cast, desk, late) -> None:
    codes = lines(read(desk))
    job = db.session.get(Job, codes[0].split("|")[0])
    actions.add_office_note(job, "带上鞋套", by=cast.branch_manager, at=MOMENT)
    db.session.commit()
    assert "Done:" in text_of(accept(desk, codes).text)


def test_the_visits_of_somebody_sick_go_to_others_or_say_why_not(cast, store, desk) -> None:
    visit(store, cast.technician, "能换女士", MOMENT + HOUR)
    only = visit(store, cast.technician, "专人先生", MOMENT + 2 * HOUR, skills=["electrician"])
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=TODAY, kind="sick", made_at=MOMENT))
    page = text_of(read(desk))
    assert "王建国 is sick" in page
    assert "Nobody else who is there has what it needs." in page
    assert f"/jobs/{only.id}/message?next=/day/slips&amp;kind=ask_time" in read(desk)
    accept(desk, lines(read(desk)))
    assert leads() == {"能换女士": "陈志强", "专人先生": "王建国"}


def test_a_sick_call_is_noted_once_and_what_the_person_had_is_offered(cast, store, desk) -> None:
    visit(store, cast.technician, "能换女士", MOMENT + HOUR)

    def call(person, day="2026-11-21"):
        with clock.frozen(MOMENT):
            token = form_token(desk.get("/day/slips").text)
            return desk.post(f"/day/slips/absence?day={day}", data={"csrf_token": token, "person": person},
                             headers=EN, follow_redirects=True)  # fmt: skip

    for _time in range(2):
        said = text_of(call(cast.technician.id).text)
        assert "王建国 is noted as sick for this day" in said
        assert "王建国 is sick" in said
        assert "陈志强" in said
    assert len(list(db.session.scalars(sa.select(ShiftChange)))) == 1
    noted = db.session.scalars(sa.select(LogEntry.kind)).all()
    assert noted.count("office.change_days") == 1
    assert leads() == {"能换女士": "王建国"}  # nothing is moved until somebody accepts it
    assert call(cast.outside_technician.id).status_code == 404
    assert call(cast.dispatcher.id).status_code == 404
    assert "This day is over" in text_of(call(cast.second_technician.id, "2026-11-20").text)


def test_an_emergency_says_who_is_there_first_and_whom_it_displaces(cast, store, desk) -> None:
    visit(store, None, "漏水女士", MOMENT, ends=MOMENT + 4 * HOUR, priority="emergency", priority_reason="漏水",
          minutes=180)  # fmt: skip
    visit(store, cast.technician, "要等先生", MOMENT + HOUR, lat=39.992, lng=116.473)
    page = read(desk)
    assert "Emergency at 漏水女士: nobody goes yet" in text_of(page)
    assert "would make 要等先生 wait" in text_of(page)
    codes = lines(page)
    assert len(codes) == 2
    accept(desk, codes[:1])
    assert leads()["漏水女士"] in ("王建国", "陈志强")
    assert "Emergency at" not in read(desk)


def test_no_time_after_working_hours_is_proposed_or_told(cast, store, desk) -> None:
    """The branch works till 18:00: an hour before midnight nothing is moved to the night, another day is what helps."""
    first = visit(store, cast.technician, "先到女士", MOMENT + HOUR, minutes=120)
    visit(store, cast.technician, "要等先生", MOMENT + HOUR, minutes=120)
    urgent = visit(store, None, "漏水女士", MOMENT + HOUR, priority="emergency", priority_reason="漏水")
    with clock.frozen(MOMENT):
        assert slips.expected_of(first, at=MOMENT)
    for hours in (7.9, 9, 13.5):  # 17:54, 19:00, 23:30
        at = MOMENT + hours * HOUR
        page = read(desk, at=at)
        assert not lines(page), hours
        assert "Nobody could be there within working hours today" in text_of(page)
        assert f"/jobs/{urgent.id}/slots" in page
        assert text_of(page).count("not within working hours today any more") == (1 if hours < 8 else 2)
        assert not re.search(r"about (1[89]|2\d|0\d):", text_of(page))
    assert "agree on another day with the customers" in text_of(page)
    assert slips.expected_of(first, at=at) is None
    assert f"/jobs/{first.id}/message?next=/day/slips&amp;kind=ask_time" in page
    with clock.frozen(at):
        form = desk.get(f"/jobs/{first.id}/message", headers=EN).text
    assert re.search(r'value="ask_time"[^>]*checked', form) or 'value="ask_time" selected' in form


def test_a_change_of_several_visits_is_taken_back_as_one_or_not_at_all(cast, store, desk) -> None:
    for name, hours in (("一号女士", 1), ("二号先生", 3)):
        visit(store, cast.technician, name, MOMENT + hours * HOUR)
    db.session.add(ShiftChange(person_id=cast.technician.id, on_day=TODAY, kind="sick", made_at=MOMENT))

    def give():
        codes = sorted(set(lines(read(desk))))
        assert len(codes) == 2
        with clock.frozen(MOMENT):
            token = form_token(desk.get("/day/slips").text)
            answer = desk.post("/day/slips/changes", data={"csrf_token": token, "line": codes}, headers=HTMX)
        assert set(leads().values()) == {"陈志强"}
        return json.loads(answer.headers["HX-Trigger"])["fieldservice:done"]

    def undo(address):
        with clock.frozen(MOMENT):
            token = form_token(desk.get("/day/slips").text)
            answer = desk.post(address, data={"csrf_token": token}, headers=HTMX)
        assert answer.status_code == 204
        return json.loads(answer.headers["HX-Trigger"])["fieldservice:done"]["words"]

    told = give()
    assert "一号女士, 二号先生" in told["words"]
    assert told["undo"] in read(desk)  # the same button for whoever has no JavaScript, or comes back to the page
    assert "Undo: 2 visits: who goes, when it begins" in text_of(read(desk))
    assert read(desk).count('id="tell-changed-') == 2  # the message to each of them is one click away
    assert undo(told["undo"]) == "Undone: 2."
    assert set(leads().values()) == {"王建国"}
    assert "tell-changed-" not in read(desk)
    assert all(job.planned_start_at is None for job in db.session.scalars(sa.select(Job)))
    told = give()
    job = db.session.scalars(sa.select(Job).limit(1)).one()
    actions.assign_job(job, None, expected_version=job.version, by=cast.branch_manager, at=MOMENT)
    db.session.commit()
    said = undo(told["undo"])
    assert "Nothing was undone: these visits were changed as one." in said
    assert "沈店长 changed who goes" in said  # who was it, and what
    assert set(leads().values()) == {"陈志强", None}
    assert told["undo"] not in read(desk)


@pytest.mark.one_database
def test_hostile_lines_are_refused_and_looking_changes_nothing(cast, desk, late) -> None:
    codes = lines(read(desk))
    before = db.session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    with clock.frozen(MOMENT):
        outside = a_job(cast.other_store, cast.outside_technician)
    job_id, version, _person, moment = codes[0].split("|")
    for code, status in (
        ("x", 400), ("|||", 400), (f"{job_id}|{version}|{cast.technician.id}|20261399T999999", 400),
        (f"{job_id}|{'9' * 30}|{cast.technician.id}|{moment}", 400), ([codes[0]] * 2, 400), ([codes[0]] * 61, 400),
        (f"{outside.id}|{outside.version}|{cast.technician.id}|{moment}", 404),
    ):  # fmt: skip
        assert accept(desk, code).status_code == status, code
    said = text_of(accept(desk, f"{job_id}|{version}|{cast.outside_technician.id}|{moment}").text)
    assert "not a technician of this branch" in said
    assert "No visit is chosen" in text_of(accept(desk, []).text)
    for address in ("/day/slips?day=nonsense", "/day/slips?day=0001-01-01", "/day/slips?day=2199-12-31"):
        read(desk, address)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == before


@pytest.mark.one_database
@pytest.mark.parametrize("who", ["technician", "finance", "service_desk"])
def test_it_is_for_planners(client, cast, who) -> None:
    sign_in(client, getattr(cast, who))
    assert client.get("/day/slips").status_code == 403
    token = form_token(client.get("/account").text)
    for act in ("changes", "absence"):
        assert client.post(f"/day/slips/{act}", data={"csrf_token": token}).status_code == 403


@pytest.mark.every_rail
def test_the_page_asks_the_same_few_things_whatever_its_length(cast, store, desk) -> None:
    def statements(count):
        for number in range(count):
            visit(store, cast.technician, f"第{number}位", MOMENT + HOUR, minutes=50)
        read(desk)
        with counted(db.engine) as sent:
            read(desk)
        return len(sent)

    few = statements(3)
    assert statements(6) == few
