"""Bytes in: tus 1.0.0 as docs/sync-protocol.md says it."""

import errno
import shutil
from collections import namedtuple
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Device
from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.evidence import actions
from fieldservice.evidence.models import Blob, Evidence, Upload
from fieldservice.jobs.models import Job
from tests.cast import Cast, sign_in
from tests.evidence.photos import BYTES, NONCE, Sender, a_device, announced, checksum, metadata, picture

CONTENT = picture()


@pytest.fixture
def photo(job: Job, cast: Cast, device: Device) -> Evidence:
    return announced(job, cast.technician, device, CONTENT)


def blob_of(photo: Evidence) -> Blob:
    db.session.expire_all()
    return db.session.get_one(Blob, photo.sha256)


def kept() -> list[str]:
    """Names of the whole files."""
    return sorted(path.name for path in (files.media_dir() / "blobs").rglob("*") if path.is_file())


def left_over() -> list[str]:
    """What lies beside."""
    return sorted(path.name for path in (files.media_dir() / "partial").glob("*"))


def test_it_says_what_it_can(client: Any) -> None:
    answer = client.options("/api/uploads", headers={"X-Fieldservice-Nonce": NONCE})
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-with-upload", "expiration", "checksum", "termination"}  # fmt: skip
    assert (answer.headers["Tus-Checksum-Algorithm"], answer.headers["Tus-Max-Size"]) == ("sha1,sha256", "31457280")
    assert answer.headers["X-Fieldservice"] == NONCE


def test_all_at_once_is_verified_in_one_request(phone: Sender, photo: Evidence) -> None:
    answer = phone.create(photo, CONTENT, CONTENT)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(CONTENT)))
    assert (answer.headers["Tus-Resumable"], answer.headers["X-Fieldservice"]) == ("1.0.0", NONCE)
    assert answer.headers["Location"].startswith("/api/uploads/")
    assert blob_of(photo).state == "verified"
    assert files.path_of(photo.sha256).read_bytes() == CONTENT
    assert left_over() == []


def test_in_pieces_it_grows_and_is_verified_with_the_last(phone: Sender, photo: Evidence) -> None:
    made = phone.create(photo, CONTENT)
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "0")
    assert "GMT" in made.headers["Upload-Expires"]
    address = made.headers["Location"]
    first = phone.patch(address, 0, CONTENT[:3000], Upload_Checksum=checksum(CONTENT[:3000]))
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "3000")
    assert blob_of(photo).state == "receiving"
    head = phone.head(address)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("3000", str(len(CONTENT)))
    phone.patch(address, 3000, CONTENT[3000:7000])
    last = phone.patch(address, 7000, CONTENT[7000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(CONTENT)))
    assert blob_of(photo).state == "verified"
    assert files.path_of(photo.sha256).read_bytes() == CONTENT
    assert left_over() == []


def test_asked_for_again_it_is_the_same_upload(phone: Sender, photo: Evidence) -> None:
    first = phone.create(photo, CONTENT, CONTENT[:4000])
    again = phone.create(photo, CONTENT)
    assert first.headers["Location"] == again.headers["Location"]
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "4000")
    assert phone.create(photo, CONTENT, CONTENT).headers["Upload-Offset"] == "4000"  # the body began elsewhere
    phone.patch(again.headers["Location"], 4000, CONTENT[4000:])
    after = phone.create(photo, CONTENT, CONTENT)
    assert (after.status_code, after.headers["Upload-Offset"]) == (201, str(len(CONTENT)))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Upload)) == 1


