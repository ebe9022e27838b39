"""Visits that are done, and their reports."""

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

from fieldservice.accounts.models import Person
from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.actions import StepGiven
from fieldservice.jobs.models import Job
from fieldservice.reports.models import Report
from fieldservice.signoff.models import SignOff
from tests.builders import a_job, a_product
from tests.cast import Cast
from tests.signoff.sheets import register_key, signed_on
from tests.visits.scene import planks, shoot


def step(job: Job, by: Person, name: str, **given: Any) -> None:
    """A step of the lead, now; committed."""
    when = Happening(at=clock.now(), op_id=new_id(), device_at=clock.now())
    job_actions.take_step(job, StepGiven(step=name, **given), by=by, when=when)
    db.session.commit()


def a_visit(cast: Cast, *, photos: int = 2, **given: Any) -> Job:
    """At work, with photos before and after that are here; the phone's key is known."""
    job = a_job(cast.store, cast.technician, state="accepted", **given)
    job.product = a_product(job.site)
    for name in ("depart", "arrive", "start"):
        step(job, cast.technician, name)
    for number in range(photos):
        shoot(job, cast.technician, planks(number * 7), slot=("before", "after")[number % 2], caption=f"第 {number} 张")
    register_key(cast.technician)
    return job


def sign(job: Job, cast: Cast, /, **case: Any) -> SignOff:
    """The customer signs the work as it stands."""
    return signed_on(job, cast.technician, **case)


def finish(job: Job, cast: Cast) -> None:
    """Done."""
    step(job, cast.technician, "finish")


def a_done_visit(cast: Cast, *, photos: int = 2, **given: Any) -> Job:
    """Signed and finished."""
    job = a_visit(cast, photos=photos, **given)
    sign(job, cast)
    finish(job, cast)
    return job


def cannot_finish(job: Job, cast: Cast, reason: str = "缺 4 片同批次的板") -> None:
    """Ended without being done."""
    step(job, cast.technician, "cannot_finish", reason=reason, promised_at=clock.now() + timedelta(days=3))


def pdf_path(report: Report) -> Path:
    """The file on the disk."""
    assert report.pdf_sha256
    return files.path_of(report.pdf_sha256)


def poppler(tool: str, path: Path, *options: str) -> str:
    """What a tool of poppler says of a file."""
    done = subprocess.run([tool, *options, str(path), *(["-"] if tool == "pdftotext" else [])], check=True,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    return done.stdout


def words_of(report: Report) -> str:
    """Its text without white space: lines break anywhere."""
    return "".join(poppler("pdftotext", pdf_path(report)).split())
