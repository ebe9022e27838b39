"""What whole visits have in common: the steps of the checklist, photos, the page in the customer's hands, the outcome."""

import hashlib
import io
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import Flask
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence import tasks
from fieldservice.evidence.models import USABLE, VERIFIED, Evidence
from fieldservice.visits.models import ChecklistAnswer
from tests.e2e.trip import reading, unsent

PIN = "2580"
NEXT = ".dock .next"

#: what the phone holds: every act of its journal with its result, and how many bytes of each photo are still here
HELD = """async () => {
  const { name } = (await indexedDB.databases()).find((one) => /^fieldservice-0/.test(one.name));
  const open = (opening) => new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const db = await open(indexedDB.open(name));
  const tx = db.transaction(['ops', 'bytes']);
  const all = (store) => open(tx.objectStore(store).getAll());
  const [ops, bytes, hashes] = await Promise.all([all('ops'), all('bytes'), open(tx.objectStore('bytes').getAllKeys())]);
  db.close();
  return {
    ops: ops.map(({ id, kind, entity, args, result }) => ({ id, kind, entity, args, result: result ?? null })),
    bytes: Object.fromEntries(hashes.map((sha256, index) => [sha256, bytes[index].data?.byteLength ?? 0])),
  };
}"""


@cache
def noise(width: int, height: int, quality: int = 90, shade: int = 0) -> bytes:
    """A JPEG of specks, which is as large as pictures get; another `shade` is another picture."""
    grain = Image.effect_noise((width, height), 70)
    shaded = grain.point(lambda value: (value + shade) % 256)
    image = Image.merge("RGB", (grain, shaded, grain.transpose(Image.Transpose.ROTATE_180)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def a_file(name: str, content: bytes, media_type: str = "image/jpeg") -> FilePayload:
    """A file as the camera or the gallery hands it over."""
    return {"name": name, "mimeType": media_type, "buffer": content}


def go(page: Page, job_id: str, part: str = "") -> None:
    """A screen of the job, once it has read what it shows."""
    page.goto(f"/app/#/job/{job_id}/{part}".rstrip("/"))
    expect(page.locator("fieldservice-app h1")).to_be_visible(timeout=20_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def step(page: Page, key: str) -> Locator:
    """One step of the checklist."""
    return page.locator(f"#at-{key}")


def unfold(page: Page, key: str) -> Locator:
    """A step, opened if it is folded."""
    here = step(page, key)
    expect(here).to_be_visible(timeout=20_000)  # the screen before may still be there
    shut = here.locator(".step-fold[aria-expanded=false]")
    if shut.count():
        shut.click()
    return here


def answer(page: Page, item: dict[str, Any], value: dict[str, Any]) -> None:
    """Gives `value` for the item by the buttons and fields of its step; waits until the phone has it for sure."""
    here = unfold(page, item["key"])
    if "chosen" in value:
        keys = [option["key"] for option in item["options"]]
        for key in value["chosen"]:
            here.locator("label:has(input)").nth(keys.index(key)).click()
    elif "why" in value:
        here.locator("button[aria-expanded]:not(.step-fold)").click()
    elif value.get("language") == "en":
        here.locator(".pick .btn").nth(1).click()
        page.locator(".words-dialog .dialog-head .btn").first.click()
        expect(page.locator(".words-large[lang=en]")).to_be_visible()
        page.locator(".words-dialog .dialog-foot .btn").click()
    elif "done" in value or "said" in value:
        here.locator(".pick .btn").first.click()
    if words := value.get("why") or value.get("text"):
        here.locator("textarea").fill(words)
        here.locator("textarea").blur()
    if "milli" in value:
        here.locator("input").fill(str(value["milli"] / 1000))
        here.locator("input").press("Enter")
    expect(here.locator(".tick-not" if "why" in value else ".tick-yes")).to_be_visible(timeout=15_000)


def slot(page: Page, key: str, name: str = "") -> Locator:
    """The photos of a step; of a pair `name` says which."""
    return step(page, key).locator("photo-slot").nth(1 if name == "after" else 0)


def shots(there: Locator) -> Locator:
    """The photos of a slot that are safe."""
    return there.locator("button.photo:not(.photo-empty)")


def shoot(there: Locator, content: bytes, *, name: str = "IMG_1.jpg", source: str = "camera") -> None:
    """The camera, or the gallery, comes back with a picture; waits until the phone has it for sure."""
    before = shots(there).count()
    field = "input[capture]" if source == "camera" else "input[multiple]"
    there.locator(field).set_input_files(a_file(name, content))
    expect(shots(there)).to_have_count(before + 1, timeout=20_000)


def turn(page: Page) -> None:
    """Turns the phone to the customer; the first time a PIN is asked for."""
    page.locator(NEXT).click()
    expect(page.locator("#pin, turned-screen h1").first).to_be_visible()
    if page.locator("#pin").count():
        page.locator("#pin").fill(PIN)
        page.locator(NEXT).click()
    expect(page.locator("turned-screen h1")).to_be_visible()


def sign(page: Page) -> None:
    """The customer reads to the end and signs by hand; nothing is confirmed yet."""
    pad = page.locator("sign-pad canvas")
    pad.scroll_into_view_if_needed()
    page.locator("turned-screen main").evaluate("main => { main.scrollTop = main.scrollHeight }")
    page.wait_for_timeout(300)
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    for stroke in range(3):
        left, top = box["x"] + 30 + 70 * stroke, box["y"] + 40
        page.mouse.move(left, top)
        page.mouse.down()
        for point in range(14):
            page.mouse.move(left + 6 * point, top + (point % 5) * 14)
        page.mouse.up()
        page.wait_for_timeout(50)
    expect(page.locator(NEXT)).not_to_have_attribute("aria-disabled", "true")


def confirm(page: Page) -> None:
    """What was signed is kept; only the way back is left."""
    page.locator(NEXT).click()
    expect(page.locator(".turned-thanks")).to_be_visible(timeout=15_000)


def take_back(page: Page) -> None:
    """The technician has the phone again, by PIN."""
    page.locator(NEXT).click()
    page.locator("#pin").fill(PIN)
    page.locator("pin-form button").click()
    expect(page.locator("turned-screen")).to_have_count(0)


def held(page: Page) -> Any:
    """`{"ops": […], "bytes": {sha256: number of bytes}}`, read from the phone's database."""
    return page.evaluate(HELD)


def wait_until_all_is_there(page: Page, *, seconds: int = 60) -> None:
    """Until the server has every act and every byte."""
    for _ in range(seconds * 2):
        if unsent(page) == 0 and not any(held(page)["bytes"].values()):
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"still only on the phone: {unsent(page)} acts, bytes {held(page)['bytes']}")


def check_log(app: Flask, job_id: str, ops: list[dict[str, Any]]) -> None:
    """The log has just these acts of the job, each once, in the order of the phone, each with its one result, applied."""
    with reading(app):
        query = sa.select(LogEntry).filter_by(entity_id=job_id, origin="phone").order_by(LogEntry.seq)
        entries = db.session.scalars(query).all()
        assert [entry.id for entry in entries] == [op["id"] for op in ops]
        assert [(entry.kind, entry.result) for entry in entries] == [(op["kind"], "applied") for op in ops]
        numbers = [entry.seq for entry in entries]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def check_photos(app: Flask, job_id: str, count: int) -> list[str]:
    """As many photos, whole, hashing to their names, and found to be pictures; their hashes, as they were taken."""
    with reading(app):
        photos = db.session.scalars(sa.select(Evidence).filter_by(job_id=job_id).order_by(Evidence.id)).all()
        assert [(one.blob.state, one.blob.picture, one.blob.why) for one in photos] == [(VERIFIED, USABLE, "")] * count
        for one in photos:
            content = files.path_of(one.sha256).read_bytes()
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (one.sha256, one.blob.size)
        return [one.sha256 for one in photos]


def answers_on_server(app: Flask, job_id: str) -> dict[str, Any]:
    """What the server has: item → value."""
    with reading(app):
        rows = db.session.scalars(sa.select(ChecklistAnswer).filter_by(job_id=job_id, is_current=True))
        return {row.item: row.value for row in rows if row.value}


def check_forgotten_pictures(app: Flask) -> None:
    """What a worker does each minute, two minutes later: a server that was killed has not looked at what it took last."""
    with app.app_context(), clock.frozen(clock.now() + timedelta(minutes=2)):
        tasks.find_forgotten_pictures()
        db.session.remove()
