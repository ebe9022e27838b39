"""The board in a browser: dragged by mouse, moved by keys, two desks at once."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Locator, Page, expect

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.passwords import hash_password
from fieldservice.jobs.models import Job
from fieldservice.people.models import PersonSkill
from tests.builders import a_customer, a_job, a_site
from tests.cast import a_cast
from tests.e2e.conftest import DESK
from tests.e2e.test_day import PASSWORD, WITHIN_MS, come_in, give, person
from tests.support.browser import assert_accessible
from tests.support.server import Server

ZONE = ZoneInfo("Asia/Shanghai")
Open = Callable[..., BrowserContext]


@pytest.fixture
def day(bare_server: Server, server_app: Flask) -> Flask:
    """Two technicians, three visits of tomorrow, so that no hour of the day is over."""
    with server_app.app_context():
        cast = a_cast()
        ten = (clock.now().astimezone(ZONE) + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)

        def visit(brief: str, name: str, hours: int, lead: object = None, **more: object) -> None:
            site = a_site(a_customer(cast.store, address_form=name))
            a_job(cast.store, lead, site=site, start_at=ten + timedelta(hours=hours), brief=brief, **more)

        visit("卧室地板响", "江女士", 3)
        visit("踢脚线松动", "罗先生", 0, cast.technician)
        visit("新房量房", "郑女士", 5, cast.second_technician, state="accepted", type="survey")
        visit("门缝太大", "李先生", -1, cast.technician, state="finished")
        for person in (cast.dispatcher, cast.branch_manager):
            person.password_hash = hash_password(PASSWORD)
        db.session.commit()
    return server_app


def board_of(context: BrowserContext, staff_no: str = "0102") -> Page:
    page = come_in(context, staff_no)
    expect(page.locator("#home")).to_be_visible()
    page.goto("/board")
    page.locator("#day-after").click()
    page.wait_for_url("**day=**")
    expect(page.locator("#live [data-when=good]")).to_be_visible()
    expect(page.locator("[data-behaviour~=board][data-started]")).to_be_attached()
    return page


def block(page: Page, name: str) -> Locator:
    return page.locator(".blk[data-job]", has_text=name)


def lane(page: Page, name: str) -> Locator:
    return page.locator(".lane", has=page.get_by_role("heading", name=name))


def point(page: Page, row: str, hour: float) -> tuple[float, float]:
    """Where an hour of a row is on the screen."""
    box = lane(page, row).locator(".track").bounding_box()
    assert box
    return box["x"] + (hour - 8) / 11 * box["width"], box["y"] + box["height"] / 2


@contextmanager
def held(page: Page, name: str, row: str, hour: float) -> Iterator[None]:
    """The block in the hand of the mouse over a place, its start at that hour; let go at the end."""
    box = block(page, name).bounding_box()
    assert box
    page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    x, y = point(page, row, hour)
    page.mouse.move(x, y, steps=6)
    page.mouse.move(x + 4, y)
    yield
    page.mouse.up()


def job(brief: str) -> Job:
    return db.session.query(Job).filter_by(brief=brief).one()


@pytest.mark.both_databases
def test_a_drag_says_what_speaks_against_it_and_keeps_what_happens_elsewhere_waiting(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = board_of(desk_context)
    with held(page, "江女士", "王建国", 10.5):
        note = page.locator(".drop-note")
        expect(note).to_contain_text("王建国 10:30–12:00")
        expect(note).to_contain_text("罗先生")
        expect(note).to_contain_text("13:00–14:30")  # what the customer was told
        x, y = point(page, "王建国", 13.5)
        page.mouse.move(x + 4, y, steps=4)
        expect(note).not_to_contain_text("罗先生")
        give(day, "新房量房", "0217")
        page.wait_for_timeout(1200)
        expect(page.locator(".is-held")).to_be_visible()
        expect(lane(page, "陈志强")).to_contain_text("郑女士")  # it waits
    expect(lane(page, "王建国").locator(".blk[data-job]", has_text="江女士")).to_be_visible(timeout=WITHIN_MS)
    expect(lane(page, "王建国").locator(".blk[data-job]", has_text="郑女士")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator("#notices").get_by_role("button")).to_be_visible()  # it is kept
    with day.app_context():
        moved = job("卧室地板响")
        assert moved.lead.name == "王建国"
        assert moved.window_start_at.astimezone(ZONE).strftime("%H:%M") == "13:30"
    page.locator("#notices").get_by_role("button").click()
    expect(page.locator("#lane-tray .blk", has_text="江女士")).to_be_visible(timeout=WITHIN_MS)
    give(day, "踢脚线松动", "0218")  # one row loses it, one gets it, the others stay, twice
    expect(lane(page, "陈志强").locator(".blk[data-job]", has_text="罗先生")).to_be_visible(timeout=WITHIN_MS)
    give(day, "踢脚线松动", "0217")
    expect(lane(page, "王建国").locator(".blk[data-job]", has_text="罗先生")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator(".blk[data-job]")).to_have_count(4)
    expect(page.locator("#lane-tray .blk", has_text="江女士")).to_be_visible()


def test_the_keys_do_what_the_mouse_does(desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = board_of(desk_context)
    block(page, "江女士").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".drop-note")).to_contain_text("陈志强 13:30–15:00")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".drop-note")).to_contain_text("郑女士")
    page.keyboard.press("Escape")
    expect(page.locator(".drop-note")).to_have_count(0)
    expect(page.locator("#lane-tray")).to_contain_text("江女士")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(lane(page, "王建国").locator(".blk[data-job]", has_text="江女士")).to_be_visible(timeout=WITHIN_MS)
    expect(block(page, "江女士")).to_be_focused()
    expect(block(page, "郑女士")).to_be_visible()  # rows that were not sent again are still there
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(block(page, "江女士")).to_be_focused()  # it comes back to where it was, then the next key counts
    page.keyboard.press("ArrowLeft")
    expect(block(page, "罗先生")).to_be_focused()


@pytest.mark.parametrize("language", ["en"])
def test_what_is_planned_within_its_window_moves_alone_by_mouse_and_keys(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    def times() -> list[str]:
        with day.app_context():
            found = job("踢脚线松动")
            moments = (found.window_start_at, found.window_end_at, found.planned_start_at)
            return [at.astimezone(ZONE).strftime("%H:%M") if at else "" for at in moments]

    with day.app_context():
        found = job("踢脚线松动")
        found.window_end_at = found.window_start_at + timedelta(hours=3)
        found.planned_start_at, found.planned_minutes = found.window_start_at + timedelta(minutes=30), 60
        db.session.commit()
    assert times() == ["10:00", "13:00", "10:30"]
    page = board_of(desk_context)
    note = page.locator(".drop-note")
    with held(page, "罗先生", "王建国", 11.5):
        expect(note).to_contain_text("王建国 11:30–12:30")
        expect(note).to_contain_text("The window agreed, 10:00–13:00, stays.")
        expect(note).not_to_contain_text("call them")
        x, y = point(page, "王建国", 13.5)
        page.mouse.move(x + 4, y, steps=4)
        expect(note).to_contain_text("王建国 13:30–16:30")  # the window, which would move along
        expect(note).to_contain_text("The customer was told 10:00–13:00: call them.")
        x, y = point(page, "王建国", 11.5)
        page.mouse.move(x + 4, y, steps=4)
    expect(page.locator("#notices")).to_contain_text("The window agreed, 10:00–13:00, stays.")
    assert times() == ["10:00", "13:00", "11:30"]
    expect(block(page, "罗先生")).to_have_attribute("title", re.compile("11:30"))

    # straight down to another row the window stays as well
    block(page, "罗先生").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(note).to_contain_text("陈志强 11:30–12:30")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(lane(page, "陈志强").locator(".blk[data-job]", has_text="罗先生")).to_be_visible(timeout=WITHIN_MS)
    assert times() == ["10:00", "13:00", "11:45"]
    page.locator("#notices").get_by_role("button").last.click()
    expect(lane(page, "王建国").locator(".blk[data-job]", has_text="罗先生")).to_be_visible(timeout=WITHIN_MS)
    assert times() == ["10:00", "13:00", "11:30"]


@pytest.mark.expect_console("status of 409")
def test_of_two_desks_the_second_drop_hears_of_the_first(open_context: Open, day: Flask, bare_server: Server) -> None:
    first, second = board_of(open_context(**DESK), "0101"), board_of(open_context(**DESK))
    with held(second, "江女士", "陈志强", 12.0):
        started_at = time.monotonic()
        with held(first, "江女士", "王建国", 13.0):
            pass
        expect(lane(first, "王建国").locator(".blk[data-job]", has_text="江女士")).to_be_visible(timeout=WITHIN_MS)
        second.wait_for_timeout(max(0, WITHIN_MS - 1000 * (time.monotonic() - started_at)))
    dialog = second.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("沈店长")
    expect(dialog.locator("[name=start]")).to_have_value("12:00")
    second.keyboard.press("Escape")
    expect(lane(second, "王建国").locator(".blk[data-job]", has_text="江女士")).to_be_visible(timeout=WITHIN_MS)
    with day.app_context():
        assert job("卧室地板响").lead.name == "王建国"


@pytest.mark.expect_console("status of 422")
def test_what_is_hard_is_said_before_the_drop_and_asked_once_more(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    with day.app_context():
        job("卧室地板响").skills = ["vinyl"]
        db.session.add(PersonSkill(person_id=person("0217").id, skill="laminate"))
        db.session.commit()
    page = board_of(desk_context)
    page.locator("#view-3").click()
    page.wait_for_url("**view=3**")
    expect(page.locator("[data-behaviour~=board][data-started]")).to_be_attached()
    block(page, "江女士").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    note = page.locator(".drop-note")
    expect(note).to_contain_text(re.compile("王建国做不了|王建国 cannot do this"))
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")  # beyond the last hour: the next day
    second = (clock.now().astimezone(ZONE) + timedelta(days=2)).date()
    expect(note).to_contain_text("08:00–09:30")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text(re.compile("王建国做不了|王建国 cannot do this"))
    assert_accessible(page)
    dialog.locator("[type=submit]").click()
    expect(lane(page, "王建国").locator(".blk[data-job]", has_text="江女士")).to_be_visible(timeout=WITHIN_MS)
    with day.app_context():
        moved = job("卧室地板响")
        assert (moved.lead.name, moved.visit_on) == ("王建国", second)
    lane(page, "王建国").get_by_role("heading").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("王建国")
    assert_accessible(page)


def test_what_has_ended_is_not_moved_and_says_so(desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = board_of(desk_context)
    with held(page, "李先生", "陈志强", 12.0):
        expect(page.locator(".is-held")).to_have_count(0)
        expect(page.locator("#notices")).to_contain_text(re.compile("已结束|has ended"))
    expect(lane(page, "王建国")).to_contain_text("李先生")


def test_the_open_filter_lies_above_the_rows_below(desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    with day.app_context():
        store = db.session.scalars(db.select(Job)).first().branch
        a_job(store, site=a_site(a_customer(store)), start_at=None,
              visit_on=(clock.now().astimezone(ZONE) + timedelta(days=1)).date())
        db.session.commit()
    page = board_of(desk_context)
    expect(page.locator("#lane-untimed")).to_be_visible()
    page.locator(".tray-filter summary").click()
    last = page.locator(".tray-filter .menu-list a").last
    expect(last).to_be_visible()
    assert last.evaluate("""(one) => {
        const { x, y, width, height } = one.getBoundingClientRect();
        return one.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    }"""), "another row lies on it"
    for one in page.locator(".tray-filter .menu-list a").all():
        one.click(trial=True)


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_home_board_and_day_are_accessible_and_whole_at_every_width(
        open_context: Open, day: Flask, bare_server: Server, colour_scheme: str) -> None:
    page = board_of(open_context(viewport={"width": 1366, "height": 768}))
    tomorrow = page.url
    for width, height in ((1366, 768), (360, 640)):
        page.set_viewport_size({"width": width, "height": height})
        for address in ("/", "/board", tomorrow, f"{tomorrow}&view=3",
                        f"{tomorrow}&q=江", tomorrow.replace("/board", "/day")):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
            assert_accessible(page)
    page.goto(tomorrow)
    page.locator(".blk[data-job]", has_text="江女士").click()
    expect(page.get_by_role("dialog")).to_be_visible()