def test_a_piece_sent_twice_counts_once(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    assert phone.patch(address, 0, CONTENT[:3000]).status_code == 204
    twice = phone.patch(address, 0, CONTENT[:3000])
    assert (twice.status_code, twice.json["error"]["code"]) == (409, "offset_differs")
    assert phone.head(address).headers["Upload-Offset"] == "3000"
    done = phone.patch(address, 3000, CONTENT[3000:])
    assert done.status_code == 204
    assert phone.patch(address, 3000, CONTENT[3000:]).status_code == 409
    assert phone.head(address).headers["Upload-Offset"] == str(len(CONTENT))


def test_a_changed_piece_is_not_taken(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    answer = phone.patch(address, 0, CONTENT[1:3000], Upload_Checksum=checksum(CONTENT[:3000]))
    assert (answer.status_code, answer.json["error"]["code"]) == (460, "checksum_differs")
    assert phone.head(address).headers["Upload-Offset"] == "0"
    made = phone.create(photo, CONTENT, CONTENT[1:], Upload_Checksum=checksum(CONTENT))
    assert made.status_code == 460
    assert blob_of(photo).state == "announced"
    assert left_over() == []


@pytest.mark.parametrize("in_pieces", [False, True])
def test_bytes_that_are_not_those_of_the_hash_are_not_kept(phone: Sender, photo: Evidence, in_pieces: bool) -> None:
    other = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    answer = phone.create(photo, CONTENT, None if in_pieces else other)
    if in_pieces:
        address = answer.headers["Location"]
        phone.patch(address, 0, other[:5000])
        answer = phone.patch(address, 5000, other[5000:])
    assert (answer.status_code, answer.json["error"]["code"]) == (460, "hash_differs")
    assert (kept(), left_over()) == ([], [])
    assert blob_of(photo).state != "verified"
    again = phone.create(photo, CONTENT)
    assert again.headers["Upload-Offset"] == "0"
    assert phone.patch(again.headers["Location"], 0, CONTENT).status_code == 204
    assert blob_of(photo).state == "verified"


def test_a_body_cut_short_by_a_clean_close_counts_as_far_as_it_came(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    answer = phone.client.patch(
        address, data=CONTENT[:2500], headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}, content_type=BYTES,
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(CONTENT))},
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "2500")
    assert blob_of(photo).state == "receiving"


