"""Every screen of the phone as a person meets it: to look at, to touch, by keyboard, and what each can do."""

import re
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.coords import Datum, Point, convert
from fieldservice.core.db import db
from fieldservice.jobs.models import Job, JobStep
from tests.e2e.conftest import PHONE, SMALL_PHONE
from tests.e2e.trip import (
    QUESTION,
    REST_MS,
    TECHNICIAN,
    a_job_for,
    fill_sign_in,
    ops_on_server,
    press_next,
    reading,
    sign_in_phone,
    unsent,
)
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR, assert_accessible, offline

#: everything a thumb is meant to hit
TARGETS = ".btn, .nav a, .tabs a, a.stop, a.row, .option, .pick label, .sync-words, .input"
TOO_SMALL = f"""[...document.querySelectorAll('{TARGETS}')]
  .filter((one) => one.checkVisibility() && !one.closest('.vh, [aria-hidden=true]'))
  .map((one) => [one.textContent.trim() || one.id || one.className, one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 47.5 || box.width < 47.5)
  .map(([name, box]) => `${{name}}: ${{box.width}} × ${{box.height}}`)"""
WIDTHS = """[document.documentElement, document.querySelector('main')]
  .map((one) => [one.scrollWidth, one.clientWidth])"""

#: a phone would leave the app for a call
STAY_HERE = """addEventListener('click', (event) => {
  if (event.target.closest('a[href^="tel:"], a[href^="sms:"]')) event.preventDefault();
}, true)"""


@pytest.fixture
def page(phone, server, watch):
    """A signed-in phone, its address for the way there known from the start."""
    watch.expect(NETWORK_ERROR)
    sign_in_phone(phone, server)
    return phone


def looks_right(page):
    """Nothing is wider than the phone, axe finds nothing, every target can be hit."""
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    for needed, there in page.evaluate(WIDTHS):
        assert needed <= there, f"{page.url} is {needed} px wide on {there}"
    assert_accessible(page, also=("target-size",))
    assert page.evaluate(TOO_SMALL) == []


def open_screen(page, hash_):
    """Goes to a screen and waits until it has read what it shows."""
    page.goto(f"/app/{hash_}")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.locator("fieldservice-app h1")).to_be_visible()


def job_page(page, job_id):
    """The page of a job that may be new to the phone: it asks the server first."""
    page.evaluate("dispatchEvent(new Event('online'))")
    open_screen(page, f"#/job/{job_id}")
    # the day has such a button too, and stays until the job's page is there
    expect(page.locator("job-screen .dock .next")).to_be_visible(timeout=15_000)


def wait_until_sent(page):
    for _ in range(60):
        if unsent(page) == 0:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{unsent(page)} operations are still only on the phone")


def state_of(app, job_id):
    with reading(app):
        return db.session.get_one(Job, job_id).state


@pytest.mark.parametrize(
    ("language", "colour_scheme", "size"),
    [
        ("zh-CN", "light", SMALL_PHONE),
        ("en", "dark", SMALL_PHONE),
        ("zh-CN", "dark", PHONE),
        ("en", "light", PHONE),
    ],
    ids=["zh-light-360", "en-dark-360", "zh-dark-412", "en-light-412"],
)
def test_every_screen_is_fit_to_be_used(open_context, server, server_app, watch, size):
    watch.expect(NETWORK_ERROR)
    context = open_context(**size)
    page = context.new_page()
    open_screen(page, "#/sign-in")
    looks_right(page)
    open_screen(page, "#/setup/ABCD-EFGH")
    looks_right(page)
    jobs = {
        state: a_job_for(server_app, state=state, amount_fen=18050, special_needs=["elderly", "pets"])
        for state in ("assigned", "working", "unfinished", "cancelled")
    }
    sign_in_phone(page, server)
    for hash_ in ("#/today", "#/upcoming", "#/done", "#/outbox", "#/me"):
        open_screen(page, hash_)
        looks_right(page)
    for job_id in jobs.values():
        open_screen(page, f"#/job/{job_id}")
        looks_right(page)
    open_screen(page, f"#/job/{jobs['working']}/note")
    looks_right(page)
    open_screen(page, f"#/job/{jobs['working']}/cannot-finish")
    page.locator("input[value=agreed]").check()
    page.locator(".dock .next").click()
    expect(page.locator("#text")).to_be_focused()
    looks_right(page)
    job_page(page, jobs["working"])
    page.locator(".top button").click()
    looks_right(page)
    page.keyboard.press("Escape")
    with offline(context):
        open_screen(page, f"#/job/{jobs['working']}/note")
        page.locator("textarea").fill("没有信号")
        page.locator(".dock .next").click()
        expect(page.locator(".job-note")).to_be_visible()
        looks_right(page)
        open_screen(page, "#/outbox")
        looks_right(page)


@pytest.mark.parametrize("language", ["en"])
def test_very_large_text_stays_on_the_page(small_phone, server, server_app):
    job_id = a_job_for(server_app, state="working", amount_fen=18050)
    page = small_phone.new_page()
    sign_in_phone(page, server)
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; })"
    )
    for hash_ in ("#/today", "#/outbox", "#/me", f"#/job/{job_id}", f"#/job/{job_id}/cannot-finish"):
        open_screen(page, hash_)
        page.reload()
        expect(page.locator("fieldservice-app h1")).to_be_visible()
        for needed, there in page.evaluate(WIDTHS):
            assert needed <= there, f"{hash_} is {needed} px wide on {there}"


def test_the_lock_and_its_way_back(page, server, watch):
    watch.expect("401")
    open_screen(page, "#/me")
    page.locator("#pin").fill("1234")
    page.locator("form:has(#pin) button").click()
    expect(page.locator("#pin-fault")).to_contain_text(zh("Too easy to guess: not 1111 or 1234."))
    page.locator("#pin").fill("2580")
    page.locator("form:has(#pin) button").click()
    page.get_by_role("button", name=zh("Lock now")).click()
    expect(page.get_by_role("heading", name=zh("Locked"))).to_be_visible()
    looks_right(page)
    page.reload()
    expect(page.get_by_role("heading", name=zh("Locked"))).to_be_visible()
    for wrong in ("1470", "1471", "1472"):
        page.locator("#pin").fill(wrong)
        page.keyboard.press("Enter")
        expect(page.locator("#pin-fault")).not_to_be_empty()
        expect(page.locator("#pin")).to_have_value("")
    expect(page.locator("button.next")).to_be_disabled()
    expect(page.locator("button.next")).to_be_enabled(timeout=15_000)
    page.locator("#pin").fill("2580")
    page.keyboard.press("Enter")
    expect(page.locator(".me-name")).to_be_visible()


def test_a_visit_by_keyboard(page, server_app):
    job_id = a_job_for(server_app)
    job_page(page, job_id)
    page.locator("fieldservice-app h1").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.dock button.next')"):
            break
    expect(page.locator(".dock .next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".planks [aria-current]")).to_be_visible()
    wait_until_sent(page)
    assert state_of(server_app, job_id) == "accepted"


def test_the_page_scrolls_by_keyboard(page):
    page.locator("main").focus()
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('main').scrollTop > 100")


def test_sheets_close_by_escape_and_give_the_focus_back(page, server_app):
    job_page(page, a_job_for(server_app))
    for opener in (".top button", ".dock-side"):
        page.locator(opener).focus()
        page.keyboard.press("Enter")
        expect(page.locator("dialog[open]")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page.locator(opener)).to_be_focused()


def test_who_comes_back_finds_the_place(page, server_app):
    for _ in range(8):
        a_job_for(server_app)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("ol.route .travel").nth(7)).to_be_visible()  # the ways between them are there
    page.locator("a.stop").nth(8).scroll_into_view_if_needed()
    before = page.evaluate("document.querySelector('main').scrollTop")
    assert before > 100
    page.evaluate("document.querySelectorAll('a.stop')[8].click()")  # a tap scrolls nothing, the test's pointer may
    expect(page.locator(".planks")).to_be_visible()
    assert page.evaluate("document.querySelector('main').scrollTop") == 0
    page.go_back()
    page.wait_for_function("() => document.querySelector('main').scrollTop > 0")
    assert page.evaluate("document.querySelector('main').scrollTop") == before
    assert page.locator("ol.route .travel").count() >= 8, "drawn at once, not after the place was found"


def test_who_may_see_the_last_position_waits_for_a_connection_and_says_so(page, server_app):
    waits = page.get_by_text(zh("Not agreed yet: this waits for a connection."))
    with offline(page.context):
        open_screen(page, "#/me")
        page.get_by_label(zh("Show the office my last position while I am on duty")).check()
        expect(waits).to_be_visible()
        page.reload()
        expect(waits).to_be_visible()
        expect(page.get_by_label(zh("Show the office my last position while I am on duty"))).to_be_checked()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(waits).to_have_count(0)
    with reading(server_app):
        person = db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()
        assert person.shares_position_since is not None


@pytest.mark.parametrize("part", ["", "visit", "closing", "phrases", "photos", "charges", "handover"])
def test_a_job_that_is_not_here_is_said_with_the_reason(page, part):
    open_screen(page, f"#/job/01900000-0000-7000-8000-000000000000/{part}".rstrip("/"))
    expect(page.locator(".empty .small")).to_be_visible()
    assert page.locator(".top a").get_attribute("href") == "#/today"


def test_a_note_half_written_survives_back_and_reload(page, server_app):
    job_id = a_job_for(server_app)
    job_page(page, job_id)
    page.goto(f"/app/#/job/{job_id}/note")
    page.locator("textarea").fill("客厅靠窗第三块板")
    page.go_back()
    expect(page.locator(".dock .next")).to_be_visible()
    page.go_forward()
    expect(page.locator("textarea")).to_have_value("客厅靠窗第三块板")
    page.reload()
    expect(page.locator("textarea")).to_have_value("客厅靠窗第三块板")
    page.locator(".dock .next").click()
    expect(page.locator(".job-note")).to_contain_text("客厅靠窗第三块板")
    page.goto(f"/app/#/job/{job_id}/note")
    expect(page.locator("textarea")).to_have_value("")


def test_a_step_is_taken_back_with_a_reason(page, server_app):
    job_id = a_job_for(server_app)
    job_page(page, job_id)
    press_next(page)
    page.locator(".top button").click()
    page.locator("dialog a[href$=take-back]").click()
    page.locator(".dock .next").click()
    expect(page.locator("#text-fault")).to_contain_text(zh("A reason is needed."))
    page.get_by_role("button", name=zh("Tapped by mistake")).click()
    page.locator(".dock .next").click()
    expect(page.locator(".time s")).to_be_visible()
    wait_until_sent(page)
    assert state_of(server_app, job_id) == "assigned"


def test_not_finishing_needs_a_reason_and_a_promise(page, server_app):
    job_id = a_job_for(server_app, state="working")
    job_page(page, job_id)
    open_screen(page, f"#/job/{job_id}/cannot-finish")
    finish = page.locator(".dock .next")
    finish.click()
    expect(page.locator("#text-fault")).not_to_be_empty()
    expect(page.locator("#promise-fault")).not_to_be_empty()
    page.get_by_role("button", name=zh("A part is missing")).click()
    page.locator("input[value=none]").check()
    finish.click()
    expect(page.locator("#no_promise-fault")).not_to_be_empty()
    page.locator("input[value=agreed]").check()
    finish.click()
    expect(page.locator("#date-fault")).to_contain_text(zh("Please choose a day."))
    page.locator("#date").fill("2030-03-08")
    finish.click()
    expect(page.locator("#clock-fault")).to_contain_text(zh("Please choose a time."))
    page.locator("#clock").fill("09:30")
    finish.click()
    expect(page.locator(".time")).to_contain_text("3月8日")
    wait_until_sent(page)
    with reading(server_app):
        step = db.session.scalars(sa.select(JobStep).filter_by(job_id=job_id)).one()
        assert (step.step, step.promised_at.isoformat()) == ("cannot_finish", "2030-03-08T01:30:00+00:00")


@pytest.mark.parametrize(("language", "planned"), [("zh-CN", "原定"), ("en", "Planned for ")])
def test_a_visit_that_ended_on_another_day_says_so(open_context, server, server_app, language, planned):
    zone = ZoneInfo("Asia/Shanghai")
    noon = clock.now().astimezone(zone).replace(hour=12, minute=0, second=0, microsecond=0)

    def planned_on(days: int) -> date:
        return (noon - timedelta(days=days)).date()

    def ended(name: str, days: int, *moments: datetime) -> None:
        """A finished visit, planned for so many days ago."""
        job_id = a_job_for(server_app, state="finished", brief=f"{name} {language}",
                           visit_on=planned_on(days), window_start_at=None, window_end_at=None)  # fmt: skip
        with server_app.app_context():
            job = db.session.get_one(Job, job_id)
            steps = (("arrive", "en_route", "arrived"), ("finish", "working", "finished"))
            for position, ((step, before, after), moment) in enumerate(zip(steps, moments, strict=True), 90):
                db.session.add(JobStep(job_id=job_id, position=position, run=job.run, step=step, from_state=before,
                                       to_state=after, by_id=job.lead_id, happened_at=moment, op_id="op"))  # fmt: skip
            db.session.commit()

    begun, over = noon - timedelta(days=2), noon - timedelta(days=1)
    ended("两天", 2, begun, over)
    ended("晚了", 3, over, over + timedelta(hours=1))
    ended("当天", 1, over, over + timedelta(hours=2))
    page = open_context(**SMALL_PHONE).new_page()
    sign_in_phone(page, server)
    open_screen(page, "#/done")

    def short(moment: datetime) -> str:
        return f"{moment:%-d %b}" if language == "en" else f"{moment.month}/{moment.day}"

    cards = {name: page.locator("a.stop", has_text=f"{name} {language}") for name in ("两天", "晚了", "当天")}
    expect(cards["两天"].locator(".stop-top")).to_contain_text(f"{short(begun)} 12:00 – {short(over)} 12:00")
    expect(cards["晚了"].locator(".stop-top")).to_contain_text("12:00–13:00")
    expect(cards["晚了"]).to_contain_text(planned)
    expect(cards["晚了"]).to_contain_text(re.compile(rf"\b{planned_on(3).day}(\b|日)"))
    expect(cards["当天"].locator(".stop-top")).to_contain_text("12:00–14:00")
    expect(cards["当天"]).not_to_contain_text(planned)
    looks_right(page)


def test_nobody_at_home(page, server_app):
    job_id = a_job_for(server_app, state="arrived")
    job_page(page, job_id)
    page.locator(".top button").click()
    page.locator("dialog a[href$=absent]").click()
    page.get_by_role("button", name=zh("Knocked and called, no answer")).click()
    page.locator(".dock .next").click()
    expect(page.locator(".time")).to_contain_text(zh("Knocked and called, no answer"))
    wait_until_sent(page)
    assert state_of(server_app, job_id) == "absent"


def test_calls_and_messages_are_noted(page, server_app):
    job_id = a_job_for(server_app)
    page.add_init_script(STAY_HERE)
    page.reload()
    job_page(page, job_id)
    for channel in ("tel", "sms"):
        link = page.locator(f".reach a[href^='{channel}:']")
        assert link.get_attribute("href") == f"{channel}:13877776666"
        link.click()
    expect(page.locator("main")).not_to_contain_text("13877776666")
    page.wait_for_timeout(300)
    wait_until_sent(page)
    assert ops_on_server(server_app, job_id) == [("record_contact", "applied")] * 2


def test_the_way_there_opens_in_the_chosen_map(page, server_app):
    job_id = a_job_for(server_app)
    page.context.route(
        "https://uri.amap.com/**", lambda route: route.fulfill(body="", content_type="text/html")
    )
    job_page(page, job_id)
    page.locator(".dock-side").click()
    with page.expect_popup() as opened:
        page.locator("dialog a[href*='uri.amap.com']").click()
    leads_to(opened.value, 39.9911, 116.4698)
    with page.expect_popup() as opened:  # the map is known now
        page.locator(".dock-side").click()
    leads_to(opened.value, 39.9911, 116.4698)


def test_setting_out_while_another_job_is_under_way_is_asked_once(page, server_app):
    job_id = a_job_for(server_app, state="accepted")  # the sample day has one on the way to 张女士
    page.context.route(
        "https://uri.amap.com/**", lambda route: route.fulfill(body="", content_type="text/html")
    )
    job_page(page, job_id)
    page.wait_for_timeout(REST_MS)
    page.locator(".dock .next").click()
    expect(page.locator(QUESTION)).to_contain_text("张女士")
    looks_right(page)
    page.locator(".dock-side").click()
    expect(page.locator(QUESTION)).to_have_count(0)
    page.locator(".dock-side").click()
    with page.expect_popup() as opened:
        page.locator("dialog a[href*='uri.amap.com']").click()
    opened.value.close()
    page.locator(".dock-side").click()  # the map is known: the sheet offers to set out, and says the same
    expect(page.locator("dialog .note")).to_contain_text("张女士")
    looks_right(page)
    page.keyboard.press("Escape")
    press_next(page)
    expect(page.locator(QUESTION)).to_have_count(0)
    wait_until_sent(page)
    assert state_of(server_app, job_id) == "en_route"


def leads_to(popup, lat, lng):
    """The map was asked for this WGS-84 place, in its own datum."""
    asked = parse_qs(urlsplit(popup.url).query)["to"][0].split(",")
    there = convert(Point(lat, lng), Datum.WGS84, Datum.GCJ02)
    assert [float(asked[0]), float(asked[1])] == pytest.approx([there.lng, there.lat], abs=2e-6)
    popup.close()


def test_the_language_changes_at_once_and_stays(page):
    open_screen(page, "#/me")
    page.locator("label", has_text="English").click()
    expect(page.get_by_role("heading", level=1, name="Me")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Me")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    looks_right(page)


def test_the_phone_has_a_name_in_the_offices_list(page):
    open_screen(page, "#/me")
    expect(page.locator("#device")).to_have_value(re.compile("Chrome"))
    page.locator("#device").fill("门店手机 07")
    page.locator("form:has(#device) button").click()
    expect(page.locator("#said")).to_contain_text(zh("Saved"))
    page.reload()
    expect(page.locator("#device")).to_have_value("门店手机 07")


def test_the_place_is_asked_for_once_and_not_at_the_door(page, server_app):
    job_id = a_job_for(server_app, state="accepted")
    page.locator("tour-card button").first.click()  # one thing at a time: the first steps come before the question
    question = page.locator(".place-question")
    expect(question).to_be_visible()
    looks_right(page)
    question.get_by_role("button", name=zh("No")).first.click()
    expect(question).to_have_count(0)
    page.reload()
    expect(page.locator("a.stop").first).to_be_visible()
    expect(question).to_have_count(0)
    job_page(page, job_id)
    press_next(page)
    wait_until_sent(page)
    with reading(server_app):
        step = db.session.scalars(sa.select(JobStep).filter_by(job_id=job_id)).one()
        assert (step.step, step.no_place) == ("depart", "off")


def test_nobody_signs_out_before_all_is_sent(page, server_app, watch):
    job_id = a_job_for(server_app)
    job_page(page, job_id)
    with offline(page.context):
        page.goto(f"/app/#/job/{job_id}/note")
        page.locator("textarea").fill("还没有送到")
        page.locator(".dock .next").click()
        expect(page.locator(".job-note")).to_be_visible()
        open_screen(page, "#/me")
        page.get_by_role("button", name=zh("Sign out")).click()
        expect(page.get_by_role("alert")).to_contain_text(
            zh("Only on this phone: {count}. Send first, then sign out.")
        )
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_sent(page)
    page.get_by_role("button", name=zh("Sign out")).click()
    expect(page.locator("input[autocomplete=username]")).to_be_visible()


def test_a_new_version_waits_until_the_person_takes_it(phone, own_server, watch):
    watch.expect(NETWORK_ERROR)
    sign_in_phone(phone, own_server)
    before = phone.evaluate("document.documentElement.dataset.build")
    own_server.restart(PSEUDO_LANGUAGE="1")  # one more catalogue: another build
    phone.evaluate("dispatchEvent(new Event('online'))")
    update = phone.get_by_role("button", name=zh("Update"))
    expect(update).to_be_visible(timeout=30_000)
    assert phone.evaluate("document.documentElement.dataset.build") == before
    looks_right(phone)
    update.click()
    phone.wait_for_function(
        "(old) => document.documentElement.dataset.build !== old", arg=before, timeout=20_000
    )
    expect(phone.locator("a.stop").first).to_be_visible()


def test_who_signs_in_first_waits_for_no_other_screen(open_context, server):
    page = open_context(**PHONE, service_workers="block").new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    page.goto("/app/")
    fill_sign_in(page, server)
    expect(page.locator("a.stop").first).to_be_visible(timeout=20_000)
    assert [name for name in asked if name in ("day.js", "sign-in.js", "later.js")] == ["day.js", "sign-in.js"]


def test_signing_in_again_says_what_is_wrong(phone, server, watch):
    watch.expect("status of 401")
    phone.goto("/app/")
    phone.locator("form button.next").click()
    expect(phone.locator("#name")).to_be_focused()
    expect(phone.locator("#name-fault")).not_to_be_empty()
    phone.locator("#name").fill(TECHNICIAN)
    phone.locator("#password").fill("not the password")
    phone.locator("form button.next").click()
    expect(phone.get_by_role("alert")).to_contain_text(zh("Name or password is wrong."))
    looks_right(phone)
    fill_sign_in(phone, server)
    expect(phone.locator("a.stop").first).to_be_visible(timeout=20_000)
