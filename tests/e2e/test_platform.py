"""What a phone's browser does not grant: room, a store shared with the installed app, a promise to keep it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE
from tests.e2e.trip import a_job_for, ops_on_server, press_next, sign_in_phone, unsent
from tests.e2e.visit import a_file, noise, shots
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR, assert_accessible

NO_ROOM = zh(
    "This phone is nearly full: no more photos are kept now. Steps, answers, notes and signatures still are. "
    "Send what waits, then delete pictures, videos or apps you no longer need."
)
IN_A_TAB = zh("This is a browser tab, not the app on the home screen.")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def job_id(server_app):
    return a_job_for(server_app)


def test_a_phone_nearly_full_refuses_photos_and_nothing_else(
    phone, phone_context, server, server_app, job_id, watch
):
    watch.expect(NETWORK_ERROR)
    sign_in_phone(phone, server)

    def leave_free(free):
        """What the browser says; the newest Chromium itself always says 10 GB."""
        phone.evaluate(
            "(free) => { StorageManager.prototype.estimate = async () => ({ usage: 5e6, quota: 5e6 + free }) }",
            free,
        )

    phone_context.set_offline(True)
    phone.goto(f"/app/#/job/{job_id}/photos")
    slot = phone.locator("photo-slot").first
    opened = []
    phone.on("filechooser", lambda chooser: opened.append(chooser))
    leave_free(9_000_000)
    slot.locator(".photo-empty").click()
    expect(slot.get_by_role("alert")).to_contain_text(NO_ROOM)  # before the shot …
    assert not opened
    slot.locator("input[capture]").set_input_files(a_file("IMG_1.jpg", noise(640, 480)))
    expect(slot.get_by_role("alert")).to_contain_text("IMG_1.jpg")  # … and for one that comes all the same
    expect(slot.get_by_role("alert")).to_contain_text(NO_ROOM)
    assert shots(slot).count() == 0

    phone.goto(f"/app/#/job/{job_id}")
    press_next(phone)  # a step is kept
    assert unsent(phone) == 1
    phone.goto("/app/#/outbox")
    expect(phone.locator("main")).to_contain_text(NO_ROOM)
    assert_accessible(phone)
    phone_context.set_offline(False)
    phone.evaluate("dispatchEvent(new Event('online'))")
    phone.goto("/app/#/help")
    expect(phone.get_by_role("status").filter(has_text=zh("Storage nearly full"))).to_be_visible(
        timeout=20_000
    )
    expect(phone.get_by_role("radio", name=zh("Storage nearly full"))).to_be_checked()
    assert_accessible(phone)

    phone.goto("/app/#/me")
    expect(phone.locator("dl.facts").last).to_contain_text(zh("{used} used, {free} free"))
    expect(phone.locator("dl.facts").last).to_contain_text(zh("Kept"))
    leave_free(30_000_000)
    phone.goto(f"/app/#/job/{job_id}/photos")
    with phone.expect_file_chooser() as chosen:
        slot.locator(".photo-empty").click()
    chosen.value.set_files(a_file("IMG_2.jpg", noise(640, 480)))
    expect(shots(slot)).to_have_count(1, timeout=20_000)
    phone.wait_for_function("() => !document.querySelector('.unsent, .photo-wait')")
    for _ in range(60):
        if len(ops_on_server(server_app, job_id)) == 2:
            break
        phone.wait_for_timeout(250)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied"), ("add_photo", "applied")]


def test_a_tab_beside_an_app_says_so_at_sign_in_and_while_work_is_unsent(
    open_context, server, server_app, watch
):
    watch.expect(NETWORK_ERROR)
    job_id = a_job_for(server_app)
    context = open_context(**PHONE, user_agent=IPHONE)
    page = context.new_page()
    page.goto("/app/")
    expect(page.get_by_text(IN_A_TAB)).to_be_visible()
    assert_accessible(page)
    sign_in_phone(page, server)
    page.goto("/app/#/outbox")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(IN_A_TAB)).to_have_count(0)  # nothing can be missed elsewhere
    context.set_offline(True)
    page.goto(f"/app/#/job/{job_id}")
    press_next(page)
    page.goto("/app/#/outbox")
    expect(page.get_by_text(IN_A_TAB)).to_be_visible()
    assert_accessible(page)


def test_an_offer_to_install_is_what_tells_a_tab_from_an_app_elsewhere(phone, server):
    phone.goto("/app/")
    expect(phone.locator("#name")).to_be_visible()
    expect(phone.get_by_text(IN_A_TAB)).to_have_count(0)
    phone.evaluate("navigator.serviceWorker.ready")  # started as far as it gets
    phone.evaluate("dispatchEvent(new Event('beforeinstallprompt', { cancelable: true }))")
    expect(phone.get_by_text(IN_A_TAB)).to_be_visible()
