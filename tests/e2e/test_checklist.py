"""The checklist on the phone: every type of step, without signal, through killed browsers, up to the end of the visit."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from fieldservice.core.db import db
from fieldservice.visits.models import ChecklistAnswer, Incident
from tests.e2e.conduct import install
from tests.e2e.conftest import PHONE, SMALL_PHONE
from tests.e2e.test_phone_screens import WIDTHS, job_page, looks_right, open_screen, wait_until_sent
from tests.e2e.trip import a_job_for, ops_on_server, press_next, reading, sign_in_phone, state_on_server
from tests.support.browser import NETWORK_ERROR, offline

SIZES = {"412": PHONE, "360": SMALL_PHONE}


@pytest.fixture(autouse=True)
def quiet(watch):
    """The network goes on purpose."""
    watch.expect(NETWORK_ERROR)


@pytest.fixture
def job_id(server_app):
    """A repair in hand, with money to collect."""
    install(server_app)
    return a_job_for(server_app, type="repair", state="working", amount_fen=18000, amount_reason="踢脚线")


def open_visit(page: Page, job_id: str, key: str = "") -> None:
    """The checklist, once the job is on the phone."""
    job_page(page, job_id)
    open_screen(page, f"#/job/{job_id}/visit/{key}".rstrip("/"))
    expect(page.locator("checklist-screen .planks li")).to_have_count(5)


def step(page: Page, key: str):
    """One step on the screen."""
    return page.locator(f"#at-{key}")


def opened(page: Page, *keys: str) -> None:
    """Opens steps of a phase that is not at hand yet."""
    for key in keys:
        shut = step(page, key).locator(".step-fold[aria-expanded=false]")
        if shut.count():
            shut.click()


def do(page: Page, key: str) -> None:
    """The yes of a step."""
    opened(page, key)
    step(page, key).locator(".pick .btn").first.click()
    expect(step(page, key).locator(".tick-yes")).to_be_visible()


def answers(app, job_id):
    """What the server has: item → value."""
    with reading(app):
        rows = db.session.scalars(sa.select(ChecklistAnswer).filter_by(job_id=job_id, is_current=True))
        return {row.item: row.value for row in rows if row.value}


@pytest.mark.parametrize(
    ("language", "colour_scheme", "size"),
    [("zh-CN", "light", "412"), ("en", "dark", "360"), ("zh-CN", "dark", "360"), ("en", "light", "412")],
)
def test_every_screen_of_the_visit_is_fit_to_be_used(open_context, server, job_id, size):
    page = open_context(**SIZES[size]).new_page()
    sign_in_phone(page, server)
    open_visit(page, job_id)
    looks_right(page)
    for key in ("brief", "packed", "knock"):
        do(page, key)
    expect(step(page, "greet")).to_have_class("say")
    looks_right(page)
    step(page, "greet").locator(".pick .btn").nth(1).click()
    expect(page.locator(".words-large")).to_contain_text("0217")
    looks_right(page)
    page.keyboard.press("Escape")
    step(page, "badge").locator(".pick .btn").nth(1).click()
    step(page, "badge").locator("textarea").fill("工牌在车上")
    opened(page, "moisture", "same")
    step(page, "moisture").locator("input").fill("9.4")
    step(page, "same").locator("input").nth(1).check()
    step(page, "knock").locator("button").click()
    looks_right(page)
    open_screen(page, f"#/job/{job_id}/phrases/visit")
    looks_right(page)
    page.locator(".phrase").first.click()
    looks_right(page)
    page.keyboard.press("Escape")
    open_screen(page, f"#/job/{job_id}/incident/visit")
    page.locator(".dock .next").click()
    expect(page.locator("#kind")).to_be_focused()
    looks_right(page)
    open_screen(page, f"#/job/{job_id}/closing")
    looks_right(page)
    open_screen(page, f"#/job/{job_id}")
    looks_right(page)


@pytest.mark.parametrize("language", ["en"])
def test_very_large_text_stays_on_the_page(small_phone, server, job_id):
    page = small_phone.new_page()
    sign_in_phone(page, server)
    open_visit(page, job_id)
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; })"
    )
    for part in ("visit", "visit/greet", "closing", "phrases", "incident"):
        open_screen(page, f"#/job/{job_id}/{part}")
        page.reload()
        expect(page.locator("fieldservice-app h1")).to_be_visible()
        for needed, there in page.evaluate(WIDTHS):
            assert needed <= there, f"{part} is {needed} px wide on {there}"


def test_every_type_of_step_without_signal(phone, server, server_app, job_id):
    sign_in_phone(phone, server)
    open_visit(phone, job_id)
    with offline(phone.context):
        phone.reload()
        for key in ("brief", "packed", "knock"):
            do(phone, key)
        step(phone, "greet").locator(".pick .btn").nth(1).click()
        phone.locator(".words-dialog .dialog-head .btn").first.click()
        expect(phone.locator(".words-large")).to_contain_text("repair")
        phone.locator(".words-dialog .dialog-foot .btn").click()
        expect(step(phone, "greet").locator(".tick-yes")).to_be_visible()
        step(phone, "badge").locator(".pick .btn").nth(1).click()
        step(phone, "badge").locator("textarea").fill("工牌在车上")
        step(phone, "badge").locator("textarea").blur()
        expect(step(phone, "badge").locator(".tick-not")).to_be_visible()
        opened(phone, "moisture", "same", "cause", "work")
        step(phone, "moisture").locator("input").fill("9,4")
        step(phone, "moisture").locator("input").press("Enter")
        expect(step(phone, "moisture").locator(".note-wait")).to_contain_text("8%")
        step(phone, "same").locator("input").nth(1).check()
        step(phone, "same").locator("textarea").fill("暖气管接头渗水")
        step(phone, "same").locator("textarea").blur()
        step(phone, "cause").locator("input").nth(0).check()
        step(phone, "cause").locator("input").nth(1).check()
        step(phone, "work").locator("textarea").fill("换板 2 片")
        step(phone, "work").locator("textarea").blur()
        expect(step(phone, "work").locator(".tick-yes")).to_be_visible()
        do(phone, "price")
        phone.reload()
        expect(phone.locator(".tick-yes")).to_have_count(9)
        expect(step(phone, "moisture")).to_contain_text("9.4%")
        expect(phone.locator(".step-done .unsent").first).to_be_visible()
    phone.evaluate("dispatchEvent(new Event('online'))")
    wait_until_sent(phone)
    assert answers(server_app, job_id) == {
        "brief": {"done": True},
        "packed": {"done": True},
        "knock": {"done": True},
        "greet": {"said": True, "language": "en"},
        "badge": {"done": False, "why": "工牌在车上"},
        "moisture": {"milli": 9400},
        "same": {"chosen": ["no"], "text": "暖气管接头渗水"},
        "cause": {"chosen": ["water", "gap"], "text": ""},
        "work": {"text": "换板 2 片"},
        "price": {"said": True, "language": "zh"},
    }
    assert {result for _kind, result in ops_on_server(server_app, job_id)} == {"applied"}


def test_what_is_wrong_is_said_beside_the_step_and_not_recorded(phone, server, server_app, job_id):
    sign_in_phone(phone, server)
    open_visit(phone, job_id)
    opened(phone, "moisture")
    field = step(phone, "moisture").locator("input")
    for wrong in ("101", "9.45", "about 9"):
        field.fill(wrong)
        field.press("Enter")
        expect(step(phone, "moisture").locator(".field-error")).not_to_be_empty()
        expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("7")
    field.press("Enter")
    expect(step(phone, "moisture").locator(".tick-yes")).to_be_visible()
    expect(step(phone, "moisture").locator(".field-error")).to_be_empty()
    wait_until_sent(phone)
    assert answers(server_app, job_id) == {"moisture": {"milli": 7000}}


def test_an_answer_is_changed_and_taken_back(phone, server, server_app, job_id):
    sign_in_phone(phone, server)
    open_visit(phone, job_id)
    do(phone, "brief")
    head = step(phone, "brief").locator(".step-fold")
    expect(head).to_be_focused()
    expect(head).to_have_attribute("aria-expanded", "false")
    phone.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-expanded", "true")
    step(phone, "brief").locator(".btn-quiet").click()
    expect(step(phone, "brief").locator(".tick-yes")).to_have_count(0)
    wait_until_sent(phone)
    assert ops_on_server(server_app, job_id) == [("answer_item", "applied")] * 2


@pytest.mark.expect_console("status of 401")  # killed this soon, Chromium has not kept the cookie
@pytest.mark.parametrize("way", ["killed", "back"])
def test_what_was_typed_is_never_lost(persistent_phone, server, server_app, job_id, way):
    page = persistent_phone.open().pages[0]
    sign_in_phone(page, server)
    open_visit(page, job_id)
    opened(page, "same", "work")
    step(page, "same").locator("input").nth(1).check()
    step(page, "work").locator("textarea").fill("拆踢脚线 2 米，换")
    if way == "killed":
        page.wait_for_timeout(600)  # the last key, then the battery
        persistent_phone.kill()
        page = persistent_phone.open().pages[0]
        page.goto(f"/app/#/job/{job_id}/visit")
    else:
        page.go_back()
        expect(page.locator("job-screen")).to_be_visible()
        page.go_forward()
    expect(step(page, "same").locator("input").nth(1)).to_be_checked(timeout=20_000)
    if way == "killed":  # leaving the field by Back records it
        expect(step(page, "work").locator("textarea")).to_have_value("拆踢脚线 2 米，换")
        expect(page.locator(".steps .tick-yes")).to_have_count(0)  # nothing is called recorded before it is
        step(page, "work").locator(".btn-soft").click()
    expect(step(page, "work").locator(".tick-yes")).to_be_visible()
    page.reload()
    expect(step(page, "work")).to_contain_text("拆踢脚线 2 米，换")


def test_the_list_of_what_is_missing_leads_there(phone, server, job_id):
    sign_in_phone(phone, server)
    open_visit(phone, job_id)
    phone.locator(".dock-side").click()
    expect(phone.locator("#missing h2")).to_be_focused()
    phone.locator(".missing a").last.click()
    expect(phone.locator("h3:focus")).to_be_visible()
    phone.locator(".dock .next").click()
    expect(phone.locator("h3:focus")).to_be_visible()
    phone.go_back()
    expect(phone.locator("job-screen")).to_be_visible()


def test_the_end_of_a_visit_asks_for_what_is_missing_first(phone, server, server_app, job_id):
    sign_in_phone(phone, server)
    job_page(phone, job_id)
    phone.locator(".dock .next").click()
    expect(phone.locator("checklist-screen")).to_be_visible()
    open_screen(phone, f"#/job/{job_id}/closing")
    expect(phone.locator("closing-screen .missing a")).to_have_count(11)
    phone.locator(".missing a").nth(3).click()
    expect(step(phone, "greet")).to_have_class("say")
    expect(step(phone, "greet").locator("h3")).to_be_focused()
    assert state_on_server(server_app, job_id) == "working"


def test_a_job_without_a_checklist_ends_as_before(phone, server, server_app):
    job_id = a_job_for(server_app, type="goods_transport", state="working")
    sign_in_phone(phone, server)
    job_page(phone, job_id)
    expect(phone.locator(".job-ways .row")).to_have_count(2)
    press_next(phone)
    wait_until_sent(phone)
    assert state_on_server(server_app, job_id) == "finished"


def test_after_the_end_the_last_phase_stays_open(phone, server, server_app):
    job_id = a_job_for(server_app, type="repair", state="unfinished", checklist_id=install(server_app))
    sign_in_phone(phone, server)
    job_page(phone, job_id)
    expect(phone.locator(".job-ways")).to_contain_text("1")
    phone.locator(".dock .next").click()  # says what is left, and leads there
    phone.wait_for_url(f"**/app/#/job/{job_id}/visit/papers")
    expect(step(phone, "brief").locator(".btn")).to_have_count(0)
    do(phone, "papers")
    wait_until_sent(phone)
    assert answers(server_app, job_id) == {"papers": {"done": True}}
    open_screen(phone, f"#/job/{job_id}")
    expect(phone.locator(".dock .next[href$='/note']")).to_be_visible()


def test_the_way_to_the_door_comes_before_the_steps_there(phone, server, server_app):
    install(server_app)
    job_id = a_job_for(server_app, type="repair")
    sign_in_phone(phone, server)
    open_visit(phone, job_id)
    do(phone, "brief")
    do(phone, "packed")
    expect(phone.locator("step-dock .next")).to_be_visible()
    press_next(phone)
    expect(phone.locator("checklist-screen step-dock .dock-side")).to_be_visible()


def test_an_incident_is_recorded_and_kept_while_typed(phone, server, server_app, job_id):
    sign_in_phone(phone, server)
    open_visit(phone, job_id)
    phone.locator(".top a[href$='incident/visit']").click()
    phone.locator("#kind input").first.check()
    phone.locator("#text").fill("搬柜子时碰了墙角")
    phone.wait_for_timeout(400)
    phone.reload()
    expect(phone.locator("#text")).to_have_value("搬柜子时碰了墙角")
    expect(phone.locator("#kind input").first).to_be_checked()
    phone.locator(".dock .next").click()
    expect(phone.locator("checklist-screen")).to_be_visible()
    wait_until_sent(phone)
    with reading(server_app):
        stored = db.session.scalars(sa.select(Incident).filter_by(job_id=job_id)).one()
        assert (stored.kind, stored.words) == ("damage", "搬柜子时碰了墙角")
    open_screen(phone, f"#/job/{job_id}")
    expect(phone.locator(".job-note")).to_contain_text("搬柜子时碰了墙角")


def test_a_helper_reads_and_does_not_answer(phone, server, server_app, job_id):
    with server_app.app_context():
        from fieldservice.accounts.models import Person
        from tests.builders import a_job

        helper = db.session.scalars(sa.select(Person).filter_by(staff_no="0217")).one()
        lead = db.session.scalars(
            sa.select(Person).where(Person.branch_id == helper.branch_id, Person.id != helper.id).limit(1)
        ).one()
        helped = a_job(helper.branch, lead, helpers=(helper,), type="repair", state="working").id
    sign_in_phone(phone, server)
    open_visit(phone, helped)
    expect(phone.locator(".visit-planks .note")).to_be_visible()
    expect(phone.locator(".steps .btn")).to_have_count(0)
