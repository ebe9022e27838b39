"""A phone is lost with work on it: blocked at the desk, it delivers into quarantine and is wiped, in every tab."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from fieldservice.accounts.models import Device
from fieldservice.core.db import db
from fieldservice.evidence.models import VERIFIED, Evidence
from tests.e2e.test_uploads import SHOOT
from tests.e2e.trip import a_job_for, fill_sign_in, ops_on_server, reading, sign_in_desk, sign_in_phone
from tests.support.browser import NETWORK_ERROR, assert_accessible

#: names of what is left in this browser: databases with anything in them, caches, workers, settings
LEFT = """async () => {
  const filled = [];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    for (const store of db.objectStoreNames) {
      const count = await new Promise((resolve) => {
        const counting = db.transaction(store).objectStore(store).count();
        counting.onsuccess = () => resolve(counting.result);
      });
      if (count) filled.push(`${name}/${store}`);
    }
    db.close();
  }
  const workers = (await navigator.serviceWorker.getRegistrations()).length;
  return [filled, await caches.keys(), workers, Object.keys(localStorage)];
}"""
NOTE = """(job) => document.querySelector('fieldservice-app').firstElementChild.app.store
  .confirm('add_note', job, { text: '门槛下有水' })"""


@pytest.fixture
def job_id(server_app):
    return a_job_for(server_app)


@pytest.mark.parametrize("language", ["en"])
def test_a_lost_phone_delivers_and_is_wiped(phone, phone_context, desk, server, server_app, job_id, watch):
    watch.expect(NETWORK_ERROR)
    watch.expect(r"status of 401")  # the second tab tells the office too, when the session has ended
    sign_in_phone(phone, server)
    phone.goto(f"/app/#/job/{job_id}")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("龚女士")
    other = phone_context.new_page()
    other.goto("/app/#/outbox")
    expect(other.get_by_role("heading", level=1)).to_be_visible()

    phone_context.set_offline(True)
    phone.evaluate(NOTE, job_id)
    photo_id, sha256 = phone.evaluate(SHOOT, [job_id, 41_000])
    expect(other.locator(".row", has_text="41 kB")).to_be_visible()
    with reading(server_app):
        device_id = db.session.scalars(sa.select(Device.id).order_by(Device.registered_at.desc())).first()

    sign_in_desk(desk, server, "0101")
    desk.goto(f"/devices/{device_id}")
    desk.get_by_role("button", name="Block this phone and wipe it").click()
    expect(desk.get_by_text("no contact since")).to_be_visible()
    assert_accessible(desk)

    phone_context.set_offline(False)
    for page in (phone, other):
        expect(page.get_by_role("heading", name="This phone was blocked")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("The office knows that this phone is empty.")).to_be_visible(timeout=30_000)
    assert_accessible(phone)
    for page in (phone, other):
        page.wait_for_function(f"async () => {{ const [, kept, at] = await ({LEFT})(); return !kept.length && !at }}")
        # what alone is left says that it was wiped
        assert page.evaluate(LEFT)[0] == ["fieldservice-people/state"]
        assert not [key for key in page.evaluate(LEFT)[3] if key not in ("lang", "theme")]

    assert ops_on_server(server_app, job_id) == [("add_note", "quarantined"), ("add_photo", "quarantined")]
    desk.reload()
    expect(desk.get_by_text("Nothing of this person is left")).to_be_visible()
    desk.goto("/devices?kind=wiped")
    expect(desk.get_by_text("delivered: 2")).to_be_visible()

    desk.goto("/inbox")
    group = desk.locator(".inbox-group", has_text="龚女士")
    expect(group.get_by_text("门槛下有水")).to_be_visible()
    group.get_by_role("button", name="Accept: this work counts").click()
    expect(group.get_by_text("Accepted by")).to_be_visible()
    with reading(server_app):
        photo = db.session.scalars(sa.select(Evidence).filter_by(id=photo_id)).one()
        assert (photo.sha256, photo.blob.state) == (sha256, VERIFIED)

    # found again: its person begins anew
    phone.get_by_role("button", name="Sign in").click()
    fill_sign_in(phone, server)
    expect(phone.locator("a.stop").first).to_be_visible(timeout=20_000)
