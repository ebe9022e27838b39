"""What evidence.json says."""

import hashlib
from typing import Any

from fieldservice.core import canonical, clock, json
from fieldservice.core.db import db
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.reports.evidence_file import Proof, evidence_of
from fieldservice.reports.models import Report
from tests.builders import a_job
from tests.cast import Cast
from tests.signoff.sheets import KEY, register_key, signed_on, take_photos


def a_report(job: Job, **given: Any) -> Report:
    values: dict[str, Any] = {
        "job_id": job.id, "run": job.run, "revision": 1, "language": "zh", "code": "7K3M0Q2WX19Z",
        "content_sha256": "0" * 64, "made_at": clock.now(),
    }  # fmt: skip
    return Report(**values | given)


def test_it_holds_what_was_signed_byte_for_byte(session: Any, cast: Cast) -> None:
    cast.store.name = "Cafe\u0301 Floors"  # not composed: canonical JSON refuses it as it is
    job = a_job(cast.store, cast.technician, state="working", number="Cafe\u0301-1")
    register_key(cast.technician)
    take_photos(job, cast.technician)
    sheet = signed_on(job, cast.technician)
    photos = session.scalars(db.select(Evidence)).unique().all()
    photos[0].lat, photos[0].lng, photos[0].accuracy_m = 39.99123456, 116.4, 12
    report = a_report(job)

    text = evidence_of(report, Proof(job, sheet, KEY["spki"], None, photos, {photos[0].id: "ab" * 32}))
    found = json.loads(text)

    assert canonical.is_canonical(text, found)
    assert found["job"]["number"] == "Café-1"
    said = found["sign_off"]
    assert said["presented"] == sheet.presented
    assert said["payload"] == sheet.payload
    assert hashlib.sha256(said["presented"].encode()).hexdigest() == said["presented_sha256"]
    assert said["key_spki"] == KEY["spki"]
    assert said["link_signature"] is None
    first = found["photos"][0]
    assert (first["lat_e7"], first["accuracy_m"], first["stamped_sha256"]) == (399912346, 12, "ab" * 32)
    assert [photo["sha256"] for photo in found["photos"]] == [photo.sha256 for photo in photos]
    assert found["report"]["code"] == report.code
    assert found["head"] is None


def test_without_a_sheet_it_says_so(session: Any, cast: Cast) -> None:
    job = a_job(cast.store)
    found = json.loads(evidence_of(a_report(job), Proof(job, None, None, None, [])))
    assert found["sign_off"] is None
    assert found["photos"] == []
    assert found["technician"] is None
