"""What a person should look at about a photo: found, told with why, looked at with a note, and never a verdict."""

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Place
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of
from fieldservice.evidence.models import ANNOUNCED, Evidence, PicturePrint
from fieldservice.evidence.prints import are_alike, bands_of
from fieldservice.jobs.models import Job, JobStep
from fieldservice.visits import rules, tasks
from fieldservice.visits.models import PhotoFlag
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.evidence.photos import picture as specks
from tests.support.own_forms import send_form
from tests.visits.scene import planks, shoot

SITE = Place(lat=39.9911, lng=116.4698, accuracy_m=12)


@pytest.fixture
def job(cast: Cast) -> Job:
    return a_visit(cast)


@pytest.fixture
def desk(client: FlaskClient, cast: Cast) -> FlaskClient:
    client.set_cookie("lang", "en", domain="localhost")
    return sign_in(client, cast.dispatcher)


def a_visit(cast: Cast, arrived_minutes_ago: int = 60) -> Job:
    """A visit whose crew has arrived, at a site with a position."""
    job = a_job(cast.store, cast.technician, state="working")
    job.site.lat, job.site.lng, job.site.position_source = SITE.lat, SITE.lng, "pin"
    job.visit_on = clock.now().date()
    at = clock.now() - timedelta(minutes=arrived_minutes_ago)
    db.session.add(JobStep(job_id=job.id, position=99, run=job.run, step="arrive", from_state="en_route",
                           to_state="arrived", by_id=cast.technician.id, happened_at=at, op_id=new_id()))  # fmt: skip
    db.session.commit()
    return job


def kinds(photo: Evidence) -> set[str]:
    """Of its flags, when a worker has been there."""
    looked_through()
    db.session.expire_all()
    return set(db.session.scalars(sa.select(PhotoFlag.kind).filter_by(evidence_id=photo.id)))


def looked_through() -> None:
    """What a worker does every minute."""
    tasks.look_for_flags()


