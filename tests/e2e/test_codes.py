"""Badge and customer's link on a phone without signal; an absent customer signs by hand afterwards."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import LinkSignature
from fieldservice.web.qr import qr_modules
from tests.e2e.conftest import SMALL_PHONE
from tests.e2e.test_customer import let_in, links_of
from tests.e2e.trip import TECHNICIAN, a_job_for, reading, sign_in_phone
from tests.signoff.sheets import VECTORS, register_key, signed_on, take_photos
from tests.support.browser import NETWORK_ERROR, assert_accessible, offline
from tests.support.server import Server

REFUSED = next(case for case in VECTORS["cases"] if case["name"].startswith("refused, with"))["signed"]
#: which modules are dark, read off the path that was drawn
DRAWN = """() => {
  const found = document.querySelector('.qr-code svg'), size = Number(found.getAttribute('viewBox').split(' ')[2]) - 4;
  const bits = Array(size * size).fill(0);
  for (const [, x, y, width] of found.querySelector('path').getAttribute('d').matchAll(/M(\\d+) (\\d+)h(\\d+)v/g))
    for (let at = 0; at < Number(width); at += 1) bits[Number(y) * size + Number(x) + at] = 1;
  while (bits.length % 8) bits.push(0);
  const byte = (_, at) => parseInt(bits.slice(at * 8, at * 8 + 8).join(''), 2);
  return btoa(String.fromCharCode(...Array.from({ length: bits.length / 8 }, byte)));
}"""


@pytest.mark.parametrize("language", ["en"])
def test_badge_and_link_are_shown_without_signal(
    small_phone: BrowserContext, server: Server, server_app: Flask, watch: object
) -> None:
    job_id = a_job_for(server_app)
    address, badge, _digits = links_of(server_app, job_id)
    page = small_phone.new_page()
    watch.expect(NETWORK_ERROR)  # type: ignore[attr-defined]
    sign_in_phone(page, server)
    page.goto(f"/app/#/job/{job_id}")
    expect(page.get_by_role("link", name="My badge")).to_be_visible()
    with offline(page.context):
        page.get_by_role("link", name="My badge").click()
        expect(page.locator(".badge-no")).to_be_visible()
        assert page.evaluate(DRAWN) == qr_modules(badge)
        assert_accessible(page)
        page.get_by_role("link", name="Back to the job").click()
        page.get_by_role("link", name="Customer’s link").click()
        expect(page.get_by_text(address)).to_be_visible()
        assert page.evaluate(DRAWN) == qr_modules(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        expect(page.get_by_role("button", name="Copy")).to_be_visible()


@pytest.mark.expect_console(r"status of 422")
@pytest.mark.parametrize("language", ["en"])
def test_a_customer_signs_by_hand_what_was_left_unsigned(
    open_context: Callable[..., BrowserContext], server: Server, server_app: Flask
) -> None:
    job_id = a_job_for(server_app, state="working", amount_fen=18000)
    address, _badge, digits = links_of(server_app, job_id)
    with server_app.app_context():
        job = db.session.get_one(Job, job_id)
        lead = db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()
        take_photos(job, lead)
        register_key(lead)
        signed_on(job, lead, signed=REFUSED, work={})
        job.state = "finished"
        db.session.commit()
    page: Page = open_context(**SMALL_PHONE, locale="en").new_page()
    let_in(page, address, digits)
    page.get_by_role("link", name="Read and sign now").click()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Please write your name")
    page.get_by_label("Your name").fill("龚晓琳")
    pad = page.locator(".pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 40):
        page.mouse.move(box["x"] + 30 + step * 5, box["y"] + 60 + (step % 8) * 6)
    page.mouse.up()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("your signature is kept")).to_be_visible()
    expect(page.get_by_text("Signed by 龚晓琳 by this link")).to_be_visible()
    with reading(server_app):
        row = db.session.scalars(sa.select(LinkSignature)).one()
        assert not row.is_weak
