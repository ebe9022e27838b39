"""Accounts in a browser: in and out, people, and the app's way to a phone."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import assert_accessible
from tests.support.server import Server

ADMINISTRATOR = "1000"
TECHNICIAN = "0217"
PASSWORD = "rivers and trees"

in_both_languages = pytest.mark.parametrize("language", ["zh-CN", "en"])
in_both_themes = pytest.mark.parametrize("colour_scheme", ["light", "dark"])


def sign_in(page: Page, server: Server, staff_no: str = ADMINISTRATOR) -> None:
    page.goto("/sign-in")
    page.locator("#name").fill(staff_no)
    page.locator("#password").fill(server.passwords()[staff_no])
    page.locator("button.next").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def assert_fits(page: Page) -> None:
    """Nothing scrolls sideways, and axe finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)


def make_link(page: Page, server: Server) -> str:
    """The administrator makes a link for the technician; its address."""
    page.goto("/people?q=" + TECHNICIAN)
    page.locator("table a[href$='/phone']").click()
    page.locator("main form button.btn-act").click()
    expect(page.locator(".qr-code svg")).to_be_visible()
    return page.locator("#link-address").inner_text()


@in_both_languages
@in_both_themes
def test_the_sign_in_page_is_for_everybody(server: Server, small_phone: BrowserContext, desk: Page) -> None:
    for page in (small_phone.new_page(), desk):
        page.goto("/sign-in")
        expect(page.locator("#name")).to_be_focused()
        assert_fits(page)
        page.locator("summary").click()
        assert_fits(page)


@in_both_languages
def test_people_are_found_while_one_types(server: Server, desk: Page, small_phone: BrowserContext) -> None:
    sign_in(desk, server)
    desk.goto("/people")
    assert_fits(desk)
    desk.locator("#f-q").press_sequentially(TECHNICIAN)
    expect(desk.locator("tbody tr")).to_have_count(1)
    expect(desk).to_have_url(re.compile(f"q={TECHNICIAN}"))
    phone = small_phone.new_page()
    sign_in(phone, server)
    for path in ("/people", "/people/new", "/branches", "/devices", "/account"):
        phone.goto(path)
        assert_fits(phone)
        for link in phone.locator(".rail > a:not(.glyph)").all():
            expect(link).to_be_in_viewport(ratio=1)
    rail = phone.get_by_role("navigation").first
    assert rail.bounding_box()["height"] < 2 * 56 + 8  # type: ignore[index]
    rail.locator("summary").click()
    for link in (links := rail.locator(".menu-list a")).all():
        expect(link).to_be_in_viewport(ratio=1)
    assert_accessible(phone, also=("target-size",))
    phone.keyboard.press("Escape")
    expect(links.first).to_be_hidden()
    rail.locator("summary").click()
    rail.locator('[href="/audit"]').click()
    phone.wait_for_url("**/audit")
    expect(rail.locator("summary.is-here")).to_be_visible()


@pytest.mark.expect_console(r"status of 4(09|22)")
def test_what_is_typed_survives_somebody_elses_change(server: Server, desk: Page) -> None:
    sign_in(desk, server)
    desk.goto("/people?q=0219")
    desk.locator("tbody th a").click()
    other = desk.context.new_page()
    other.goto(desk.url)
    other.locator("#f-name").fill("赵大海")
    other.locator(".form-actions .btn-act").click()
    expect(other.locator("#notices")).not_to_be_empty()
    desk.locator("#f-name").fill("赵小海")
    desk.locator(".form-actions .btn-act").click()
    expect(desk.locator("#f-name")).to_have_value("赵小海")
    expect(desk.locator("#n-name")).to_contain_text("赵大海")
    assert_fits(desk)
    desk.locator(".form-actions .btn-act").click()
    desk.wait_for_url("**/people")


@in_both_languages
def test_the_app_comes_to_a_phone_by_a_link_that_is_used_once(own_server: Server, desk: Page, phone: Page) -> None:
    sign_in(desk, own_server)
    address = make_link(desk, own_server)
    assert_fits(desk)
    phone.goto(address)
    assert_fits(phone)
    phone.locator("form:has(input[value=app]) button").click()
    expect(phone.locator("#new-password")).to_be_visible()
    expect(desk.locator("#link-state")).to_contain_text(re.compile("王建国"), timeout=10_000)
    expect(desk.locator("#link-state")).not_to_have_attribute("hx-get", re.compile("."))


@in_both_languages
def test_a_technician_who_signs_in_at_the_desks_form_is_in_the_app(server: Server, phone: Page) -> None:
    sign_in(phone, server, TECHNICIAN)
    expect(phone.locator('a[href^="#/job/"]').first).to_be_visible(timeout=15_000)
    assert "sign-in" not in phone.url
    phone.reload()
    expect(phone.locator('a[href^="#/job/"]').first).to_be_visible(timeout=15_000)


@pytest.mark.expect_console(r"status of 401")
def test_the_address_alone_signs_nobody_in(server: Server, phone: Page) -> None:
    phone.goto("/app/#/sign-in?signed-in")
    expect(phone.locator('input[type="password"]')).to_be_visible(timeout=15_000)
    expect(phone.locator('[role="alert"]')).to_have_count(0)


@pytest.mark.expect_console(r"status of 410")
def test_the_link_of_an_office_person_leads_to_a_password_without_javascript(
    own_server: Server, desk: Page, open_context: Callable[..., BrowserContext]
) -> None:
    sign_in(desk, own_server)
    desk.goto("/people?q=0104")
    desk.locator("table a[href$='/phone']").click()
    desk.locator("main form button.btn-act").click()
    address = desk.locator("#link-address").inner_text()
    plain = open_context(java_script_enabled=False, viewport={"width": 360, "height": 640}).new_page()
    plain.goto(address)
    plain.locator("button.next").click()
    plain.locator("#new").fill(PASSWORD)
    plain.locator("#again").fill(PASSWORD)
    plain.locator("button.next").click()
    plain.goto("/account")
    expect(plain.locator("main")).to_contain_text("钱芳")
    plain.goto(address)
    expect(plain.locator("h1")).to_be_visible()
    expect(plain.locator("form:has(input[name=to])")).to_have_count(0)


def test_a_bare_installation_starts_with_one_administrator(bare_server: Server, desk: Page, server_app: Flask) -> None:
    printed = server_app.test_cli_runner().invoke(args=["first-admin"]).output
    found = re.search(r"http\S+/go/\S+", printed)
    assert found, printed
    desk.goto(found[0])
    desk.locator("button.next").click()
    desk.locator("#new").fill(PASSWORD)
    desk.locator("#again").fill(PASSWORD)
    desk.locator("button.next").click()
    desk.goto("/people")
    expect(desk.locator("tbody tr")).to_have_count(1)
