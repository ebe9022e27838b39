"""The whole visit without signal, through closed tabs and killed processes: it arrives exactly once, whole and signed."""

import hashlib
import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.checklists.queries import current_version
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from fieldservice.visits.models import ChargeStatement
from tests.builders import a_customer, a_job, a_product, a_site
from tests.e2e.trip import TECHNICIAN, press_next, reading, sign_in_desk, sign_in_phone, state_on_server
from tests.e2e.visit import (
    NEXT,
    answer,
    answers_on_server,
    check_forgotten_pictures,
    check_log,
    check_photos,
    confirm,
    go,
    held,
    noise,
    shoot,
    sign,
    slot,
    step,
    take_back,
    turn,
    wait_until_all_is_there,
)
from tests.support.browser import NETWORK_ERROR

SAID = {"said": True, "language": "zh"}
DONE = {"done": True}
PREPARE = {
    "brief": DONE, "call_ahead": SAID, "tools": DONE, "dress": DONE,
    "parts": {"done": False, "why": "仓库没有踢脚线，路上去店里拿"},
}  # fmt: skip
AT_THE_DOOR = {"knock": DONE, "greet": {"said": True, "language": "en"}, "badge": DONE, "enter": DONE, "outline": SAID}
LOOKED_AT = {
    "moving": {"chosen": ["asked"], "text": ""},
    "listen": SAID,
    "same_fault": {"chosen": ["different"], "text": "不是泡水，是伸缩缝被压住"},
    "cause": {"chosen": ["gap", "other"], "text": "暖气管接头渗水"},
    "moisture": {"milli": 9400},
    "plan_corrected": DONE,
}
WORKED = {"work_done": {"text": "拆踢脚线 2.4 米，切缝 10 毫米，换板 4 片。"}, "fixed": {"chosen": ["yes"], "text": ""}}
LEAVING = {
    "inspect": SAID, "accepted": {"chosen": ["remarks"], "text": "颜色略有差别"}, "put_back": DONE, "clean": DONE,
    "price": SAID, "payment": {"chosen": ["paid"], "text": ""}, "care": SAID,
}  # fmt: skip
AT_BASE = {"papers": DONE, "money": DONE, "day_log": DONE}

PLANNED_FEN = 18000
AGREED_FEN = PLANNED_FEN + 10005  # and 2.5 × 40.02
FINAL_FEN = PLANNED_FEN + 8004  # in the end 2 × 40.02


@pytest.fixture
def visit(server_app):
    """A repair of today with money to collect, of a floor whose warranty has run out; its id."""
    with server_app.app_context():
        lead = db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()
        branch = db.session.get_one(Branch, lead.branch_id)
        site = a_site(a_customer(branch, name="龚晓琳", address_form="龚女士", phone="13877776666"))
        now = clock.now()
        product = a_product(site, warranty_start_on=now.date().replace(year=now.year - 3, day=1))
        given = {"amount_fen": PLANNED_FEN, "amount_reason": "踢脚线 2.4 米", "product_id": product.id}
        return a_job(branch, lead, site=site, start_at=now, type="repair", **given).id


@pytest.fixture
def items(server_app, visit):
    """Steps of the checklist the product brings along, by key."""
    with reading(server_app):
        job = db.session.get_one(Job, visit)
        return {item["key"]: item for item in current_version(job.type, job.branch_id).content["items"]}


class Phone:
    """A technician's phone that has bad days; `page` is its app, without signal once `is_away`."""

    def __init__(self, lasting):
        self._lasting = lasting
        self.is_away = False
        self.open()

    def open(self, address="/app/"):
        """The browser on the same profile; the app at this address."""
        self.context = self._lasting.open()
        self.context.set_offline(self.is_away)
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.page.goto(address)
        return self.page

    def lose_signal(self):
        self.is_away = True
        self.context.set_offline(True)

    def find_signal(self):
        self.is_away = False
        self.context.set_offline(False)

    def close_tab(self, address):
        self.page.close()
        self.page = self.context.new_page()
        self.page.goto(address)
        return self.page

    def die(self, address="/app/"):
        """The battery is empty; charged again, the app is opened."""
        self._lasting.kill()
        return self.open(address)

    def sign_in(self, server):
        """And ends the browser in order: killed within its first half minute it would have lost the cookie."""
        sign_in_phone(self.page, server)
        self._lasting.close()
        return self.open()


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.expect_console(NETWORK_ERROR, "status of 401")
def test_a_whole_visit_survives_everything(own_server, server_app, persistent_phone, visit, items, open_context):
    phone = Phone(persistent_phone)
    page = phone.sign_in(own_server)
    go(page, visit)
    expect(page.locator("step-dock .next")).to_be_visible(timeout=15_000)
    phone.lose_signal()
    # a browser that starts anew has signal until it is told otherwise: nothing may reach a server meanwhile
    own_server.kill()

    prepare_and_drive(phone, visit, items)
    look_at_the_floor(phone, visit, items)
    agree_on_more(phone, visit)
    answer(page_of(phone, visit, "visit"), items["agreed_first"], DONE)
    photos = work(phone, visit, items)
    leave(phone, visit, items)
    hand_over(phone, visit)
    finish(phone, visit, items)

    page = phone.die(f"/app/#/job/{visit}")  # the last act is as safe as the first
    expect(page.locator(".state.mark-done, .mark-done").first).to_be_visible(timeout=20_000)
    before = held(page)
    assert all(op["result"] is None for op in before["ops"])
    assert state_on_server(server_app, visit) == "assigned"

    page = send_through_deaths(phone, own_server, server_app, visit)
    check_everything(server_app, visit, before["ops"], photos)
    the_phone_says_so(page, visit)
    the_desk_shows_it(open_context(viewport={"width": 1366, "height": 768}).new_page(), own_server, visit)
    back_at_base(page, server_app, visit, items)


