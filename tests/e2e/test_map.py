"""The map of the day in a browser: chosen by lasso and by keys, given to one technician, taken back as one."""

import re
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


#: so many lie in each of two quarters; of one of them one is of nobody
CROWD = 7


@pytest.fixture
def crowd(bare_server: Server, server_app: Flask) -> str:
    """Two crowds of visits, one visit far from both; the address of their day."""
    with server_app.app_context():
        cast = a_cast()
        day = clock.now().astimezone(ZONE) + timedelta(days=1)
        for index in range(CROWD):
            for lng, who in ((116.30, None if index == 0 else cast.second_technician), (116.50, cast.technician)):
                site = a_site(a_customer(cast.store), lat=39.90 + index / 5000, lng=lng + index % 3 / 5000)
                a_job(cast.store, who, site=site, start_at=day.replace(hour=9 + index, minute=0, second=0, microsecond=0))
        far = a_site(a_customer(cast.store, address_form="郑女士"), lat=39.96, lng=116.40)
        a_job(cast.store, cast.technician, site=far, start_at=day.replace(hour=17, minute=0, second=0, microsecond=0))
        cast.dispatcher.password_hash = hash_password(PASSWORD)
        db.session.commit()
        return f"day={day.date().isoformat()}"


@pytest.mark.parametrize(("language", "signs"), [
    ("en", ["Visits here: 7. Closer", "Visits here: 7 · nobody goes yet: 1. Closer"]),
    ("zh-CN", ["这里有派工单：7 · 还没有人：1. 放大", "这里有派工单：7. 放大"]),
])  # fmt: skip
def test_a_crowd_is_one_sign_that_opens_and_is_taken_whole(
    crowd: str, desk_context: BrowserContext, watch: Callable[..., None], signs: list[str]
) -> None:
    page = come_in(desk_context)
    expect(page.locator("#home")).to_be_visible()
    page.goto(f"/board?{crowd}&map=1")
    found = page.locator(".day-map .pin-group")
    expect(found).to_have_count(2)
    assert sorted(one.get_attribute("aria-label") or "" for one in found.all()) == sorted(signs)
    expect(page.locator(".day-map .pin-group.pin-free .i")).to_have_count(1)  # its worst, as a picture too
    expect(page.locator(".day-map .pin:not(.pin-group)")).to_have_count(1)
    assert_accessible(page)

    # the lasso round the sign takes what it hides, and nothing else
    x, y = middle(page.locator(".day-map .pin-group.pin-free"))
    page.locator(".map-buttons [aria-pressed]").click()
    page.mouse.move(x - 24, y - 24)
    page.mouse.down()
    for dx, dy in ((24, -24), (24, 24), (-24, 24), (-24, -24)):
        page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()
    expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(CROWD)
    expect(page.locator(".leaflet-marker-icon.is-chosen")).to_have_count(1)
    page.locator("[data-part=clear]").click()

    # a block on the board lights up the sign that hides its pin
    page.locator(".lane:not(#lane-tray) .blk[data-job]").first.hover()
    expect(page.locator(".leaflet-marker-icon.is-hinted .pin-group")).to_have_count(1)

    # with Ctrl the sign is chosen whole, and once more left
    found.first.click(modifiers=["Control"])
    expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(CROWD)
    found.first.click(modifiers=["Control"])
    expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(0)

    # by key alone: nearer until each stands for itself; who looks is never left without a place
    page.locator(".day-map .pin-group.pin-free").focus()
    for _ in range(12):
        if not page.locator(".day-map .pin-group:focus").count():
            break
        page.keyboard.press("Enter")
        expect(page.locator(".leaflet-zoom-anim")).to_have_count(0)
        expect(page.locator(".day-map :focus, .day-map:focus")).to_have_count(1)
    expect(page.locator(".day-map:focus")).to_have_count(1)
    expect(page.locator(".day-map .pin-free:not(.pin-group)")).to_have_count(1)
    page.locator(".map-buttons button").nth(2).click()
    expect(found).to_have_count(2)
    found.first.click()
    expect(found).not_to_have_count(2)


def test_the_map_is_narrowed_to_some_and_stays_so(crowd: str, server_app: Flask, desk_context: BrowserContext) -> None:
    page = come_in(desk_context)
    expect(page.locator("#home")).to_be_visible()
    page.goto(f"/board?{crowd}&map=1")
    rows = page.locator(".map-row")
    expect(rows).to_have_count(2 * CROWD + 1)
    page.locator("#map-who-head").click()
    page.get_by_role("checkbox", name="还没有人 1").check()
    expect(rows).to_have_count(1)
    expect(page.locator(".day-map .pin")).to_have_count(1)
    expect(page.locator("#map-who")).to_have_attribute("open", "")  # more can be added without opening it again
    page.locator(f"#who-{who_id(server_app)}").check()
    expect(rows).to_have_count(CROWD)
    expect(page).to_have_url(f"{page.url.split('?')[0]}?{crowd}&map=1&who=_nobody.0218")
    assert_accessible(page)
    page.reload()
    expect(rows).to_have_count(CROWD)
    # the board's own ways lead on with it, and its search keeps it
    expect(page.locator("#day-after")).to_have_attribute("href", re.compile(r"who=_nobody\.0218"))
    page.locator("#board-q").fill("郑")
    expect(page).to_have_url(re.compile(r"who=_nobody\.0218.*q=|q=.*who=_nobody\.0218"))

    # one alone, by the link beside the name, from what is shown; then everybody
    page.get_by_role("link", name="只看：陈志强").click()
    expect(page).to_have_url(re.compile(r"who=0218(&|$)"))
    expect(rows).to_have_count(CROWD - 1)
    page.locator("#map-everybody").click()
    expect(rows).to_have_count(2 * CROWD + 1)
    expect(page).not_to_have_url(re.compile("who="))
    expect(page.locator("#day-after")).not_to_have_attribute("href", re.compile("who="))


