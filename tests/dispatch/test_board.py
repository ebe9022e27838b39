"""The board: where everything lies, what a drop does, and what it does not overwrite."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.i18n import local
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.dispatch import slips
from fieldservice.dispatch.board import Axis, Span, clashes_of, stack
from fieldservice.jobs.models import Job
from fieldservice.people.models import ShiftChange
from fieldservice.routing.actions import set_travel
from fieldservice.routing.travel import DEFAULT
from fieldservice.visits.models import DayOrder
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of
from tests.support.statements import counted

BOARD = "/board?day=2026-11-21"
EN = {"Accept-Language": "en"}


@pytest.fixture
def dispatcher(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.dispatcher)


def read(client: FlaskClient, address: str = BOARD, at: datetime = MOMENT) -> str:
    with clock.frozen(at):
        answer = client.get(address, headers=EN)
    assert answer.status_code == 200
    return answer.text


def drop(client: FlaskClient, job: Job, version: int | None = None, at: datetime = MOMENT, **place: Any):
    token = form_token(client.get("/board").text)
    form = {"csrf_token": token, "version": job.version if version is None else version, "day": "2026-11-21"}
    with clock.frozen(at):
        return client.post(f"/jobs/{job.id}/placement", data=form | place, headers=EN | {"HX-Request": "true"})


def lane_of(page: str, person_id: str) -> str:
    return page.split(f'id="lane-{person_id}"')[1].split("</section>")[0]


def test_spans_that_meet_stand_in_one_row_and_those_that_overlap_do_not() -> None:
    assert stack([Span(8, 10), Span(9, 11), Span(10, 12), Span(10.5, 11)]) == [0, 1, 0, 2]
    assert clashes_of([Span(8, 10), Span(9, 11), Span(9.5, 9.75), Span(12, 13), Span(13, 14)]) == [Span(9, 10)]
    assert clashes_of([]) == []


def test_everything_lies_at_its_hours_in_the_row_of_who_goes(dispatcher: FlaskClient, cast: Cast) -> None:
    led = a_job(cast.store, cast.technician, helpers=(cast.second_technician,))
    tray = a_job(cast.store, start_at=MOMENT + timedelta(hours=4))
    untimed = a_job(cast.store, start_at=None)
    undated = a_job(cast.store, start_at=None, visit_on=None)
    page = read(dispatcher)
    assert f'id="blk-{led.id}"' in lane_of(page, cast.technician.id)
    assert "--s:10;--e:11.5" in lane_of(page, cast.technician.id)
    assert f'id="help-{led.id}' in lane_of(page, cast.second_technician.id)
    assert f'id="blk-{tray.id}"' in lane_of(page, "tray")
    assert "--s:14;--e:15.5" in lane_of(page, "tray")
    assert f'id="blk-{untimed.id}"' in lane_of(page, "untimed")
    assert f'id="blk-{undated.id}"' in lane_of(page, "undated")
    assert 'class="now" style="--s:10"' in page


def test_overlaps_and_late_visits_are_told(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician)
    a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(minutes=60))
    page = read(dispatcher, at=MOMENT + timedelta(minutes=20))
    assert "overlap 30 min" in page
    assert "20 min late" in page
    assert "In trouble 1" in text_of(page)
    assert "陈志强" not in read(dispatcher, f"{BOARD}&only=trouble", at=MOMENT + timedelta(minutes=20))


def test_work_outside_the_usual_hours_widens_the_board(dispatcher: FlaskClient, cast: Cast) -> None:
    assert "--h0:8;--hours:11" in read(dispatcher)
    a_job(cast.store, cast.technician, start_at=MOMENT - timedelta(hours=5))
    a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(hours=13))
    assert "--h0:5;--hours:19" in read(dispatcher)


def test_the_search_dims_what_it_does_not_mean(dispatcher: FlaskClient, cast: Cast) -> None:
    found = a_job(cast.store, cast.technician, site=a_site(a_customer(cast.store, phone="13900001111")))
    a_job(cast.store, cast.second_technician)
    page = read(dispatcher, f"{BOARD}&q=1390000")
    assert page.count("is-dim") == 1
    assert "is-dim" not in page.split(f'id="blk-{found.id}"')[0].rpartition("<a ")[2]
    assert "Found for “1390000”: 1" in text_of(page)


def test_three_days_stand_side_by_side(dispatcher: FlaskClient, cast: Cast) -> None:
    today = a_job(cast.store, cast.technician)
    later = a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(days=2))
    a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(days=3))
    page = read(dispatcher, f"{BOARD}&view=3")
    assert 'data-days="2026-11-21 2026-11-22 2026-11-23"' in page
    assert "--h0:8;--hours:33;--day:11" in page
    row = lane_of(page, cast.technician.id)
    assert "--s:10;--e:11.5" in row.split(f'id="blk-{today.id}"')[1].split(">")[0]
    assert "--s:32;--e:33.5" in row.split(f'id="blk-{later.id}"')[1].split(">")[0]
    assert row.count('id="blk-') == 2
    assert "No shift" in row, "the Sunday between"
    assert f'id="blk-{later.id}"' not in read(dispatcher)
    assert "view=3" in page.split('id="day-after"')[1].split(">")[0], "the view stays when one goes on"


def test_the_tray_is_narrowed_by_filter_and_search(dispatcher: FlaskClient, cast: Cast) -> None:
    survey = a_job(cast.store, type="survey", start_at=MOMENT + timedelta(hours=4))
    urgent = a_job(cast.store, priority="urgent", start_at=MOMENT + timedelta(hours=5))
    nowhere = a_job(cast.store, start_at=MOMENT + timedelta(hours=1), site=a_site(
        a_customer(cast.store, address_form="江女士"), lat=None, lng=None, position_source=""))
    undated = a_job(cast.store, start_at=None, visit_on=None)
    waiting = {survey, urgent, nowhere, undated}
    for asked, shown in (("", waiting), ("&kind=survey", {survey}), ("&need=urgent", {urgent}), ("&need=due", {nowhere}),
                         ("&need=no_position", {nowhere}), ("&q=江女士", {nowhere}), ("&kind=nonsense", waiting)):
        page = read(dispatcher, BOARD + asked)
        assert {job for job in waiting if f'id="blk-{job.id}"' in page} == shown, asked
        assert (f"{len(waiting) - len(shown)} hidden" in text_of(page)) == (shown != waiting), asked
    block = read(dispatcher).split(f'id="blk-{nowhere.id}"')
    assert "blk-soon" in block[0].rpartition("<a ")[2]
    assert "due" in text_of(block[1].split("</a>")[0].partition(">")[2])


def test_only_rows_that_are_not_there_yet_are_sent(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician)
    moved = a_job(cast.store, cast.second_technician)
    seals = re.findall('data-seal="(\\w+)"', read(dispatcher))
    assert len(seals) == 3
    known = EN | {"HX-Request": "true", "X-Board-Have": ",".join(seals)}
    with clock.frozen(MOMENT):
        same = dispatcher.get(BOARD, headers=known).text
        assert same.count("data-same") == 3
        assert "blk-" not in same.split('id="board-tray"')[1].split('class="legend"')[0]
        drop(dispatcher, moved, lead=cast.second_technician.id, start="15:00")
        other = dispatcher.get(BOARD, headers=known).text
    assert other.count("data-same") == 2
    assert f'id="blk-{moved.id}"' in lane_of(other, cast.second_technician.id)
    assert dispatcher.get(BOARD, headers={"X-Board-Have": "x" * 5000}).status_code == 200


def test_shift_lunch_and_days_off_stand_in_the_row(app: Flask, cast: Cast) -> None:
    for person, kind in ((cast.technician, "off"), (cast.second_technician, "sick")):
        db.session.add(ShiftChange(id=new_id(), person_id=person.id, on_day=MOMENT.date(), kind=kind, made_at=MOMENT))
    db.session.commit()
    planner, desk = (sign_in(app.test_client(), person) for person in (cast.dispatcher, cast.service_desk))
    page = read(planner)
    assert "Day off" in lane_of(page, cast.technician.id)
    assert "Ill" in text_of(lane_of(page, cast.second_technician.id))
    seen = read(desk)
    assert "Ill" not in text_of(lane_of(seen, cast.second_technician.id)), "an illness is for planners"
    assert "sick" not in seen
    for change in db.session.query(ShiftChange):
        db.session.delete(change)
    db.session.commit()
    row = lane_of(read(planner), cast.technician.id)
    assert 'class="off" style="--s:18;--e:19"' in row
    assert 'style="--s:11.5;--e:14.25"' in row.split('class="lunch"')[1]


def test_the_ways_are_drawn_and_who_comes_late_is_told(app: Flask, cast: Cast) -> None:
    near, far = (a_site(a_customer(cast.store), lat=lat, lng=116.47) for lat in (39.99, 40.6))
    a_job(cast.store, cast.technician, site=near)
    late = a_job(cast.store, cast.technician, site=far, start_at=MOMENT + timedelta(hours=2), planned_minutes=30)
    planner, desk = (sign_in(app.test_client(), person) for person in (cast.dispatcher, cast.service_desk))
    at = MOMENT - timedelta(hours=4)
    row = lane_of(read(planner, at=at), cast.technician.id)
    assert 'class="drive" aria-hidden="true" style="--s:11.5;--e:12"' in row
    minutes = int(re.search(r'--s:11.5;--e:12".*?<span>(\d+)</span>', row)[1])  # type: ignore[index]
    assert minutes > 60
    assert f"travel about {minutes} min" in row
    assert "min late" not in row, "the window is long enough"
    late.window_end_at = late.window_start_at + timedelta(minutes=10)
    db.session.commit()
    row = lane_of(read(planner, at=at), cast.technician.id)
    assert "drive-risk" in row
    assert re.search(r"\+\d+ min late", text_of(row))
    assert "data-at=" in row
    seen = read(desk, at=at)
    assert "data-at=" not in seen, "where everything is counts for who plans"
    assert '"skills"' not in seen
    assert "&#34;way&#34;" not in seen


def test_a_visit_lies_where_it_is_planned_to_begin_and_its_window_behind_it(
        dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, planned_start_at=MOMENT + timedelta(hours=3), planned_minutes=60)
    job.window_end_at = MOMENT + timedelta(hours=6)
    db.session.commit()
    row = lane_of(read(dispatcher), cast.technician.id)
    band, block = re.search(r'class="band" style="([^"]*)"', row), re.search(r' style="([^"]*)" data-job', row)
    assert band
    assert block
    assert (band[1], block[1]) == ("--s:10;--e:16", "--s:13;--e:14")
    assert 'data-minutes="360" data-window="600,960"' in row, "what is moved is the window"
    assert "10:00–16:00 (planned to begin at 13:00)" in row
    three = lane_of(read(dispatcher, "/board?day=2026-11-20&view=3"), cast.technician.id)
    assert '"band" style="--s:21;--e:27"' in three
    sheet = text_of(read(dispatcher, f"/board/{cast.technician.id}/sheet?day=2026-11-21"))
    assert sheet.count("planned to begin at 13:00") == 1, "in the text to copy; on paper stands when one can be there"
    job.planned_start_at = MOMENT
    job.planned_minutes = 360
    db.session.commit()
    assert 'class="band"' not in read(dispatcher), "as its window"


def test_lateness_is_that_of_the_slips(app: Flask, cast: Cast) -> None:
    at = MOMENT + timedelta(minutes=50)
    begun = a_job(cast.store, cast.technician, state="working", planned_minutes=180)
    late = a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(hours=1), planned_minutes=30)
    planner, desk = (sign_in(app.test_client(), person) for person in (cast.dispatcher, cast.service_desk))
    page = read(planner, at=at)
    found = slips.of_day([cast.store.id], MOMENT.date(), at)
    expected = found.expected[late.id]
    assert expected.late_minutes > 0
    row = text_of(lane_of(page, cast.technician.id))
    assert f"+{expected.late_minutes} min late" in row
    assert f"expected about {local(expected.at, cast.store.timezone):%H:%M} (next)" in page
    button = re.search(r'id="board-slips".*?</a>', page, re.DOTALL)
    assert button
    assert "visits that will miss their window: 1" in text_of(button[0])
    assert 'href="/day/slips' in button[0]
    assert 'id="board-slips"' not in read(desk, at=at)
    with counted(db.engine) as statements:
        read(planner, at=at)
    read_days = [one for one in statements if "FROM job " in one and "job.planned_minutes" in one]
    assert len(read_days) == 2, "the day, and what has none"
    begun.state = "finished"
    late.state = "finished"
    db.session.commit()
    assert "visits that will miss" not in read(planner, at=at)


def test_each_branch_goes_by_its_own_numbers(app: Flask, cast: Cast) -> None:
    crews = ((cast.store, cast.technician), (cast.other_store, cast.outside_technician))
    for branch, technician in crews:
        for hour, lat in ((0, 39.99), (5, 40.1)):
            a_job(branch, technician, start_at=MOMENT + timedelta(hours=hour), site=a_site(a_customer(branch), lat=lat))
    manager = sign_in(app.test_client(), cast.head_office_manager)

    def minutes() -> list[list[int]]:
        page = read(manager, at=MOMENT - timedelta(hours=4))
        return [[int(one) for one in re.findall(r'class="drive".*?<span>(\d+)</span>', lane_of(page, person.id))]
                for _branch, person in crews]

    own, other = minutes()
    assert own == other
    numbers = replace(DEFAULT, speed_slow=5.0, speed_gain=0.1)
    set_travel(cast.other_store, numbers, expected_id="", by=cast.administrator, at=MOMENT)
    slow = minutes()
    assert slow[0] == own
    assert slow[1][-1] > 2 * own[-1]


def test_an_absence_is_noted_from_the_row_of_whom_it_is(app: Flask, cast: Cast) -> None:
    a_job(cast.store, cast.technician)
    planner = sign_in(app.test_client(), cast.dispatcher)
    address = f"/board/{cast.technician.id}/away?day=2026-11-21"
    assert f'href="{address}"' in lane_of(read(planner), cast.technician.id)
    assert "/away" not in read(sign_in(app.test_client(), cast.service_desk))
    page = read(planner, address)
    assert "Open visits on this day: 1" in text_of(page)
    assert planner.get(address, headers={"HX-Request": "true"}).text.lstrip().startswith("<div"), "in front of the board"
    assert "This day is over" in text_of(read(planner, address, at=MOMENT + timedelta(days=2)))
    form = {"csrf_token": form_token(page), "person": cast.technician.id, "next": "/day/slips?day=2026-11-21"}
    with clock.frozen(MOMENT):
        answer = planner.post("/day/slips/absence?day=2026-11-21", data=form)
    assert answer.headers["Location"].endswith("/day/slips?day=2026-11-21")
    seen = text_of(read(planner, address))
    assert "Noted as ill on this day." in seen
    assert "Is sick" not in seen
    away = {"csrf_token": form_token(page), "days_kind": "off", "days_first": "2026-11-22", "days_last": "2026-11-22"}
    assert planner.post(f"/team/{cast.technician.id}/days", data=away).status_code == 303
    assert "Noted as off on this day." in text_of(read(planner, address.replace("-21", "-22")))
    assert f"/board/{cast.technician.id}/away" in read(planner, f"/team/{cast.technician.id}")
    administrator = sign_in(app.test_client(), cast.administrator)
    assert "/away" not in read(administrator, f"/people/{cast.dispatcher.id}"), "nobody is sent there"
    for person, status in ((cast.outsider, 404), (cast.service_desk, 403)):
        assert sign_in(app.test_client(), person).get(address).status_code == status
    assert planner.get(f"/board/{cast.dispatcher.id}/away").status_code == 404


def test_another_order_of_the_technician_is_told(dispatcher: FlaskClient, cast: Cast) -> None:
    names = ("甲女士", "乙先生", "丙女士")
    jobs = [a_job(cast.store, cast.technician, start_at=MOMENT + timedelta(hours=hour),
                  site=a_site(a_customer(cast.store, address_form=name))) for hour, name in enumerate(names)]
    ids = [job.id for job in jobs]
    order = DayOrder(id=new_id(), person_id=cast.technician.id, day=MOMENT.date(), job_ids=ids, pinned=[], estimates={},
                     happened_at=MOMENT, op_id=new_id())
    db.session.add(order)
    db.session.commit()
    at = MOMENT - timedelta(hours=4)
    assert "goes in another order" not in read(dispatcher, at=at)
    order.job_ids = [ids[2], "gone", ids[0]]
    db.session.commit()
    assert "goes in another order: 丙女士 → 甲女士" in lane_of(read(dispatcher, at=at), cast.technician.id)
    assert "goes in another order" not in read(dispatcher, at=MOMENT + timedelta(days=2)), "a day that is over"


def test_a_day_on_paper_has_masked_phones_and_is_for_the_own_branch(app: Flask, cast: Cast) -> None:
    job = a_job(cast.store, cast.technician, bring="撬棍", helpers=(cast.second_technician,))
    planner = sign_in(app.test_client(), cast.dispatcher)
    address = f"/board/{cast.technician.id}/sheet?day=2026-11-21"
    page = read(planner, address)
    for words in ("10:00–11:30", "张女士", "望京西园四区", "138 **** 2716", "撬棍"):
        assert words in page.split('id="sheet-text"')[0]
        assert words in page.split('id="sheet-text"')[1]
    assert "13812342716" not in page
    head = text_of(page.partition('class="sheet-head"')[2].partition("</p>")[0])
    assert "王建国 · Sat 21 Nov" in head, "on paper there is no bar that says whose day it is"
    with clock.frozen(MOMENT - timedelta(hours=4)):
        assert "there about 10:00" in text_of(planner.get(address, headers=EN).text)
    later = a_job(cast.store, cast.technician, site=job.site, start_at=MOMENT + timedelta(hours=6))
    with clock.frozen(MOMENT - timedelta(hours=4)):
        assert later.window_start_at
        begins = f"{local(later.window_start_at, 'Asia/Shanghai'):%H:%M}"
        assert f"there about {begins}" in text_of(planner.get(address, headers=EN).text), "not when one could be there"
    assert job.site.access_note not in page, "a gate code is for who goes, in the app"
    assert "helps 王建国" in text_of(read(planner, f"/board/{cast.second_technician.id}/sheet?day=2026-11-21"))
    assert "Nothing is planned" in text_of(read(planner, f"/board/{cast.technician.id}/sheet?day=2026-11-20"))
    assert planner.get(f"/board/{cast.dispatcher.id}/sheet").status_code == 404
    assert planner.get("/board/nobody/sheet").status_code == 404
    assert sign_in(app.test_client(), cast.outsider).get(address).status_code == 404
    assert sign_in(app.test_client(), cast.technician).get(address).status_code == 403


def test_a_branch_without_technicians_says_so(app: Flask, cast: Cast) -> None:
    cast.outside_technician.is_active = False
    db.session.commit()
    assert "This branch has no technicians yet." in text_of(read(sign_in(app.test_client(), cast.outsider)))
    assert "An administrator adds them" in text_of(read(sign_in(app.test_client(), cast.outsider)))


def test_a_drop_gives_and_moves_in_one_act_and_keeps_the_length(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    answer = drop(dispatcher, job, lead=cast.technician.id, start="13:15")
    assert answer.status_code == 204
    assert "fieldservice:done" in answer.headers["HX-Trigger"]
    assert "/undo/" in answer.headers["HX-Trigger"]
    assert (job.lead_id, job.state) == (cast.technician.id, "assigned")
    assert job.window_start_at.isoformat() == "2026-11-21T05:15:00+00:00"
    assert job.window_end_at - job.window_start_at == timedelta(minutes=90)
    kinds = [(entry.kind, entry.version) for entry in log_of("job", job.id)]
    assert sorted(kind for kind, _version in kinds) == ["office.assign_job", "office.move_job"]
    assert len({version for _kind, version in kinds}) == 1


def a_planned_job(cast: Cast, **given: Any) -> Job:
    """Promised for 9:00 to 12:00, planned to begin at 9:30, an hour of work."""
    nine = MOMENT - timedelta(hours=1)
    values = {"window_end_at": nine + timedelta(hours=3), "planned_start_at": nine + timedelta(minutes=30),
              "planned_minutes": 60, "is_promised": True} | given  # fmt: skip
    job = a_job(cast.store, cast.technician, start_at=nine)
    for name, value in values.items():
        setattr(job, name, value)
    db.session.commit()
    return job


def times_of(job: Job) -> tuple[str, ...]:
    db.session.refresh(job)
    moments = (job.window_start_at, job.window_end_at, job.planned_start_at)
    return tuple(f"{local(at, 'Asia/Shanghai'):%d %H:%M}" if at else "" for at in moments)


EARLY = MOMENT - timedelta(hours=2)


def test_within_the_window_agreed_only_the_planned_start_moves(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_planned_job(cast)
    version = job.version
    answer = drop(dispatcher, job, at=EARLY, lead=cast.technician.id, start="10:30")
    assert answer.status_code == 204
    said = json.loads(answer.headers["HX-Trigger"])["fieldservice:done"]
    assert "begins at 10:30. The window agreed, 09:00–12:00, stays." in said["words"]
    assert times_of(job) == ("21 09:00", "21 12:00", "21 10:30")
    assert job.is_promised
    assert job.version > version, "phones hear of it"
    assert [entry.kind for entry in log_of("job", job.id)] == ["office.plan_start"]
    assert drop(dispatcher, job, version, at=EARLY, lead=cast.technician.id, start="11:00").status_code == 409
    token = form_token(dispatcher.get("/board").text)
    assert dispatcher.post(said["undo"], data={"csrf_token": token}, headers=EN).status_code in (204, 303)
    assert times_of(job) == ("21 09:00", "21 12:00", "21 09:30")
    drop(dispatcher, job, at=EARLY, lead=cast.technician.id, start="09:30")
    assert len(log_of("job", job.id)) == 2, "where it was is no change"


def test_it_is_given_to_somebody_else_without_moving_the_window(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_planned_job(cast)
    assert drop(dispatcher, job, at=EARLY, lead=cast.second_technician.id, start="09:30").status_code == 204
    assert job.lead_id == cast.second_technician.id
    assert times_of(job) == ("21 09:00", "21 12:00", "21 09:30")
    assert [entry.kind for entry in log_of("job", job.id)] == ["office.assign_job"]
    drop(dispatcher, job, at=EARLY, lead=cast.technician.id, start="11:45")
    assert (job.lead_id, times_of(job)) == (cast.technician.id, ("21 09:00", "21 12:00", "21 11:45"))


@pytest.mark.parametrize(
    ("given", "place", "times"),
    [
        ({}, {"start": "12:00"}, ("21 12:00", "21 15:00", "")),
        ({}, {"start": "08:45"}, ("21 08:45", "21 11:45", "")),
        ({}, {"start": "10:30", "day": "2026-11-22"}, ("22 10:30", "22 13:30", "")),
        ({"planned_start_at": None}, {"start": "10:30"}, ("21 10:30", "21 13:30", "")),
        # it lies there as its window: what is moved is the window
        ({"planned_start_at": MOMENT - timedelta(hours=1), "planned_minutes": 180}, {"start": "10:30"},
         ("21 10:30", "21 13:30", "")),
    ],
)  # fmt: skip
def test_elsewhere_the_window_moves(
    dispatcher: FlaskClient, cast: Cast, given: dict[str, Any], place: dict[str, str], times: tuple[str, ...]
) -> None:
    job = a_planned_job(cast, **given)
    assert drop(dispatcher, job, at=EARLY, lead=cast.technician.id, **place).status_code == 204
    assert times_of(job) == times
    assert [entry.kind for entry in log_of("job", job.id)] == ["office.move_job"]


def test_what_speaks_against_a_planned_start_is_asked_and_who_may_not_changes_nothing(
    app: Flask, dispatcher: FlaskClient, cast: Cast
) -> None:
    job = a_planned_job(cast)
    db.session.add(ShiftChange(person_id=cast.second_technician.id, on_day=MOMENT.date(), kind="sick", made_at=EARLY))
    db.session.commit()
    place = {"lead": cast.second_technician.id, "start": "10:30"}
    answer = drop(dispatcher, job, at=EARLY, **place)
    assert answer.status_code == 422
    assert "is ill on this day" in text_of(answer.text)
    assert 'value="10:30"' in answer.text
    assert "Begins at" in text_of(answer.text)
    assert "09:00–12:00, the window stays" in text_of(answer.text)
    for person, status in ((cast.service_desk, 403), (cast.finance, 403), (cast.outsider, 404)):
        assert drop(sign_in(app.test_client(), person), job, at=EARLY, **place, anyway="off sick").status_code == status
    assert (job.lead_id, times_of(job)) == (cast.technician.id, ("21 09:00", "21 12:00", "21 09:30"))
    assert drop(dispatcher, job, at=EARLY, **place, anyway="sick").status_code == 204
    assert times_of(job) == ("21 09:00", "21 12:00", "21 10:30")
    for bad in ("25:00", "x", ""):
        assert drop(dispatcher, job, at=EARLY, lead=cast.second_technician.id, start=bad).status_code == 422


def test_a_visit_without_a_time_gets_as_long_as_planned(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store, start_at=None, visit_on=None, planned_minutes=40)
    drop(dispatcher, job, lead="", start="09:00")
    assert (str(job.visit_on), job.window_end_at - job.window_start_at) == ("2026-11-21", timedelta(minutes=45))


def test_a_stale_drop_says_who_was_faster_and_overwrites_nothing(app: Flask, cast: Cast) -> None:
    job = a_job(cast.store)
    seen = job.version
    first, second = (sign_in(app.test_client(), person) for person in (cast.branch_manager, cast.dispatcher))
    drop(first, job, lead=cast.technician.id, start="13:00")
    answer = drop(second, job, seen, lead=cast.second_technician.id, start="15:00")
    assert answer.status_code == 409
    assert "沈店长 changed who goes" in text_of(answer.text)
    assert "沈店长 changed day or window" in text_of(answer.text)
    assert 'value="15:00"' in answer.text
    assert job.lead_id == cast.technician.id
    assert drop(second, job, lead=cast.second_technician.id, start="15:00").status_code == 204
    assert job.lead_id == cast.second_technician.id


def test_a_note_meanwhile_stops_no_drop(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    seen = job.version
    token = form_token(dispatcher.get(f"/jobs/{job.id}").text)
    dispatcher.post(f"/jobs/{job.id}/notes", data={"csrf_token": token, "text": "门铃坏了"})
    assert job.version > seen
    assert drop(dispatcher, job, seen, lead=cast.technician.id, start="13:00").status_code == 204


@pytest.mark.parametrize(("place", "status"), [
    ({"start": "25:00"}, 422), ({"start": ""}, 422), ({"start": "13:00", "day": ""}, 422),
    ({"start": "13:00", "day": "1850-01-01"}, 422), ({"start": "13:00", "version": "x"}, 409)])
def test_a_place_that_makes_no_sense_is_refused_in_words(
        dispatcher: FlaskClient, cast: Cast, place: dict[str, str], status: int) -> None:
    job = a_job(cast.store)
    before = job.version
    answer = drop(dispatcher, job, **({"lead": ""} | place))
    assert (answer.status_code, job.version) == (status, before)
    assert 'id="change-error"' in answer.text


def test_only_who_may_drops_and_only_where_it_fits(app: Flask, cast: Cast) -> None:
    job = a_job(cast.store)
    dispatcher = sign_in(app.test_client(), cast.dispatcher)
    assert drop(dispatcher, job, lead=cast.outside_technician.id, start="13:00").status_code == 422
    assert drop(dispatcher, job, lead="nobody", start="13:00").status_code == 422
    ended = a_job(cast.store, cast.technician, state="finished")
    assert drop(dispatcher, ended, lead=cast.second_technician.id, start="13:00").status_code == 422
    desk = sign_in(app.test_client(), cast.service_desk)
    assert drop(desk, job, lead=cast.technician.id, start="13:00").status_code == 403
    assert drop(desk, job, lead="", start="13:00").status_code == 204
    assert drop(sign_in(app.test_client(), cast.outsider), job, lead="", start="14:00").status_code == 404
    finance = sign_in(app.test_client(), cast.finance)
    assert "data-moves" not in read(finance)
    assert finance.get(f"/jobs/{job.id}/placement").status_code == 403
    assert sign_in(app.test_client(), cast.technician).get("/board").status_code == 403
    assert app.test_client().get("/board").status_code == 302
    assert dispatcher.get("/board?branch=SH01").status_code == 404


def test_the_form_does_the_same_without_a_script(dispatcher: FlaskClient, cast: Cast) -> None:
    job = a_job(cast.store)
    page = dispatcher.get(f"/jobs/{job.id}/placement?next=/board", headers=EN).text
    form = {"csrf_token": form_token(page), "version": job.version, "lead": cast.technician.id, "day": "2026-11-21",
            "start": "16:00", "next": "/board"}
    answer = dispatcher.post(f"/jobs/{job.id}/placement", data=form)
    assert (answer.status_code, answer.location) == (303, f"/board#job-{job.id}")
    assert job.lead_id == cast.technician.id


def test_sixty_technicians_with_twelve_visits_each_take_no_more_queries(
        dispatcher: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.cast import a_person

    counts = []
    for crew in (2, 12):
        people = [a_person(f"7{crew}{number:02}", f"师傅{number}", cast.store, "technician") for number in range(crew)]
        with monkeypatch.context() as patch:
            patch.setattr(db.session, "commit", db.session.flush)
            for person in people:
                for hour in range(6):
                    a_job(cast.store, person, start_at=MOMENT + timedelta(hours=hour))
        db.session.commit()
        with counted(db.engine) as statements:
            page = read(dispatcher)
        counts.append(len(statements))
        assert len(re.findall('id="blk-', page)) == sum([2, 12][:len(counts)]) * 6
    assert counts[0] == counts[1]


def test_the_axis_of_three_days_leaves_room_for_the_name_of_the_next() -> None:
    days = [MOMENT.date() + timedelta(days=number) for number in range(3)]
    assert [hour for _place, hour in Axis(days[:1], 8, 3).ticks] == [8, 9, 10]
    assert Axis(days, 8, 4).ticks == [(8, 8), (12, 8), (16, 8)], "11 o'clock would run into the next day"
    assert [hour for _place, hour in Axis(days[:2], 8, 5).ticks] == [8, 11, 8, 11]


def test_the_time_of_day_stands_in_the_axis_which_stays_in_sight(dispatcher: FlaskClient, cast: Cast) -> None:
    a_job(cast.store, cast.technician)

    def axis(at: datetime) -> str:
        return read(dispatcher, f"/board?day={MOMENT.date()}", at).partition('class="axis"')[2].partition("board-tray")[0]

    assert re.search(r'class="axis-now"[^>]*>10:00<', axis(MOMENT))
    assert "axis-now" not in axis(MOMENT + timedelta(days=1)), "another day"


def test_no_hour_looks_out_from_under_the_time_of_day(dispatcher: FlaskClient, cast: Cast) -> None:
    def hours(minutes: int, view: str = "") -> list[str]:
        axis = read(dispatcher, f"/board?day={MOMENT.date()}{view}", MOMENT + timedelta(minutes=minutes))
        return re.findall(r"(\d+):00</span>", axis.partition('class="axis"')[2].partition("board-tray")[0])

    assert "10" not in hours(-5)
    assert {"9", "11"} <= set(hours(-5))
    assert {"9", "10", "11"} & set(hours(20)) == {"9", "11"}
    assert {"9", "10", "11"} <= set(hours(44))
    assert (hours(40, "&view=3").count("11"), hours(40, "&view=3").count("14")) == (2, 3), "of three days only today's"
