"""A blocked phone brings what is unsent, gets nothing, and is told to wipe itself once nothing is left."""

import hashlib
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fieldservice.accounts.actions import disable_person, enable_person, revoke_device
from fieldservice.accounts.models import AccessEntry, Device, LoginSession
from fieldservice.core import clock, versions
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import VERIFIED, Blob, Evidence
from fieldservice.inbox.models import InboxItem
from fieldservice.jobs.models import Job, JobNote
from tests.builders import a_job
from tests.cast import sign_in
from tests.support.html import form_token
from tests.sync.phone import Phone, codes, results

EN = {"Accept-Language": "en"}


@pytest.fixture
def phone(client, cast):
    return Phone(sign_in(client, cast.technician))


@pytest.fixture
def job(cast):
    return a_job(cast.store, cast.technician)


def block(session, cast, phone) -> Device:
    device = session.get(Device, phone.client_id)
    revoke_device(device, by=cast.administrator, at=clock.now())
    session.commit()
    return device


def entries(session) -> list[tuple[str, str]]:
    query = sa.select(LogEntry.kind, LogEntry.result).filter_by(origin="phone").order_by(LogEntry.seq)
    return [tuple(row) for row in session.execute(query)]


def upload(phone, op, content: bytes, *, first: bytes | None = None) -> Any:
    about = {"evidence": op["id"], "sha256": hashlib.sha256(content).hexdigest(), "device": phone.client_id}
    said = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in about.items())
    return phone.client.post("/api/uploads", data=content if first is None else first, headers={
        "Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": said,
        "Content-Type": "application/offset+octet-stream"})


def a_photo(phone, job, content: bytes = b"JPEG of a board that has swollen") -> dict[str, Any]:
    return phone.op("add_photo", job.id, slot="before", sha256=hashlib.sha256(content).hexdigest(), size=len(content),
                    media_type="image/jpeg")


def test_what_is_unsent_comes_into_quarantine_and_nothing_goes_out(phone, cast, session, job):
    phone.sync()
    phone.op("take_step", job.id, step="accept")
    phone.op("add_note", job.id, text="门槛下有水")
    a_job(cast.store, cast.technician, brief="新的工单")
    device = block(session, cast, phone)
    body = phone.post(phone.request()).json
    assert results(body) == ["quarantined", "quarantined"]
    assert (body["changes"], body["manifest"], body["from"], body["to"]) == ([], None, phone.cursor, phone.cursor)
    assert (body["wipe"], body["more"]) == (True, False)
    assert session.get(Job, job.id).state == "assigned"
    assert session.scalar(sa.select(sa.func.count(JobNote.id))) == 0
    assert (device.quarantined_count, device.wipe_told_at is not None, device.wiped_at) == (2, True, None)


def test_a_phone_that_is_not_blocked_hears_nothing_of_wiping(phone):
    assert "wipe" not in phone.sync()


def test_sent_again_it_is_answered_the_same_and_kept_once(phone, cast, session, job):
    phone.op("add_note", job.id, text="x")
    block(session, cast, phone)
    request = phone.request()
    first, again = phone.post(request).json, phone.post(request).json
    assert first["acks"] == again["acks"]
    assert again["wipe"] is True
    assert entries(session) == [("add_note", "quarantined")]
    assert session.scalar(sa.select(sa.func.count(InboxItem.id))) == 1
    assert session.get(Device, phone.client_id).quarantined_count == 1


def test_what_was_applied_before_stays_applied(phone, cast, session, job):
    op = phone.op("take_step", job.id, step="accept")
    request = phone.request()
    assert results(phone.post(request).json) == ["applied"]  # and the answer was lost
    block(session, cast, phone)
    assert phone.post(request).json["acks"][0] | {"version": 0} == {
        "id": op["id"], "result": "applied", "version": 0, "note": None}
    assert session.get(Job, job.id).state == "accepted"


def test_before_and_after_the_blocking_are_told_apart(phone, cast, session, job):
    at = clock.now()
    with clock.frozen(at - timedelta(hours=2)):
        phone.sync()
        phone.op("add_note", job.id, text="早上")
    with clock.frozen(at - timedelta(hours=1)):
        block(session, cast, phone)
    with clock.frozen(at):
        phone.op("add_note", job.id, text="后来")
        assert codes(phone.post(phone.request()).json) == ["phone_blocked_before", "phone_blocked"]


@pytest.mark.parametrize(("said", "wipes"), [
    ({}, True), ({"pending": 1}, False), ({"pending": 2, "photos": 2, "stuck": 1}, False),
    ({"pending": 2, "photos": 2, "stuck": 2}, True), ({"epoch": 0}, True)])