#: visits of one house: more than there is room for around it, however near the map is
HOUSE = 30


@pytest.fixture
def house(bare_server: Server, server_app: Flask) -> str:
    """A house with thirty visits, two of which nobody goes to yet, and one visit elsewhere; the address of their day."""
    with server_app.app_context():
        cast = a_cast()
        nine = (clock.now().astimezone(ZONE) + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
        for index in range(HOUSE):
            site = a_site(a_customer(cast.store, address_form=f"住户{index:02}"), lat=39.90, lng=116.40)
            who = None if index < 2 else (cast.technician, cast.second_technician)[index % 2]
            a_job(cast.store, who, site=site, start_at=nine + timedelta(minutes=15 * index))
        far = a_site(a_customer(cast.store, address_form="郑女士"), lat=39.96, lng=116.45)
        a_job(cast.store, cast.technician, site=far, start_at=nine)
        cast.dispatcher.password_hash = hash_password(PASSWORD)
        db.session.commit()
        return f"day={nine.date().isoformat()}"


@pytest.mark.parametrize(("language", "name", "nobody", "all_or_none", "leads", "close"), [
    ("en", "Visits here: 30 · nobody goes yet: 2. Show as a list", "Nobody yet",
     "Choose all of them or none", "On the board", "Close"),
    ("zh-CN", "这里有派工单：30 · 还没有人：2. 用列表显示", "还没有人", "全选或全不选", "在派工板上", "关闭"),
])  # fmt: skip
def test_the_visits_of_one_house_are_reached_by_a_list(
    house: str, desk_context: BrowserContext, watch: Callable[..., None], name: str, nobody: str, all_or_none: str,
    leads: str, close: str,
) -> None:  # fmt: skip
    page = come_in(desk_context)
    expect(page.locator("#home")).to_be_visible()
    page.goto(f"/board?{house}&map=1")
    sign = page.locator(".day-map .pin-group")
    expect(sign).to_have_count(1)
    expect(sign).to_have_attribute("aria-label", name)
    expect(page.locator(".day-map .pin")).to_have_count(2)

    # by key alone: some are chosen, and one is back at the sign
    sign.focus()
    page.keyboard.press("Enter")
    crowd = page.get_by_role("dialog", name=name.partition(" ·")[0])
    expect(crowd.locator("li")).to_have_count(HOUSE)
    expect(crowd.get_by_role("heading", level=3).first).to_have_text(nobody)
    assert_accessible(page)
    first = crowd.get_by_role("checkbox").first
    for _ in range(3):
        if first.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(crowd).to_have_count(0)
    expect(sign).to_be_focused()
    expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(1)

    # opened again it knows what is chosen; all, then none
    sign.click()
    expect(crowd.locator("input:checked")).to_have_count(1)
    for count in (HOUSE, 0):
        crowd.get_by_role("button", name=all_or_none).click()
        expect(page.locator("#map-part input[name=visit]:checked")).to_have_count(count)
    # each leads to its place on the board
    crowd.get_by_role("button", name=re.compile(f"{leads}.*住户29")).click()
    expect(crowd).to_have_count(0)
    expect(page.locator(".blk:focus")).to_contain_text("住户29")

    # the nearest map does not part them either
    for _ in range(20):
        page.locator(".map-buttons button").first.click()
    expect(page.locator(".leaflet-zoom-anim")).to_have_count(0)
    expect(sign).to_have_attribute("aria-label", name)
    page.set_viewport_size({"width": 360, "height": 640})
    sign.focus()
    page.keyboard.press("Enter")
    expect(crowd).to_be_visible()
    assert page.evaluate("""[document.documentElement, document.querySelector('.crowd-list')]
      .every((one) => one.scrollWidth <= one.clientWidth)""")
    assert_accessible(page)
    crowd.get_by_role("button", name=close).click()
    expect(sign).to_be_focused()


def test_a_list_in_the_hand_is_not_exchanged_and_catches_up_when_it_is_closed(
    house: str, server_app: Flask, desk_context: BrowserContext
) -> None:
    page = come_in(desk_context)
    expect(page.locator("#home")).to_be_visible()
    page.goto(f"/board?{house}&map=1")
    page.locator(".day-map .pin-group").click()
    crowd = page.get_by_role("dialog")
    expect(crowd.locator("li")).to_have_count(HOUSE)
    with server_app.app_context():
        job = next(one for one in db.session.query(Job) if one.site.customer.address_form == "住户00")
        who, by = (db.session.query(Person).filter_by(staff_no=number).one() for number in ("0218", "0101"))
        actions.assign_job(job, who, expected_version=job.version, by=by, at=clock.now())
        db.session.commit()
        job_id, who_id_ = job.id, who.id
    page.wait_for_timeout(2_500)  # changes of others are here within two seconds
    expect(crowd.locator("li")).to_have_count(HOUSE)
    page.keyboard.press("Escape")
    expect(page.locator(f"#lane-{who_id_} #blk-{job_id}")).to_be_visible()
    expect(page.locator(".day-map .pin-group")).to_have_attribute("aria-label", re.compile("：1"))
