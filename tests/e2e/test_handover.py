"""The page turned to the customer: shown, signed, refused, and only the PIN leads away; what is charged and agreed."""

import io
import json

import pytest
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import expect

from fieldservice.accounts.models import Person
from fieldservice.checklists.actions import install_standard
from fieldservice.checklists.queries import current_version
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from fieldservice.visits.actions import answer_item
from tests.e2e.conduct import install
from tests.e2e.conftest import PHONE, SMALL_PHONE
from tests.e2e.trip import TECHNICIAN, a_job_for, ops_on_server, reading, sign_in_phone, unsent
from tests.e2e.visit import NEXT, PIN, turn
from tests.support.browser import NETWORK_ERROR, assert_accessible, offline

ANSWERS = {
    "same_fault": {"chosen": ["same"], "text": ""},
    "cause": {"chosen": ["water"], "text": ""},
    "moisture": {"milli": 6800},
    "work_done": {"text": "拧紧接头，擦干；换板 4 片，补切 10 毫米缝，换踢脚线 2.4 米。"},
    "fixed": {"chosen": ["yes"], "text": ""},
    "put_back": {"done": True},
    "clean": {"done": True},
}
BACK = "button:has(use[href$='#lock-open'])"


@pytest.fixture
def visit(server_app):
    """A job at work with answers that stand on the sheet; its id."""
    job_id = a_job_for(
        server_app, type="repair", state="working", amount_fen=18000, amount_reason="踢脚线 2.4 米"
    )
    with server_app.app_context():
        job = db.session.get_one(Job, job_id)
        lead = db.session.scalars(sa.select(Person).filter_by(staff_no=TECHNICIAN)).one()
        install_standard(at=clock.now())
        version = current_version(job.type, job.branch_id)
        keys = {item["key"] for item in version.content["items"]}
        for key, value in ANSWERS.items():
            if key in keys:
                when = Happening.at_desk(clock.now(), new_id())
                answer_item(job, version.id, key, value, by=lead, when=when)
        db.session.commit()
    return job_id


def a_photo(colour):
    """A small picture as a camera makes it."""
    data = io.BytesIO()
    Image.effect_mandelbrot((320, 240), (-2, -1.5, 1, 1.5), 40).convert("RGB").point(
        lambda value: min(255, value + colour)
    ).save(data, "JPEG")
    return {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}


def open_job(page, server, job_id):
    """Signs in, waits until the job is on the phone with all its parts."""
    sign_in_phone(page, server)
    page.evaluate("dispatchEvent(new Event('online'))")
    go(page, job_id, "")
    expect(page.locator("job-screen .dock")).to_be_visible(timeout=15_000)


