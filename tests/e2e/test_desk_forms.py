"""The desk's forms in a real browser: a customer with a pin on the map, and a job from beginning to end."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.core.db import db
from fieldservice.customers.models import Customer, Site
from fieldservice.jobs.models import Job
from tests.e2e.trip import sign_in_desk
from tests.support.browser import assert_accessible, come_to_rest
from tests.support.server import Server

in_both_languages = pytest.mark.parametrize("language", ["zh-CN", "en"])


def assert_good(page: Page) -> None:
    """Nothing scrolls sideways, axe finds nothing."""
    come_to_rest(page)
    assert page.evaluate(
        "document.querySelector('main').scrollWidth <= document.querySelector('main').clientWidth"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)


def save(page: Page) -> None:
    page.locator("main form .form-actions button").first.click()


def position(page: Page, p: str = "") -> tuple[float, float]:
    """What the two fields say: latitude, longitude."""
    return tuple(float(page.locator(f"[name={p}{name}]").input_value() or "nan") for name in ("lat", "lng"))  # type: ignore[return-value]


@in_both_languages
def test_customer_address_and_job_in_one_form(
    desk: Page, server: Server, server_app: Flask, language: str
) -> None:
    sign_in_desk(desk, server)
    desk.goto("/jobs/new")
    name = f"欧阳䶮{language}"
    desk.locator("main input[name=q]").press_sequentially(name)
    desk.locator("#found a[href*='new=1'].btn-act").click()
    expect(desk.locator("[name=customer_name]")).to_have_value(name)
    desk.locator("[name=customer_phone]").fill("138-1234-2716")
    desk.locator("[name=site_address]").fill("望京西园四区")
    desk.locator("[name=brief]").fill("地板起拱")
    desk.locator("[name=case_words]").fill("客厅靠窗鼓起来了")
    desk.locator("[name=start]").fill("10:00")
    desk.locator("[name=end]").fill("11:30")
    desk.locator(".map-box").click(position={"x": 200, "y": 150})
    typed = position(desk, "site_")
    assert_good(desk)
    save(desk)
    desk.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}$"))
    expect(desk.locator("#notices")).to_contain_text("BJ01-P")
    assert_good(desk)
    with server_app.app_context():
        job = (
            db.session.scalars(sa.select(Job).join(Site).join(Customer).where(Customer.name == name))
            .unique()
            .one()
        )
        assert (job.site.lat, job.site.lng) == pytest.approx(typed, abs=1e-6)
        assert job.site.position_source == "pin"


def test_the_pin_follows_keys_and_fields_and_datum(desk: Page, server: Server) -> None:
    sign_in_desk(desk, server)
    desk.goto("/customers")
    desk.locator("a.row-link").first.click()
    desk.locator("a[href$='/sites/new']").click()
    desk.locator("[name=pasted]").fill("116.4698,39.9911")
    pin = desk.locator(".pin-hand")
    expect(pin).to_be_visible()
    assert position(desk) == (39.9911, 116.4698)
    pin.focus()
    pin.press("ArrowUp")
    pin.press("Shift+ArrowRight")
    lat, lng = position(desk)
    assert (lat - 39.9911) * 111_320 == pytest.approx(10, abs=0.2)
    assert (lng - 116.4698) * 111_320 * 0.766 == pytest.approx(100, abs=1)
    desk.locator("[name=datum]").select_option("GCJ-02")
    shifted = position(desk)
    assert 0.001 < shifted[1] - lng < 0.01
    desk.locator("[name=lat]").fill("39.95")
    expect(pin).to_be_visible()
    desk.locator(".map-buttons button").nth(2).click()
    assert position(desk)[0] == pytest.approx(39.95, abs=0.001)  # the map had followed what was typed
    desk.locator("[name=address]").fill("按键小区")
    save(desk)
    expect(desk.locator("main")).to_contain_text("GCJ-02")


@pytest.mark.expect_console(r"status of 422", r"status of 409")
def test_mistakes_lead_to_their_fields_and_lose_nothing(desk: Page, server: Server) -> None:
    sign_in_desk(desk, server)
    desk.goto("/jobs/new?new=1")
    desk.locator("[name=case_words]").fill("别丢了我")
    save(desk)
    expect(desk.locator(".errors")).to_be_focused()
    expect(desk.locator("[name=case_words]")).to_have_value("别丢了我")
    desk.locator(".errors a[href='#f-brief']").click()
    expect(desk.locator("[name=brief]")).to_be_focused()
    assert_good(desk)


@in_both_languages
@pytest.mark.parametrize(
    "address", ["/customers", "/customers/new", "/jobs", "/jobs/new?new=1", "/jobs/new?q=张"]
)
def test_pages_fit_a_small_phone(
    small_phone: BrowserContext, server: Server, language: str, address: str
) -> None:
    page = small_phone.new_page()
    sign_in_desk(page, server)
    page.goto(address)
    if "new=1" in address:
        expect(page.locator(".map-buttons")).to_be_visible()
    assert_good(page)


def test_the_list_is_searched_as_one_types_and_the_address_follows(desk: Page, server: Server) -> None:
    sign_in_desk(desk, server)
    desk.goto("/customers")
    desk.locator("[name=q]").press_sequentially("nobody at all")
    expect(desk.locator("#list .empty")).to_be_visible()
    expect(desk).to_have_url(re.compile(r"q=nobody"))
    desk.reload()
    expect(desk.locator("#list .empty")).to_be_visible()


def test_a_number_is_shown_in_place_after_it_was_asked_for(desk: Page, server: Server) -> None:
    sign_in_desk(desk, server)
    desk.goto("/customers")
    desk.locator("a.row-link").first.click()
    expect(desk.locator("#phone")).to_contain_text("****")
    address = desk.url
    desk.locator("#phone button").click()
    expect(desk.locator("#phone a[href^='tel:']")).to_be_visible()
    assert desk.url == address


def test_the_language_is_switched_on_the_page_one_is_on(desk: Page, server: Server) -> None:
    sign_in_desk(desk, server)
    desk.goto("/jobs?state=open")
    desk.locator("details.menu summary").click()
    desk.get_by_role("button", name="English").click()
    expect(desk).to_have_url(re.compile(r"/jobs\?state=open$"))
    expect(desk.locator("h1")).to_have_text("Jobs")
    desk.locator("details.menu summary").click()
    assert_accessible(desk)
    desk.get_by_role("button", name="中文").click()
    expect(desk.locator("h1")).to_have_text("派工单")
