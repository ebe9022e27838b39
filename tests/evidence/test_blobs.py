"""Bytes out: for who sees a job with the photo, checked each time, harmless whatever they are."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from fieldservice.accounts.models import Device
from fieldservice.core import clock, files, queue
from fieldservice.core.db import db
from fieldservice.evidence.models import Blob, Evidence
from fieldservice.jobs.models import Job, JobHelper
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.evidence.photos import NONCE, Sender, a_device, announced, picture

EXIF = Image.Exif()
EXIF[0x0112] = 6  # held upright: the sensor lies on its side
EXIF[0x010F] = "MAKER-IN-EXIF"
CONTENT = picture(2000, 1500, exif=EXIF, comment=b"COMMENT-IN-FILE") + b"TRAILING-BYTES"
FOR_EVIDENCE = ("dispatcher", "branch_manager", "quality", "head_office_manager")
FOR_EVERYBODY = (*FOR_EVIDENCE, "technician", "service_desk", "finance")


@pytest.fixture
def photo(job: Job, cast: Cast, device: Device, phone: Sender) -> Evidence:
    """Verified and looked at."""
    made = announced(job, cast.technician, device, CONTENT)
    assert phone.create(made, CONTENT, CONTENT).status_code == 201
    return made


def get(client: FlaskClient, photo: Evidence, wanted: str = "", **headers: str) -> Any:
    """The picture."""
    given = {"X-Fieldservice-Nonce": NONCE} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(f"/api/blobs/{photo.sha256}", query_string={"as": wanted} if wanted else None, headers=given)


@pytest.mark.parametrize(("wanted", "size"), [("", (1200, 1600)), ("view", (1200, 1600)), ("thumb", (360, 480))])
def test_what_is_served_is_upright_small_and_says_nothing_else(
    phone: Sender, photo: Evidence, wanted: str, size: tuple[int, int]
) -> None:
    answer = get(phone.client, photo, wanted)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    shown = Image.open(io.BytesIO(answer.data))
    assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", size, {})
    for secret in (b"MAKER-IN-EXIF", b"COMMENT-IN-FILE", b"TRAILING-BYTES", b"Exif"):
        assert secret not in answer.data
    blob = db.session.get_one(Blob, photo.sha256)
    assert (blob.picture, blob.format, blob.width, blob.height) == ("usable", "JPEG", 1500, 2000)
    assert files.path_of(photo.sha256).read_bytes() == CONTENT


def test_it_is_kept_by_the_browser_and_does_nothing_there(phone: Sender, photo: Evidence) -> None:
    answer = get(phone.client, photo)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Cookie" in answer.headers["Vary"]
    assert answer.headers["Content-Disposition"] == f'inline; filename="photo-{photo.sha256[:12]}-view.jpg"'
    assert answer.headers["X-Fieldservice"] == NONCE
    again = get(phone.client, photo, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


def test_a_part_can_be_asked_for(phone: Sender, photo: Evidence) -> None:
    whole = get(phone.client, photo).data
    part = get(phone.client, photo, Range="bytes=100-199")
    assert (part.status_code, part.data) == (206, whole[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    beyond = get(phone.client, photo, Range=f"bytes={len(whole)}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")


@pytest.mark.parametrize("role", FOR_EVERYBODY)
def test_who_sees_the_job_sees_the_photo_and_few_the_file(app: Flask, photo: Evidence, cast: Cast, role: str) -> None:
    client = sign_in(app.test_client(), getattr(cast, role))
    assert get(client, photo, "thumb").status_code == 200
    original = get(client, photo, "original")
    if role in FOR_EVIDENCE:
        assert (original.status_code, original.data, original.mimetype) == (200, CONTENT, "image/jpeg")
        assert original.headers["Content-Disposition"] == f"attachment; filename=photo-{photo.sha256[:12]}.jpg"
    else:
        assert (original.status_code, original.json["error"]["code"]) == (403, "not_allowed")


@pytest.mark.parametrize("wanted", ["thumb", "view", "original"])
@pytest.mark.parametrize("role", ["second_technician", "outsider", "outside_technician"])
def test_for_all_others_there_is_nothing(app: Flask, photo: Evidence, cast: Cast, role: str, wanted: str) -> None:
    client = sign_in(app.test_client(), getattr(cast, role))
    theirs, nothing = get(client, photo, wanted), client.get(f"/api/blobs/{'a' * 64}?as={wanted}")
    assert theirs.status_code == nothing.status_code == 404
    assert theirs.json == nothing.json == {"error": {"code": "not_found"}}


def test_nobody_sees_it_without_signing_in(client: FlaskClient, photo: Evidence) -> None:
    assert get(client, photo).status_code == 401


def test_it_is_asked_anew_each_time(app: Flask, photo: Evidence, cast: Cast, job: Job) -> None:
    client = sign_in(app.test_client(), cast.second_technician)
    job.helper_rows = [JobHelper(person_id=cast.second_technician.id)]
    assert get(client, photo).status_code == 200
    job.helper_rows = []
    assert get(client, photo).status_code == 404


def test_knowing_a_hash_grants_nothing(app: Flask, photo: Evidence, cast: Cast) -> None:
    """Somebody writes the hash of a picture they have never had into a photo of their own job."""
    thief = cast.outside_technician
    own = a_job(cast.other_store, thief)
    device = a_device(thief)
    guess = announced(own, thief, device, CONTENT)
    sender = Sender(sign_in(app.test_client(), thief), device)
    assert get(sender.client, guess).status_code == 404
    sender.create(guess, CONTENT)
    assert get(sender.client, guess).status_code == 404
    sender.create(guess, CONTENT, CONTENT)  # who has the bytes may see them
    assert get(sender.client, guess).status_code == 200


def test_before_it_is_whole_and_checked_there_is_nothing_to_see(
    app: Flask, job: Job, cast: Cast, device: Device, phone: Sender
) -> None:
    photo = announced(job, cast.technician, device, CONTENT)
    desk = sign_in(app.test_client(), cast.dispatcher)
    assert get(desk, photo).status_code == 404
    app.config["BACKGROUND"] = queue.WORKER  # and nobody works
    phone.create(photo, CONTENT, CONTENT)
    assert get(desk, photo).json["error"]["code"] == "not_ready"
    original = get(desk, photo, "original")
    assert (original.status_code, original.mimetype) == (200, "application/octet-stream")


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"<html><script>alert(1)</script>", "not_a_picture"), (CONTENT[: len(CONTENT) * 6 // 10], "truncated")],
)
def test_what_is_unusable_is_not_shown_but_kept(
    app: Flask, job: Job, cast: Cast, device: Device, phone: Sender, content: bytes, why: str
) -> None:
    photo = announced(job, cast.technician, device, content)
    assert phone.create(photo, content, content).status_code == 201
    blob = db.session.get_one(Blob, photo.sha256, populate_existing=True)
    assert (blob.state, blob.picture, blob.why) == ("verified", "unusable", why)
    desk = sign_in(app.test_client(), cast.dispatcher)
    for wanted in ("view", "thumb"):
        answer = get(desk, photo, wanted)
        assert (answer.status_code, answer.json["error"]) == (404, {"code": "unusable", "why": why})
    original = get(desk, photo, "original")
    assert (original.data, original.mimetype) == (content, "application/octet-stream")
    assert original.headers["Content-Disposition"].startswith("attachment; filename=")


def test_small_copies_that_are_gone_are_made_again(phone: Sender, photo: Evidence) -> None:
    for name in ("view.jpg", "thumb.jpg"):
        files.variant_path(photo.sha256, name).unlink()
    assert get(phone.client, photo, "thumb").status_code == 200


def test_the_job_takes_a_new_version_when_its_photo_has_come(
    job: Job, cast: Cast, device: Device, phone: Sender
) -> None:
    photo = announced(job, cast.technician, device, CONTENT)
    before = job.version
    phone.create(photo, CONTENT, CONTENT)
    assert job.version > before


def test_a_blocked_phone_and_another_wish_are_refused(phone: Sender, photo: Evidence, device: Device) -> None:
    assert get(phone.client, photo, "raw").status_code == 400
    assert phone.client.get("/api/blobs/..%2f..%2fsecrets.json").status_code == 404
    assert phone.client.get(f"/api/blobs/{photo.sha256.upper()}").status_code == 404
    phone.client.post("/api/device", json={"client_id": device.id, "name": "07"})
    device.revoked_at = clock.now()
    assert get(phone.client, photo).json["error"]["code"] == "device_revoked"
