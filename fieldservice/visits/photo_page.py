"""All that is known of one photo, as its page at the desk shows it."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Device, Person
from fieldservice.core import clock, json
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.models import Job
from fieldservice.visits import queries
from fieldservice.visits.flag_words import Told, told
from fieldservice.visits.flags import flags_of
from fieldservice.visits.gallery import state_of
from fieldservice.visits.markup import markups_of
from fieldservice.visits.models import PhotoMarkup


@dataclass(frozen=True)
class Anchor:
    """The last answer of the server that the app had heard in the same session."""

    #: milliseconds from that answer to the photo, by a clock that cannot be set
    since_ms: int
    #: how long that answer took
    took_ms: int


@dataclass(frozen=True)
class PhotoPage:
    """One photo and everything about it."""

    job: Job
    photo: Evidence
    #: as a `gallery.Shot` has it
    state: str
    #: words of the checklist item it answers, in `language`; '' none
    title: str
    language: str
    #: None: nobody knows any more (the operation came without one)
    device: Device | None
    #: when the server took the operation; None: it is not in the log
    received_at: Any
    #: None: the app had heard nothing in that session, so the clocks were compared when it was sent
    anchor: Anchor | None
    flags: list[Told]
    markups: list[PhotoMarkup]
    #: ids of the photos before and after it, of those that stand; None: it is the first, the last
    previous_id: str | None
    next_id: str | None
    #: id of a person → name
    names: dict[str, str]

    @property
    def standing(self) -> list[PhotoMarkup]:
        return [one for one in self.markups if one.voided_at is None]


def photo_page(job: Job, photo: Evidence, viewer: Person, language: str) -> PhotoPage:
    """Reads it; a fixed number of queries."""
    entry = db.session.get(LogEntry, photo.op_id)
    markups = markups_of(photo)
    people = [photo.waived_by_id, photo.voided_by_id, *(one.voided_by_id for one in markups)]
    flags = told(flags_of([photo]).get(photo.id, []), viewer, job.branch.timezone)
    previous_id, next_id = _beside(photo)
    return PhotoPage(
        job=job,
        photo=photo,
        state=state_of(photo, clock.now()),
        title=_title(job, photo, language),
        language=language,
        device=db.session.get(Device, entry.device_id) if entry and entry.device_id else None,
        received_at=entry.received_at if entry else None,
        anchor=_anchor(entry),
        flags=flags.get(photo.id, []),
        markups=markups,
        previous_id=previous_id,
        next_id=next_id,
        names=queries.names_of(people),
    )


def _anchor(entry: LogEntry | None) -> Anchor | None:
    mono = (json.loads(entry.body).get("mono") if entry and entry.body else None) or {}
    anchor = mono.get("anchor")
    if not anchor:
        return None
    return Anchor(since_ms=max(0, mono["t"] - anchor["t"]), took_ms=anchor["rtt"])


def _title(job: Job, photo: Evidence, language: str) -> str:
    version = queries.versions_by_id([job.checklist_id]).get(job.checklist_id) if job.checklist_id else None
    items = version.content["items"] if version else []
    return next((item["words"][language] for item in items if item["key"] == photo.item), "")


def _beside(photo: Evidence) -> tuple[str | None, str | None]:
    query = sa.select(Evidence.id).where(
        Evidence.job_id == photo.job_id, sa.or_(Evidence.voided_at.is_(None), Evidence.id == photo.id)
    )
    ids = list(db.session.scalars(query.order_by(Evidence.happened_at, Evidence.id)))
    at = ids.index(photo.id)
    return (ids[at - 1] if at else None), (ids[at + 1] if at + 1 < len(ids) else None)
