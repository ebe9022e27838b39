"""The map of the day in a browser: chosen by lasso and by keys, given to one technician, taken back as one."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Locator, Page, expect

from fieldservice.accounts.models import Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.passwords import hash_password
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from tests.builders import a_customer, a_job, a_site
from tests.cast import a_cast
from tests.e2e.test_day import PASSWORD, come_in
from tests.support.browser import assert_accessible
from tests.support.server import Server

ZONE = ZoneInfo("Asia/Shanghai")
#: two in the west, one in the east, of nobody; one in the far east that somebody has
PLACES = {"江女士": (39.90, 116.30), "罗先生": (39.91, 116.31), "郑女士": (39.90, 116.40), "李先生": (39.91, 116.45)}


@pytest.fixture
def tomorrow(bare_server: Server, server_app: Flask) -> str:
    """Four visits of tomorrow; its address."""
    with server_app.app_context():
        cast = a_cast()
        ten = (clock.now().astimezone(ZONE) + timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
        for index, (name, (lat, lng)) in enumerate(PLACES.items()):
            site = a_site(a_customer(cast.store, address_form=name), lat=lat, lng=lng)
            a_job(cast.store, cast.technician if index == 3 else None, site=site, start_at=ten + timedelta(hours=index))
        cast.dispatcher.password_hash = hash_password(PASSWORD)
        db.session.commit()
        return f"day={ten.date().isoformat()}"


def pin(page: Page, name: str) -> Locator:
    job_id = page.locator(".map-row", has_text=name).get_attribute("data-pin")
    return page.locator(f".leaflet-marker-icon[data-pin='{job_id}']")


def middle(found: Locator) -> tuple[float, float]:
    box = found.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def leads(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(job.site.customer.address_form for job in db.session.query(Job) if job.lead_id)


def who_id(app: Flask) -> str:
    with app.app_context():
        return db.session.query(Person).filter_by(staff_no="0218").one().id


@pytest.mark.parametrize("language", ["en"])
def test_visits_are_chosen_on_the_map_and_given_as_one(
    tomorrow: str, server_app: Flask, desk_context: BrowserContext, watch: Callable[..., None]
) -> None:
    page = come_in(desk_context)
    expect(page.locator("#home")).to_be_visible()
    page.goto(f"/board?{tomorrow}")
    page.locator("#map-toggle").click()
    expect(page.locator(".day-map .pin")).to_have_count(4)
    assert_accessible(page)

    # a pin leads to its block, and lights it up
    pin(page, "李先生").hover()
    expect(page.locator(".blk.is-hinted")).to_contain_text("李先生")
    pin(page, "李先生").click()
    expect(page.locator(".blk:focus")).to_contain_text("李先生")

    # the lasso takes the two in the west
    page.get_by_role("button", name="Draw around visits").click()
    spots = [middle(pin(page, name)) for name in ("江女士", "罗先生")]
    left, right = min(x for x, _y in spots) - 22, max(x for x, _y in spots) + 22
    top, bottom = min(y for _x, y in spots) - 22, max(y for _x, y in spots) + 22
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    expect(page.get_by_role("status").filter(has_text="Chosen: 2")).to_be_visible()
    expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(2)
    page.locator("#map-lead").select_option(label="陈志强 · 0")
    page.get_by_role("button", name="Give to").click()
    expect(page.locator("#toast, .toast").filter(has_text="陈志强: 2")).to_be_visible()
    assert leads(server_app) == ["李先生", "江女士", "罗先生"]
    expect(page.locator(".lane", has=page.get_by_role("heading", name="陈志强")).locator(".blk")).to_have_count(2)
    page.locator(".toast").get_by_role("button").first.click()
    expect(page.locator(".toast").filter(has_text="Undone: 2")).to_be_visible()
    assert leads(server_app) == ["李先生"]

    # what others do appears on the board while some are chosen here
    page.locator("#map-part input[name=visit]").first.check()
    with server_app.app_context():
        job = next(one for one in db.session.query(Job) if one.site.customer.address_form == "郑女士")
        who, by = (db.session.query(Person).filter_by(staff_no=number).one() for number in ("0218", "0101"))
        actions.assign_job(job, who, expected_version=job.version, by=by, at=clock.now())
        db.session.commit()
    expect(page.locator(f"#lane-{who_id(server_app)} .blk")).to_have_count(1)
    expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(1)
    page.get_by_role("button", name="Choose none").click()

    # by keys alone: all that the map shows, then nearer by the list
    page.get_by_role("button", name="Choose all that the map shows").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Chosen: 4")).to_be_visible()
    page.get_by_role("button", name="Choose none").press("Enter")
    expect(page.get_by_role("status").filter(has_text="Nothing chosen")).to_be_visible()
