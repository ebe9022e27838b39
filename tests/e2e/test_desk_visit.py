"""The visit at the desk in a real browser: the gallery with real pictures, its large view, what changes by itself."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.evidence import tasks
from fieldservice.jobs.models import Job
from fieldservice.visits import actions
from tests.e2e.conftest import DESK, SMALL_PHONE
from tests.e2e.test_desk_forms import assert_good
from tests.e2e.trip import TECHNICIAN, a_job_for, reading, sign_in_desk, state_on_server
from tests.support.server import Server
from tests.visits.scene import a_whole_visit, answer, planks, shoot

in_both_languages = pytest.mark.parametrize("language", ["zh-CN", "en"])
SIZES = {"desk": DESK, "phone": SMALL_PHONE}
LOADED = "() => [...document.querySelectorAll('.shot img')].every((img) => img.complete && img.naturalWidth > 0)"


@pytest.fixture
def visit(server_app: Flask) -> str:
    """A repair with everything that can be shown; the id of its job."""
    job_id = a_job_for(server_app, type="repair", state="working", amount_fen=18000, amount_reason="上门费")
    with server_app.app_context():
        job, lead = db.session.get_one(Job, job_id), technician()
        a_whole_visit(job, lead)
        when = Happening(at=clock.now() - timedelta(minutes=50), op_id=new_id())
        actions.report_incident(job, "damage", "搬柜子时磕了踢脚线，已当面道歉，约好一起换。", by=lead, when=when)
        given = {"text": "上门费", "quantity_milli": 1000, "unit": "", "unit_price_fen": 10000, "amount_fen": 10000}
        actions.state_charges(job, [given], by=lead, when=Happening(at=clock.now(), op_id=new_id()))
        version, key = job.checklist_id, "dress"
        db.session.commit()
        assert version
        answer(job, version, key, {"done": False, "why": "鞋套用完了，穿了客户的拖鞋"}, by=lead)
    return job_id


def technician() -> Person:
    return db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()


def show_all(page: Page) -> None:
    """Looks at every picture: those below the edge are loaded when they come near."""
    for picture in page.locator(".shot img").all():
        if picture.is_visible():
            picture.scroll_into_view_if_needed()
    page.locator("details.compare > summary").click()
    for picture in page.locator("details.compare .shot img").all():
        picture.scroll_into_view_if_needed()
    page.wait_for_function(LOADED)


@in_both_languages
@pytest.mark.parametrize("size", SIZES)
def test_the_gallery_stands_beside_and_below(
    open_context: Callable[..., BrowserContext], server: Server, visit: str, size: str, language: str
) -> None:
    page = open_context(**SIZES[size]).new_page()
    sign_in_desk(page, server)
    page.goto(f"/jobs/{visit}")
    show_all(page)
    pair = page.locator(".compare .pair").first.locator(".photo")
    left, right = (pair.nth(side).bounding_box() for side in (0, 1))
    assert left
    assert right
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    expect(page.locator(".photo-bad")).to_have_count(1)
    assert_good(page)


def test_the_large_view_by_keyboard(desk: Page, server: Server, visit: str) -> None:
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{visit}")
    expect(desk.locator("#live [data-when=good]")).to_be_visible()  # by then the behaviours have begun
    first = desk.locator("a[data-large]").first
    first.focus()
    desk.keyboard.press("Enter")
    dialog = desk.locator("dialog.gallery")
    expect(dialog.locator("h2")).to_contain_text("客厅靠窗，拆之前")
    picture = dialog.locator("[data-part=picture]")
    desk.wait_for_function("() => document.querySelector('[data-part=picture]').naturalWidth > 0")
    assert_good(desk)
    shown = picture.get_attribute("src")
    desk.keyboard.press("ArrowRight")
    expect(dialog.locator("[data-part=place]")).to_have_text(f"2 / {desk.locator('a[data-large]:visible').count()}")
    assert picture.get_attribute("src") != shown
    desk.keyboard.press("ArrowLeft")
    desk.keyboard.press("ArrowLeft")
    expect(dialog.locator("[data-part=place]")).to_contain_text(str(desk.locator("a[data-large]:visible").count()))
    here = picture.get_attribute("src")
    desk.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert desk.evaluate("document.activeElement.href") == here


def test_before_beside_after_large_by_keyboard(desk: Page, server: Server, visit: str) -> None:
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{visit}")
    expect(desk.locator("#live [data-when=good]")).to_be_visible()
    pairs = desk.locator("a[data-compare]")
    assert pairs.count() >= 2
    pairs.first.focus()
    desk.keyboard.press("Enter")
    dialog = desk.locator("dialog.gallery")
    images = dialog.locator(".gallery-side:not([hidden]) img")
    expect(images).to_have_count(2)
    seen = "() => [...document.querySelectorAll('.gallery-side img')].every((one) => one.naturalWidth > 0)"
    desk.wait_for_function(seen)
    left, right = (images.nth(side).bounding_box() for side in (0, 1))
    assert left
    assert right
    assert left["x"] + left["width"] <= right["x"]
    assert_good(desk)
    expect(dialog.locator("[data-part=place]")).to_have_text(f"1 / {pairs.count()}")
    desk.keyboard.press("z")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowRight")
    moved = "() => [...document.querySelectorAll('.gallery-side')].every((one) => one.scrollTop && one.scrollLeft)"
    desk.wait_for_function(moved)
    desk.keyboard.press("z")
    before = images.first.get_attribute("src")
    desk.keyboard.press("ArrowRight")
    expect(dialog.locator("[data-part=place]")).to_have_text(f"2 / {pairs.count()}")
    assert images.first.get_attribute("src") != before
    desk.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_photo_that_comes_is_there_within_seconds(desk: Page, server: Server, server_app: Flask, visit: str) -> None:
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{visit}")
    expect(desk.locator("#live [data-when=good]")).to_be_visible()
    with reading(server_app):
        job = db.session.get_one(Job, visit)
        photo_id = shoot(job, technician(), planks(99), slot="voucher", caption="购买凭证").id
    expect(desk.locator(f"#photo-{photo_id} img")).to_be_visible(timeout=5_000)
    expect(desk.locator(f"#photo-{photo_id}")).to_contain_text("购买凭证")


@pytest.mark.expect_console(r"status of 422")
def test_from_an_unusable_picture_to_a_closed_visit(desk: Page, server: Server, server_app: Flask) -> None:
    job_id = a_job_for(server_app, state="working")
    with server_app.app_context():
        job = db.session.get_one(Job, job_id)
        bad = shoot(job, technician(), b"<html>no picture", file_name="IMG_1.jpg")
        tasks.check_picture(bad.sha256)
        job.state = "finished"
        db.session.commit()
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{job_id}")
    expect(desk.locator(".visit-end")).to_contain_text("1")
    assert desk.locator("form[action$='/closing']").count() == 0
    desk.locator(".shot a[href$='/waiver']").click()
    desk.wait_for_url("**/waiver")
    assert_good(desk)
    desk.locator("main form button").click()
    expect(desk.locator(".errors")).to_be_focused()
    assert_good(desk)
    desk.locator("[name=reason]").fill("客户不让再拍")
    desk.locator("main form button").click()
    expect(desk.locator(".shot")).to_contain_text("客户不让再拍")
    desk.locator("form[action$='/closing'] button").click()
    expect(desk.locator(".visit-end a[href$='/reopening']")).to_be_visible()
    assert_good(desk)
    desk.locator(".visit-end a[href$='/reopening']").click()
    desk.wait_for_url("**/reopening")
    assert_good(desk)
    desk.locator("[name=reason]").fill("还差一张收据")
    desk.locator("main form button").click()
    expect(desk.locator("form[action$='/closing'] button")).to_be_visible()
    assert state_on_server(server_app, job_id) == "finished"


@pytest.mark.expect_console(r"/api/blobs/[0-9a-f]{64}\?as=view")  # the browser's own page around a picture
def test_without_scripts_it_all_works(
    open_context: Callable[..., BrowserContext], server: Server, server_app: Flask, visit: str
) -> None:
    signed_in = open_context(**DESK)
    sign_in_desk(signed_in.new_page(), server)
    plain = open_context(**DESK, java_script_enabled=False)
    plain.add_cookies(signed_in.cookies())
    page = plain.new_page()
    page.goto(f"/jobs/{visit}")
    page.locator("a[data-large]").first.click()
    expect(page).to_have_url(re.compile(r"\?as=view$"))
    with server_app.app_context():
        db.session.get_one(Job, visit).state = "finished"
        db.session.commit()
    page.goto(f"/jobs/{visit}")
    expect(page.locator(".visit-end li")).to_have_count(2)
    page.goto(f"/jobs/{visit}/closing")
    expect(page.locator(".visit-end li")).to_have_count(2)