def page_of(phone, visit, part):
    go(phone.page, visit, part)
    return phone.page


def send_through_deaths(phone, server, app, visit):
    """There is signal; server and phone die while the bytes are under way, and come back."""
    server.start()
    with phone.page.expect_request("**/api/uploads"):
        phone.find_signal()
        phone.page.evaluate("dispatchEvent(new Event('online'))")
    server.kill()
    page = phone.die(f"/app/#/job/{visit}")
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_all_is_there(page)
    check_forgotten_pictures(app)
    return page


def prepare_and_drive(phone, visit, items):
    """Accept, depart, the way there; a closed tab between."""
    press_next(phone.page)  # accept
    press_next(phone.page)  # on my way
    page = phone.close_tab(f"/app/#/job/{visit}/visit")
    for key, value in PREPARE.items():
        answer(page, items[key], value)
    page = phone.die(f"/app/#/job/{visit}/visit")
    expect(page.locator("checklist-screen .tick-yes")).to_have_count(4, timeout=20_000)
    expect(step(page, "parts").locator(".tick-not")).to_be_visible()
    press_next(page)  # arrived
    for key, value in AT_THE_DOOR.items():
        answer(page, items[key], value)
    press_next(page)  # start


def look_at_the_floor(phone, visit, items):
    """Killed with the camera open, the app comes back to the step; what was half typed is still there."""
    page = phone.page
    answer(page, items["moving"], LOOKED_AT["moving"])
    with page.expect_file_chooser():
        slot(page, "moved_photo").locator(".photo-empty").click()
    page = phone.die()
    there = slot(page, "moved_photo")
    expect(there.get_by_role("status")).to_be_in_viewport(timeout=20_000)
    expect(there.locator(".photo-empty")).to_be_focused()
    assert f"#/job/{visit}/visit" in page.url
    shoot(there, noise(2600, 1950, 60))  # from the camera: made smaller
    for key, value in LOOKED_AT.items():
        if key != "moving":
            answer(page, items[key], value)


def agree_on_more(phone, visit):
    """Chargeable work is shown and signed before it starts; killed in the customer's hands the page stays theirs."""
    page = page_of(phone, visit, "charges")
    page.locator("main button.btn-wide").click()
    page.locator("#text-0").fill("换踢脚线")
    page.locator("#quantity-0").fill("2.5")
    page.locator("#price-0").fill("40.02")
    turn(page)
    page = phone.die()
    expect(page.locator("turned-screen h1")).to_be_visible(timeout=20_000)
    expect(page.locator("turned-screen .sum")).to_contain_text("280.05")
    assert page.evaluate("localStorage.getItem('lock.locked')") is None, "a phone killed after the way back would be shut"
    sign(page)
    confirm(page)
    take_back(page)
    page.wait_for_url(f"**/app/#/job/{visit}/charges")
    expect(page.locator(".note-act")).to_be_visible()


def work(phone, visit, items):
    """Before | after, one of 2–3 MB; half a sentence, and the battery again. The hashes of what was chosen."""
    page = phone.page
    large = noise(1800, 1350, 95)
    assert 2_000_000 < len(large) < 3_500_000
    small = noise(640, 480, 70, shade=90)
    shoot(slot(page, "shots", "before"), large, name="before.jpg", source="gallery")
    shoot(slot(page, "shots", "after"), small, name="after.jpg")
    words = WORKED["work_done"]["text"]
    step(page, "work_done").locator("textarea").fill(words)
    page.wait_for_timeout(600)
    page = phone.die(f"/app/#/job/{visit}/visit")
    expect(step(page, "work_done").locator("textarea")).to_have_value(words, timeout=20_000)
    step(page, "work_done").locator(".btn-soft").click()
    expect(step(page, "work_done").locator(".tick-yes")).to_be_visible()
    answer(page, items["fixed"], WORKED["fixed"])
    page.reload()
    expect(step(page, "shots")).to_contain_text("2", timeout=20_000)
    return [hashlib.sha256(content).hexdigest() for content in (large, small)]


def leave(phone, visit, items):
    """All that comes before the signature; in the end it costs less than was agreed."""
    page = page_of(phone, visit, "charges/final")
    page.locator("#quantity-1").fill("2")
    page.locator(NEXT).click()
    expect(page.locator(NEXT)).to_have_attribute("aria-disabled", "true")
    page = page_of(phone, visit, "visit")
    for key, value in LEAVING.items():
        answer(page, items[key], value)


