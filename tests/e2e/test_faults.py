"""What goes wrong in the field: each with a clear word to the technician, and nothing lost."""

import json

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from fieldservice.accounts.models import LoginSession, Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job, JobStep
from tests.e2e.conftest import PHONE
from tests.e2e.trip import (
    DISPATCHER,
    a_job_for,
    fill_sign_in,
    ops_on_server,
    press_next,
    reading,
    sign_in_desk,
    sign_in_phone,
    state_on_server,
    unsent,
)
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR

SYNC_ERRORS = r"status of (401|403|404|413|426|429|500|502|503|507)"


@pytest.fixture
def job_id(server_app):
    return a_job_for(server_app)


@pytest.fixture
def page(phone, server, job_id, watch):
    """The job's page on a signed-in phone. Chromium's own words about a lost line are no complaint here."""
    watch.expect(NETWORK_ERROR)
    sign_in_phone(phone, server)
    phone.goto(f"/app/#/job/{job_id}")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("龚女士")
    return phone


def office(app, job_id, change):
    """The dispatcher changes the job behind the technician's back."""
    with app.app_context():
        job = db.session.get_one(Job, job_id)
        by = db.session.scalars(sa.select(Person).filter_by(staff_no=DISPATCHER)).one()
        change(job, {"expected_version": job.version, "by": by, "at": clock.now()})
        db.session.commit()


def person(staff_no):
    return db.session.scalars(sa.select(Person).filter_by(staff_no=staff_no)).one()


def wait_until_sent(page):
    for _ in range(60):
        if unsent(page) == 0:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{unsent(page)} operations are still only on the phone")


def test_a_job_cancelled_meanwhile_is_said_and_waits_for_the_dispatcher(
    page, phone_context, server, server_app, job_id, open_context
):
    phone_context.set_offline(True)
    press_next(page)
    press_next(page)
    office(server_app, job_id, lambda job, given: actions.cancel_job(job, "客户出差", **given))
    phone_context.set_offline(False)
    wait_until_sent(page)
    assert ops_on_server(server_app, job_id) == [("take_step", "quarantined")] * 2
    expect(page.get_by_text(zh("The job was cancelled.")).first).to_be_visible()

    desk = open_context(viewport={"width": 1366, "height": 768}).new_page()
    sign_in_desk(desk, server)
    desk.goto("/inbox")
    expect(desk.get_by_text("龚女士").first).to_be_visible()
    expect(desk.get_by_text(zh("The job was cancelled.")).first).to_be_visible()


def test_a_job_given_to_another_stays_readable_until_all_is_sent_and_then_goes(page, phone_context, server_app, job_id):
    phone_context.set_offline(True)
    press_next(page)
    office(server_app, job_id, lambda job, given: actions.assign_job(job, person("0218"), **given))
    phone_context.set_offline(False)
    wait_until_sent(page)
    assert ops_on_server(server_app, job_id) == [("take_step", "quarantined")]
    page.goto("/app/#/outbox")
    expect(page.get_by_text(zh("The job was given to somebody else.")).first).to_be_visible()
    page.goto("/app/#/today")
    expect(page.locator("a.stop").first).to_be_visible()
    expect(page.locator(f'a[href="#/job/{job_id}"]')).to_have_count(0)


@pytest.mark.expect_console(SYNC_ERRORS)
def test_a_session_that_ended_keeps_everything_and_asks_to_sign_in(page, server, server_app, job_id):
    with server_app.app_context():
        db.session.execute(sa.update(LoginSession).values(ended_at=clock.now()))
        db.session.commit()
    press_next(page)
    expect(page.get_by_text(zh("Sign in to send")).first).to_be_visible(timeout=15_000)
    press_next(page)  # and work goes on
    assert unsent(page) == 2
    page.goto("/app/#/sign-in")
    fill_sign_in(page, server)
    wait_until_sent(page)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")] * 2


def test_full_storage_is_said_and_nothing_is_half_written(page, job_id, server_app, watch):
    page.evaluate(
        """() => {
          const add = IDBObjectStore.prototype.add;
          window.makeRoom = () => { IDBObjectStore.prototype.add = add; };
          IDBObjectStore.prototype.add = function () { throw new DOMException('full', 'QuotaExceededError'); };
        }"""
    )
    page.locator(".dock .next").click()
    expect(page.locator(".dock [role=alert]")).to_contain_text(
        zh("The phone's storage is full: this was not saved. Make room and try again.")
    )
    assert unsent(page) == 0
    page.evaluate("() => window.makeRoom()")
    press_next(page)
    wait_until_sent(page)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")]


def test_a_refused_position_is_written_down_and_holds_nothing_up(page, job_id, server_app):
    press_next(page)
    press_next(page)  # on my way: asks for the position, which Chromium refuses here
    wait_until_sent(page)
    with reading(server_app):
        steps = db.session.scalars(sa.select(JobStep).filter_by(job_id=job_id).order_by(JobStep.position)).all()
        assert [(step.step, step.no_place) for step in steps] == [("accept", ""), ("depart", "denied")]


def test_a_granted_position_is_kept(page, phone_context, job_id, server_app):
    phone_context.grant_permissions(["geolocation"])
    phone_context.set_geolocation({"latitude": 39.9042, "longitude": 116.4074, "accuracy": 15})
    press_next(page)
    press_next(page)
    wait_until_sent(page)
    with reading(server_app):
        step = db.session.scalars(sa.select(JobStep).filter_by(job_id=job_id, step="depart")).one()
        assert (step.lat, step.lng, step.accuracy_m) == (39.9042, 116.4074, 15)


