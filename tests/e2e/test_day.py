"""The day at the desk in a browser: fresh by itself, worked by keyboard, two dispatchers at once."""

import re
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.accounts.models import Device, LoginSession, Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.passwords import hash_password
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from tests.builders import a_case, a_customer, a_job, a_site
from tests.cast import a_cast
from tests.e2e.conftest import DESK
from tests.support.browser import assert_accessible
from tests.support.server import Server
from tests.support.set_aside import set_aside

PASSWORD = "planken-legen-26"  # of the test's dispatcher
WITHIN_MS = 2000  # what happens elsewhere is on the screen within two seconds
#: as long gunicorn waits for what is open before it kills (tools/gunicorn.conf.py). A connection that a browser opened
#: beforehand and says nothing on holds a stop up for 5 s, one that was kept alive for 2
GRACE_SECONDS = 10


@pytest.fixture
def day(bare_server: Server, server_app: Flask) -> Flask:
    """A store with a day that has everything on it."""
    with server_app.app_context():
        cast = a_cast()
        now = clock.now().astimezone(ZoneInfo("Asia/Shanghai")).replace(minute=0, second=0, microsecond=0)
        today = now.date()
        elderly = a_site(a_customer(cast.store, name="林秀英", address_form="林女士", special_needs=["elderly"]),
                         address="左安门内大街 8 号院", district="东城区")
        case = a_case(elderly)
        a_job(cast.store, cast.technician, site=elderly, case=case, start_at=now - timedelta(days=3), visit_on=today -
              timedelta(days=3), state="unfinished")
        a_job(cast.store, cast.technician, site=elderly, case=case, start_at=now - timedelta(hours=2), visit_on=today,
              state="working", brief="地暖渗水，靠窗三块板起拱", amount_fen=18000)
        a_job(cast.store, cast.technician, start_at=now - timedelta(hours=1), visit_on=today, brief="踢脚线松动",
              helpers=(cast.second_technician,))
        a_job(cast.store, cast.second_technician, start_at=now + timedelta(hours=3), visit_on=today, state="accepted",
              type="survey", brief="新房量房")
        waiting = a_site(a_customer(cast.store, name="江雪", address_form="江女士"), address="和平里七区")
        a_job(cast.store, site=waiting, start_at=now + timedelta(hours=1), visit_on=today, brief="卧室地板响",
              priority="urgent", priority_reason="家里有婴儿", special_needs=["children", "quiet_hours"])
        a_job(cast.store, start_at=None, visit_on=None, brief="等客户回电", type="maintenance")
        a_job(cast.store, cast.technician, start_at=now + timedelta(hours=2), visit_on=today, state="cancelled",
              cancelled_from="assigned", cancel_reason="客户出差", brief="门缝太大")
        db.session.add(Device(id=new_id(), person_id=cast.technician.id, name="手机", registered_at=now,
                              last_contact_at=now, pending_count=3, oldest_pending_at=now))
        cast.technician.phone = "13811112222"
        cast.dispatcher.password_hash = hash_password(PASSWORD)
        db.session.commit()
        set_aside(job("新房量房"), cast.technician, step="accept")
        set_aside(job("新房量房"), cast.technician, step="cannot_finish", reason="少两箱板", no_promise="等到货再约",
                  minutes=40)
        set_aside(job("门缝太大"), cast.technician, "add_note", result="late_evidence", why="late_evidence",
                  text="邻居说水管昨晚漏过", minutes=60)
    return server_app


def person(staff_no: str) -> Person:
    return db.session.query(Person).filter_by(staff_no=staff_no).one()


def job(brief: str) -> Job:
    return db.session.query(Job).filter_by(brief=brief).one()


def come_in(context: BrowserContext, staff_no: str = "0102") -> Page:
    """A page of somebody who has signed in."""
    page = context.new_page()
    page.goto("/")
    page.locator("#name").fill(staff_no)
    page.locator("#password").fill(PASSWORD)
    page.locator("form button.next").click()
    return page


