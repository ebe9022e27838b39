"""Visits as they stand at the office: photos with their bytes, looked at as a worker does."""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.evidence import tasks
from fieldservice.evidence.models import ANNOUNCED, VERIFIED, Evidence, Upload
from fieldservice.evidence.rules import MOST_BYTES
from fieldservice.jobs.models import Job
from fieldservice.visits import actions
from fieldservice.visits.actions import PhotoTaken

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
        files.put(io.BytesIO(content), most=MOST_BYTES)
        photo.blob.verified_at = at
        device = Device(id=new_id(), person_id=by.id, name="门店手机 07", registered_at=at)
        db.session.add(device)
        db.session.flush()
        db.session.add(
            Upload(device_id=device.id, person_id=by.id, evidence_id=photo.id, sha256=taken.sha256, length=taken.size,
                   received=taken.size, created_at=at, expires_at=at + timedelta(days=14), finished_at=at)
        )  # fmt: skip
    db.session.commit()
    if state == VERIFIED:
        tasks.check_picture(taken.sha256)
    return db.session.get_one(Evidence, when.op_id)


def cut_short(content: bytes) -> bytes:
    """A file whose end is missing."""
    return content[: int(len(content) * CUT)]


def answer(job: Job, version_id: str, item: str, value: dict[str, Any] | None, *, by: Person) -> None:
    """An answer of the lead, now; committed."""
    actions.answer_item(job, version_id, item, value, by=by, when=Happening(at=clock.now(), op_id=new_id()))
    db.session.commit()