def test_it_is_wiped_only_when_nothing_more_can_come(phone, cast, session, said, wipes):
    block(session, cast, phone)
    assert phone.post(phone.request(**said)).json["wipe"] is wipes
    assert (session.get(Device, phone.client_id).wipe_told_at is not None) is wipes


def test_behind_a_gap_it_is_not_wiped(phone, cast, session, job):
    phone.op("add_note", job.id, text="lost")
    phone.op("add_note", job.id, text="kept")
    block(session, cast, phone)
    lost = phone.waiting.pop(0)
    assert phone.post(phone.request()).json["wipe"] is False
    assert entries(session) == []
    phone.waiting.insert(0, lost)
    assert phone.post(phone.request()).json["wipe"] is True


def test_bytes_are_taken_too_and_accepting_makes_a_photo_of_them(app, phone, cast, session, job):
    content = b"JPEG of a board that has swollen"
    op = a_photo(phone, job, content)
    block(session, cast, phone)
    body = phone.post(phone.request(pending=1, photos=1, ops=phone.waiting)).json
    assert (results(body), body["wipe"]) == (["quarantined"], False)
    assert upload(phone, op, content, first=content[:9]).status_code == 201
    again = upload(phone, op, content, first=b"")
    place = again.headers["Location"]
    assert phone.client.head(place, headers={"Tus-Resumable": "1.0.0"}).headers["Upload-Offset"] == "9"
    rest = phone.client.patch(place, data=content[9:], headers={
        "Tus-Resumable": "1.0.0", "Upload-Offset": "9", "Content-Type": "application/offset+octet-stream"})
    assert rest.headers["Upload-Offset"] == str(len(content))
    assert session.get(Blob, op["args"]["sha256"]).state == VERIFIED
    assert session.scalar(sa.select(sa.func.count(Evidence.id))) == 0
    phone.take(body)
    assert phone.post(phone.request()).json["wipe"] is True

    desk = sign_in(app.test_client(), cast.dispatcher)
    item = session.scalars(sa.select(InboxItem)).one()
    token = form_token(desk.get("/inbox", headers=EN).text)
    assert desk.post(f"/inbox/{item.id}/acceptance", data={"csrf_token": token}).status_code == 303
    photo = session.scalars(sa.select(Evidence)).one()
    assert (photo.id, photo.blob.state) == (op["id"], VERIFIED)


def test_the_dispatcher_reads_why_and_declines(app, phone, cast, session, job):
    phone.op("take_step", job.id, step="accept")
    block(session, cast, phone)
    phone.post(phone.request())
    desk = sign_in(app.test_client(), cast.dispatcher)
    page = desk.get("/inbox", headers=EN).text
    assert "Done on a phone after it had been blocked" in page or "a phone that has been blocked since" in page
    item = session.scalars(sa.select(InboxItem)).one()
    assert desk.post(f"/inbox/{item.id}/refusal", data={"csrf_token": form_token(page)}).status_code == 303
    assert session.get(Job, job.id).state == "assigned"


@pytest.mark.parametrize("path", ["/account", "/api/blobs/" + "a" * 64])
def test_its_session_opens_nothing_else(phone, cast, session, path):
    block(session, cast, phone)
    assert phone.client.get(path).status_code == 403
    assert phone.client.put("/api/account/password", json={"current": None, "new": "x"}).status_code == 403


def test_its_session_does_not_speak_for_another_phone_of_the_person(app, phone, cast, session, job):
    other = Phone(sign_in(app.test_client(), cast.technician))
    block(session, cast, phone)
    op = phone.op("take_step", job.id, step="accept")
    answer = phone.post(phone.request(client_id=other.client_id))
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "device_revoked")
    assert session.get(LogEntry, op["id"]) is None
    assert results(other.sync()) == []
    assert other.jobs


def test_signed_in_anew_on_it_one_still_only_delivers(app, phone, cast, session, job):
    phone.sync()
    block(session, cast, phone)
    phone.client = sign_in(app.test_client(), cast.technician)
    assert phone.client.get("/account").status_code == 200
    assert phone.post(phone.request()).json["changes"] == []
    assert phone.client.get("/account").status_code == 403