def hand_over(phone, visit):
    """Rated, signed, killed before and after the confirmation, and back by PIN."""
    page = page_of(phone, visit, "visit")
    step(page, "sign").locator("a.btn").click()
    expect(page.locator("handover-screen .sheet-preview .sum")).to_contain_text("260.04")
    turn(page)
    for row, marks in enumerate((5, 4, 5)):
        page.locator(".rate-row").nth(row).locator("label").nth(marks - 1).click()
    page.locator("#words").fill("师傅很耐心")
    sign(page)
    page.wait_for_timeout(500)
    page = phone.die("/app/#/today")
    expect(page.locator("turned-screen h1")).to_be_visible(timeout=20_000)
    expect(page.locator("turned-screen .sum")).to_contain_text("260.04")
    expect(page.locator("#words")).to_have_value("师傅很耐心")
    expect(page.locator(NEXT)).not_to_have_attribute("aria-disabled", "true")
    confirm(page)
    page = phone.die()
    expect(page.locator(".turned-thanks")).to_be_visible(timeout=20_000)
    take_back(page)
    page.wait_for_url(f"**/app/#/job/{visit}/closing")


def finish(phone, visit, items):
    """Nothing is left; what may be said behind the signature can still be."""
    page = phone.page
    expect(page.locator(".missing a")).to_have_count(0)
    go(page, visit, "visit")
    answer(page, items["thanks"], SAID)
    go(page, visit, "closing")
    expect(page.locator(".missing a")).to_have_count(0)
    page.locator(NEXT).click()
    expect(page.locator("job-screen")).to_be_visible(timeout=15_000)


def check_everything(app, visit, ops, chosen):
    assert state_on_server(app, visit) == "finished"
    check_log(app, visit, ops)
    kinds = [op["kind"] for op in ops]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "take_step": 5, "answer_item": 28, "add_photo": 3, "sign_sheet": 2, "state_charges": 1}  # fmt: skip
    assert answers_on_server(app, visit) == {
        **PREPARE, **AT_THE_DOOR, **LOOKED_AT, "agreed_first": DONE, **WORKED, **LEAVING, "thanks": SAID}  # fmt: skip
    shrunk, *as_chosen = check_photos(app, visit, 3)
    assert as_chosen == chosen
    assert shrunk not in chosen
    with reading(app):
        agreement, sheet = db.session.scalars(sa.select(SignOff).filter_by(job_id=visit).order_by(SignOff.happened_at))
        assert (agreement.kind, agreement.state, agreement.total_fen) == ("agreement", "valid", AGREED_FEN - PLANNED_FEN)
        assert (sheet.kind, sheet.state, sheet.fault, sheet.is_current) == ("sign_off", "valid", "", True)
        assert (sheet.revision, sheet.signer_name, sheet.total_fen) == (1, "龚晓琳", FINAL_FEN)
        assert (sheet.attitude, sheet.efficiency, sheet.skill, sheet.rating_words) == (5, 4, 5, "师傅很耐心")
        stated = db.session.scalars(sa.select(ChargeStatement).filter_by(job_id=visit)).one()
        assert stated.total_fen == FINAL_FEN


def the_phone_says_so(page, visit):
    page.goto("/app/#/outbox")
    expect(page.locator(".figure").first).to_have_text("0")
    expect(page.locator("outbox-screen .unsent, outbox-screen .trouble-row")).to_have_count(0)
    go(page, visit)
    expect(page.locator(".unsent")).to_have_count(0)


def the_desk_shows_it(desk, server, visit):
    sign_in_desk(desk, server)
    desk.goto(f"/jobs/{visit}")
    expect(desk.locator(".mark-done").first).to_be_visible()
    sheets = desk.locator("section[aria-labelledby=sheets]")
    expect(sheets.locator("svg.signature")).to_have_count(2)
    expect(sheets.locator(".chip-act")).to_have_count(2)  # verified again as the page is drawn
    expect(sheets).to_contain_text("师傅很耐心")
    conduct = desk.locator("section[aria-labelledby=conduct]")
    for words in ("暖气管接头渗水", "拆踢脚线 2.4 米", "仓库没有踢脚线", re.compile("9.4 ?%")):
        expect(conduct).to_contain_text(words)
    photos = desk.locator("section[aria-labelledby=photos] figure img")
    expect(photos).to_have_count(3)
    for number in range(3):
        photos.nth(number).scroll_into_view_if_needed()
        expect(photos.nth(number)).to_have_js_property("complete", True)
        assert photos.nth(number).evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")


def back_at_base(page, app, visit, items):
    """The last phase stays open after the end; nothing else does."""
    go(page, visit)
    page.locator(".job-ways .row").first.click()
    expect(step(page, "brief").locator(".btn")).to_have_count(0)
    for key, value in AT_BASE.items():
        answer(page, items[key], value)
    wait_until_all_is_there(page)
    assert {key: answers_on_server(app, visit)[key] for key in AT_BASE} == AT_BASE
    check_log(app, visit, held(page)["ops"])
