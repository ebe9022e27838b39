"""Stamped copies: made at intake and again when they are missing, legible on any picture, never in the file that came."""

import hashlib
import io
import random
from datetime import timedelta

import pytest
from flask import Flask
from PIL import Image, ImageChops

from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.happening import Place
from fieldservice.core.i18n import LANGUAGES
from fieldservice.evidence import drawing, picture, stamping, tasks
from fieldservice.evidence.models import ANNOUNCED, Evidence
from fieldservice.jobs.models import Job
from fieldservice.visits import stamps
from tests.cast import Cast, sign_in
from tests.evidence.photos import picture as a_picture
from tests.visits.scene import cut_short, planks, shoot

SCRIPT = b"<html><script>alert(document.domain)</script></html>"


def test_at_intake_in_both_languages_and_the_original_stays(job: Job, cast: Cast) -> None:
    content = planks()
    photo = shoot(job, cast.technician, content, source="camera")
    copies = stamping.copies_of(photo)
    assert len({path.read_bytes() for path in copies}) == len(copies) == 4
    assert hashlib.sha256(files.path_of(photo.sha256).read_bytes()).hexdigest() == photo.sha256
    plain = Image.open(files.variant_path(photo.sha256, picture.VIEW))
    zh = Image.open(stamping.stamped(photo, "zh"))
    assert zh.width == plain.width
    assert zh.height > plain.height
    # the words stand below the picture, and cover nothing of it
    difference = ImageChops.difference(zh.crop((0, 0, *plain.size)), plain)
    assert max(high for _low, high in difference.getextrema()) < 60
    assert Image.open(stamping.report_copy(photo, "en")).width == 480


@pytest.mark.one_database
def test_six_of_any_pictures_fit_into_a_report_and_their_words_are_still_read(job: Job, cast: Cast) -> None:
    grain = io.BytesIO()
    Image.frombytes("RGB", (640, 480), random.Random(6).randbytes(640 * 480 * 3)).save(grain, "JPEG", quality=95)
    plain, photo = (shoot(job, cast.technician, content) for content in (planks(), grain.getvalue()))
    copies = [stamping.report_copy(one, language) for one in (plain, photo) for language in LANGUAGES]
    assert max(path.stat().st_size for path in copies) <= 27_000
    soft, sharp = (Image.open(copies[number]).convert("L").crop((0, 365, 480, 480)) for number in (2, 0))
    assert soft.getextrema() == pytest.approx(sharp.getextrema(), abs=25)
    assert soft.getextrema()[1] > 230


def test_what_is_missing_is_made_again_and_nothing_else(job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, planks())
    stamped = stamping.stamped(photo, "zh")
    kept = stamping.stamped(photo, "en").stat().st_mtime_ns
    stamped.unlink()
    tasks.check_picture(photo.sha256)
    assert stamped.is_file()
    stamped.unlink()
    assert stamping.stamped(photo, "zh").is_file()
    assert stamping.stamped(photo, "en").stat().st_mtime_ns == kept
    assert list((files.media_dir() / "partial").iterdir()) == []


def test_photos_with_the_same_file_have_stamps_of_their_own_however_many(app: Flask, job: Job, cast: Cast) -> None:
    photos = [shoot(job, cast.technician, planks(), slot=slot) for slot in ("before", "after", *["during"] * 5)]
    first, again = photos[:2]
    assert stamping.stamped(first, "zh").read_bytes() != stamping.stamped(again, "zh").read_bytes()
    stamping.stamped_path(photos[-1], "zh").unlink(missing_ok=True)
    desk = sign_in(app.test_client(), cast.dispatcher)
    assert desk.get(f"/api/photos/{photos[-1].id}/stamped?language=zh").status_code == 200


def test_without_a_usable_picture_there_is_none(job: Job, cast: Cast) -> None:
    for photo, code in (
        (shoot(job, cast.technician, planks(1), state=ANNOUNCED), "not_ready"),
        (shoot(job, cast.technician, cut_short(planks(2))), "unusable"),
    ):
        with pytest.raises(NotFound) as refused:
            stamping.stamped(photo, "zh")
        assert refused.value.code == code


