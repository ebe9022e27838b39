"""A phone that cannot sign in or send: its work is carried to the desk as a sealed file, and nothing is doubled later."""

import json

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from fieldservice.accounts.models import LoginSession
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import VERIFIED, Blob, Evidence
from tests.e2e.trip import (
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
from tests.e2e.visit import go, noise, shoot, wait_until_all_is_there
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR, assert_accessible

#: two steps and a photo
OPS = 3


@pytest.mark.expect_console(NETWORK_ERROR, "status of 401")
def test_unsent_work_goes_to_the_desk_as_a_file_and_comes_once(
    phone, phone_context, desk, server, server_app, tmp_path
):
    job_id = a_job_for(server_app)
    sign_in_phone(phone, server)
    go(phone, job_id, "photos")
    phone_context.set_offline(True)
    with server_app.app_context():
        db.session.execute(sa.update(LoginSession).values(ended_at=clock.now()))
        db.session.commit()
    shoot(phone.locator("photo-slot").first, noise(640, 480))
    go(phone, job_id)
    press_next(phone)
    press_next(phone)
    assert unsent(phone) == OPS

    phone.goto("/app/#/sign-in")
    with phone.expect_download() as download:
        phone.get_by_role("button", name=zh("Cannot sign in? Save them as a file")).click()
    expect(phone.get_by_text(zh("Saved as {name}. Only the office can open it."))).to_be_visible()
    assert_accessible(phone)
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    content = file.read_bytes()
    assert json.loads(content.partition(b"\n")[0])["format_version"] == 3
    assert b"take_step" not in content, "nobody but the office can read it"

    sign_in_desk(desk, server)
    for _ in range(2):  # brought twice
        desk.goto("/rescue")
        desk.locator("input[type=file]").set_input_files(file)
        desk.locator("main form button").click()
        expect(desk.get_by_text(zh("Everything in this file has been taken in."))).to_be_visible(timeout=20_000)
    assert_accessible(desk)
    assert state_on_server(server_app, job_id) == "en_route"
    told = ops_on_server(server_app, job_id)
    assert sorted(told) == [("add_photo", "applied"), ("take_step", "applied"), ("take_step", "applied")]

    phone_context.set_offline(False)
    phone.reload()
    fill_sign_in(phone, server)
    wait_until_all_is_there(phone)
    assert ops_on_server(server_app, job_id) == told
    go(phone, job_id)
    press_next(phone)  # arrived: the phone's own numbers go on
    wait_until_all_is_there(phone)
    assert state_on_server(server_app, job_id) == "arrived"
    with reading(server_app):
        photo = db.session.scalars(sa.select(Evidence).filter_by(job_id=job_id)).one()
        assert db.session.get_one(Blob, photo.sha256).state == VERIFIED
        came = db.session.scalars(sa.select(LogEntry).filter_by(entity_id=job_id, origin="phone")).all()
        ways = [entry.brought_by_id is not None for entry in sorted(came, key=lambda one: one.version)]
        assert ways == [True, True, True, False]


@pytest.mark.expect_console(NETWORK_ERROR, "status of 426")
def test_an_app_that_is_too_old_brings_its_work_to_safety_before_the_update(phone, server, server_app):
    """The server is told apart from outside: it answers as one that no longer understands this app."""
    job_id = a_job_for(server_app)
    sign_in_phone(phone, server)
    go(phone, job_id)

    def too_old(route):
        headers = {"X-Fieldservice": route.request.headers["x-fieldservice-nonce"], "Content-Type": "application/json"}
        route.fulfill(status=426, headers=headers, body='{"error":{"code":"update_needed","min_proto":2}}')

    phone.context.route("**/api/sync", too_old)
    press_next(phone)
    expect(phone.get_by_text(zh("Safe at the office: update this app")).first).to_be_visible(timeout=20_000)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")]
    assert unsent(phone) == 1, "the phone keeps it until the server has acknowledged it"
    phone.context.unroute("**/api/sync")
    phone.reload()
    wait_until_all_is_there(phone)
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")]