def come_to_the_day(context: BrowserContext, staff_no: str = "0102") -> Page:
    """As `come_in`; the page hears of changes."""
    page = come_in(context, staff_no)
    expect(page.locator("#home")).to_be_visible()
    page.goto("/day")
    expect(page.locator("#live [data-when=good]")).to_be_visible()
    return page


def give(app: Flask, brief: str, staff_no: str, by: str = "0101") -> None:
    """Somebody else assigns, in another process of the product."""
    with app.app_context():
        found = job(brief)
        actions.assign_job(found, person(staff_no), expected_version=found.version, by=person(by), at=clock.now())
        db.session.commit()


@pytest.mark.both_databases
def test_what_happens_elsewhere_appears_within_two_seconds(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(desk_context)
    row = page.locator(".day-row", has_text="卧室地板响")
    expect(row).to_contain_text("未派工")
    page.evaluate("document.querySelector('#day .home-main').scrollTop = 40")
    page.locator("#day-q").fill("卧室")
    expect(page.locator(".day-row")).to_have_count(1)
    page.locator("#day-q").press_sequentially("地")
    started_at = time.monotonic()
    give(day, "卧室地板响", "0218")
    expect(row.locator(".state")).to_contain_text("待接单", timeout=WITHIN_MS)
    assert time.monotonic() - started_at < WITHIN_MS / 1000
    expect(page.locator("#day-q")).to_be_focused()
    expect(page.locator("#day-q")).to_have_value("卧室地")


def test_a_job_is_given_away_with_the_keyboard_alone(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(desk_context)
    page.locator(".day-row", has_text="卧室地板响").locator(".day-acts a").first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Space")
    # half-faded text has no contrast yet
    dialog.evaluate("(element) => Promise.all(element.getAnimations().map((animation) => animation.finished))")
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#notices")).to_contain_text("王建国")
    section = page.locator(".day-section", has=page.get_by_role("heading", name=re.compile("^王建国")))
    expect(section.locator(".day-row", has_text="卧室地板响")).to_be_visible()


def test_escape_leaves_everything_as_it_is(desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(desk_context)
    opener = page.locator(".day-row", has_text="卧室地板响").locator(".day-acts a").first
    opener.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()


def test_focus_and_place_on_the_page_survive_a_change_elsewhere(
        open_context: Callable[..., BrowserContext], day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(open_context(viewport={"width": 1366, "height": 420}))
    button = page.locator(".day-row", has_text="新房量房").locator(".day-acts a").first
    button.focus()
    place = page.evaluate("document.querySelector('.home-main').scrollTop")
    assert place > 0
    give(day, "踢脚线松动", "0218")
    section = page.locator(".day-section", has=page.get_by_role("heading", name=re.compile("^陈志强")))
    expect(section.locator(".day-row", has_text="踢脚线松动")).to_have_count(1, timeout=WITHIN_MS)
    expect(button).to_be_focused()
    expect(button).to_be_in_viewport()


@pytest.mark.expect_console(r"status of (409|422)")
def test_the_second_dispatcher_hears_who_was_faster(
        open_context: Callable[..., BrowserContext], day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(open_context(**DESK))
    page.locator(".day-row", has_text="卧室地板响").locator(".day-acts a").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="王建国").check()
    give(day, "卧室地板响", "0218")
    page.wait_for_timeout(WITHIN_MS)  # the list below refreshes, the dialog stays as it is
    expect(dialog.get_by_role("radio", name="王建国")).to_be_checked()
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_role("alert").filter(has_text="沈店长")).to_be_visible()
    expect(dialog.get_by_role("radio", name="王建国")).to_be_checked()
    dialog.locator("button[type=submit]").click()
    expect(dialog).to_be_hidden()
    with day.app_context():
        assert job("卧室地板响").lead.name == "王建国"


@pytest.mark.expect_console(r"htmx:error: Failed to fetch")
def test_the_page_says_when_the_server_is_away_and_comes_back(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(desk_context)
    row = page.locator(".day-row", has_text="卧室地板响")
    started_at = time.monotonic()
    with bare_server.stopped():
        assert time.monotonic() - started_at < GRACE_SECONDS, "an open stream held the server up"
        expect(page.locator("#live [data-when=lost]")).to_be_visible(timeout=10_000)
        row.locator(".day-acts a").first.click()
        expect(page.get_by_role("dialog")).to_contain_text("连接不到服务器")
        page.keyboard.press("Escape")
        give(day, "卧室地板响", "0218")
    expect(page.locator("#live [data-when=good]")).to_be_visible(timeout=15_000)
    expect(row.locator(".state")).to_contain_text("待接单")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("width", [360, 1366, 1920])
def test_it_is_whole_and_accessible_at_every_width(
        open_context: Callable[..., BrowserContext], day: Flask, bare_server: Server, language: str, width: int) -> None:
    context = open_context(viewport={"width": width, "height": 640 if width == 360 else 900})
    page = come_to_the_day(context)
    for name, address in (("technician", "/day"), ("state", "/day?view=state"), ("inbox", "/inbox")):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is too wide"
        assert_accessible(page)
        page.screenshot(path=f"/tmp/day-{name}-{language}-{width}.png")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_counts_are_large_enough_for_a_finger(
        small_phone: BrowserContext, day: Flask, bare_server: Server, language: str) -> None:
    page = come_in(small_phone)
    for address in ("/", "/day"):
        page.goto(address)
        counts = page.locator(".flow a")
        expect(counts).not_to_have_count(0)
        for one in counts.all():
            box = one.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 44, (address, one.get_attribute("id"), box)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{address} is too wide"
        assert_accessible(page)


def test_a_decision_in_the_inbox_lowers_the_count(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = come_in(desk_context)
    expect(page.locator("#inbox-badge")).to_contain_text("3")
    page.goto("/inbox")
    page.get_by_role("button", name="知道了").click()
    expect(page.locator("#inbox-badge")).to_contain_text("2")
    expect(page.locator(".inbox-done")).to_contain_text("邻居说水管昨晚漏过")


@pytest.mark.expect_console("text/event-stream", "status of 401", "htmx:error")
def test_the_page_says_when_the_sign_in_has_ended(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(desk_context)
    with day.app_context():
        db.session.query(LoginSession).update({"ended_at": clock.now()})
        db.session.commit()
    give(day, "卧室地板响", "0218")
    again = page.locator("#live").get_by_role("link")
    expect(again).to_be_visible()
    expect(page.locator(".day-row", has_text="卧室地板响").locator(".state")).to_contain_text("未派工")
    again.click()
    expect(page.locator("#password")).to_be_visible()


def test_a_page_of_an_older_build_offers_the_newer_one(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    page = come_to_the_day(desk_context)
    expect(page.locator("#newer")).to_be_hidden()
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.body.dataset.build = 'old'; }, { capture: true })")
    page.reload()
    page.locator("#day-q").fill("卧室")
    expect(page.locator("#newer")).to_be_visible()
    expect(page.locator("#day-q")).to_have_value("卧室")


def test_it_works_without_javascript(
        open_context: Callable[..., BrowserContext], day: Flask, bare_server: Server) -> None:
    context = open_context(**DESK, java_script_enabled=False)
    page = come_in(context)
    page.goto("/day")
    page.locator(".day-row", has_text="卧室地板响").locator(".day-acts a").first.click()
    page.get_by_role("radio", name="陈志强").check()
    page.locator("button[type=submit]").filter(has_text="保存").click()
    expect(page.locator(".day-row", has_text="卧室地板响")).to_contain_text("待接单")


def test_ctrl_c_ends_the_server_while_a_page_listens(
        desk_context: BrowserContext, day: Flask, bare_server: Server) -> None:
    come_to_the_day(desk_context)
    started_at = time.monotonic()
    bare_server.stop()
    assert time.monotonic() - started_at < GRACE_SECONDS
    assert "Traceback" not in bare_server.log()
    assert not subprocess.run(["pgrep", "-f", f"127.0.0.1:{bare_server.port}"], capture_output=True, check=False).stdout