def go(page, job_id, part):
    page.goto(f"/app/#/job/{job_id}{'/' if part else ''}{part}")
    expect(page.locator("fieldservice-app h1")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def take_photo(page, slot="photo-slot", colour=0):
    shots = page.locator(f"{slot} >> .photo:not(.photo-empty, .photo-wait)")
    before = shots.count()
    page.locator(f"{slot} >> input[capture]").first.set_input_files(a_photo(colour))
    expect(shots).to_have_count(before + 1, timeout=15_000)


def read_to_the_end(page):
    page.locator("sign-pad").scroll_into_view_if_needed()
    page.locator("turned-screen main").evaluate("main => { main.scrollTop = main.scrollHeight }")
    page.wait_for_timeout(300)


def draw(page, strokes=3):
    """Signs with the mouse."""
    pad = page.locator("sign-pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    for stroke in range(strokes):
        page.mouse.move(box["x"] + 30 + 70 * stroke, box["y"] + 40)
        page.mouse.down()
        for step in range(14):
            page.mouse.move(box["x"] + 30 + 70 * stroke + 6 * step, box["y"] + 40 + (step % 5) * 14)
        page.mouse.up()
        page.wait_for_timeout(50)


def ready(page):
    return page.locator(NEXT).get_attribute("aria-disabled") is None


def unlock(page, pin=PIN):
    page.locator("#pin").fill(pin)
    page.locator("pin-form button").click()


def sheets_on_server(app, job_id):
    with reading(app):
        rows = db.session.scalars(sa.select(SignOff).filter_by(job_id=job_id).order_by(SignOff.happened_at))
        return [(row.kind, row.revision, row.outcome, row.state, row.fault, row.is_current) for row in rows]


def wait_until_sent(page):
    page.evaluate("dispatchEvent(new Event('online'))")
    for _ in range(80):
        if unsent(page) == 0:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{unsent(page)} operations are still only on the phone")


def fits(page):
    """Nothing is wider than the phone and axe finds nothing."""
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    wide = page.evaluate(
        "[document.documentElement, document.querySelector('main')].map((one) => [one.scrollWidth, one.clientWidth])"
    )
    assert all(needed <= there for needed, there in wide), wide
    assert_accessible(page, also=("target-size",))


@pytest.mark.parametrize(
    ("language", "colour_scheme", "size"),
    [("zh-CN", "light", PHONE), ("en", "dark", SMALL_PHONE), ("zh-CN", "dark", SMALL_PHONE)],
    ids=["zh-412", "en-dark-360", "zh-dark-360"],
)
def test_the_whole_way_without_signal(open_context, server, server_app, watch, visit, size):
    watch.expect(NETWORK_ERROR)
    context = open_context(**size)
    page = context.new_page()
    open_job(page, server, visit)
    with offline(context):
        go(page, visit, "photos")
        take_photo(page, ".pair photo-slot >> nth=0", 0)
        take_photo(page, ".pair photo-slot >> nth=1", 60)
        go(page, visit, "handover")
        fits(page)
        turn(page)
        fits(page)
        expect(page.locator("turned-screen h1")).to_contain_text("龚女士")
        assert not ready(page)
        page.locator(".rate-row >> nth=0").locator("label >> nth=4").click()
        page.locator(".rate-row >> nth=1").locator("label >> nth=3").click()
        read_to_the_end(page)
        assert not ready(page)
        draw(page)
        assert ready(page)
        fits(page)
        page.locator(NEXT).click()
        expect(page.locator(".turned-thanks")).to_be_visible(timeout=10_000)
        fits(page)
        page.locator(NEXT).click()
        expect(page.locator("#pin")).to_be_focused()
        fits(page)
        unlock(page)
        page.wait_for_url(f"**/app/#/job/{visit}/closing")
        go(page, visit, "handover")
        expect(page.locator(".note-act").first).to_be_visible()
    wait_until_sent(page)
    assert ("sign_sheet", "applied") in ops_on_server(server_app, visit)
    assert sheets_on_server(server_app, visit) == [("sign_off", 1, "signed", "valid", "", True)]


def test_a_visit_without_any_step_is_not_turned_to_the_customer(phone, server, server_app, watch):
    watch.expect(NETWORK_ERROR)
    job_id = a_job_for(server_app, type="repair", state="working", checklist_id=install(server_app))
    page = phone
    open_job(page, server, job_id)
    go(page, job_id, "handover")
    fits(page)
    expect(page.locator("main a[href*='handover/']")).to_have_count(2)  # refused, left: not a witness, not paper
    page.locator(NEXT).click()
    page.wait_for_url(f"**/app/#/job/{job_id}/visit/brief")
    here = page.locator("#at-knock")
    here.locator(".step-fold[aria-expanded=false]").click()
    here.locator(".pick .btn").first.click()
    expect(here.locator(".tick-yes")).to_be_visible()
    go(page, job_id, "handover")
    turn(page)


def test_only_the_pin_leads_away(phone, server, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = phone
    open_job(page, server, visit)
    go(page, visit, "handover")
    turn(page)
    read_to_the_end(page)
    draw(page)
    page.locator("#who").scroll_into_view_if_needed()
    assert ready(page)
    for leave in (
        page.go_back,
        page.reload,
        lambda: page.goto("/app/#/today"),
        lambda: page.goto("/app/#/outbox"),
    ):
        leave()
        expect(page.locator("turned-screen sign-pad")).to_be_attached()
        expect(page.locator("today-screen, job-screen, outbox-screen, .nav, .sync")).to_have_count(0)
    expect(page.locator(NEXT)).not_to_have_attribute("aria-disabled", "true")
    other = page.context.new_page()
    other.goto("/app/#/today")
    expect(other.locator("turned-screen h1")).to_be_visible()
    other.close()
    # long out of sight: the customer is not asked for a PIN
    page.evaluate("localStorage['lock.after_minutes'] = 1; localStorage['lock.hidden_at_ms'] = 1")
    page.reload()
    expect(page.locator("turned-screen sign-pad")).to_be_attached()
    # another language is another page: read and signed anew
    page.locator(".turned-bar button").click()
    expect(page.locator(".turned[lang=en]")).to_be_visible()
    assert not ready(page)
    page.locator(".turned-bar button").click()
    expect(page.locator(".turned[lang^=zh]")).to_be_visible()
    # another name is another mark
    read_to_the_end(page)
    draw(page)
    assert ready(page)
    page.locator("#who").fill("龚先生")
    assert not ready(page)
    page.locator(BACK).click()
    for wrong in ("0000", "0001", "0002"):
        unlock(page, wrong)
        expect(page.locator("pin-form .field-error span")).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.locator("pin-form button")).to_be_disabled()
    page.reload()
    expect(page.locator("turned-screen #pin")).to_be_visible()
    unlock(page)
    expect(page.locator("pin-form button")).to_be_disabled()
    expect(page.locator("pin-form button")).to_be_enabled(timeout=15_000)
    unlock(page)
    page.wait_for_url(f"**/app/#/job/{visit}/handover")
    expect(page.locator("handover-screen")).to_be_visible()


def test_a_killed_browser_comes_back_to_the_page(persistent_phone, server, server_app, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = persistent_phone.open().new_page()
    open_job(page, server, visit)
    persistent_phone.close()  # Chromium writes cookies down late: without this it would be signed out
    page = persistent_phone.open().new_page()
    go(page, visit, "handover")
    turn(page)
    page.locator(".rate-row >> nth=2").locator("label >> nth=4").click()
    read_to_the_end(page)
    draw(page)
    page.wait_for_timeout(500)
    persistent_phone.kill()
    page = persistent_phone.open().new_page()
    page.goto("/app/#/today")
    expect(page.locator("turned-screen h1")).to_be_visible(timeout=20_000)
    expect(page.locator(".rate-row >> nth=2").locator("input >> nth=4")).to_be_checked()
    assert ready(page)
    page.locator(NEXT).click()
    expect(page.locator(".turned-thanks")).to_be_visible(timeout=10_000)
    persistent_phone.kill()
    page = persistent_phone.open().new_page()
    page.goto("/app/#/today")
    expect(page.locator(".turned-thanks")).to_be_visible(timeout=20_000)
    page.locator(NEXT).click()
    unlock(page)
    page.wait_for_url(f"**/app/#/job/{visit}/closing")
    wait_until_sent(page)
    assert sheets_on_server(server_app, visit) == [("sign_off", 1, "signed", "valid", "", True)]

    # killed at once, the browser may have forgotten that the phone was handed back
    note = json.dumps({"job": visit, "kind": "sign_off"})
    page.evaluate("(note) => localStorage.setItem('turned.to_customer', note)", note)
    page.reload()
    expect(page.locator("closing-screen h1")).to_be_visible()


def test_a_weak_mark_is_said_and_taken(phone, server, server_app, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = phone
    open_job(page, server, visit)
    go(page, visit, "handover")
    turn(page)
    read_to_the_end(page)
    pad = page.locator("sign-pad canvas").bounding_box()
    page.mouse.click(pad["x"] + 50, pad["y"] + 50)
    expect(page.locator("turned-screen [role=status]")).to_be_visible()
    assert ready(page)
    page.set_viewport_size({"width": 700, "height": 412})
    page.wait_for_timeout(300)
    assert page.locator("sign-pad").evaluate("pad => pad.mark.groups.length") == 1
    page.locator("button:has(use[href$='#undo-2'])").click()
    assert not ready(page)


def test_who_does_not_agree_writes_why(phone, server, server_app, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = phone
    open_job(page, server, visit)
    go(page, visit, "handover")
    turn(page)
    page.locator(".dock-side").click()
    fits(page)
    page.locator("#no").fill("缝还是很大")
    page.reload()
    expect(page.locator("#no")).to_have_value("缝还是很大")
    page.locator(NEXT).click()
    unlock(page)
    page.wait_for_url(f"**/app/#/job/{visit}/handover/refused")
    expect(page.locator("#reason")).to_have_value("缝还是很大")
    fits(page)
    page.locator(NEXT).click()
    expect(page.locator("#photo-fault span")).to_be_visible()
    take_photo(page)
    page.locator(NEXT).click()
    page.wait_for_url(f"**/app/#/job/{visit}/closing")
    wait_until_sent(page)
    assert sheets_on_server(server_app, visit) == [("sign_off", 1, "refused", "valid", "", True)]


def test_a_neighbour_signs_as_a_witness(phone, server, server_app, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = phone
    open_job(page, server, visit)
    go(page, visit, "handover/neighbour")
    page.locator("#reason").fill("客户有事先走了")
    take_photo(page)
    page.reload()
    expect(page.locator("#reason")).to_have_value("客户有事先走了")
    turn(page)
    expect(page.locator(".rate, #role, .dock-side")).to_have_count(0)
    read_to_the_end(page)
    draw(page)
    assert not ready(page)
    page.locator("#who").fill("刘邻居")
    page.wait_for_timeout(200)
    draw(page)
    page.locator(NEXT).click()
    expect(page.locator(".turned-thanks")).to_be_visible(timeout=10_000)
    page.locator(NEXT).click()
    unlock(page)
    page.wait_for_url(f"**/app/#/job/{visit}/closing")
    wait_until_sent(page)
    assert sheets_on_server(server_app, visit) == [("sign_off", 1, "neighbour", "valid", "", True)]


def test_work_that_stops_water_is_signed_on_paper(phone, server, server_app, watch):
    watch.expect(NETWORK_ERROR)
    job_id = a_job_for(server_app, state="working", stops_supply=True)
    page = phone
    open_job(page, server, job_id)
    go(page, job_id, "handover")
    expect(page.locator("input[name=language]")).to_have_count(0)
    fits(page)
    page.locator(NEXT).click()
    page.wait_for_url(f"**/app/#/job/{job_id}/handover/paper")
    take_photo(page)
    page.locator(NEXT).click()
    page.wait_for_url(f"**/app/#/job/{job_id}/closing")
    wait_until_sent(page)
    assert sheets_on_server(server_app, job_id) == [("sign_off", 1, "paper", "valid", "", True)]


def test_extra_work_is_agreed_and_never_exceeded(phone, server, server_app, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = phone
    open_job(page, server, visit)
    with offline(page.context):
        go(page, visit, "charges")
        page.locator("main button.btn-wide").click()
        page.locator("#text-0").fill("换地漏")
        page.locator("#quantity-0").fill("2。5")
        page.locator("#price-0").fill("x")
        page.reload()
        expect(page.locator("#text-0")).to_have_value("换地漏")
        page.locator(NEXT).click()
        expect(page.locator("#price-0")).to_be_focused()
        page.locator("#price-0").fill("40.02")
        expect(page.locator(".sum-line output")).to_contain_text("280.05")
        fits(page)
        turn(page)
        fits(page)
        expect(page.locator("turned-screen .sum")).to_contain_text("280.05")
        read_to_the_end(page)
        draw(page)
        page.locator(NEXT).click()
        expect(page.locator(".turned-thanks")).to_be_visible(timeout=10_000)
        page.locator(NEXT).click()
        unlock(page)
        page.wait_for_url(f"**/app/#/job/{visit}/charges")
        expect(page.locator(".note-act")).to_be_visible()
        page.locator(".tabs a >> nth=1").click()
        expect(page.locator(".tabs a >> nth=1")).to_have_attribute("aria-current", "page")  # both tabs have these fields
        page.locator("#quantity-1").fill("3")
        expect(page.locator(".note-risk")).to_be_visible()
        expect(page.locator(NEXT)).to_have_attribute("aria-disabled", "true")
        page.locator("#quantity-1").fill("1")
        fits(page)
        page.locator(NEXT).click()
        expect(page.locator(".note-risk")).to_have_count(0)
        expect(page.locator(NEXT)).to_have_attribute("aria-disabled", "true")
    wait_until_sent(page)
    assert sheets_on_server(server_app, visit) == [("agreement", 1, "signed", "valid", "", True)]
    assert ("state_charges", "applied") in ops_on_server(server_app, visit)


def test_a_change_after_the_signature_asks_for_a_new_one(phone, server, server_app, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = phone
    open_job(page, server, visit)
    go(page, visit, "handover")
    turn(page)
    read_to_the_end(page)
    draw(page)
    page.locator(NEXT).click()
    page.locator(".turned-thanks").wait_for()
    page.locator(NEXT).click()
    unlock(page)
    page.wait_for_url(f"**/app/#/job/{visit}/closing")
    go(page, visit, "charges/final")
    page.locator("#price-0").fill("150")
    page.locator(NEXT).click()
    expect(page.locator(NEXT)).to_have_attribute("aria-disabled", "true")
    go(page, visit, "handover")
    expect(page.locator(".note-wait").first).to_be_visible()
    turn(page)
    expect(page.locator("turned-screen .sum")).to_have_text("150")
    read_to_the_end(page)
    draw(page)
    page.locator(NEXT).click()
    page.locator(".turned-thanks").wait_for()
    page.locator(NEXT).click()
    unlock(page)
    page.wait_for_url(f"**/app/#/job/{visit}/closing")
    wait_until_sent(page)
    found = sheets_on_server(server_app, visit)
    assert [row[1:3] + row[5:] for row in found] == [(1, "signed", False), (2, "signed", True)], json.dumps(
        found
    )


def test_a_page_that_changes_meanwhile_is_read_again(phone, server, server_app, visit, watch):
    watch.expect(NETWORK_ERROR)
    page = phone
    open_job(page, server, visit)
    go(page, visit, "handover")
    turn(page)
    read_to_the_end(page)
    draw(page)
    assert ready(page)
    with server_app.app_context():
        db.session.get_one(Job, visit).amount_fen = 20000
        db.session.commit()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("turned-screen .sum")).to_have_text("200", timeout=15_000)
    expect(page.locator("turned-screen section .note-wait")).to_be_attached()
    assert not ready(page)


def test_extra_work_that_stops_water_is_agreed_on_paper(phone, server, server_app, watch):
    watch.expect(NETWORK_ERROR)
    job_id = a_job_for(server_app, state="working", stops_supply=True)
    page = phone
    open_job(page, server, job_id)
    go(page, job_id, "charges")
    page.locator("main button.btn-wide").click()
    page.locator("#text-0").fill("换阀门")
    page.locator("#price-0").fill("60")
    page.locator(NEXT).click()
    page.wait_for_url(f"**/app/#/job/{job_id}/charges/paper")
    take_photo(page, colour=90)  # a paper is photographed for one sheet
    fits(page)
    page.locator(NEXT).click()
    page.wait_for_url(f"**/app/#/job/{job_id}/charges")
    expect(page.locator(".note-act")).to_be_visible()
    wait_until_sent(page)
    assert sheets_on_server(server_app, job_id) == [("agreement", 1, "paper", "valid", "", True)]
