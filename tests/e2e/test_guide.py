"""Help of a first hour in a real browser: the tour, the keys, what can be done now."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import SMALL_PHONE
from tests.e2e.trip import sign_in_desk, sign_in_phone
from tests.support.browser import assert_accessible, offline
from tests.support.server import Server

NARROW = {"viewport": {"width": 360, "height": 640}}
FOCUSED = (
    "[...document.querySelectorAll('main tbody tr')].findIndex((row) => row.contains(document.activeElement))"
)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def show_keys(page: Page) -> None:
    """The list of keys; the behaviours come after the page."""
    for _try in range(40):
        page.keyboard.press("?")
        if page.locator("#shortcuts").is_visible():
            return
        page.wait_for_timeout(250)
    raise AssertionError("the keys are not listed")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_keys_of_the_desk(desk: Page, server: Server, language: str) -> None:
    sign_in_desk(desk, server)
    shortcuts = desk.locator("#shortcuts")
    show_keys(desk)
    assert_accessible(desk)
    desk.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()
    desk.keyboard.press("/")
    desk.keyboard.type("gj?n")
    expect(desk.locator(".find input")).to_have_value("gj?n")
    expect(shortcuts).to_be_hidden()
    desk.locator(".find input").fill("")
    desk.locator(".find input").blur()
    desk.keyboard.type("gj")
    desk.wait_for_url("**/jobs")
    show_keys(desk)
    desk.keyboard.press("Escape")
    expect(shortcuts).to_be_hidden()
    desk.keyboard.press("j")
    assert desk.evaluate(FOCUSED) == 0
    desk.keyboard.press("j")
    assert desk.evaluate(FOCUSED) == 1
    desk.keyboard.press("k")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}"))


def test_keys_switched_off_do_nothing(desk: Page, server: Server) -> None:
    sign_in_desk(desk, server, "0103")
    desk.goto("/help")
    assert_accessible(desk)
    desk.locator("#keys form button").click()
    desk.wait_for_timeout(1500)
    desk.keyboard.type("?gj/")
    desk.wait_for_timeout(500)
    expect(desk.locator("#shortcuts")).to_be_hidden()
    assert desk.url.endswith("/help#keys")
    desk.locator(".menu summary").click()
    desk.locator("[data-shows=shortcuts]").click()
    expect(desk.locator("#shortcuts")).to_be_visible()


def test_the_tour_needs_no_script_and_fits_a_phone(
    open_context: Callable[..., BrowserContext], server: Server
) -> None:
    page = open_context(**NARROW, java_script_enabled=False).new_page()
    sign_in_desk(page, server, "1000")
    expect(page.locator(".tour li")).to_have_count(3)
    expect(page.locator("#first-steps")).to_be_visible()  # the sample has no phone yet
    page.locator("section:has(#tour) button").click()
    expect(page.locator(".tour")).to_have_count(0)
    seen = open_context(**NARROW).new_page()
    sign_in_desk(seen, server, "1000")
    expect(seen.locator(".tour")).to_have_count(0)
    assert fits(seen)
    assert_accessible(seen)
    seen.goto("/help")
    assert fits(seen)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_first_steps_and_what_can_be_done_on_the_phone(
    open_context: Callable[..., BrowserContext], server: Server, language: str
) -> None:
    context = open_context(**SMALL_PHONE)
    page = context.new_page()
    sign_in_phone(page, server)
    tour = page.locator("tour-card")
    expect(tour.locator("section")).to_be_visible(timeout=15_000)
    assert_accessible(page)
    for _step in range(3):
        tour.locator("button").last.click()
    expect(tour).to_have_count(0)
    page.reload()
    expect(page.locator("a.stop").first).to_be_visible()
    expect(tour).to_have_count(0)

    with offline(context):
        page.evaluate("dispatchEvent(new Event('offline'))")
        page.goto("/app/#/help")
        shown = page.locator("help-screen")
        expect(shown.locator("input[type=radio]").nth(1)).to_be_checked(timeout=15_000)  # without signal
        expect(shown.locator("li:has(use[href$='#hourglass'])")).to_have_count(4)
        expect(shown.locator("li:has(use[href$='#ban'])")).to_have_count(4)
        assert_accessible(page)
        assert fits(page)
        page.goto("/app/#/today")
        expect(page.locator(".sync a[href='#/help']")).to_be_visible()
    page.goto("/app/#/help")
    page.locator("help-screen button.btn-wide").click()
    expect(tour.locator("section")).to_be_visible()
