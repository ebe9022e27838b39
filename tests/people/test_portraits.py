"""Portraits: made small and bare of everything else, handed in by who may, gone when taken away."""

import io

import pytest
import sqlalchemy as sa
from PIL import Image

from fieldservice.core.db import db
from fieldservice.core.oplog import log_of
from fieldservice.people.models import Portrait
from fieldservice.people.rules import SIDE, initials
from tests.cast import sign_in
from tests.evidence.photos import picture
from tests.support.forms import post_form


@pytest.fixture
def desk(app, cast):
    return sign_in(app.test_client(), cast.administrator)


def hand_in(client, person, content: bytes, name: str = "face.jpg"):
    return post_form(client, f"/people/{person.id}/portrait", {"portrait": (io.BytesIO(content), name)})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_small_upright_and_bare(desk, cast, kind):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCamera"
    assert hand_in(desk, cast.technician, picture(900, 600, kind, exif=exif.tobytes())).status_code == 303
    kept = desk.get(f"/people/{cast.technician.id}/portrait")
    image = Image.open(io.BytesIO(kept.data))
    assert (image.format, max(image.size)) == ("JPEG", SIDE)
    assert image.height > image.width  # it was held upright
    assert b"SecretCamera" not in kept.data
    assert len(kept.data) < 40_000
    page = desk.get(f"/people/{cast.technician.id}", headers={"Accept-Language": "en"}).text
    assert "Portrait of 王建国" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a picture first"), (b"%PDF-1.7", "no picture that can be shown"),
        (picture()[:2000], "cut short"), (picture(13000, 20), "too wide or too high"),
        (b"\xff" * (12 * 1024 * 1024 + 1), "too large"),
    ],
    ids=["none", "pdf", "cut", "wide", "large"],
)  # fmt: skip
def test_a_wrong_file_is_named_and_the_earlier_portrait_stays(desk, cast, content, words):
    hand_in(desk, cast.technician, picture())
    before = desk.get(f"/people/{cast.technician.id}/portrait").data
    desk.set_cookie("lang", "en")
    answer = hand_in(desk, cast.technician, content, "" if not content else "face.jpg")
    assert answer.status_code in (422, 413)
    assert words in answer.text
    assert desk.get(f"/people/{cast.technician.id}/portrait").data == before


def test_it_goes_for_good_and_both_stand_in_the_log(desk, cast):
    address = f"/people/{cast.technician.id}/portrait"
    hand_in(desk, cast.technician, picture())
    for _ in range(2):
        assert post_form(desk, address, {"remove": "1"}).status_code == 303
    assert desk.get(address).status_code == 404
    assert db.session.scalar(sa.select(sa.func.count(Portrait.person_id))) == 0
    assert [entry.kind for entry in log_of("person", cast.technician.id)] == [
        "office.set_portrait", "office.remove_portrait",
    ]  # fmt: skip


def test_who_may(app, desk, cast):
    hand_in(desk, cast.technician, picture())
    address = f"/people/{cast.technician.id}/portrait"
    for person, see, change in (
        (cast.dispatcher, 200, 403), (cast.outsider, 404, 403), (cast.technician, 403, 403),
        (cast.head_office_manager, 200, 403),
    ):  # fmt: skip
        client = sign_in(app.test_client(), person)
        assert client.get(address).status_code == see, person.name
        assert hand_in(client, cast.technician, picture()).status_code == change, person.name
    assert app.test_client().get(address).status_code == 302
    assert desk.get("/people/nobody/portrait").status_code == 404


@pytest.mark.parametrize(
    ("name", "shown"), [("王建国", "王"), ("Anna Maria Weber", "AW"), ("anna", "A"), ("", ""), ("𬱖国", "𬱖")]
)
def test_without_a_portrait_the_initial_stands(name, shown):
    assert initials(name) == shown
