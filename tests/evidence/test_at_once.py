"""Two at the same moment: nobody waits for somebody who waits for them."""

import threading
from collections.abc import Callable

from flask import Flask

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.evidence.actions import note_picture
from fieldservice.evidence.models import Evidence
from fieldservice.evidence.picture import Found
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from tests.cast import Cast
from tests.evidence.photos import a_device, announced, picture


def test_a_picture_is_found_usable_while_a_phone_sends_another_photo_with_its_bytes(
    app: Flask, job: Job, cast: Cast
) -> None:
    person_id, job_id = cast.technician.id, job.id
    sha256 = announced(job, cast.technician, a_device(cast.technician), picture()).sha256
    db.session.rollback()
    job_held, looked_at, failed = threading.Event(), threading.Event(), list[Exception]()

    def push() -> None:
        hold_jobs([job_id])
        job_held.set()
        looked_at.wait(1)  # on SQLite there is one writer, and it is this one
        photo = Evidence(id=new_id(), job_id=job_id, run=1, by_id=person_id, sha256=sha256, slot="before",
                         source="camera", happened_at=clock.now(), op_id=new_id())  # fmt: skip
        db.session.add(photo)
        db.session.commit()

    def check() -> None:
        job_held.wait(10)
        note_picture(sha256, Found("", "JPEG", 640, 480), at=clock.now())
        db.session.flush()
        looked_at.set()
        db.session.commit()

    def run(work: Callable[[], None]) -> None:
        with app.app_context():
            try:
                work()
            except Exception as error:
                failed.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=[work]) for work in (push, check)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == []
