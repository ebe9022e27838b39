"""Whole stories as people live them: a new installation, a dispatcher's morning, a way back in, who sees what."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext, Locator, Page, expect

from fieldservice.accounts.models import Person, SetupLink
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.customers.models import Customer
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.trip import a_job_for, fill_sign_in, sign_in_desk, sign_in_phone
from tests.support.browser import assert_accessible
from tests.support.server import Server

Open = Callable[..., BrowserContext]

PASSWORD = "rivers and trees"
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
WECHAT = ANDROID + " MicroMessenger/8.0.49"
WITHIN_MS = 2000

in_both_languages = pytest.mark.parametrize("language", ["zh-CN", "en"])


def save(page: Page) -> None:
    page.locator("main .form-actions .btn-act").click()


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        field = page.locator(f"main [name={name}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def add_person(page: Page, staff_no: str, name: str, *roles: str) -> None:
    """Ends on the page of the one-time link."""
    page.goto("/people/new")
    fill(page, staff_no=staff_no, name=name)
    page.locator("[name=branch_id] option", has_text="丰台店").evaluate("option => { option.selected = true; }")
    for role in roles:
        page.locator(f"[name=roles][value={role}]").check()
    save(page)
    page.wait_for_url("**/phone")


def link_for(page: Page, staff_no: str) -> tuple[str, str]:
    """A new one-time link: its address and its short code."""
    page.goto(f"/people?q={staff_no}")
    page.locator("#list a[href$='/phone']").click()
    page.locator("main form button").click()
    code = page.locator("dd.code").inner_text()
    return page.locator("#link-address").inner_text(), code.replace(" ", "")


def first_link(app: Flask) -> str:
    found = re.search(r"http\S+/go/\S+", app.test_cli_runner().invoke(args=["first-admin"]).output)
    assert found
    return found[0]


def choose_password(page: Page) -> None:
    page.locator("button.next").click()
    page.locator("#new").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator("button.next").click()


@in_both_languages
@pytest.mark.expect_console(r"status of 4(01|10)")
def test_an_administrator_starts_a_store_and_puts_the_app_on_phones(
    bare_server: Server, server_app: Flask, open_context: Open, desk: Page
) -> None:
    desk.goto(first_link(server_app))
    choose_password(desk)
    # an empty installation says what comes next
    expect(desk.locator("main a[href='/branches/new']").first).to_be_visible()
    desk.goto("/branches/new")
    fill(desk, code="BJ01", name="丰台店")
    save(desk)
    add_person(desk, "0102", "何晓燕", "dispatcher", "service_desk")
    add_person(desk, "0218", "陈志强", "technician")
    add_person(desk, "0217", "王建国", "technician", "quality")
    desk.goto("/people?q=0218")
    desk.locator("#list .row-link").click()
    fill(desk, name="陈志刚")
    save(desk)
    desk.locator("#list .row-link", has_text="陈志刚").click()
    desk.locator("form[action$=disablement] button").click()
    expect(desk.locator("main .note")).to_be_visible()

    address, code = link_for(desk, "0217")
    wechat = open_context(**PHONE, user_agent=WECHAT).new_page()
    wechat.goto(address)
    expect(wechat.locator("#address")).to_have_text(address)
    expect(wechat.locator("form [name=to]")).to_have_count(0)
    iphone = open_context(**PHONE, user_agent=IPHONE).new_page()
    iphone.goto(address)
    expect(iphone.locator("strong.code")).to_contain_text(code[:4])
    old = open_context(**PHONE, user_agent=ANDROID)
    old.add_init_script("delete HTMLScriptElement.supports")
    old_page = old.new_page()
    old_page.goto(address)
    expect(old_page.locator("[data-too-old]")).to_be_visible()
    insecure = open_context(**PHONE, user_agent=ANDROID)
    insecure.add_init_script("Object.defineProperty(window, 'isSecureContext', { get: () => false })")
    insecure_page = insecure.new_page()
    insecure_page.goto(address)
    expect(insecure_page.locator("[data-insecure]")).to_be_visible()
    for page in (wechat, iphone, old_page, insecure_page):
        assert_accessible(page)
    insecure_page.goto("/app/")
    expect(insecure_page.locator("#insecure")).to_be_visible()

    phone = open_context(**PHONE, user_agent=ANDROID).new_page()
    phone.goto("/app/#/setup")
    phone.locator("#code").fill(f"{code[:4].lower()} {code[4:]}")
    phone.locator("form button.next").click()
    phone.locator("#new-password").fill(PASSWORD)
    phone.locator("form button.next").click()
    phone.locator("#pin").fill("2468")
    phone.locator("form button.next").click()
    expect(phone.locator("nav a").first).to_be_visible()
    expect(desk.locator("#link-state")).to_contain_text("王建国", timeout=10_000)

    again = open_context(**PHONE, user_agent=ANDROID).new_page()
    again.goto(address)
    expect(again.locator("form [name=to]")).to_have_count(0)
    expect(again.locator("a[href='/sign-in']")).to_be_visible()
    address, code = link_for(desk, "0102")
    with server_app.app_context():
        db.session.execute(sa.update(SetupLink).values(expires_at=clock.now() - timedelta(minutes=1)))
        db.session.commit()
    again.goto(address)
    expect(again.locator("form [name=to]")).to_have_count(0)
    again.goto("/app/#/setup")
    again.locator("#code").fill(code)
    again.locator("form button.next").click()
    expect(again.locator("main")).to_contain_text(re.compile("已过期|expired"))
    expect(again.locator("#code")).to_be_visible()


def go_to_search(page: Page) -> None:
    """By "/", as soon as the page listens."""
    for _ in range(50):
        page.keyboard.press("/")
        if page.evaluate("document.activeElement.name === 'q'"):
            return
        page.wait_for_timeout(100)
    raise AssertionError("/ does not lead to the search")


def assert_frame_stays(page: Page) -> None:
    """Only the content scrolls, wherever an address points: bar and rail stay where they are."""
    expect(page.locator("header.desktop h1")).to_be_in_viewport()  # a page that is still coming has none
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("scrollY") == 0


def row_of(page: Page, words: str) -> Locator:
    return page.locator(".day-row", has_text=words)


@in_both_languages
@pytest.mark.expect_console(r"status of 409")
def test_a_morning_of_a_dispatcher(
    own_server: Server, server_app: Flask, desk: Page, open_context: Open, language: str
) -> None:
    sign_in_desk(desk, own_server)
    desk.goto("/customers/new")
    fill(desk, name="䶮" * 80, phone="138 1234 2716", address_form="龑𬱖女士")
    save(desk)
    desk.locator("a[href$='/sites/new']").click()
    fill(desk, district="东城区", address="安澜里东院", unit="3 号楼" * 20)
    fill(desk, datum="GCJ-02", lng="116.440000", lat="39.950000")
    save(desk)
    expect(desk.locator("main")).to_contain_text("116.440000,39.950000")
    desk.locator("a[href$='/products/new']").click()
    fill(desk, model="强化复合 12 毫米 浅橡木", area_m2="18.25", purchased_on="2026-03-01")
    save(desk)
    desk.locator(".page-head a[href^='/jobs/new']").first.click()
    product = desk.locator("[name=product_id] option", has_text="浅橡木").get_attribute("value") or ""
    fill(desk, type="repair", brief="地板起拱", product_id=product, case_words="靠窗鼓起来了", start="10:00", end="11:30")
    fill(desk, planned_minutes="45", priority="urgent", priority_reason="家有婴儿", analysis="受潮", remedy="换三块")
    fill(desk, bring="含水率仪", special_note="门铃坏了", amount_fen="180.50", amount_reason="板材")
    save(desk)
    expect(desk.locator("main")).to_contain_text("180.50")
    job_address = urlsplit(desk.url).path
    assert_accessible(desk)
    desk.locator(".facts a[href^='/cases/']").click()
    desk.locator(".page-head a[href^='/jobs/new']").click()
    fill(desk, brief="复查含水率")
    save(desk)
    expect(desk.locator("#others")).to_be_visible()
    with server_app.app_context():
        customer = db.session.scalars(sa.select(Customer).filter_by(phone="13812342716")).one()
        [site] = customer.sites
        assert (round(site.lat or 0, 4), round(site.lng or 0, 4)) == (39.9486, 116.4338)  # kept as WGS-84

    desk.goto("/")
    desk.locator(".flow a").last.click()
    desk.wait_for_url("**/day?view=state#state-*")
    assert_frame_stays(desk)
    desk.goto("/day")
    row = row_of(desk, "地板起拱").filter(has_text="龑𬱖女士")
    row.locator("[id^=act-]").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("radio", name="王建国").check()
    dialog.locator("button[type=submit]").click()
    assigned = desk.locator(".day-section", has=desk.get_by_role("heading", name=re.compile("^王建国")))
    expect(assigned.locator(".day-row", has_text="龑𬱖女士")).to_be_visible()
    row.locator("[id^=more-]").click()
    dialog.locator(".tab-line a").nth(2).click()
    dialog.locator("textarea").fill("客户出差")

    # The form half typed, the technician accepts: the row behind changes, the words stay.
    with server_app.app_context():
        job = db.session.get_one(Job, job_address.rpartition("/")[2])
        technician = db.session.scalars(sa.select(Person).filter_by(staff_no="0217")).one()
        given = actions.StepGiven(step="accept")
        actions.take_step(job, given, by=technician, when=actions.Happening.at_desk(clock.now(), new_id()))
        db.session.commit()
    expect(row.locator(".state")).to_have_text(re.compile("已接单|Accepted"), timeout=WITHIN_MS)
    expect(dialog.locator("textarea")).to_have_value("客户出差")
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator("#change-error")).to_be_visible()  # looked at what had changed, still sure
    dialog.locator("button[type=submit]").click()
    expect(dialog).to_be_hidden()
    expect(row.locator(".state")).to_have_text(re.compile("已取消|Cancelled"), timeout=WITHIN_MS)
    row.locator("[id^=act-]").click()
    dialog.locator("button[type=submit]").click()
    expect(row.locator(".state")).to_have_text(re.compile("已接单|Accepted"))

    desk.keyboard.press("/")
    expect(desk.locator("#day-q")).to_be_focused()
    desk.goto("/jobs")
    go_to_search(desk)
    desk.keyboard.type("复查含水率")
    expect(desk.locator("#list tbody tr")).to_have_count(1)
    small = open_context(viewport={"width": 360, "height": 640})
    small.add_cookies(desk.context.cookies())
    page = small.new_page()
    for address in ("/", "/day", "/board", "/jobs", job_address, f"/customers/{customer.id}"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    page.goto("/jobs")
    expect(page.locator("#list tbody tr").first).to_be_in_viewport()  # the filters leave room for what they filter
    expect(page.locator("[name=state]")).to_be_hidden()
    page.locator(".filter-more summary").click()
    page.locator("[name=state]").select_option("unassigned")
    expect(page).to_have_url(re.compile("state=unassigned"))
    assert_accessible(page)


def test_the_main_path_works_without_javascript(own_server: Server, open_context: Open) -> None:
    page = open_context(**DESK, java_script_enabled=False).new_page()
    sign_in_desk(page, own_server)
    page.goto("/day")
    page.locator("#day-after").click()
    page.locator("a[href^='/jobs/new']").first.click()
    page.locator("[name=q]").fill("张")
    page.locator("main form button").click()
    page.locator("#found a[href*='site=']").first.click()
    fill(page, brief="没有脚本也行", start="14:00", end="15:00")
    save(page)
    page.locator("a[href*='/assignment']").click()
    page.get_by_role("radio", name="陈志强").check()
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("陈志强")
    page.goto("/jobs")
    fill(page, state="assigned", q="没有脚本也行")
    page.locator(".filter-fields button").click()
    expect(page.locator("#list tbody tr")).to_have_count(1)


@pytest.mark.expect_console(r"status of 40[13]")
def test_a_manager_lets_a_technician_back_in_and_a_lost_phone_is_blocked(
    own_server: Server, server_app: Flask, open_context: Open, desk: Page, phone: Page
) -> None:
    a_job_for(server_app)
    sign_in_phone(phone, own_server)
    sign_in_desk(desk, own_server, "0101")
    address, _code = link_for(desk, "0217")
    other = open_context(**PHONE, user_agent=ANDROID).new_page()
    other.goto(address)
    other.locator("form:has(input[value=app]) button").click()
    other.locator("#new-password").fill(PASSWORD)
    other.locator("form button.next").click()
    other.locator("form + button").click()
    expect(other.locator("a.stop").first).to_be_visible(timeout=20_000)

    office = open_context(**DESK).new_page()
    sign_in_desk(office, own_server, "0101")
    desk.goto("/account")
    desk.locator("main button.btn-risk").click()
    office.goto("/jobs")
    expect(office.locator("#password")).to_be_visible()

    administrator = open_context(**DESK).new_page()
    sign_in_desk(administrator, own_server, "1000")
    administrator.goto("/devices?q=0217")
    expect(administrator.locator("#list tbody .row-link")).to_have_count(2)
    assert_accessible(administrator)
    pages = [one.get_attribute("href") for one in administrator.locator("#list tbody .row-link").all()]
    for page in filter(None, pages):
        administrator.goto(page)
        administrator.locator("form[action$=revocation] button").click()
        expect(administrator.locator("#blocked")).to_be_visible()
    other.reload()
    expect(other.locator("wiped-screen .btn-act")).to_be_visible(timeout=20_000)
    expect(other.locator("a.stop")).to_have_count(0)


#: who may say who goes
PLANNERS = ("0101", "0102", "1001")


@pytest.mark.parametrize("staff_no", ["0101", "0102", "0103", "0104", "0105", "1000", "1001"])
def test_nobody_is_offered_what_is_refused(server: Server, desk: Page, staff_no: str) -> None:
    """Every link of every page one gets to leads somewhere."""
    desk.goto("/sign-in")
    fill_sign_in(desk, server, staff_no)
    desk.wait_for_url(lambda url: "/sign-in" not in url)
    kinds: dict[str, int] = {}
    waiting, seen = ["/"], {"/"}
    while waiting:
        address = waiting.pop(0)
        answer = desk.request.get(address)
        assert answer.status == 200, f"{staff_no} is offered {address}: {answer.status}"
        for found in re.findall(r'href="([^"]+)"', answer.text()):
            target = urljoin(address, found.replace("&amp;", "&").partition("#")[0])
            kind = re.sub(r"[0-9a-f-]{36}", "…", urlsplit(target).path)
            leads_out = not target.startswith("/") or target.startswith(("/static/", "/sign-", "/app/"))
            if leads_out or target in seen or kinds.get(kind, 0) >= 3:
                continue
            seen.add(target)
            kinds[kind] = kinds.get(kind, 0) + 1
            waiting.append(target)
    assert {"/jobs", "/customers", "/inbox"} <= kinds.keys()
    assert ("/jobs/…/assignment" in kinds) == (staff_no in PLANNERS), kinds
