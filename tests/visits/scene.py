"""Visits as they stand at the office: photos with their bytes, looked at as a worker does."""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from fieldservice.accounts.models import Device, Person
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.happening import Happening, Place
from fieldservice.core.ids import new_id
from fieldservice.evidence import tasks
from fieldservice.evidence.models import ANNOUNCED, RECEIVING, VERIFIED, Evidence, Upload
from fieldservice.jobs.models import Job
from fieldservice.visits import actions, queries
from fieldservice.visits.actions import PhotoTaken
from tests.support.media import keep_bytes

#: a photo's middle: it begins like one and ends nowhere
CUT = 0.6


def planks(shade: int = 0, *, gap: bool = False, size: tuple[int, int] = (800, 600)) -> bytes:
    """A floor; another `shade` is another picture, `gap` is damage in it."""
    image = Image.new("RGB", size, (150 + shade, 108 + shade, 66 + shade))
    pen, wide = ImageDraw.Draw(image), size[0]
    for row, top in enumerate(range(0, size[1], 100)):
        pen.line((0, top, wide, top), fill=(92, 62, 38), width=4)
        for left in range(-150 + row % 3 * 130, wide, 390):
            pen.line((left, top, left, top + 100), fill=(92, 62, 38), width=4)
    if gap:
        pen.polygon([(310, 210), (560, 190), (530, 320), (340, 340)], fill=(60, 44, 32))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def shoot(
    job: Job,
    by: Person,
    content: bytes,
    *,
    state: str = VERIFIED,
    at: datetime | None = None,
    is_late: bool = False,
    **given: Any,
) -> Evidence:
    """A photo in the slot "before" unless `given` says otherwise; its bytes are here and looked at unless `state` says
    otherwise. Committed."""
    at = at or clock.now()
    taken = PhotoTaken(
        **{"slot": "before", "source": "camera", "sha256": hashlib.sha256(content).hexdigest(),
           "size": len(content), "media_type": "image/jpeg"} | given
    )  # fmt: skip
    when = Happening(at=at, op_id=new_id(), device_at=at)
    photo = actions.add_photo(job, taken, by=by, when=when, is_late=is_late)
    if state != ANNOUNCED:
        photo.blob.state = state
    if state == VERIFIED:
        keep_bytes(content)
        photo.blob.verified_at = at
        device = _device_of(by, at)
        db.session.add(
            Upload(device_id=device.id, person_id=by.id, evidence_id=photo.id, sha256=taken.sha256, length=taken.size,
                   received=taken.size, created_at=at, expires_at=at + timedelta(days=14), finished_at=at)
        )  # fmt: skip
    db.session.commit()
    if state == VERIFIED:
        tasks.check_picture(taken.sha256)
    return db.session.get_one(Evidence, when.op_id)


def _device_of(person: Person, at: datetime) -> Device:
    """The one phone all their photos come from."""
    named = {"person_id": person.id, "name": "门店手机 07"}
    device = db.session.query(Device).filter_by(**named).first()
    if device is None:
        device = Device(id=new_id(), registered_at=at, **named)
        db.session.add(device)
        db.session.flush()
    return device


def cut_short(content: bytes) -> bytes:
    """A file whose end is missing."""
    return content[: int(len(content) * CUT)]


def answer(job: Job, version_id: str, item: str, value: dict[str, Any] | None, *, by: Person) -> None:
    """An answer of the lead, now; committed."""
    actions.answer_item(job, version_id, item, value, by=by, when=Happening(at=clock.now(), op_id=new_id()))
    db.session.commit()


def a_whole_visit(job: Job, by: Person) -> dict[str, Evidence]:
    """Everything that can stand on the page: pairs and others, in every state, answers, charges, an incident. Committed.

    The job is the lead's and under way. Names → photos.
    """
    began = clock.now() - timedelta(minutes=70)

    def take(minute: int, content: bytes, **given: Any) -> Evidence:
        return shoot(job, by, content, at=began + timedelta(minutes=minute), **given)

    place = {"place": Place(lat=39.9911, lng=116.4698, accuracy_m=12)}
    photos = {
        "before": take(2, planks(0, gap=True), caption="客厅靠窗，拆之前", **place),
        "after": take(55, planks(10), slot="after", caption="换好以后", **place),
        "portrait": take(4, planks(30, gap=True, size=(600, 800))),
        "chosen": take(56, planks(36), slot="after", source="gallery", file_name="IMG_20261120_090001.jpg",
                       declared_time="2026:11:20 09:00:01", declared_lat=39.5, declared_lng=116.25),
        "damage": take(20, planks(60), slot="damage", caption="踢脚线磕了一角"),
        "bad": take(22, cut_short(planks(70)), slot="during", file_name="IMG_0007.jpg", opens=False),
        "waiting": take(24, planks(80), slot="during", state=ANNOUNCED),
        "coming": take(25, planks(81), slot="during", state=RECEIVING),
        "late": take(58, planks(90), slot="paper", is_late=True, caption="收据"),
        "void": take(3, planks(20)),
    }  # fmt: skip
    take(5, planks(21), replaces_id=photos["void"].id)
    answer_all(job, by)
    return photos


def answer_all(job: Job, by: Person) -> None:
    """The checklist up to the signature as somebody may well have answered it; committed."""
    version_id = queries.checklist_ids([job])[job.id]
    assert version_id
    for item in db.session.get_one(ChecklistVersion, version_id).content["items"]:
        value = _likely(item)
        if value and item["phase"] != "base":
            answer(job, version_id, item["key"], value, by=by)


def _likely(item: dict[str, Any]) -> dict[str, Any] | None:
    """What somebody may well have answered; None: not answered."""
    simple = {"confirm": {"done": True}, "say": {"said": True, "language": "zh"}, "text": {"text": "暖气管接头渗水"}}
    if item["type"] == "choose":
        option = next((one for one in item["options"] if not one["text"]), item["options"][0])
        return {"chosen": [option["key"]], "text": "其他" if option["text"] else ""}
    if item["type"] == "number":
        return {"milli": item["least_milli"] or 7000}
    return simple.get(item["type"])
