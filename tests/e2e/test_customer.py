"""What a customer sees and does by the link, in a browser: on the smallest phone, without JavaScript."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.portal.actions import address_of, badge_link, case_link
from tests.e2e.conftest import DESK, SMALL_PHONE
from tests.e2e.test_desk_forms import assert_good
from tests.e2e.trip import a_job_for, sign_in_desk
from tests.support.server import Server

MOST_BYTES = 60 * 1000


def links_of(app: Flask, job_id: str) -> tuple[str, str, str]:
    """The customer's address, the badge's, the digits."""
    with app.app_context():
        job, at = db.session.get_one(Job, job_id), clock.now()
        case, badge = case_link(job.case_id, at=at), badge_link(job.case_id, job.id, job.lead_id or "", at=at)
        db.session.commit()
        return address_of(case), address_of(badge), job.site.customer.phone[-4:]


def let_in(page: Page, address: str, digits: str) -> None:
    page.goto(address)
    page.locator("#digits").fill(digits)
    page.locator("main form button").first.click()
    expect(page.locator("#digits")).to_have_count(0)


def test_without_javascript_a_customer_asks_for_another_time_and_reads_the_answer(
    open_context: Callable[..., BrowserContext], server: Server, server_app: Flask
) -> None:
    job_id = a_job_for(server_app, state="accepted", amount_fen=18000, amount_reason="上门费")
    address, _badge, digits = links_of(server_app, job_id)
    page = open_context(**SMALL_PHONE, java_script_enabled=False).new_page()
    page.goto(address)
    expect(page.locator("main")).not_to_contain_text("180")
    let_in(page, address, digits)
    expect(page.locator(".sum")).to_contain_text("180")
    page.locator("#wish summary").click()
    page.locator("#wish input[name=window]").first.check()
    page.locator("#wish-words").fill("上午孩子要上课")
    page.locator("#wish button").click()
    expect(page.get_by_role("status")).to_contain_text("已经收到您的申请")
    desk = open_context(**DESK).new_page()
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{job_id}")
    assert_good(desk)
    desk.locator("a[href*='/acceptance']").click()
    expect(desk.locator("#f-day")).to_be_visible()
    assert_good(desk)
    desk.locator("#f-words").fill("师傅到了先给您打电话")
    desk.locator("main form .form-actions button").click()
    expect(desk.locator("#notices")).to_contain_text("客户会在链接页面上看到答复")
    page.reload()
    expect(page.locator("#wish")).to_contain_text("师傅到了先给您打电话")
    expect(page.locator("h1")).to_contain_text(re.compile("明天|月"))


@pytest.mark.parametrize(("language", "colour_scheme"), [("zh-CN", "light"), ("en", "dark")])
def test_the_pages_are_good_on_the_smallest_phone(
    open_context: Callable[..., BrowserContext], server_app: Flask, language: str, colour_scheme: str
) -> None:
    address, badge, digits = links_of(server_app, a_job_for(server_app, state="finished", brief="地板" * 30))
    page = open_context(**SMALL_PHONE).new_page()
    page.goto(badge)
    assert_good(page)
    page.goto(address)
    assert_good(page)
    let_in(page, address, digits)
    for summary in page.locator("summary").all():
        if not summary.evaluate("(one) => one.parentElement.open"):
            summary.click()
    assert_good(page)
    for label in ("attitude", "efficiency", "skill"):
        page.locator(f"input[name={label}][value='2']").check(force=True)
    page.locator("form.rate button").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert_good(page)


def test_the_page_weighs_no_more_than_promised(
    open_context: Callable[..., BrowserContext], server_app: Flask
) -> None:
    address, _badge, digits = links_of(server_app, a_job_for(server_app, state="en_route"))
    page = open_context(**SMALL_PHONE).new_page()
    let_in(page, address, digits)
    assert weight_of(page, address) <= MOST_BYTES


def weight_of(page: Page, address: str) -> int:
    """Bytes over the line until the page is there, nothing of it kept before."""
    sizes: list[float] = []
    session: Any = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    return round(sum(sizes))
