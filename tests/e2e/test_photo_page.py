"""A photo's page at the desk: drawing on a copy by mouse, finger and keys, what speaks against it, the stamped copy."""

from collections.abc import Callable
from random import randrange

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.core.db import db
from fieldservice.core.happening import Place
from fieldservice.jobs.models import Job
from tests.e2e.conftest import DESK, SMALL_PHONE
from tests.e2e.test_desk_forms import assert_good
from tests.e2e.test_desk_visit import technician
from tests.e2e.trip import a_job_for, sign_in_desk
from tests.support.server import Server
from tests.visits.scene import planks, shoot

SIZES = {"desk": DESK, "phone": SMALL_PHONE}
LOADED = "() => document.querySelector('[data-part=board] img').naturalWidth > 0"


@pytest.fixture
def address(server_app: Flask) -> str:
    """A photo that was taken far away, out of the gallery."""
    job_id = a_job_for(server_app, type="repair", state="working")
    with server_app.app_context():
        job = db.session.get_one(Job, job_id)
        job.site.lat, job.site.lng, job.site.position_source = 39.9911, 116.4698, "pin"
        photo = shoot(job, technician(), planks(randrange(100), gap=True), caption="客厅靠窗", source="gallery",
                      place=Place(lat=31.2, lng=121.5, accuracy_m=20))  # fmt: skip
        return f"/jobs/{job_id}/photos/{photo.id}"


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    board = page.locator("[data-part=board]")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=3)
    page.mouse.up()


@pytest.mark.parametrize(("size", "language"), [("desk", "zh-CN"), ("phone", "en")])
def test_drawn_with_the_mouse_and_by_keys(
    open_context: Callable[..., BrowserContext], server: Server, address: str, size: str, language: str
) -> None:
    page = open_context(**SIZES[size]).new_page()
    sign_in_desk(page, server)
    page.goto(address)
    for kind in ("far", "gallery", "before_arrival"):
        expect(page.locator(f"#flag-{kind}.note-wait")).to_be_visible()
    open_flags = page.locator(".flags .note-wait").count()
    assert_good(page)
    page.locator("#draw > summary").click()
    form = page.locator("form[data-behaviour=markup]")
    expect(form).to_have_attribute("data-started", "")
    page.wait_for_function(LOADED)
    rows = form.locator("[data-part=rows] [data-part=row]")
    expect(rows).to_have_count(0)
    drag(page, (0.2, 0.2), (0.5, 0.5))
    drag(page, (0.3, 0.3), (0.3, 0.3))  # a slip of the hand
    form.locator("[data-tool=circle]").click()
    drag(page, (0.55, 0.4), (0.8, 0.7))
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator("[name=x2]")).to_have_value("50")
    form.locator("[data-part=add]").press("Enter")  # by keys alone
    page.keyboard.press("End")  # the last kind: words
    expect(rows.nth(2).locator("[name=kind]")).to_have_value("text")
    rows.nth(2).locator("[name=text]").fill("缝宽 3 mm")
    expect(form.locator(".shape-words")).to_have_text("缝宽 3 mm")
    expect(form.locator("svg .shape-line")).to_have_count(2)
    assert_good(page)
    form.get_by_role("button").last.click()
    expect(page.locator(".markup img")).to_have_count(1)
    page.locator(".markup img").scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.markup img')?.naturalWidth > 0")
    page.locator("[name=note]").first.fill("问过了，是业主另一套房")
    page.locator(".flag-form button").first.click()
    expect(page.locator(".flags .note-wait")).to_have_count(open_flags - 1)
    assert_good(page)
