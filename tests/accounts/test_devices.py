"""What the office sees of each phone, and what it does about a lost one."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from fieldservice.accounts.device_words import device_words, span
from fieldservice.accounts.models import AccessEntry, Device, Person
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from tests.cast import Cast, sign_in
from tests.support.html import form_token, text_of
from tests.sync.phone import Phone

EN = {"Accept-Language": "en"}


def a_phone(person: Person, name: str = "门店手机 07", **given: Any) -> Device:
    found = Device(person_id=person.id, name=name, registered_at=clock.now(), **given)
    db.session.add(found)
    db.session.commit()
    return found


def post(client: FlaskClient, path: str, page: str = "/devices") -> Any:
    return client.post(path, data={"csrf_token": form_token(client.get(page, headers=EN).text)}, headers=EN)


@pytest.fixture
def device(cast: Cast) -> Device:
    return a_phone(cast.technician, pending_count=3, pending_photos=2, build="3f9c2a71b0de", last_contact_at=clock.now(),
                   oldest_pending_at=clock.now() - timedelta(hours=5))


@pytest.mark.parametrize(("role", "sees", "blocks"), [
    ("administrator", 200, 303), ("head_office_manager", 200, 303), ("branch_manager", 200, 303),
    ("dispatcher", 200, 403), ("service_desk", 403, 403), ("technician", 403, 403), ("outsider", 404, 403)])
def test_who_sees_and_who_blocks(
    client: FlaskClient, cast: Cast, device: Device, role: str, sees: int, blocks: int
) -> None:
    sign_in(client, getattr(cast, role))
    assert client.get(f"/devices/{device.id}").status_code == sees
    assert post(client, f"/devices/{device.id}/revocation", "/account").status_code == blocks
    assert (device.revoked_at is not None) is (blocks == 303)


def test_a_branch_sees_its_own_phones_alone(app: Flask, client: FlaskClient, cast: Cast, device: Device) -> None:
    a_phone(cast.outside_technician, "别店手机")
    page = sign_in(client, cast.branch_manager).get("/devices", headers=EN).text
    assert "门店手机 07" in page
    assert "别店手机" not in page
    assert "别店手机" not in client.get("/devices?export=csv", headers=EN).text
    both = sign_in(app.test_client(), cast.administrator).get("/devices", headers=EN).text
    assert "门店手机 07" in both
    assert "别店手机" in both


def test_a_manager_of_another_branch_neither_sees_nor_blocks(client: FlaskClient, cast: Cast) -> None:
    other = a_phone(cast.outside_technician)
    sign_in(client, cast.branch_manager)
    assert client.get(f"/devices/{other.id}").status_code == 404
    for act in ("revocation", "restoration"):
        assert post(client, f"/devices/{other.id}/{act}").status_code == 404
        assert post(client, f"/devices/{new_id()}/{act}").status_code == 404
    assert other.revoked_at is None


def test_it_says_what_is_only_there_and_since_when(client: FlaskClient, cast: Cast, device: Device) -> None:
    page = text_of(sign_in(client, cast.dispatcher).get("/devices", headers=EN).text)
    for words in ("entries: 1, photos: 2", "5 h", "unsent for over 4 h", "3f9c2a71b0de", "not the current one"):
        assert words in page, words


@pytest.mark.parametrize(("hours", "warning", "tone"), [
    (3.9, "", ""), (4, "unsent for over 4 h", "wait"), (23.9, "unsent for over 4 h", "wait"),
    (24, "unsent for over a day", "risk"), (100, "unsent for over a day", "risk")])
def test_it_warns_at_four_hours_and_at_a_day(
    app: Flask, cast: Cast, hours: float, warning: str, tone: str
) -> None:
    at = clock.now()
    device = a_phone(cast.technician, pending_count=1, oldest_pending_at=at - timedelta(hours=hours))
    with app.test_request_context(headers=EN):
        said = device_words(device, at=at, build="x")
        assert (said.warning, said.tone) == (warning, tone)
        device.pending_count = 0
        assert device_words(device, at=at, build="x").warning == ""


def test_lengths_of_time_in_words(app: Flask) -> None:
    with app.test_request_context(headers=EN):
        lengths = (timedelta(minutes=25), timedelta(hours=5), timedelta(days=3))
        assert [span(length) for length in lengths] == ["25 min", "5 h", "3 d"]


def test_the_list_is_narrowed_and_put_in_order(client: FlaskClient, cast: Cast) -> None:
    at = clock.now()
    a_phone(cast.technician, "A-empty", last_contact_at=at, build="old", is_installed=True)
    a_phone(cast.second_technician, "B-some", pending_count=2, oldest_pending_at=at - timedelta(hours=6),
            is_installed=False)
    a_phone(cast.technician, "C-much", pending_count=9, oldest_pending_at=at - timedelta(hours=30), revoked_at=at)
    a_phone(cast.technician, "D-gone", revoked_at=at, wiped_at=at)
    sign_in(client, cast.dispatcher)

    def names(query: str) -> list[str]:
        page = client.get(f"/devices?{query}", headers=EN).text
        found = {name: page.find(name) for name in ("A-empty", "B-some", "C-much", "D-gone")}
        return [name[0] for name, place in sorted(found.items(), key=lambda one: one[1]) if place >= 0]

    assert names("") == ["C", "B", "A"]
    assert names("sort=unsent") == ["A", "B", "C"]
    assert names("kind=unsent&sort=oldest") == ["C", "B"]
    assert names("kind=hours&sort=-oldest") == ["B", "C"]
    assert names("kind=day") == ["C"]
    assert names("kind=tab") == ["B"]
    assert names("kind=other_app") == ["A"]
    assert names("kind=blocked") == ["C"]
    assert names("kind=wiped") == ["D"]
    assert names("q=B-so") == ["B"]
    assert names("kind=nonsense&sort=nonsense") == ["C", "B", "A"]
    assert names(f"branch={new_id()}") == []


def test_it_is_taken_along_as_a_file(client: FlaskClient, cast: Cast, device: Device) -> None:
    device.clock_off_ms, device.used_bytes, device.free_bytes = 300_000, 41_000_000, 11_200_000_000
    device.is_persistent, device.is_installed = False, True
    file = sign_in(client, cast.dispatcher).get("/devices?export=csv", headers=EN).get_data(as_text=True)
    for words in ("门店手机 07", "unsent for over 4 h", "300", "41", "11200", "the browser may clear it", "installed"):
        assert words in file, words


def test_a_phone_tells_of_itself_and_the_server_reads_its_clock(client: FlaskClient, cast: Cast) -> None:
    phone = Phone(sign_in(client, cast.technician))
    about = {"installed": True, "persistent": False, "used": 41_000_000, "free": 11_000_000_000}
    at = clock.now()
    with clock.frozen(at):
        phone.sync(about=about, pending=4, photos=3, stuck=1, oldest_ms=clock.to_ms(at), now=clock.to_ms(at) + 600_000)
    device = db.session.get_one(Device, phone.client_id)
    assert (device.is_installed, device.is_persistent) == (True, False)
    assert (device.used_bytes, device.free_bytes, device.clock_off_ms) == (41_000_000, 11_000_000_000, 600_000)
    assert (device.pending_count, device.pending_photos, device.stuck_photos) == (4, 3, 1)
    with clock.frozen(at + timedelta(minutes=1)):
        phone.sync()
    assert (device.is_installed, device.free_bytes) == (True, 11_000_000_000)
    assert (device.pending_photos, device.stuck_photos) == (0, 0)


def test_an_old_app_that_tells_nothing_of_itself_is_shown_so(client: FlaskClient, cast: Cast) -> None:
    Phone(sign_in(client, cast.technician)).sync(pending=2, oldest_ms=clock.to_ms(clock.now()))
    said = text_of(sign_in(client, cast.dispatcher).get("/devices", headers=EN).text)
    assert "entries: 2" in said
    assert "in a browser tab" not in said.replace("In a browser tab", "")


@pytest.mark.parametrize("about", [{"used": 1.5}, {"free": -1}, {"installed": "yes"}, []])
def test_nonsense_about_itself_never_holds_up_work(client: FlaskClient, cast: Cast, about: Any) -> None:
    phone = Phone(sign_in(client, cast.technician))
    assert phone.post(phone.request(about=about)).status_code == 200


def test_a_lost_phone_is_blocked_and_let_in_again(client: FlaskClient, cast: Cast, device: Device) -> None:
    sign_in(client, cast.branch_manager)
    page = client.get(f"/devices/{device.id}", headers=EN).text
    assert "Block this phone and wipe it" in page
    assert post(client, f"/devices/{device.id}/revocation").status_code == 303
    assert device.revoked_at is not None
    assert "no contact since" not in page
    device.last_contact_at = device.revoked_at - timedelta(minutes=1)
    assert "no contact since" in client.get(f"/devices/{device.id}", headers=EN).text
    assert post(client, f"/devices/{device.id}/restoration").status_code == 303
    assert device.revoked_at is None
    acts = set(db.session.scalars(sa.select(AccessEntry.act)))
    assert {"device_revoked", "device_restored"} <= acts


def test_a_wiped_phone_is_not_let_in_again(client: FlaskClient, cast: Cast, device: Device) -> None:
    device.revoked_at = device.wiped_at = clock.now()
    sign_in(client, cast.administrator)
    page = client.get(f"/devices/{device.id}", headers=EN).text
    assert "wiped" in text_of(page)
    assert "Let in again" not in page
    assert post(client, f"/devices/{device.id}/restoration").status_code == 303
    assert device.revoked_at is not None
