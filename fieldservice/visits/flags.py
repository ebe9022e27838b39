"""What a person should look at about a photo, each with why; never a verdict, and nothing is refused over it.

Found when a picture was checked, and again when its job has changed (a step, the site's position, other photos). A flag
that nobody has looked at goes when its reason is gone; one that somebody looked at stays, with what they wrote.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import current_app

from fieldservice.accounts.models import Person
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core import clock
from fieldservice.core.coords import Point, metres
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_office_edit
from fieldservice.evidence.models import Evidence
from fieldservice.evidence.queries import alike_with
from fieldservice.jobs.models import Job, JobStep
from fieldservice.jobs.rules import REASON_LIMIT
from fieldservice.visits.models import FLAGS, PhotoFlag, PhotoWatch

_log = logging.getLogger("fieldservice.visits")

#: kinds that stand among what a desk handles first: somebody may have sent a picture of something else
MATTER = ("same_file", "alike", "far")

#: less than this off, the order of things is still right
DOUBTFUL = timedelta(minutes=2)
#: a phone's clock this wrong was set by hand; the time shown is corrected
CLOCK_WRONG = timedelta(minutes=10)
#: people tap "arrived" a little after they have
ARRIVAL_SLACK = timedelta(minutes=2)
#: a camera's clock against ours
DECLARED_SLACK = timedelta(minutes=10)
#: what the camera says of its place says not how far off it is
_DECLARED_ACCURACY_M = 100

#: photos of these are often older, and of another place, with good reason
_PAPERS = ("voucher", "paper")
#: jobs looked at in one transaction
_MOST_AT_ONCE = 50


@dataclass(frozen=True)
class Other:
    """A photo that is the same, or looks like it."""

    id: str
    job_id: str
    sha256: str
    happened_at: datetime
    is_void: bool

    @property
    def order(self) -> tuple[datetime, str]:
        return self.happened_at, self.id


@dataclass(frozen=True)
class Circumstances:
    """What is known beside a photo."""

    timezone: str
    #: None: nobody knows where the site is
    site: Point | None
    #: when the present crew arrived, and how far off that may be; None: no arrival is written down
    arrival: tuple[datetime, timedelta] | None
    #: keys of items that are answered before anybody leaves
    early_items: frozenset[str]
    far_m: int


def found_about(photo: Evidence, known: Circumstances, same: Sequence[Other], alike: Sequence[Other]) -> dict[str, Any]:
    """Kind of flag → its facts. `same`, `alike`: other photos with its bytes, and those that look like it."""
    found: dict[str, Any] = {}
    before = [one for one in same if one.order < (photo.happened_at, photo.id) and _is_used(one, photo)]
    looks = [one for one in alike if one.order < (photo.happened_at, photo.id) and one.job_id != photo.job_id]
    for kind, others in (("same_file", before), ("alike", looks)):
        if others:
            first = min(others, key=lambda one: one.order)
            found[kind] = {"photo": first.id, "job": first.job_id, "count": len(others)}
    if photo.source == "gallery" and photo.slot != "voucher":
        found["gallery"] = {}
    for kind, facts in (("far", _far(photo, known)), ("clock", _clock(photo)), ("before_arrival", _early(photo, known))):
        if facts:
            found[kind] = facts
    return found


def _is_used(other: Other, photo: Evidence) -> bool:
    """A photo of the same visit that was taken out, or stands for another one, is no second use."""
    return other.job_id != photo.job_id or not other.is_void


def _far(photo: Evidence, known: Circumstances) -> dict[str, Any]:
    if known.site is None or photo.slot in _PAPERS or photo.item in known.early_items:
        return {}
    found: dict[str, Any] = {}
    if photo.lat is not None and photo.lng is not None:
        away, off = metres(known.site, Point(photo.lat, photo.lng)), photo.accuracy_m or 0
        if away - off > known.far_m:
            found |= {"metres": round(away), "accuracy_m": off}
    if photo.declared_lat is not None and photo.declared_lng is not None:
        away = metres(known.site, Point(photo.declared_lat, photo.declared_lng))
        if away - _DECLARED_ACCURACY_M > known.far_m:
            found["declared_metres"] = round(away)
    return found


def _clock(photo: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if photo.uncertainty_ms >= DOUBTFUL // timedelta(milliseconds=1):
        found["uncertainty_ms"] = photo.uncertainty_ms
    off = abs(photo.device_at - photo.happened_at) if photo.device_at else timedelta()
    if off >= CLOCK_WRONG:
        found["off_ms"] = off // timedelta(milliseconds=1)
    return found


def _early(photo: Evidence, known: Circumstances) -> dict[str, Any]:
    if photo.slot in _PAPERS or photo.item in known.early_items:
        return {}
    if known.arrival is None:
        return {"no_arrival": True}
    arrived_at, off = known.arrival
    earliest = arrived_at - off - ARRIVAL_SLACK
    if photo.happened_at + timedelta(milliseconds=photo.uncertainty_ms) < earliest:
        return {"before_ms": (arrived_at - photo.happened_at) // timedelta(milliseconds=1)}
    declared = declared_at(photo, known.timezone)
    if photo.source == "gallery" and declared and declared < earliest - DECLARED_SLACK:
        return {"declared": photo.declared_time}
    return {}


def declared_at(photo: Evidence, timezone: str) -> datetime | None:
    """What the camera wrote as the time, taken as on the branch's clock; None: nothing that is a time."""
    try:
        return datetime.strptime(photo.declared_time[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=ZoneInfo(timezone))
    except ValueError:
        return None


def look_at(jobs: Sequence[Job], *, at: datetime) -> list[str]:
    """Brings the flags of these jobs' photos up to date; a fixed number of queries for all of them.

    Gives the ids of other jobs with later photos that are the same or alike: theirs were used before, now that this one
    is known. Only what has changed is written.
    """
    photos = list(db.session.scalars(sa.select(Evidence).where(Evidence.job_id.in_({job.id for job in jobs}))))
    standing = [photo for photo in photos if not photo.is_void]
    if not photos:
        return []
    same, alike = _others(standing)
    had: dict[str, dict[str, PhotoFlag]] = defaultdict(dict)
    query = sa.select(PhotoFlag).where(PhotoFlag.evidence_id.in_({photo.id for photo in photos}))
    for flag in db.session.scalars(query):
        had[flag.evidence_id][flag.kind] = flag
    known = _circumstances(jobs, {photo.run for photo in photos})
    for photo in photos:
        about = (known[photo.job_id, photo.run], same[photo.id], alike[photo.id])
        _write(photo, {} if photo.is_void else found_about(photo, *about), had[photo.id], at)
    own = {job.id for job in jobs}
    after = {one.job_id for photo in standing for one in (*same[photo.id], *alike[photo.id])
             if one.order > (photo.happened_at, photo.id)}  # fmt: skip
    return sorted(after - own)


def _write(photo: Evidence, found: dict[str, Any], had: dict[str, PhotoFlag], at: datetime) -> None:
    for kind, facts in found.items():
        flag = had.get(kind)
        if flag is None:
            db.session.add(PhotoFlag(evidence_id=photo.id, kind=kind, facts=facts, found_at=at, photo=photo))
        elif flag.looked_at is None and flag.facts != facts:
            flag.facts = facts
    for kind, flag in had.items():
        if kind not in found and flag.looked_at is None:
            db.session.delete(flag)


def _others(photos: Collection[Evidence]) -> tuple[dict[str, list[Other]], dict[str, list[Other]]]:
    """Photo → others with the same bytes, and others that look like it."""
    looks = {photo.sha256: photo.blob.look or "" for photo in photos}
    alike = alike_with(looks)
    wanted = set(looks).union(*alike.values())
    query = sa.select(Evidence.id, Evidence.job_id, Evidence.sha256, Evidence.happened_at, Evidence.voided_at)
    by_hash: dict[str, list[Other]] = defaultdict(list)
    for row in db.session.execute(query.where(Evidence.sha256.in_(wanted))):
        by_hash[row.sha256].append(Other(row.id, row.job_id, row.sha256, row.happened_at, row.voided_at is not None))
    same = {photo.id: [one for one in by_hash[photo.sha256] if one.id != photo.id] for photo in photos}
    likely = {photo.id: [one for sha256 in alike.get(photo.sha256, ()) for one in by_hash[sha256]] for photo in photos}
    return defaultdict(list, same), defaultdict(list, likely)


def _circumstances(jobs: Sequence[Job], runs: Collection[int]) -> dict[tuple[str, int], Circumstances]:
    """(job, run) → what is known of it."""
    query = sa.select(ChecklistVersion).where(ChecklistVersion.id.in_({job.checklist_id for job in jobs}))
    versions = {version.id: version for version in db.session.scalars(query)}
    found: dict[tuple[str, int], Circumstances] = {}
    for job in jobs:
        version, site = versions.get(job.checklist_id or ""), job.site
        items = version.content["items"] if version else []
        early = frozenset(item["key"] for item in items if item["phase"] == "departure")
        for run in runs:
            found[job.id, run] = Circumstances(
                timezone=job.branch.timezone,
                site=Point(site.lat, site.lng) if site.lat is not None and site.lng is not None else None,
                arrival=_arrival(job.steps, run),
                early_items=early,
                far_m=current_app.config["PHOTO_FAR_METRES"],
            )
    return found


def _arrival(steps: Iterable[JobStep], run: int) -> tuple[datetime, timedelta] | None:
    """The first arrival of a run that counts."""
    found = [step for step in steps if step.run == run and step.step == "arrive" and not step.is_void]
    first = min(found, key=lambda step: step.happened_at, default=None)
    return (first.happened_at, timedelta(milliseconds=first.uncertainty_ms)) if first else None


def look_at_photos_with(sha256: str) -> None:
    """The flags of all jobs with these bytes, in the running transaction; a fault of ours holds up no picture."""
    try:
        with db.session.begin_nested():
            shown = sa.select(Evidence.job_id).filter_by(sha256=sha256)
            after = _look_at_ids(sa.select(Job).where(Job.id.in_(shown)))
            _look_at_ids(sa.select(Job).where(Job.id.in_(after[:_MOST_AT_ONCE])))
    except Exception:
        _log.exception("flags of photos with %s", sha256[:12])


def _look_at_ids(query: sa.Select[Job]) -> list[str]:
    return look_at(list(db.session.scalars(query).unique()), at=clock.now())


def look_through() -> int:
    """Looks at the jobs that were touched since the last time, up to a limit; how many. Commits."""
    watch = db.session.get(PhotoWatch, 1)
    if watch is None:
        watch = PhotoWatch(id=1, seen_version=0)
        db.session.add(watch)
    changed = sa.select(Job).where(Job.version > watch.seen_version).order_by(Job.version, Job.id)
    first = db.session.scalars(changed.limit(_MOST_AT_ONCE)).unique().all()
    if not first:
        db.session.rollback()
        return 0
    # all that share the last version, or some of them would be passed over
    jobs = db.session.scalars(changed.where(Job.version <= first[-1].version)).unique().all()
    after = look_at(jobs, at=clock.now())
    _look_at_ids(sa.select(Job).where(Job.id.in_(after[:_MOST_AT_ONCE])))
    watch.seen_version = first[-1].version
    db.session.commit()
    return len(jobs)


def look_at_flag(photo: Evidence, kind: str, note: str, *, by: Person, at: datetime) -> None:
    """Somebody has looked at it and says what it is. Raises RuleBroken 'flag_unknown', 'reason_missing'.

    Looked at twice, the first stands.
    """
    flag = db.session.scalar(sa.select(PhotoFlag).filter_by(evidence_id=photo.id, kind=kind))
    if flag is None:
        raise RuleBroken("flag_unknown")
    if flag.looked_at is not None:
        return
    if not note.strip():
        raise RuleBroken("reason_missing")
    if len(note) > REASON_LIMIT:
        raise RuleBroken("reason_too_long")
    flag.looked_at, flag.looked_by, flag.note = at, by, note.strip()
    job = db.session.get_one(Job, photo.job_id)
    log_office_edit("look_at_flag", job, by=by, at=at, photo_id=photo.id, flag=kind, note=flag.note)


def flags_of(photos: Iterable[Evidence]) -> dict[str, list[PhotoFlag]]:
    """Photo → its flags, those nobody has looked at first; one query."""
    found: dict[str, list[PhotoFlag]] = defaultdict(list)
    query = sa.select(PhotoFlag).where(PhotoFlag.evidence_id.in_({photo.id for photo in photos}))
    for flag in db.session.scalars(query):
        found[flag.evidence_id].append(flag)
    for flags in found.values():
        flags.sort(key=lambda flag: (flag.looked_at is not None, _order(flag.kind)))
    return found


def _order(kind: str) -> int:
    return FLAGS.index(kind)