def test_a_body_cut_short_does_not_count_when_it_carries_a_checksum(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    answer = phone.client.patch(
        address, data=CONTENT[:2500], content_type=BYTES,
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Upload-Checksum": checksum(CONTENT)},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(CONTENT))},
    )  # fmt: skip
    assert answer.status_code == 460
    assert phone.head(address).headers["Upload-Offset"] == "0"


def test_more_than_was_declared_is_refused(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    assert phone.patch(address, 0, CONTENT + b"x").status_code == 400
    assert phone.head(address).headers["Upload-Offset"] == "0"


def test_more_than_30_mb_is_refused_before_it_is_read(phone: Sender, photo: Evidence) -> None:
    answer = phone.create(photo, CONTENT, CONTENT, Upload_Length=str(30 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Upload)) == 0


def test_a_large_photo_passes_whatever_the_limit_of_other_requests(
    phone: Sender, job: Job, cast: Cast, device: Device
) -> None:
    large = CONTENT + bytes(3_000_000)
    photo = announced(job, cast.technician, device, large)
    assert phone.create(photo, large, large).headers["Upload-Offset"] == str(len(large))


def test_nothing_at_all_is_a_whole_too(phone: Sender, job: Job, cast: Cast, device: Device) -> None:
    photo = announced(job, cast.technician, device, b"")
    answer = phone.create(photo, b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert (blob_of(photo).state, blob_of(photo).why) == ("verified", "not_a_picture")


@pytest.mark.one_database
@pytest.mark.parametrize(
    "headers",
    [
        {"Upload_Length": ""},
        {"Upload_Length": "-1"},
        {"Upload_Length": "²"},
        {"Upload_Length": "9" * 30},
        {"Upload_Metadata": ""},
        {"Upload_Metadata": "evidence !!!,sha256,device"},
        {"Upload_Metadata": metadata(new_id(), "../../etc/passwd", new_id())},
        {"Upload_Metadata": metadata(new_id(), "A" * 64, new_id())},
        {"Upload_Checksum": "md5 AAAA"},
        {"Upload_Checksum": "sha256 AAAA"},
    ],
)
def test_what_cannot_be_understood_is_a_bad_request(phone: Sender, photo: Evidence, headers: dict[str, str]) -> None:
    assert phone.create(photo, CONTENT, CONTENT, **headers).status_code == 400


@pytest.mark.parametrize("offset", ["", "-1", "x", "1e3", "9" * 20])
def test_an_offset_that_is_none_is_a_bad_request(phone: Sender, photo: Evidence, offset: str) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    assert phone.patch(address, 0, b"x", Upload_Offset=offset).status_code == 400


def test_another_version_of_tus_is_412(phone: Sender, photo: Evidence) -> None:
    answer = phone.create(photo, CONTENT, CONTENT, Tus_Resumable="0.2.2")
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
    assert phone.client.post("/api/uploads", json={}).status_code == 412


def test_another_kind_of_body_is_415(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    assert phone.patch(address, 0, b"{}", Content_Type="application/json").status_code == 415


def test_another_site_cannot_send(phone: Sender, photo: Evidence) -> None:
    answer = phone.create(photo, CONTENT, CONTENT, Sec_Fetch_Site="cross-site")
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "cross_site")
    assert blob_of(photo).state == "announced"


def test_bytes_nobody_announced_must_wait_for_their_entry(
    phone: Sender, job: Job, cast: Cast, device: Device, photo: Evidence
) -> None:
    def code(answer: Any) -> tuple[int, str]:
        return answer.status_code, answer.json["error"]["code"]

    nobodys = Evidence(id=new_id(), sha256=photo.sha256)
    assert code(phone.create(nobodys, CONTENT, CONTENT)) == (409, "evidence_unknown")
    other_hash = Evidence(id=photo.id, sha256="a" * 64)
    assert code(phone.create(other_hash, CONTENT, CONTENT)) == (409, "evidence_unknown")
    other_kind = announced(job, cast.technician, device, CONTENT, kind="add_note")
    assert code(phone.create(other_kind, CONTENT, CONTENT)) == (409, "evidence_unknown")
    somebodys = announced(job, cast.second_technician, a_device(cast.second_technician), CONTENT)
    assert code(phone.create(somebodys, CONTENT, CONTENT)) == (409, "evidence_unknown")


def test_an_upload_is_seen_by_its_person_alone(app: Flask, phone: Sender, photo: Evidence, cast: Cast) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    other = Sender(sign_in(app.test_client(), cast.second_technician), a_device(cast.second_technician))
    assert other.head(address).status_code == 404
    assert other.patch(address, 0, CONTENT).status_code == 404
    assert other.call("DELETE", address, None, {}).status_code == 404
    with_foreign_phone = Sender(other.client, db.session.get_one(Device, phone.device_id))
    assert with_foreign_phone.create(photo, CONTENT).status_code == 403
    nobody = Sender(app.test_client(), db.session.get_one(Device, phone.device_id))
    nobody.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    assert nobody.patch(address, 0, CONTENT).status_code == 401
    assert nobody.head(address).status_code == 401
    desk = Sender(sign_in(app.test_client(), cast.dispatcher), db.session.get_one(Device, phone.device_id))
    assert desk.create(photo, CONTENT).status_code == 403
    assert phone.head(address).headers["Upload-Offset"] == "0"


def test_a_blocked_phone_still_delivers_what_it_has(phone: Sender, photo: Evidence, device: Device) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    device.revoked_at = clock.now()
    assert phone.patch(address, 0, CONTENT).headers["Upload-Offset"] == str(len(CONTENT))
    unknown = Sender(phone.client, Device(id=new_id()))
    assert unknown.create(photo, CONTENT).json["error"]["code"] == "device_unknown"


def test_an_unfinished_upload_can_be_thrown_away_a_whole_one_stays(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT, CONTENT[:3000]).headers["Location"]
    assert phone.call("DELETE", address, None, {}).status_code == 204
    assert phone.head(address).status_code == 404
    assert left_over() == []
    address = phone.create(photo, CONTENT, CONTENT).headers["Location"]
    assert phone.call("DELETE", address, None, {}).status_code == 204
    assert phone.head(address).headers["Upload-Offset"] == str(len(CONTENT))
    assert kept() == [photo.sha256]


def test_an_upload_without_its_rest_expires_and_begins_anew(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT, CONTENT[:3000]).headers["Location"]
    upload = db.session.scalars(sa.select(Upload)).one()
    assert upload.expires_at > clock.now() + timedelta(days=13)
    upload.expires_at = clock.now() - timedelta(minutes=1)
    db.session.commit()
    assert phone.head(address).status_code == 410
    assert phone.patch(address, 3000, CONTENT[3000:]).json["error"]["code"] == "gone"
    assert actions.throw_away_expired(at=clock.now()) == 1
    assert left_over() == []
    assert phone.head(address).status_code == 404
    assert phone.create(photo, CONTENT, CONTENT).headers["Upload-Offset"] == str(len(CONTENT))


def test_the_same_photo_from_two_phones_is_one_file(
    app: Flask, phone: Sender, photo: Evidence, job: Job, cast: Cast
) -> None:
    phone.create(photo, CONTENT, CONTENT)
    second_device = a_device(cast.second_technician)
    again = announced(job, cast.second_technician, second_device, CONTENT)
    second = Sender(sign_in(app.test_client(), cast.second_technician), second_device)
    made = second.create(again, CONTENT)
    assert made.headers["Upload-Offset"] == "0"  # knowing a hash grants nothing: the bytes must be shown
    done = second.patch(made.headers["Location"], 0, CONTENT)
    assert (done.status_code, done.headers["Upload-Offset"]) == (204, str(len(CONTENT)))
    assert kept() == [photo.sha256]


def test_what_the_disk_has_lost_is_asked_for_again(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT, CONTENT[:3000]).headers["Location"]
    upload_id = address.rsplit("/", 1)[1]
    with files.partial_path(upload_id).open("r+b") as file:
        file.truncate(1000)
    assert phone.head(address).headers["Upload-Offset"] == "1000"
    assert phone.patch(address, 1000, CONTENT[1000:]).headers["Upload-Offset"] == str(len(CONTENT))
    files.path_of(photo.sha256).unlink()
    assert phone.head(address).headers["Upload-Offset"] == "0"
    assert phone.patch(address, 0, CONTENT).headers["Upload-Offset"] == str(len(CONTENT))
    assert kept() == [photo.sha256]


def test_what_a_killed_process_wrote_beyond_its_word_is_forgotten(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT, CONTENT[:3000]).headers["Location"]
    with files.partial_path(address.rsplit("/", 1)[1]).open("ab") as file:
        file.write(b"never committed")
    assert phone.head(address).headers["Upload-Offset"] == "3000"
    assert phone.patch(address, 3000, CONTENT[3000:]).status_code == 204
    assert files.path_of(photo.sha256).read_bytes() == CONTENT


@pytest.mark.parametrize("offset", [0, 3000])
def test_a_full_disk_is_507_and_nothing_is_half_written(
    phone: Sender, photo: Evidence, monkeypatch: pytest.MonkeyPatch, offset: int
) -> None:
    address = phone.create(photo, CONTENT, CONTENT[:offset] or None).headers["Location"]
    with monkeypatch.context() as full:

        def fail(*_given: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        full.setattr(files.os, "fsync", fail)
        answer = phone.patch(address, offset, CONTENT[offset:])
        assert (answer.status_code, answer.json["error"]["code"]) == (507, "server_full")
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 10**6))
        assert phone.patch(address, offset, CONTENT[offset:]).status_code == 507
    assert kept() == []
    assert [name for name in left_over() if name.startswith("draft-")] == []
    assert phone.head(address).headers["Upload-Offset"] == str(offset)
    assert phone.patch(address, offset, CONTENT[offset:]).status_code == 204
    assert blob_of(photo).state == "verified"


def test_it_is_verified_only_when_the_database_has_it(
    phone: Sender, photo: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = phone.create(photo, CONTENT).headers["Location"]
    real = actions.take_piece
    with monkeypatch.context() as away:

        def fail(*given: Any, **named: Any) -> None:
            real(*given, **named)
            raise sa.exc.OperationalError("x", None, Exception("database is locked"))

        away.setattr(actions, "take_piece", fail)
        assert phone.patch(address, 0, CONTENT).status_code == 503
    assert blob_of(photo).state == "announced"
    assert phone.head(address).headers["Upload-Offset"] == "0"
    assert phone.patch(address, 0, CONTENT).status_code == 204
    assert blob_of(photo).state == "verified"


def test_a_piece_of_nothing_at_the_end_changes_nothing(phone: Sender, photo: Evidence) -> None:
    address = phone.create(photo, CONTENT, CONTENT).headers["Location"]
    assert phone.patch(address, len(CONTENT), b"").status_code == 204
    assert phone.head(address).headers["Upload-Offset"] == str(len(CONTENT))
    assert (blob_of(photo).state, left_over()) == ("verified", [])


def test_a_last_piece_that_found_no_room_can_be_sent_again(
    phone: Sender, photo: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = phone.create(photo, CONTENT, CONTENT[:3000]).headers["Location"]
    move = files._move
    with monkeypatch.context() as full:

        def fail(source: Any, target: Any) -> None:
            if "blobs" in target.parts:
                raise OSError(errno.ENOSPC, "No space left on device")
            move(source, target)

        full.setattr(files, "_move", fail)
        assert phone.patch(address, 3000, CONTENT[3000:]).status_code == 507
    assert [files.partial_path(name).stat().st_mode & 0o200 for name in left_over()] == [0o200], "not even root may"
    assert phone.patch(address, 3000, CONTENT[3000:]).status_code == 204
    assert files.path_of(photo.sha256).stat().st_mode & 0o777 == 0o440
