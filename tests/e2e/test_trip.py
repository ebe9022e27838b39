"""One job there and back: without signal, through closed tabs and killed processes, exactly once."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.trip import (
    a_job_for,
    fill_sign_in,
    ops_on_server,
    press_next,
    sign_in_desk,
    sign_in_phone,
    state_on_server,
    unsent,
)
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR

STEPS = 5  # accept, depart, arrive, start, finish


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.expect_console(NETWORK_ERROR, "status of 401")
def test_a_visit_survives_everything_and_arrives_exactly_once(
    own_server, server_app, persistent_phone, open_context
):
    job_id = a_job_for(server_app)
    phone = persistent_phone.open()
    page = phone.pages[0]
    sign_in_phone(page, own_server)
    page.goto(f"/app/#/job/{job_id}")
    expect(page.locator("job-screen").get_by_text("龚女士").first).to_be_visible()

    phone.set_offline(True)
    # a page or a browser opened anew has signal until it is told otherwise: nothing may reach a server meanwhile
    own_server.kill()
    press_next(page)  # accept
    press_next(page)  # on my way
    page.close()  # the tab is closed …
    page = phone.new_page()
    page.goto(f"/app/#/job/{job_id}")  # … and opened again, without a network
    press_next(page)  # arrived
    persistent_phone.kill()  # the battery is dead
    phone = persistent_phone.open()
    page = phone.pages[0] if phone.pages else phone.new_page()
    page.goto(f"/app/#/job/{job_id}")
    press_next(page)  # start
    press_next(page)  # finish
    assert unsent(page) == STEPS
    assert state_on_server(server_app, job_id) == "assigned"

    own_server.start()
    page.goto("/app/#/outbox")
    page.reload()
    go_on_sending(page, own_server)
    assert state_on_server(server_app, job_id) == "finished"
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")] * STEPS

    desk = open_context(viewport={"width": 1366, "height": 768}).new_page()
    sign_in_desk(desk, own_server)
    desk.goto(f"/jobs/{job_id}")
    expect(desk.get_by_text(re.compile("龚女士|龚晓琳")).first).to_be_visible()
    expect(desk.locator(".mark-done").first).to_be_visible()


def go_on_sending(page, server):
    """Until nothing is only on this phone; the same person signs in again if the browser lost the session."""
    page.wait_for_timeout(3_000)
    if unsent(page):
        page.goto("/app/#/sign-in")
        fill_sign_in(page, server)
    for _ in range(60):
        if unsent(page) == 0:
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{unsent(page)} operations are still only on the phone")


@pytest.mark.slow
@pytest.mark.expect_console(NETWORK_ERROR, "status of 401")
@pytest.mark.parametrize("wait_s", [40, 0], ids=["signed in 40 s ago", "just signed in"])
def test_a_killed_browser_keeps_everything(own_server, server_app, persistent_phone, wait_s):
    """Chromium writes cookies every 30 s: killed before that the phone asks to sign in, after it nothing is asked."""
    job_id = a_job_for(server_app)
    phone = persistent_phone.open()
    page = phone.pages[0]
    sign_in_phone(page, own_server)
    page.wait_for_timeout(wait_s * 1000)
    page.goto(f"/app/#/job/{job_id}")
    expect(page.locator("job-screen .dock")).to_be_visible()
    phone.set_offline(True)
    press_next(page)
    persistent_phone.kill()

    phone = persistent_phone.open()
    page = phone.pages[0]
    page.goto(f"/app/#/job/{job_id}")
    expect(page.locator("job-screen").get_by_text("龚女士").first).to_be_visible()
    if wait_s == 0:
        expect(page.locator(".sync").get_by_text(zh("Sign in to send"))).to_be_visible(timeout=15_000)
        assert unsent(page) == 1
    go_on_sending(page, own_server)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")]
