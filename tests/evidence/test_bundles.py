"""Several photos in one request: `POST /api/uploads/bundle`."""

import errno
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.accounts.models import Device
from fieldservice.core import clock, files, json
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.evidence import bundles, tasks
from fieldservice.evidence.models import Blob, Evidence, Upload
from fieldservice.jobs.models import Job
from tests.cast import Cast, sign_in
from tests.evidence.photos import BUNDLE, BYTES, Sender, a_device, announced, part_of


def content_of(number: int, size: int = 3000) -> bytes:
    """Bytes of their own for each number."""
    return bytes([number]) * size


@pytest.fixture
def photos(job: Job, cast: Cast, device: Device) -> list[Evidence]:
    return [announced(job, cast.technician, device, content_of(number)) for number in range(4)]


def send(phone: Sender, head: Any, body: bytes = b"", **headers: str) -> Any:
    return phone.send_bundle(head, body, **headers)


def all_of(phone: Sender, photos: list[Evidence]) -> Any:
    return phone.bundle([(photo, content_of(number)) for number, photo in enumerate(photos)])


def blob_states(photos: list[Evidence]) -> list[str]:
    return [db.session.get_one(Blob, photo.sha256, populate_existing=True).state for photo in photos]


def told(answer: Any) -> list[tuple[int, str]]:
    assert answer.status_code == 200
    return [(part["offset"], part["code"]) for part in answer.json["parts"]]


def test_all_are_verified_in_one_request(phone: Sender, photos: list[Evidence]) -> None:
    answer = all_of(phone, photos)
    assert [part["evidence"] for part in answer.json["parts"]] == [photo.id for photo in photos], "in their order"
    assert told(answer) == [(3000, "")] * 4
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert blob_states(photos) == ["verified"] * 4
    assert {files.path_of(photo.sha256).read_bytes() for photo in photos} == {content_of(n) for n in range(4)}
    assert [files.senders_of(photo.sha256) for photo in photos] == [{photo.by_id} for photo in photos]
    assert list((files.media_dir() / "partial").iterdir()) == []
    assert told(all_of(phone, photos)) == [(3000, "")] * 4, "a repeat finds them"
    assert phone.create(photos[0], content_of(0)).headers["Upload-Offset"] == "3000", "and so does tus"


def test_without_bytes_it_is_asked_how_far_they_are(phone: Sender, photos: list[Evidence]) -> None:
    phone.create(photos[1], content_of(1), content_of(1)[:1200])
    phone.create(photos[2], content_of(2), content_of(2))
    parts = [part_of(photo, content_of(0), here=0) for photo in photos]
    assert told(send(phone, {"device": phone.device_id, "parts": parts})) == [(0, ""), (1200, ""), (3000, ""), (0, "")]
    assert blob_states(photos) == ["announced", "receiving", "verified", "announced"]


@pytest.mark.one_database
@pytest.mark.parametrize(("came", "offsets"), [(0, [0]), (2999, [2999]), (3000, [3000, 0]), (7500, [3000, 3000, 1500])])
def test_a_line_cut_in_order_loses_nothing_that_came(
    phone: Sender, photos: list[Evidence], came: int, offsets: list[int]
) -> None:
    parts = [part_of(photo, content_of(number)) for number, photo in enumerate(photos)]
    head = json.dumps({"device": phone.device_id, "parts": parts}).encode()
    body = head + b"".join(content_of(number) for number in range(4))
    answer = phone.client.post(
        BUNDLE, data=body[: len(head) + came], content_type=BYTES,
        headers={"Tus-Resumable": "1.0.0", "Bundle-Head": str(len(head))},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body))},
    )  # fmt: skip
    assert [offset for offset, _code in told(answer)] == offsets
    assert blob_states(photos)[: came // 3000] == ["verified"] * (came // 3000)
    last = came // 3000
    address = phone.create(photos[last], content_of(last)).headers["Location"]
    assert phone.head(address).headers["Upload-Offset"] == str(came % 3000), "it is taken up where it was cut"
    assert phone.patch(address, came % 3000, content_of(last)[came % 3000 :]).status_code == 204
    assert blob_states(photos)[last] == "verified"


def test_whole_bytes_end_an_upload_in_pieces(phone: Sender, photos: list[Evidence]) -> None:
    phone.create(photos[0], content_of(0), b"other bytes that came before")
    assert told(all_of(phone, photos)) == [(3000, "")] * 4
    assert files.path_of(photos[0].sha256).read_bytes() == content_of(0)
    assert list((files.media_dir() / "partial").iterdir()) == []


def test_of_what_is_wrong_the_others_are_taken(
    app: Flask, phone: Sender, photos: list[Evidence], cast: Cast, job: Job
) -> None:
    """Another's photo, bytes that are not those of the hash, a hash that nobody announced."""
    foreign = announced(job, cast.second_technician, a_device(cast.second_technician), content_of(9))
    parts = [
        part_of(foreign, content_of(9)), part_of(photos[0], content_of(7)), part_of(photos[1], content_of(1)),
        part_of(photos[2], content_of(3), sha256=photos[3].sha256), part_of(photos[3], content_of(3)),
    ]  # fmt: skip
    body = content_of(9) + content_of(7) + content_of(1) + content_of(3) * 2
    assert told(send(phone, {"device": phone.device_id, "parts": parts}, body)) == [
        (0, "evidence_unknown"), (0, "hash_differs"), (3000, ""), (0, "evidence_unknown"), (3000, ""),
    ]  # fmt: skip
    assert blob_states([foreign, *photos]) == ["announced", "announced", "verified", "announced", "verified"]
    assert not files.path_of(foreign.sha256).exists()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Upload)) == 3
    other = Sender(sign_in(app.test_client(), cast.second_technician), db.session.get_one(Device, phone.device_id))
    assert send(other, {"device": phone.device_id, "parts": parts}, body).json["error"]["code"] == "device_of_another"
    assert send(phone, {"device": new_id(), "parts": parts}, body).json["error"]["code"] == "device_unknown"


