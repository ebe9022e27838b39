"""The second act in browsers: a customer without JavaScript disputes the sheet; the desk checks and compares."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, expect

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import log_office_edit
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from tests.e2e.conftest import DESK, SMALL_PHONE
from tests.e2e.test_customer import let_in, links_of
from tests.e2e.test_desk_forms import assert_good
from tests.e2e.trip import a_job_for, sign_in_desk
from tests.signoff.sheets import register_key, signed_on, take_photos
from tests.support.server import Server

WEAK = [[[100, 100, 0, 500], [120, 110, 16, 500]]]


@pytest.fixture
def signed(server_app: Flask) -> tuple[str, str]:
    """A finished visit with a weak signature, whose price the office changed since: job and sheet."""
    job_id = a_job_for(server_app, state="working", amount_fen=18000, amount_reason="上门费")
    with server_app.app_context():
        job = db.session.get_one(Job, job_id)
        assert job.lead
        take_photos(job, job.lead)
        register_key(job.lead)
        sheet = signed_on(job, job.lead, work={}, signed={"strokes": WEAK})
        job.state, job.amount_fen = "finished", 29900
        log_office_edit("edit_job", job, by=job.lead, at=clock.now())
        db.session.commit()
        return job_id, sheet.id


def test_a_customer_disputes_and_the_desk_checks_compares_and_answers(
    open_context: Callable[..., BrowserContext], server: Server, server_app: Flask, signed: tuple[str, str]
) -> None:
    job_id, sheet_id = signed
    address, _badge, digits = links_of(server_app, job_id)
    page = open_context(**SMALL_PHONE, java_script_enabled=False).new_page()
    let_in(page, address, digits)
    page.locator(f"a[href$='/visits/{job_id}/judgement']").click()
    expect(page.locator("main")).to_contain_text("笔迹很短或很小")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("summary").last.click()
    page.locator("input[name=about][value=signature]").check()
    page.locator("textarea[name=words]").fill("这不是我签的，当时我不在家")
    page.locator("details[open] button").click()
    expect(page.get_by_role("status")).to_be_visible()
    reading = open_context(**SMALL_PHONE).new_page()
    let_in(reading, address, digits)
    reading.goto(f"{address}/visits/{job_id}/judgement")
    reading.locator("summary").last.click()
    assert_good(reading)
    for size in ({"width": 1366, "height": 768}, {"width": 360, "height": 640}):
        desk = open_context(**DESK | {"viewport": size}).new_page()
        sign_in_desk(desk, server)
        desk.goto(f"/jobs/{job_id}/sheets/{sheet_id}")
        expect(desk.locator("main .note[role=status]")).to_contain_text("每一项都通过")
        expect(desk.locator("main")).to_contain_text("这不是我签的，当时我不在家")
        assert_good(desk)
        desk.goto(f"/jobs/{job_id}/sheets/{sheet_id}/changes")
        expect(desk.locator("table")).to_contain_text("299")
        assert_good(desk)
        desk.goto(f"/jobs/{job_id}")
        expect(desk.locator(f"#sheet-{sheet_id}")).to_contain_text("签字的版本不是现在的内容")
        assert_good(desk)
    with server_app.app_context():
        row = db.session.get_one(SignOff, sheet_id)
        row.payload = row.payload.replace("[120,110,16,500]", "[120,111,16,500]")
        db.session.commit()
    desk.goto(f"/jobs/{job_id}/sheets/{sheet_id}")
    expect(desk.locator("main .note[role=status]")).to_contain_text("核验不通过")
    assert_good(desk)
    desk.goto("/")
    desk.locator("a[href*='/answer']", has_text="答复").first.click()
    expect(desk.locator("#f-words")).to_be_visible()
    assert_good(desk)