def saved_again(content: bytes) -> bytes:
    """Smaller, and saved anew: another file of the same picture."""
    image, out = Image.open(io.BytesIO(content)), io.BytesIO()
    image.resize((image.width * 7 // 10, image.height * 7 // 10)).save(out, "JPEG", quality=60)
    return out.getvalue()


def test_an_ordinary_photo_has_none(job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, specks(), place=SITE)
    assert kinds(photo) == set()


def test_the_same_file_used_before_in_this_or_another_job(job: Job, cast: Cast) -> None:
    first = shoot(job, cast.technician, specks(), place=SITE, at=clock.now() - timedelta(minutes=9))
    again = shoot(job, cast.technician, specks(), place=SITE, slot="after")
    elsewhere = shoot(a_visit(cast), cast.technician, specks(), place=SITE)
    assert (kinds(first), kinds(again), kinds(elsewhere)) == (set(), {"same_file"}, {"same_file"})
    flag = db.session.scalars(sa.select(PhotoFlag).filter_by(evidence_id=elsewhere.id)).one()
    assert flag.facts == {"photo": first.id, "job": job.id, "count": 2}


def test_the_earlier_one_may_come_later(job: Job, cast: Cast) -> None:
    """Its phone had no signal: the later photo is flagged when the earlier one has come."""
    later = shoot(job, cast.technician, specks(), place=SITE)
    assert kinds(later) == set()
    at = clock.now() - timedelta(hours=3)
    early = shoot(a_visit(cast, 200), cast.technician, saved_again(specks()), place=SITE, at=at)
    assert (kinds(early), kinds(later)) == (set(), {"alike"})


def test_a_picture_that_was_saved_again_looks_alike_across_jobs_only(job: Job, cast: Cast) -> None:
    shoot(job, cast.technician, specks(), place=SITE, at=clock.now() - timedelta(minutes=5))
    here = shoot(job, cast.technician, saved_again(specks()), place=SITE)
    other = a_visit(cast)
    there = shoot(other, cast.technician, saved_again(saved_again(specks())), place=SITE)
    unlike = shoot(other, cast.technician, planks(gap=True), place=SITE)
    plain = shoot(other, cast.technician, specks(width=1, height=1), place=SITE)
    assert [kinds(one) for one in (here, there, unlike, plain)] == [set(), {"alike"}, set(), set()]


def test_a_photo_taken_again_or_out_is_no_second_use(job: Job, cast: Cast) -> None:
    first = shoot(job, cast.technician, specks(), place=SITE, at=clock.now() - timedelta(minutes=5))
    again = shoot(job, cast.technician, specks(), place=SITE, replaces_id=first.id)
    assert kinds(again) == set()


@pytest.mark.parametrize(
    ("metres_away", "accuracy_m", "is_far"), [(300, 5, False), (700, 5, True), (700, 250, False), (90_000, 500, True)]
)
def test_far_takes_into_account_how_far_off_the_place_may_be(
    job: Job, cast: Cast, metres_away: int, accuracy_m: int, is_far: bool
) -> None:
    place = Place(lat=39.9911 + metres_away / 111_195, lng=116.4698, accuracy_m=accuracy_m)
    photo = shoot(job, cast.technician, specks(), place=place)
    assert ("far" in kinds(photo)) == is_far
    voucher = shoot(job, cast.technician, specks(300), place=place, slot="voucher")
    assert "far" not in kinds(voucher)


def test_what_the_file_declares_is_looked_at_too(job: Job, cast: Cast) -> None:
    day_before = (clock.now() - timedelta(days=1)).strftime("%Y:%m:%d %H:%M:%S")
    photo = shoot(job, cast.technician, specks(), place=SITE, source="gallery", declared_lat=31.2, declared_lng=121.5,
                  declared_time=day_before)  # fmt: skip
    assert kinds(photo) == {"gallery", "far", "before_arrival"}
    nonsense = shoot(job, cast.technician, specks(200), place=SITE, source="gallery", declared_time="9999:99:99 99:99:99")
    assert kinds(nonsense) == {"gallery"}


@pytest.mark.parametrize(
    ("uncertainty_ms", "device_off", "doubtful"),
    [(119_000, timedelta(minutes=9), False), (120_000, timedelta(), True), (0, timedelta(days=-3), True)],
)
def test_the_clock(job: Job, cast: Cast, uncertainty_ms: int, device_off: timedelta, doubtful: bool) -> None:
    photo = shoot(job, cast.technician, specks(), place=SITE)
    photo.uncertainty_ms, photo.device_at = uncertainty_ms, photo.happened_at + device_off
    db.session.commit()
    looked_through()
    assert ("clock" in kinds(photo)) == doubtful


def test_before_the_arrival_and_no_more_when_it_is_corrected(job: Job, cast: Cast) -> None:
    early = shoot(job, cast.technician, specks(), place=SITE, at=clock.now() - timedelta(minutes=70), state=ANNOUNCED)
    near = shoot(job, cast.technician, specks(200), place=SITE, at=clock.now() - timedelta(minutes=61), state=ANNOUNCED)
    looked_through()
    assert (kinds(early), kinds(near)) == ({"before_arrival"}, set())
    step = next(step for step in job.steps if step.step == "arrive")
    step.happened_at -= timedelta(minutes=30)
    db.session.commit()
    looked_through()
    assert kinds(early) == set()


def test_what_somebody_looked_at_stays_and_is_not_asked_again(job: Job, cast: Cast, desk: FlaskClient) -> None:
    photo = shoot(job, cast.technician, specks(), place=Place(lat=31.2, lng=121.5, accuracy_m=10))
    page = desk.get(f"/jobs/{job.id}/photos/{photo.id}").text
    assert "Far from the site" in page
    assert re.search(r"The phone was 10\d\d\.\d km from the site, give or take 10 m\.", page)
    assert "Check the position of the site first" in page
    assert "Far from the site: 1" in desk.get("/").text
    address = f"/jobs/{job.id}/photos/{photo.id}/flags/far"
    assert send_form(desk, address, {"note": "  "}).status_code == 422
    assert send_form(desk, address, {"note": "x" * 501}).status_code == 422
    assert send_form(desk, address, {"note": "业主另一套房"}).status_code == 303
    assert send_form(desk, address, {"note": "第二个人"}).status_code == 303  # the first stands
    job.site.lat, job.site.lng = 31.2, 121.5
    db.session.commit()
    looked_through()
    page = desk.get(f"/jobs/{job.id}/photos/{photo.id}").text
    assert "业主另一套房" in page
    assert "第二个人" not in page
    assert "Far from the site" not in desk.get("/").text
    logged = [entry for entry in log_of("job", job.id) if entry.kind == "office.look_at_flag"]
    assert [(entry.person_id, "业主另一套房" in entry.body) for entry in logged] == [(cast.dispatcher.id, True)]


def test_flags_hold_up_nothing(job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, specks(), place=Place(lat=31.2, lng=121.5, accuracy_m=10), source="gallery")
    assert rules.closing_fault([photo]) is None


def test_who_may(app: Flask, job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, specks(), source="gallery", place=SITE)
    page, flag, drawing = (f"/jobs/{job.id}/photos/{photo.id}{end}" for end in ("", "/flags/gallery", "/markups"))
    rights = (("quality", 200, 303), ("finance", 200, 403), ("outsider", 404, 404), ("technician", 403, 403))
    for name, sees, acts in rights:
        client = sign_in(app.test_client(), getattr(cast, name))
        assert client.get(page).status_code == sees, name
        shape = {"kind": "arrow", "x1": "1", "y1": "1", "x2": "9", "y2": "9"}
        for address, form in ((flag, {"note": "看过"}), (drawing, shape)):
            assert send_form(client, address, form).status_code == acts, (name, address)
    other = a_visit(cast)
    client = sign_in(app.test_client(), cast.dispatcher)
    assert client.get(f"/jobs/{other.id}/photos/{photo.id}").status_code == 404
    assert send_form(client, f"{page}/flags/nonsense", {"note": "x"}).status_code == 422


def test_a_job_of_another_branch_is_not_told(app: Flask, cast: Cast) -> None:
    first = a_visit(cast)
    shoot(first, cast.technician, specks(), place=SITE, at=clock.now() - timedelta(minutes=5))
    theirs = a_job(cast.other_store, cast.outside_technician)
    photo = shoot(theirs, cast.outside_technician, specks(), place=SITE)
    looked_through()
    client = app.test_client()
    client.set_cookie("lang", "en", domain="localhost")
    page = sign_in(client, cast.outsider).get(f"/jobs/{theirs.id}/photos/{photo.id}").text
    assert "a photo of a job of another branch" in page
    assert first.number not in page


def test_the_page_says_everything_that_is_recorded(desk: FlaskClient, job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, specks(), place=SITE, file_name="IMG_1.jpg")
    photo.uncertainty_ms = 4_000
    db.session.commit()
    page = " ".join(re.sub(r"<[^>]+>", " ", desk.get(f"/jobs/{job.id}/photos/{photo.id}").text).split())
    for words in (job.number, "Before", cast.technician.name, "camera", "± 4 s", "116.46980,39.99110 WGS-84", "± 12 m",
                  photo.sha256, "JPEG", "image/jpeg", "IMG_1.jpg", "comparing clocks",
                  f"{photo.blob.size} bytes"):  # fmt: skip
        assert words in page, words


def test_pictures_that_differ_in_few_bits_share_a_band(job: Job, cast: Cast) -> None:
    photo = shoot(job, cast.technician, specks(), place=SITE)
    look = str(photo.blob.look)
    near = f"{int(look, 16) ^ (0b111 << 64):032x}"  # three bits of the first hash
    far = f"{int(look, 16) ^ (0x7F << 64):032x}"
    assert (are_alike(look, near), are_alike(look, far)) == (True, False)
    assert sum(one == other for one, other in zip(bands_of(look), bands_of(near), strict=True)) == 3
    found = db.session.scalars(sa.select(PicturePrint)).one()
    assert [found.band_0, found.band_1, found.band_2, found.band_3] == bands_of(look)
