"""Bytes of photos between phone and server as the browser really sends them: whole, cut, refused, in pieces."""

import hashlib

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from fieldservice.core import files
from fieldservice.core.db import db
from fieldservice.evidence.models import VERIFIED, Blob, Evidence
from tests.e2e.trip import a_job_for, ops_on_server, reading, sign_in_phone, unsent
from tests.support.browser import NETWORK_ERROR, offline

SYNC_ERRORS = r"status of (404|409|503)"
LARGE = 700 * 1024

#: keeps bytes on the phone as the camera screen does; answers with the id of the operation and their hash
SHOOT = """async ([job, size]) => {
  const { store } = document.querySelector('fieldservice-app').firstElementChild.app;
  const data = new Uint8Array(size).map((_, index) => (index * 7 + size) % 253);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const args = { slot: 'before', sha256, size, media_type: 'image/jpeg', source: 'camera' };
  const file = { sha256, data: data.buffer, type: 'image/jpeg', thumb: null };
  const op = await store.confirm('add_photo', job, args, [file]);
  return [op.id, sha256];
}"""
#: photos whose bytes are only on the phone, and whether this one's still are
HERE = """async (id) => {
  const { store } = document.querySelector('fieldservice-app').firstElementChild.app;
  return [(await store.counts()).photos, Boolean((await store.photo(id))?.data)];
}"""


@pytest.fixture
def job_id(server_app):
    return a_job_for(server_app)


@pytest.fixture
def page(phone, server, job_id, watch):
    """The job's page on a signed-in phone, and every request for an upload in `page.asked`."""
    watch.expect(NETWORK_ERROR)
    sign_in_phone(phone, server)
    phone.goto(f"/app/#/job/{job_id}")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("龚女士")
    phone.asked = []
    phone.on("request", lambda asked: "/api/uploads" in asked.url and phone.asked.append(asked.method))
    return phone


def wait_until_there(page, photo_id):
    for _ in range(80):
        if page.evaluate(HERE, photo_id) == [0, False] and unsent(page) == 0:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"still only on the phone: {page.evaluate(HERE, photo_id)}, asked {page.asked}")


def check_bytes(app, photo_id, sha256, size):
    with reading(app):
        photo = db.session.scalars(sa.select(Evidence).filter_by(id=photo_id)).one()
        assert (photo.sha256, photo.blob.state, photo.blob.size) == (sha256, VERIFIED, size)
        assert hashlib.sha256(files.path_of(sha256).read_bytes()).hexdigest() == sha256


def test_a_photo_arrives_in_one_request_after_its_act(page, job_id, server_app):
    photo_id, sha256 = page.evaluate(SHOOT, [job_id, LARGE])
    wait_until_there(page, photo_id)
    check_bytes(server_app, photo_id, sha256, LARGE)
    assert page.asked == ["POST"]
    assert ops_on_server(server_app, job_id) == [("add_photo", "applied")]


def test_taken_without_signal_it_goes_when_there_is_one(page, phone_context, job_id, server_app):
    phone_context.set_offline(True)
    photo_id, sha256 = page.evaluate(SHOOT, [job_id, 41_000])
    page.goto("/app/#/outbox")
    expect(page.locator(".row", has_text="41 kB")).to_be_visible()
    assert page.evaluate(HERE, photo_id) == [1, True]
    phone_context.set_offline(False)
    wait_until_there(page, photo_id)
    check_bytes(server_app, photo_id, sha256, 41_000)


@pytest.mark.expect_console(SYNC_ERRORS)
def test_a_lost_answer_goes_on_in_pieces(page, job_id, server_app):
    """The first request comes through and its answer is lost; another time the upload is begun and cut."""
    lost = []

    def lose(route):
        if lost:
            return route.continue_()
        lost.append(route.request.method)
        return route.abort("connectionreset")

    page.route("**/api/uploads", lose)
    photo_id, sha256 = page.evaluate(SHOOT, [job_id, LARGE + 1])  # not what another test has sent: that need not come
    wait_until_there(page, photo_id)
    check_bytes(server_app, photo_id, sha256, LARGE + 1)
    assert page.asked == ["POST", "POST", "PATCH", "PATCH", "PATCH"]


@pytest.mark.expect_console(SYNC_ERRORS)
def test_an_answer_that_is_not_ours_lets_no_bytes_go(page, job_id, server_app):
    page.route(
        "**/api/uploads",
        lambda route: route.fulfill(
            status=201,
            headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "52000", "Location": "/api/uploads/x"},
        ),
    )
    photo_id, sha256 = page.evaluate(SHOOT, [job_id, 52_000])
    page.wait_for_timeout(2_000)
    assert page.evaluate(HERE, photo_id) == [1, True]
    page.unroute("**/api/uploads")
    page.evaluate("() => dispatchEvent(new Event('online'))")
    wait_until_there(page, photo_id)
    check_bytes(server_app, photo_id, sha256, 52_000)


def test_two_photos_of_the_same_bytes_are_one_blob(page, job_id, server_app):
    first, sha256 = page.evaluate(SHOOT, [job_id, 5_000])
    second, same = page.evaluate(SHOOT, [job_id, 5_000])
    assert sha256 == same
    wait_until_there(page, first)
    wait_until_there(page, second)
    check_bytes(server_app, second, sha256, 5_000)
    with reading(server_app):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Blob).filter_by(sha256=sha256)) == 1


@pytest.mark.expect_console(SYNC_ERRORS)
def test_several_photos_taken_without_a_line_go_in_one_request(page, job_id, server_app):
    with offline(page.context):
        photos = [(*page.evaluate(SHOOT, [job_id, size]), size) for size in (30_001, 30_002, 30_003, 30_004)]
        page.asked.clear()
    page.evaluate("() => dispatchEvent(new Event('online'))")
    for photo_id, sha256, size in photos:
        wait_until_there(page, photo_id)
        check_bytes(server_app, photo_id, sha256, size)
    assert page.asked == ["POST", "POST"], "one by itself, then the others at once"