def test_a_blocked_phone_still_delivers(phone: Sender, photos: list[Evidence], device: Device) -> None:
    device.revoked_at = clock.now()
    assert told(all_of(phone, photos)) == [(3000, "")] * 4


def lying(change: Any) -> Any:
    def made(photos: list[Evidence], device_id: str) -> tuple[Any, bytes]:
        head: dict[str, Any] = {"device": device_id, "parts": [part_of(photos[0], content_of(0))]}
        change(head, head["parts"])
        return head, content_of(0)

    return made


LIES: list[Any] = [
    lying(lambda head, parts: parts.clear()),
    lying(lambda head, parts: parts.extend(parts * 1)),
    lying(lambda head, parts: parts.extend(dict(parts[0], evidence=new_id(), here=0) for _ in range(64))),
    lying(lambda head, parts: parts[0].update(length=2999)),
    lying(lambda head, parts: parts[0].update(length=2999, here=2999)),
    lying(lambda head, parts: parts[0].update(length=4000, here=4000)),
    lying(lambda head, parts: parts[0].update(length=-1, here=-1)),
    lying(lambda head, parts: parts[0].update(length=3000.0)),
    lying(lambda head, parts: parts[0].update(length=True)),
    lying(lambda head, parts: parts[0].update(length=10**30, here=0)),
    lying(lambda head, parts: parts[0].update(sha256="../../../etc/passwd")),
    lying(lambda head, parts: parts[0].update(evidence="x")),
    lying(lambda head, parts: head.update(device=None)),
    lying(lambda head, parts: head.update(parts="all")),
    lambda photos, device_id: (b"[" * 5000, b""),
    lambda photos, device_id: (b"\xff\xfe{}", b""),
    lambda photos, device_id: (b"x" * 20_000, b""),
]  # fmt: skip


@pytest.mark.one_database
def test_a_head_that_lies_is_a_bad_request_before_a_byte_counts(phone: Sender, photos: list[Evidence]) -> None:
    for number, made in enumerate(LIES):
        answer = send(phone, *made(photos, phone.device_id))
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request"), number
    assert blob_states(photos) == ["announced"] * 4
    partial = files.media_dir() / "partial"
    assert not partial.exists() or not list(partial.iterdir())


@pytest.mark.one_database
def test_what_is_no_bundle_is_refused(phone: Sender, photos: list[Evidence], monkeypatch: pytest.MonkeyPatch) -> None:
    head = {"device": phone.device_id, "parts": [part_of(photos[0], content_of(0))]}
    for size in ("", "-1", "0", "1e9", "99999999999"):
        assert send(phone, head, content_of(0), Bundle_Head=size).status_code == 400
    assert send(phone, head, content_of(0), Tus_Resumable="2.0.0").status_code == 412
    plain = {"Tus-Resumable": "1.0.0", "Content-Type": "text/plain", "Bundle-Head": "2"}
    assert phone.client.post(BUNDLE, data=b"{}", headers=plain).status_code == 415
    assert send(phone, head, bytes(9 * 1024 * 1024)).json["error"]["code"] == "too_large"
    large = {"device": phone.device_id, "parts": [part_of(photo, bytes(3 * 1024 * 1024)) for photo in photos]}
    assert send(phone, large).status_code == 413
    foreign = {"Tus-Resumable": "1.0.0", "Content-Type": BYTES, "Sec-Fetch-Site": "cross-site"}
    assert phone.client.post(BUNDLE, data=b"{}", headers=foreign).status_code == 403
    assert phone.client.delete(BUNDLE, headers={"Tus-Resumable": "1.0.0"}).status_code == 404

    def full(_paths: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "bring", full)
    assert all_of(phone, photos).status_code == 507
    assert blob_states(photos) == ["announced"] * 4
    assert list((files.media_dir() / "partial").iterdir()) == []


def test_nothing_is_said_before_disk_and_database_have_it(
    phone: Sender, photos: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their bytes, then names and senders, then the commit, then the answer; what came slowly is kept group by group."""
    steps: list[str] = []
    bring, commit, later = files.bring, db.session.commit, bundles.queue.later_each

    def brought(paths: Any) -> None:
        steps.append("names" if any(path.is_dir() for path in paths) else "bytes")
        bring(paths)

    monkeypatch.setattr(files, "bring", brought)
    monkeypatch.setattr(db.session, "commit", lambda: (steps.append("commit"), commit()))
    monkeypatch.setattr(bundles.queue, "later_each", lambda *given: (steps.append("told"), later(*given)))
    monkeypatch.setattr(tasks, "check_picture", tasks.throw_away_expired_uploads)
    monkeypatch.setattr(bundles, "_GROUP_SECONDS", 0)
    assert told(all_of(phone, photos)) == [(3000, "")] * 4
    assert steps[steps.index("bytes") :][:4] == ["bytes", "names", "commit", "told"]
