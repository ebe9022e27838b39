"""Photos on the phone: taken, chosen, taken again, broken ones named, and nothing lost behind the camera."""

import hashlib
import io
import re
from functools import cache

import pillow_heif
import pytest
import sqlalchemy as sa
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from fieldservice.core.db import db
from fieldservice.evidence.models import Evidence
from fieldservice.signoff.models import SignOff
from tests.e2e.conduct import install
from tests.e2e.conftest import PHONE, SMALL_PHONE
from tests.e2e.test_phone_screens import looks_right, open_screen
from tests.e2e.trip import a_job_for, reading, sign_in_phone
from tests.e2e.visit import NEXT, confirm, go, sign, take_back, turn, wait_until_all_is_there
from tests.support.browser import NETWORK_ERROR

#: what the phone holds: photos of the journal with the bytes that belong to them, by the order of taking
KEPT = """async () => {
  const { name } = (await indexedDB.databases()).find((one) => /^fieldservice-0/.test(one.name));
  const open = (opening) => new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const db = await open(indexedDB.open(name));
  const tx = db.transaction(['ops', 'bytes']);
  const [ops, bytes] = await Promise.all(['ops', 'bytes'].map((store) => open(tx.objectStore(store).getAll())));
  const keys = await open(db.transaction('bytes').objectStore('bytes').getAllKeys());
  db.close();
  return ops.filter((op) => op.kind === 'add_photo').map(({ args }) => {
    const kept = bytes[keys.indexOf(args.sha256)];
    return { ...args, kept: kept.data?.byteLength ?? null, thumb: kept.thumb?.byteLength ?? null };
  });
}"""

#: the browser grants not one byte more
NO_ROOM = """() => {
  IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); };
}"""

EXIF_TIME = "2026:11:21 10:42:07"