@pytest.mark.parametrize("why", ["fork", "epoch"])
def test_a_phone_that_must_number_anew_stays_blocked(app, phone, cast, session, job, why):
    """Else a copied profile, or a restored server, would let a lost phone in again."""
    phone.op("add_note", job.id, text="x")
    phone.sync()
    if why == "fork":
        phone.seq = 0
    else:
        session.execute(sa.update(versions.Installation).values(epoch=2))
        session.commit()
    phone.op("add_note", job.id, text="y")
    block(session, cast, phone)
    phone.client = sign_in(app.test_client(), cast.technician)
    answer = phone.post(phone.request()).json
    assert (answer.get("fork"), answer["epoch"], answer["acks"], answer["wipe"]) == (
        (True, 1, [], False) if why == "fork" else (None, 2, [], False))
    if why == "epoch":  # with nothing to send, too: the journal is still to come
        assert phone.post(phone.request(ops=[])).json["wipe"] is False
    phone.client_id, phone.epoch, phone.seq = new_id(), answer["epoch"], 0
    assert phone.client.post("/api/device", json={"client_id": phone.client_id, "name": "x"}).status_code == 200
    phone.waiting[0]["seq"] = 1
    answer = phone.post(phone.request()).json
    assert (results(answer), answer["wipe"], answer["changes"]) == (["quarantined"], True, [])
    assert session.get(Device, phone.client_id).revoked_at is not None


def test_it_does_not_come_in_again_as_another_phone_of_the_person(app, phone, cast, session, job):
    """Neither as one that is in use, nor as one that a file has made known."""
    other = Phone(sign_in(app.test_client(), cast.technician))
    other.sync()
    phone.sync()
    block(session, cast, phone)
    answer = phone.client.post("/api/device", json={"client_id": other.client_id, "name": "x"})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "device_revoked")
    assert phone.client.get("/account").status_code == 403
    phone.client_id, phone.cursor, phone.jobs = new_id(), "", {}
    assert phone.client.post("/api/rescue", json=a_file(phone, cast)).json["state"] == "taken"
    assert phone.client.post("/api/device", json={"client_id": phone.client_id, "name": "x"}).status_code == 200
    assert phone.client.get("/account").status_code == 403
    assert (phone.post(phone.request()).json["changes"], phone.client.get("/account").status_code) == ([], 403)
    assert other.client.get("/account").status_code == 200


def a_file(phone, cast) -> dict[str, Any]:
    return {"format": "fieldservice-unsent", "format_version": 1, "person_id": cast.technician.id,
            "client_id": phone.client_id, "exported_at_ms": clock.to_ms(clock.now()), "ops": phone.waiting}


def test_its_file_in_the_name_of_another_phone_waits_for_a_decision(app, phone, cast, session, job):
    other = Phone(sign_in(app.test_client(), cast.technician))
    other.sync()
    block(session, cast, phone)
    phone.client_id = other.client_id
    phone.op("take_step", job.id, step="accept")
    assert phone.client.post("/api/rescue", json=a_file(phone, cast)).json["state"] == "taken"
    assert session.scalars(sa.select(LogEntry.result).filter_by(origin="phone")).all() == ["quarantined"]
    assert session.get(Job, job.id).state == "assigned"


def test_a_session_belongs_to_its_phone_from_the_first_sync_on(app, phone, cast, session, job):
    """Its person had signed in anew; blocked, it may not even register as a new phone."""
    phone.sync()
    phone.client = sign_in(app.test_client(), cast.technician)
    phone.sync()
    block(session, cast, phone)
    assert phone.client.get("/account").status_code == 403
    phone.client_id, phone.cursor = new_id(), ""
    assert phone.client.post("/api/device", json={"client_id": phone.client_id, "name": "x"}).status_code == 200
    assert phone.post(phone.request()).json["changes"] == []


def test_said_again_later_it_ends_no_session_begun_since(app, phone, cast, session):
    """Another tab had not heard that the office knows, and asks with the cookie of whoever is signed in by now."""
    block(session, cast, phone)
    address = f"/api/device/{phone.client_id}/wiped"
    assert phone.client.post(address, json={}).status_code == 204
    anew = Phone(sign_in(app.test_client(), cast.technician))
    answer = anew.client.post(address, json={})
    assert (answer.status_code, answer.headers.get("Set-Cookie")) == (204, None)
    assert anew.post(anew.request()).status_code == 200


def test_wiped_is_written_down_once_and_ends_the_session(phone, cast, session):
    device = block(session, cast, phone)
    address = f"/api/device/{phone.client_id}/wiped"
    assert phone.client.post(address, json={}).status_code == 204
    first = device.wiped_at
    assert first is not None
    assert phone.client.post(address, json={}).status_code == 401
    assert device.wiped_at == first
    assert session.scalars(sa.select(LoginSession.ended_at).filter_by(device_id=device.id)).one() is not None
    assert session.scalars(sa.select(AccessEntry).filter_by(act="device_wiped")).one().subject_id == device.id


