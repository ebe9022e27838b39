"""The pages of the record in browsers: the chain, what is kept how long, keys, histories, erasing; a code by SMS."""

import json
import re
from collections.abc import Callable, Iterator
from http.server import HTTPServer

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, expect

from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from tests.e2e.conftest import DESK, SMALL_PHONE
from tests.e2e.test_customer import let_in, links_of
from tests.e2e.test_desk_forms import assert_good
from tests.e2e.trip import a_job_for, sign_in_desk
from tests.signoff.sheets import register_key, signed_on, take_photos
from tests.support.server import Server, running_server, with_sample_data
from tests.support.taker import taking

ADMINISTRATOR = "1000"


@pytest.fixture(scope="module")
def gateway() -> Iterator[HTTPServer]:
    """Of somebody else's on this machine: what it took."""
    with taking() as server:
        yield server


@pytest.fixture(scope="module")
def module_server(gateway: HTTPServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With that gateway, and with something that may not be kept for ever."""
    settings = {
        "SMS_GATEWAY": "webhook",
        "SMS_URL": f"http://127.0.0.1:{gateway.server_port}/",
        "SMS_CODE": "required",
        "SMS_SECRET": "known to both of us here",
        "OUTBOUND_PRIVATE": "1",
        "KEEP_CUSTOMER_YEARS": "1",
    }
    folder = tmp_path_factory.mktemp("server") / "data"
    with running_server(with_sample_data("sqlite"), folder, **settings) as started:
        yield started


@pytest.mark.expect_console(r"status of 422")
def test_a_customer_enters_the_code_that_came_by_sms(
    open_context: Callable[..., BrowserContext], server: Server, server_app: Flask, gateway: HTTPServer
) -> None:
    """Required, without JavaScript, on a small phone."""
    job_id = a_job_for(server_app, state="working", amount_fen=18000)
    with server_app.app_context():
        job = db.session.get_one(Job, job_id)
        assert job.lead
        take_photos(job, job.lead)
        register_key(job.lead)
        signed_on(job, job.lead, work={})
        job.state = "finished"
        db.session.commit()
    address, _badge, digits = links_of(server_app, job_id)
    page = open_context(**SMALL_PHONE, locale="en", java_script_enabled=False).new_page()
    let_in(page, address, digits)
    page.locator(f"a[href$='/visits/{job_id}/judgement']").click()
    expect(page.locator("main form button.btn-act")).to_have_text("Send a code by SMS")
    page.get_by_role("button", name="Send a code by SMS").click()
    (message,) = (json.loads(body) for _path, _headers, body in gateway.taken)  # type: ignore[attr-defined]
    code = re.search(r"[0-9]{6}", message["text"])[0]  # type: ignore[index]
    for typed, said in ((f"{(int(code) + 1) % 1_000_000:06d}", "alert"), (code, "")):
        page.get_by_label("Code of six digits").fill(typed)
        page.get_by_role("button", name="Enter the code").click()
        if said:
            expect(page.get_by_role(said)).to_contain_text("Tries left: 4")
            expect(page).to_have_url(re.compile("/code/entry#code$"))
    expect(page.get_by_text("You entered the code that went to")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    reading = open_context(**SMALL_PHONE, locale="en").new_page()
    let_in(reading, address, digits)
    reading.goto(f"{address}/visits/{job_id}/judgement")
    assert_good(reading)
    page.locator("main form button.btn-act").first.click()
    expect(page.get_by_role("status").first).to_be_visible()


def test_the_chain_is_checked_a_case_is_kept_and_no_page_breaks(
    open_context: Callable[..., BrowserContext], server: Server, server_app: Flask
) -> None:
    job_id = a_job_for(server_app, state="cancelled")
    with server_app.app_context():
        job = db.session.get_one(Job, job_id)
        customer, case, lead = job.site.customer_id, job.case_id, job.lead_id
    desk = open_context(**DESK, locale="zh-CN", color_scheme="dark").new_page()
    sign_in_desk(desk, server, ADMINISTRATOR)
    desk.goto("/audit")
    desk.get_by_role("button", name="立即检查").click()
    expect(desk.get_by_text("审计链完好。")).to_be_visible()
    desk.get_by_role("link", name="保留期限").click()
    expect(desk.get_by_text("FIELDSERVICE_KEEP_CUSTOMER_YEARS")).to_be_visible()
    desk.goto(f"/cases/{case}")
    desk.get_by_text("保留这张服务单…").click()
    desk.get_by_label("保留原因").fill("客户来函要求赔偿")
    desk.get_by_role("button", name="保留", exact=True).click()
    expect(desk.locator("section", has_text="这张服务单已保留。").last).to_contain_text("客户来函要求赔偿")
    small = open_context(**SMALL_PHONE, locale="en").new_page()
    sign_in_desk(small, server, ADMINISTRATOR)
    pages = ("/audit", "/audit/retention", "/keys", f"/cases/{case}", f"/customers/{customer}/history",
             f"/customers/{customer}/erasure", f"/people/{lead}/history")  # fmt: skip
    for page in (desk, small):
        for address in pages:
            page.goto(address)
            assert_good(page)
    small.goto(f"/customers/{customer}/erasure")
    expect(small.get_by_role("alert")).to_contain_text("A case of this customer is kept for a dispute")
    expect(small.get_by_role("button", name="Erase for ever")).to_have_count(0)