def test_who_sees_the_job_sees_it(app: Flask, job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, planks())
    address = f"/api/photos/{photo.id}/stamped"
    seen, not_seen = (cast.technician, cast.dispatcher), (cast.second_technician, cast.outsider)
    for person, status in (*((one, 200) for one in seen), *((one, 404) for one in not_seen)):
        answered = sign_in(app.test_client(), person).get(f"{address}?language=en")
        assert (answered.status_code, answered.mimetype == "image/jpeg") == (status, status == 200), person.name
    desk = sign_in(app.test_client(), cast.dispatcher)
    assert desk.get(f"{address}?language=fr").status_code == 400
    assert desk.get("/api/photos/not-an-id/stamped").status_code == 404
    assert app.test_client().get(address).status_code == 401


def test_the_tail_of_a_polyglot_is_never_served(app: Flask, job: Job, cast: Cast) -> None:
    content = a_picture() + SCRIPT
    photo = shoot(job, cast.technician, content)
    desk = sign_in(app.test_client(), cast.dispatcher)
    blob = f"/api/blobs/{photo.sha256}"
    for address in (f"{blob}?as=view", f"{blob}?as=thumb", f"/api/photos/{photo.id}/stamped"):
        served = desk.get(address)
        assert served.status_code == 200
        assert b"script" not in served.data
    original = desk.get(f"{blob}?as=original")
    assert original.data == content
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert original.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in original.headers["Content-Security-Policy"]
    assert sign_in(app.test_client(), cast.finance).get(f"{blob}?as=original").status_code == 403


def words_of(photo: Evidence, language: str) -> str:
    return "\n".join(" · ".join(row) for row in stamps.stamp_words(photo, language))


def test_it_says_job_time_place_who_and_for_whom(job: Job, cast: Cast) -> None:
    at = clock.now().replace(year=2026, month=11, day=22, hour=2, minute=52, second=7, microsecond=0)
    cast.technician.name, cast.technician.badge_no = "王䶮𬱖\u202e\n" + "长" * 40, "B217"
    photo = shoot(job, cast.technician, planks(), at=at, place=Place(lat=39.9911, lng=-116.4698, accuracy_m=12))
    said = words_of(photo, "zh")
    for words in (job.number, "拍摄：2026-11-22 10:52:07 (UTC+08:00)", "N 39.99110° W 116.46980° (WGS-84) ± 12 m",
                  "服务员：王䶮𬱖 长", "工牌 B217", job.branch.name, photo.sha256[:16]):  # fmt: skip
        assert words in said
    assert "±" not in said.replace("± 12 m", "")
    assert "\u202e" not in said
    photo.uncertainty_ms, photo.source = 400_000, "gallery"
    photo.lat = photo.lng = None
    photo.no_place = "denied"
    said = words_of(photo, "en")
    assert "Chosen from the gallery: 2026-11-22 10:52:07 (UTC+08:00) ± 7 min" in said
    assert "No place: the phone was not allowed to say it" in said
    db.session.rollback()


@pytest.mark.parametrize(
    ("ms", "words"), [(1500, "2 s"), (119_000, "119 s"), (120_000, "2 min"), (7_200_000, "2 h"), (200_000_000, "3 days")]
)
def test_a_span_in_the_unit_people_use(app: Flask, ms: int, words: str) -> None:
    from fieldservice.core import i18n

    with app.app_context(), i18n.speaking("en"):
        assert stamps.span_words(ms) == words


@pytest.mark.parametrize(("width", "height"), [(1600, 1200), (200, 150), (1600, 90), (90, 1600), (1, 1), (480, 640)])
def test_it_is_legible_on_any_picture(app: Flask, width: int, height: int) -> None:
    from fieldservice.core import fonts

    rows = [["BJ01-P261121-003", "施工前"], ["拍摄：2026-11-22 10:52:07 (UTC+08:00)", "名" * 80], ["a" * 80]]
    with app.app_context():
        font = str(fonts.sans())
    found = drawing.stamped(Image.new("RGB", (width, height), "white"), rows, font)
    assert found.width >= 480
    strip = found.crop((0, found.height - 40, found.width, found.height))
    dark, bright = strip.convert("L").getextrema()
    assert (dark < 60, bright > 230) == (True, True)
    # no word ends outside
    right = found.crop((found.width - 5, found.height - 40, found.width, found.height)).convert("L")
    assert right.getextrema()[1] < 60


def test_a_span_of_time_is_of_the_photo_not_of_the_clock(job: Job, cast: Cast) -> None:
    """The words come from the row alone: made again a year later they are the same."""
    photo = shoot(job, cast.technician, planks())
    before = words_of(photo, "zh")
    with clock.frozen(clock.now() + timedelta(days=365)):
        assert words_of(photo, "zh") == before