def test_nobody_says_it_for_anothers_phone(app, phone, cast, session):
    device = block(session, cast, phone)
    other = sign_in(app.test_client(), cast.second_technician)
    for client_id in (device.id, new_id()):
        assert other.post(f"/api/device/{client_id}/wiped", json={}).status_code == 404
    assert app.test_client().post(f"/api/device/{device.id}/wiped", json={}).status_code == 401
    assert device.wiped_at is None


def test_other_phones_of_the_person_go_on(app, phone, cast, session, job):
    other = Phone(sign_in(app.test_client(), cast.technician))
    block(session, cast, phone)
    phone.post(phone.request())
    phone.client.post(f"/api/device/{phone.client_id}/wiped", json={})
    other.op("take_step", job.id, step="accept")
    assert results(other.sync()) == ["applied"]


@pytest.fixture
def disabled(session, cast, phone):
    """The phone in use; then the account of its person is disabled."""

    def disable(at=None) -> Device:
        disable_person(cast.technician, by=cast.administrator, at=at or clock.now())
        session.commit()
        return session.get(Device, phone.client_id)

    return disable


def test_the_phone_of_somebody_who_left_delivers_and_is_wiped(app, phone, cast, session, job, disabled):
    phone.sync()
    elsewhere = sign_in(app.test_client(), cast.technician)
    content = b"JPEG of a board that has swollen"
    phone.op("add_note", job.id, text="门槛下有水")
    op = a_photo(phone, job, content)
    device = disabled()
    assert elsewhere.get("/api/session").status_code == 401
    assert phone.client.get("/account").status_code == 403
    answer = phone.post(phone.request(pending=1)).json
    assert (results(answer), answer["wipe"], answer["changes"]) == (["quarantined", "quarantined"], False, [])
    assert upload(phone, op, content).status_code == 201
    assert session.scalar(sa.select(Blob.state).where(Blob.sha256 == op["args"]["sha256"])) == VERIFIED
    assert phone.post(phone.request()).json["wipe"] is True
    assert phone.client.post(f"/api/device/{phone.client_id}/wiped", json={}).status_code == 204
    assert device.wiped_at is not None
    assert phone.post(phone.request()).status_code == 401
    assert session.scalar(sa.select(sa.func.count(JobNote.id))) == 0


def test_a_phone_lost_before_its_person_left_still_delivers_and_is_wiped(phone, cast, session, job, disabled):
    phone.sync()
    phone.op("add_note", job.id, text="门槛下有水")
    blocked_at = block(session, cast, phone).revoked_at
    assert disabled().revoked_at == blocked_at
    answer = phone.post(phone.request()).json
    assert (results(answer), answer["wipe"]) == (["quarantined"], True)


def test_let_in_again_in_time_the_phone_goes_on(phone, cast, session, job, disabled):
    phone.sync()
    phone.op("take_step", job.id, step="accept")
    disabled()
    enable_person(cast.technician, by=cast.administrator, at=clock.now())
    session.commit()
    assert results(phone.sync()) == ["applied"]
    assert session.get(Job, job.id).state == "accepted"
    assert phone.client.get("/account").status_code == 200


def test_a_phone_lost_before_or_wiped_since_does_not_come_back_with_the_account(app, phone, cast, session, disabled):
    now = clock.now()
    lost, wiped = (Phone(sign_in(app.test_client(), cast.technician)) for _ in range(2))
    for one in (phone, lost, wiped):
        one.sync()
    revoke_device(session.get(Device, lost.client_id), by=cast.administrator, at=now - timedelta(hours=1))
    session.commit()
    disabled(now)
    assert wiped.post(wiped.request()).json["wipe"] is True
    assert wiped.client.post(f"/api/device/{wiped.client_id}/wiped", json={}).status_code == 204
    enable_person(cast.technician, by=cast.administrator, at=clock.now())
    session.commit()
    blocked = [session.get(Device, one.client_id).revoked_at is not None for one in (phone, lost, wiped)]
    assert blocked == [False, True, True]


def test_no_phone_is_let_in_while_its_account_is_disabled(app, phone, cast, session, disabled):
    phone.sync()
    device = disabled()
    desk = sign_in(app.test_client(), cast.administrator)
    page = desk.get(f"/devices/{device.id}", headers=EN).text
    assert "Let the account in again first" in page
    assert "restoration" not in page
    asked = {"csrf_token": form_token(desk.get("/account").text)}
    assert desk.post(f"/devices/{device.id}/restoration", data=asked, headers=EN).status_code == 303
    assert "This account is disabled" in desk.get(f"/devices/{device.id}", headers=EN).text
    assert device.revoked_at is not None