def test_two_tabs_are_one_phone(page, phone_context, job_id, server_app):
    other = phone_context.new_page()
    other.goto(f"/app/#/job/{job_id}")
    expect(other.locator("job-screen .dock")).to_be_visible(timeout=15_000)
    press_next(page)  # accepted here
    expect(other.locator(".planks [aria-current]")).to_be_visible(timeout=10_000)
    press_next(other)  # on my way there
    wait_until_sent(page)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")] * 2
    assert state_on_server(server_app, job_id) == "en_route"


@pytest.mark.parametrize("hours_off", [-24, 24])
def test_a_clock_wrong_by_a_day_is_said_and_corrected(phone, server, server_app, job_id, hours_off):
    phone.add_init_script(
        f"""{{
          const Real = Date, off = {hours_off} * 3600000;
          window.Date = class extends Real {{
            constructor(...given) {{ if (given.length) super(...given); else super(Real.now() + off); }}
            static now() {{ return Real.now() + off; }}
          }};
        }}"""
    )
    sign_in_phone_with_wrong_clock(phone, server, job_id)
    press_next(phone)
    wait_until_sent(phone)
    fast = "This phone’s clock is {span} fast" if hours_off > 0 else "This phone’s clock is {span} slow"
    phone.goto("/app/#/today")
    expect(phone.get_by_text(zh(fast)).first).to_be_visible(timeout=15_000)
    with reading(server_app):
        step = db.session.scalars(sa.select(JobStep).filter_by(job_id=job_id)).one()
        assert abs((step.happened_at - clock.now()).total_seconds()) < 60
        assert abs((step.device_at - step.happened_at).total_seconds() - hours_off * 3600) < 60


def sign_in_phone_with_wrong_clock(page, server, job_id):
    page.goto("/app/")
    fill_sign_in(page, server)
    expect(page.locator("nav.nav, .nav").first).to_be_visible(timeout=20_000)
    page.goto(f"/app/#/job/{job_id}")
    expect(page.locator("job-screen").get_by_text("龚女士").first).to_be_visible(timeout=20_000)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "content_type": "text/html", "body": "<html>请先登录 Wi-Fi</html>"},
        {"status": 200, "content_type": "application/json", "body": json.dumps({"acks": [], "nonce": "x"})},
        {"status": 502, "content_type": "text/html", "body": "Bad gateway"},
        {"status": 401, "content_type": "application/json", "body": "{}"},
    ],
    ids=["a portal", "somebody else's JSON", "a proxy", "a proxy's 401"],
)
@pytest.mark.expect_console(SYNC_ERRORS)
def test_an_answer_that_is_not_ours_acknowledges_nothing(page, job_id, server_app, answer):
    page.route("**/api/sync", lambda route: route.fulfill(**answer))
    press_next(page)
    expect(page.locator(".sync")).to_contain_text(zh("No signal, work as usual"), timeout=15_000)
    assert unsent(page) == 1
    assert state_on_server(server_app, job_id) == "assigned"
    page.unroute("**/api/sync")
    page.evaluate("() => dispatchEvent(new Event('online'))")
    wait_until_sent(page)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")]


def test_a_server_that_dies_between_commit_and_answer_does_it_once(page, job_id, server_app):
    """The request arrives and is committed, its answer is lost: the repeat is answered with the stored result."""
    lost = []

    def lose_the_answer(route):
        if lost or '"take_step"' not in (route.request.post_data or ""):
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort("connectionreset")

    page.route("**/api/sync", lose_the_answer)
    press_next(page)
    page.wait_for_timeout(1_000)
    page.evaluate("() => dispatchEvent(new Event('online'))")
    wait_until_sent(page)
    assert lost == [200]
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")]


def test_who_goes_on_before_a_screen_has_come_is_not_sent_back(phone, server, job_id):
    sign_in_phone(phone, server)
    phone.evaluate(
        f"() => {{ location.hash = '#/job/{job_id}'; setTimeout(() => {{ location.hash = '#/upcoming'; }}, 0); }}"
    )
    phone.wait_for_timeout(2_000)
    expect(phone.locator(".tabs [aria-current]")).to_contain_text(zh("Upcoming"))


def test_an_address_opened_while_the_app_begins_shows_its_screen(open_context, server, job_id):
    page = open_context(**PHONE, service_workers="block").new_page()
    page.goto("/app/")
    fill_sign_in(page, server)
    expect(page.locator("a.stop").first).to_be_visible(timeout=20_000)

    def late(wait_ms):
        return lambda route: (page.wait_for_timeout(wait_ms), route.continue_())

    page.route("**/phone/later.js", late(700))  # who is here is known before it has come
    page.add_init_script(
        f"customElements.whenDefined('fieldservice-app').then(() => {{ location.hash = '#/job/{job_id}'; }})"
    )
    page.reload()
    expect(page.locator("step-dock .next")).to_be_visible(timeout=15_000)


@pytest.mark.slow
def test_a_new_job_reaches_an_open_phone_within_a_minute(page, server_app):
    page.goto("/app/#/today")
    new_job = a_job_for(server_app)
    expect(page.locator(f'a[href="#/job/{new_job}"]').first).to_be_attached(timeout=60_000)