@cache
def a_picture(size=(3000, 2250), *, kind="JPEG", orientation=None, time="", place=None) -> bytes:
    """A floor with a dark corner at the upper left, so that turning shows."""
    image = Image.effect_noise((size[0] // 4, size[1] // 4), 60).resize(size).convert("RGB")
    pen = ImageDraw.Draw(image)
    for line in range(0, size[1], max(1, size[1] // 9)):
        pen.line((0, line, size[0], line), fill=(90, 60, 20), width=6)
    pen.rectangle((0, 0, size[0] // 4, size[1] // 4), fill=(20, 20, 90))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    if time:
        exif.get_ifd(0x8769)[0x9003] = time
        exif.get_ifd(0x8769)[0x9011] = "+08:00"
    if place:
        exif.get_ifd(0x8825).update({1: "N", 2: place[0], 3: "E", 4: place[1]})
    out = io.BytesIO()
    image.save(out, kind, exif=exif, **({"quality": 88} if kind == "JPEG" else {}))
    return out.getvalue()


def a_file(name: str, content: bytes, media_type: str = "image/jpeg") -> dict[str, object]:
    return {"name": name, "mimeType": media_type, "buffer": content}


@pytest.fixture
def job(server_app, server, watch) -> str:
    watch.expect(NETWORK_ERROR)
    return a_job_for(server_app, state="working")


def open_photos(page, server, job: str):
    """The photos of the job on a phone without signal: what is seen then is the phone's own."""
    sign_in_phone(page, server)
    open_screen(page, f"#/job/{job}/photos")
    expect(page.locator("photo-slot")).to_have_count(6)
    page.context.set_offline(True)


def slot(page, name: str):
    order = ["before", "after", "during", "damage", "voucher", "paper"]
    return page.locator("photo-slot").nth(order.index(name))


def opened_again(persistent_phone):
    """The phone after it closed the app behind the camera; still without signal."""
    persistent_phone.kill()
    context = persistent_phone.open()
    context.set_offline(True)
    page = context.new_page()
    page.goto("/app/")
    return page


def shoot(page, name: str, content: bytes, *, file_name: str = "IMG_1.jpg", then: int = 1):
    """The camera comes back with a picture; waits until the slot shows `then` photos."""
    slot(page, name).locator("input[capture]").set_input_files(a_file(file_name, content))
    expect(shots(page, name)).to_have_count(then, timeout=15_000)


def shots(page, name: str):
    return slot(page, name).locator("button.photo:not(.photo-empty)")


@pytest.mark.parametrize(
    ("size", "language", "colour_scheme"),
    [(PHONE, "en", "light"), (SMALL_PHONE, "zh-CN", "dark"), (SMALL_PHONE, "en", "light")],
    ids=["412-en", "360-zh-dark", "360-en"],
)
def test_photos_of_a_job_are_taken_without_signal(open_context, server, job, size):
    context = open_context(**size)
    page = context.new_page()
    open_photos(page, server, job)
    looks_right(page)
    small = a_picture((800, 600))
    page.reload()
    shoot(page, "before", a_picture(time=EXIF_TIME, place=((31, 14, 27.5), (121, 28, 12.34))))
    shoot(page, "after", a_picture(orientation=6))
    shoot(page, "after", small, then=2)
    expect(page.locator(".photo-wait")).to_have_count(0)
    looks_right(page)
    shots(page, "before").click()
    expect(page.locator("dialog .photo-large")).to_be_visible()
    looks_right(page)
    first, turned, kept_as_it_is = page.evaluate(KEPT)
    assert first["declared"] == {"time": f"{EXIF_TIME}+08:00", "lat": 31.2409722, "lng": 121.4700944}
    assert (first["source"], first["slot"], first["item"], first["opens"]) == ("camera", "before", "", True)
    assert first["size"] == first["kept"] < 1_500_000, "the camera's picture was made smaller"
    assert 1_000 < first["thumb"] < 40_000
    assert turned["declared"] is None
    assert kept_as_it_is["sha256"] == hashlib.sha256(small).hexdigest()


def test_a_picture_taken_sideways_is_kept_upright(phone, server, job):
    open_photos(phone, server, job)
    shoot(phone, "after", a_picture(orientation=6))
    shots(phone, "after").click()
    picture = phone.locator("dialog .photo-large")
    expect(picture).to_have_attribute("src", re.compile("^blob:"))
    phone.wait_for_function("() => document.querySelector('.photo-large').naturalHeight > 320")
    size = picture.evaluate("({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight]")
    assert size == [1536, 2048], "no EXIF is left to turn it a second time"


def test_chosen_files_are_kept_byte_for_byte_and_a_bad_one_stops_no_other(phone, server, job):
    whole = a_picture((2600, 1950), time=EXIF_TIME)
    files = {
        "good.jpg": whole,
        "cut.jpg": whole[: len(whole) * 6 // 10],
        "letter.jpg": b"<html>Dear customer</html>",
        "empty.jpg": b"",
        "plan.png": a_picture((900, 700), kind="PNG"),
    }
    open_photos(phone, server, job)
    slot(phone, "during").locator("input[multiple]").set_input_files([a_file(*one) for one in files.items()])
    expect(shots(phone, "during")).to_have_count(4, timeout=15_000)
    report = slot(phone, "during").get_by_role("alert")
    for name in files:
        expect(report).to_contain_text(name)
    expect(slot(phone, "during").locator(".photo-tag-risk")).to_have_count(2)
    looks_right(phone)
    kept = {one["file_name"]: one for one in phone.evaluate(KEPT)}
    assert set(kept) == set(files) - {"empty.jpg"}
    for name, one in kept.items():
        assert one["sha256"] == hashlib.sha256(files[name]).hexdigest(), name
        assert one["kept"] == len(files[name])
        assert one["opens"] is (name in ("good.jpg", "plan.png")), name
        assert (one["thumb"] is not None) is one["opens"], name
    assert kept["good.jpg"]["source"] == "gallery"


def test_a_heic_that_the_browser_cannot_show_is_not_called_broken(phone, server, job, server_app):
    """The server's verdict decides; until then it counts, and nobody says anything is wrong."""
    pillow_heif.register_heif_opener()
    content = a_picture((1200, 900), kind="HEIF")
    open_photos(phone, server, job)
    slot(phone, "during").locator("input[multiple]").set_input_files(a_file("IMG_0001.HEIC", content))
    expect(shots(phone, "during")).to_have_count(1, timeout=15_000)
    expect(slot(phone, "during").locator(".photo-tag-risk, .note-risk")).to_have_count(0)
    (one,) = phone.evaluate(KEPT)
    assert (one["opens"], one["thumb"], one["sha256"]) == (True, None, hashlib.sha256(content).hexdigest())
    phone.context.set_offline(False)
    wait_until_all_is_there(phone)
    with reading(server_app):
        photo = db.session.scalars(sa.select(Evidence).filter_by(job_id=job)).one()
        assert (photo.blob.picture, photo.blob.format) == ("usable", "HEIC")
    expect(shots(phone, "during").first.locator("img")).to_be_visible(timeout=15_000)


def test_what_is_damaged_inside_but_opens_is_kept_as_a_photo(phone, server, job):
    whole = bytearray(a_picture((1600, 1200)))
    middle = len(whole) // 2
    whole[middle : middle + 40] = bytes(40)
    open_photos(phone, server, job)
    shoot(phone, "during", bytes(whole))
    (one,) = phone.evaluate(KEPT)
    assert one["opens"] is True


def test_a_file_too_large_is_refused_before_anything(phone, server, job):
    open_photos(phone, server, job)
    slot(phone, "paper").locator("input[multiple]").set_input_files(a_file("film.jpg", bytes(30_000_001)))
    expect(slot(phone, "paper").get_by_role("alert")).to_contain_text("film.jpg")
    expect(shots(phone, "paper")).to_have_count(0)
    assert phone.evaluate(KEPT) == []


def test_the_original_is_kept_in_full_size_when_the_person_wants_it(phone, server, job):
    whole = a_picture()
    sign_in_phone(phone, server)
    open_screen(phone, "#/me")
    box = phone.locator("input[type=checkbox]").last
    box.check()
    phone.wait_for_timeout(300)  # written down at once, without a word
    phone.reload()
    expect(box).to_be_checked()
    open_screen(phone, f"#/job/{job}/photos")
    phone.context.set_offline(True)
    shoot(phone, "before", whole)
    (one,) = phone.evaluate(KEPT)
    assert one["sha256"] == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize("language", ["en"])
def test_a_photo_is_described_taken_again_and_removed(phone, server, job):
    open_photos(phone, server, job)
    shoot(phone, "damage", a_picture((1200, 900)))
    shots(phone, "damage").click()
    phone.get_by_label("What can be seen").fill("Crack by the door")
    phone.wait_for_timeout(300)
    phone.reload()
    shots(phone, "damage").click()
    caption = phone.get_by_label("What can be seen")
    expect(caption).to_have_value("Crack by the door")
    phone.get_by_role("button", name="Save").click()
    expect(phone.locator("dialog[open]")).to_have_count(0)
    expect(shots(phone, "damage")).to_contain_text("Crack by the door")

    shots(phone, "damage").click()
    with phone.expect_file_chooser() as chooser:
        phone.get_by_role("button", name="Take again").click()
    chooser.value.set_files(a_file("IMG_2.jpg", a_picture((1000, 750))))
    phone.wait_for_function("() => document.querySelector('.photo-wait') === null")
    first, again = phone.evaluate(KEPT)
    assert again["replaces"] is not None
    assert again["caption"] == "Crack by the door"
    assert first["sha256"] != again["sha256"]
    expect(shots(phone, "damage")).to_have_count(1)

    shots(phone, "damage").click()
    phone.get_by_role("button", name="Remove", exact=True).click()
    looks_right(phone)
    phone.get_by_role("button", name="Remove the photo").click()
    expect(phone.get_by_label("Why is it removed?")).to_be_focused()
    phone.get_by_role("button", name="Blurred").click()
    phone.get_by_role("button", name="Remove the photo").click()
    expect(shots(phone, "damage")).to_have_count(0)
    expect(slot(phone, "damage").locator(".photo-empty")).to_be_focused()


@pytest.mark.parametrize("language", ["en"])
def test_a_photo_of_the_sign_off_is_taken_out_after_the_end_only_with_a_reason(phone, server, server_app, job):
    open_photos(phone, server, job)
    shoot(phone, "damage", a_picture((1200, 900)))
    shoot(phone, "during", b"\xff\xd8 broken")
    go(phone, job, "handover")
    turn(phone)
    sign(phone)
    confirm(phone)
    take_back(phone)
    phone.wait_for_url(f"**/app/#/job/{job}/closing")
    phone.locator(NEXT).click()
    expect(phone.locator("job-screen")).to_be_visible()

    open_screen(phone, f"#/job/{job}/photos")
    shots(phone, "damage").click()
    expect(phone.get_by_text("This photo stands on the sign-off.")).to_be_visible()
    expect(phone.get_by_role("button", name="Take again")).to_have_count(0)
    expect(phone.locator("dialog input")).to_have_count(0)
    looks_right(phone)
    phone.get_by_role("button", name="Remove", exact=True).click()
    looks_right(phone)
    phone.get_by_role("button", name="Blurred").click()
    phone.get_by_role("button", name="Remove the photo").click()
    expect(shots(phone, "damage")).to_have_count(0)
    with phone.expect_file_chooser() as chooser:  # what cannot be used is taken again, and the record says why
        slot(phone, "during").get_by_role("button", name="Take another").click()
    chooser.value.set_files(a_file("IMG_3.jpg", a_picture((1000, 750))))
    expect(slot(phone, "during").locator(".photo-tag-risk")).to_have_count(0)
    phone.context.set_offline(False)
    wait_until_all_is_there(phone)
    with reading(server_app):
        photos = db.session.scalars(sa.select(Evidence).filter_by(job_id=job).order_by(Evidence.id)).all()
        reasons = [photo.void_reason if photo.is_void else None for photo in photos]
        assert reasons == ["Blurred", "It could not be opened on the phone.", None]
        assert [sheet.is_current for sheet in db.session.scalars(sa.select(SignOff).filter_by(job_id=job))] == [True]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_phone_that_closes_the_app_behind_the_camera_comes_back_to_the_slot(persistent_phone, server, job):
    page = persistent_phone.open().new_page()
    open_photos(page, server, job)
    with page.expect_file_chooser():
        slot(page, "voucher").locator(".photo-empty").click()
    page = opened_again(persistent_phone)
    expect(slot(page, "voucher").get_by_role("status")).to_be_visible()
    expect(slot(page, "voucher").locator(".photo-empty")).to_be_focused()
    assert page.url.endswith(f"#/job/{job}/photos")
    looks_right(page)
    shoot(page, "voucher", a_picture((700, 500)))
    expect(slot(page, "voucher").get_by_role("status")).to_have_count(0)
    page.goto("/app/#/today")
    page.reload()
    expect(page.locator("a.stop").first).to_be_visible()
    assert page.url.endswith("#/today"), "it is told once"


def test_it_comes_back_to_the_step_of_the_checklist_that_asks_for_the_photo(
    persistent_phone, server, server_app, watch
):
    watch.expect(NETWORK_ERROR)
    install(server_app)
    job = a_job_for(server_app, type="repair", state="working")
    page = persistent_phone.open().new_page()
    sign_in_phone(page, server)
    open_screen(page, f"#/job/{job}/visit")
    page.context.set_offline(True)
    page.locator("#at-pair .step-fold").click()
    after = page.locator(".pair photo-slot").nth(1)
    with page.expect_file_chooser():
        after.locator(".photo-empty").click()
    page = opened_again(persistent_phone)
    after = page.locator(".pair photo-slot").nth(1)
    expect(after.get_by_role("status")).to_be_in_viewport()
    expect(after.locator(".photo-empty")).to_be_focused()
    assert page.url.endswith(f"#/job/{job}/visit/pair")
    looks_right(page)
    after.locator("input[capture]").set_input_files(a_file("IMG_1.jpg", a_picture((900, 700))))
    expect(after.locator("button.photo:not(.photo-empty)")).to_have_count(1, timeout=15_000)
    (one,) = page.evaluate(KEPT)
    assert one["slot"] == "after"
    assert one["item"], "it answers the step"


def test_a_camera_that_does_not_open_is_said_calmly(phone, server, job):
    open_photos(phone, server, job)
    with phone.expect_file_chooser():
        slot(phone, "before").locator(".photo-empty").click()
    slot(phone, "before").locator("input[capture]").dispatch_event("cancel")
    expect(slot(phone, "before").get_by_role("status")).to_be_visible()
    looks_right(phone)
    phone.reload()
    expect(phone.locator("photo-slot")).to_have_count(6)
    expect(phone.locator(".shots [role=status]")).to_have_count(0)  # nothing was lost


@pytest.mark.parametrize("language", ["en"])
def test_a_full_phone_says_exactly_what_is_safe(phone, server, job):
    open_photos(phone, server, job)
    shoot(phone, "during", a_picture((1200, 900)))
    phone.evaluate(NO_ROOM)
    files = [a_file(f"IMG_{n}.jpg", a_picture((2000, 1500))) for n in (5, 6)]
    slot(phone, "during").locator("input[multiple]").set_input_files(files)
    report = slot(phone, "during").get_by_role("alert")
    expect(report).to_contain_text("IMG_5.jpg", timeout=15_000)
    expect(report).to_contain_text("storage is full")
    expect(report).to_contain_text("safe: 1")
    expect(shots(phone, "during")).to_have_count(1)
    assert len(phone.evaluate(KEPT)) == 1
