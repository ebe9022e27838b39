"""What is done on a visit beside its steps; phone, inbox and desk call the same ones.

Every action takes who (`by`) and when, checks its rules and leaves the commit to the caller.
`accepted`: a dispatcher decided that it counts although it came when it could not be applied.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.checklists.queries import can_begin_with, version_for_type, version_in_force
from fieldservice.checklists.rules import BEFORE_FINISH
from fieldservice.core import events
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.happening import Happening, Place
from fieldservice.core.i18n import DEFAULT_LANGUAGE
from fieldservice.core.oplog import log_office_edit
from fieldservice.evidence.actions import announce_blob
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.actions import check_lead, check_version
from fieldservice.jobs.models import Job, JobHelper
from fieldservice.jobs.rules import ENDED, REASON_LIMIT
from fieldservice.visits import charges, queries, rules
from fieldservice.visits.events import ShownContentChanged
from fieldservice.visits.models import ChargeStatement, ChecklistAnswer, DayOrder, Incident, JobClosure

#: the photo of a paper stands beside what the customer signed, not in it
PAPER = "paper"
FILE_NAME_LIMIT = 120  # characters kept of a phone's file name




@dataclass(frozen=True)
class PhotoTaken:
    """A photo as the phone took it; its bytes follow."""

    slot: str
    sha256: str
    #: bytes
    size: int
    media_type: str
    source: str
    #: key of the checklist item; '' for none
    item: str = ""
    caption: str = ""
    file_name: str = ""
    opens: bool = True
    #: as the camera declared it (EXIF); '' and None: it did not
    declared_time: str = ""
    declared_lat: float | None = None
    declared_lng: float | None = None
    #: the photo this one was taken again for
    replaces_id: str | None = None
    place: Place = field(default_factory=Place)


def pin_checklist(job: Job, version_id: str | None, *, at: datetime, accepted: bool = False) -> None:
    """The run is done by this version from now on. One it may not begin with, or a second one, changes nothing.

    `at`: when the phone began with it.
    """
    version = _known_version(job, version_id) if job.checklist_id is None and version_id else None
    if version and (accepted or can_begin_with(version, job.branch_id, at)):
        job.checklist_id = version.id


def answer_item(
    job: Job,
    checklist_id: str,
    item_key: str,
    value: dict[str, Any] | None,
    *,
    by: Person,
    when: Happening,
    accepted: bool = False,
) -> ChecklistAnswer:
    """The lead answers an item; None takes an answer back. The id is that of its operation. Raises RuleBroken."""
    check_lead(job, by)
    check_open(job)
    version = _version_answered(job, checklist_id, at=when.at, accepted=accepted)
    item = _item(version, item_key)
    fault = ITEM_TYPES[item["type"]].check(item, value)
    if fault:
        raise RuleBroken(fault, length=len(str((value or {}).get("text", ""))), limit=item.get("most", REASON_LIMIT))
    refusal = rules.answer_fault(job.state, item["phase"])
    if refusal and not accepted:
        raise RuleBroken(refusal, state=job.state)
    for earlier in queries.current_answers(job):
        if earlier.item == item_key:
            earlier.is_current = False
    answer = ChecklistAnswer(
        id=when.op_id,
        job=job,
        run=job.run,
        checklist_id=version.id,
        item=item_key,
        value=value,
        by_id=by.id,
        is_current=True,  # also before it is written: the next answer of the same push must find it
        **when.columns(),
    )
    db.session.add(answer)
    job.checklist_id = version.id
    if item["phase"] in BEFORE_FINISH:  # it may hide or show others, and is counted, also when it is not on the sheet
        events.publish(ShownContentChanged(job.id))
    return answer


def add_photo(
    job: Job, taken: PhotoTaken, *, by: Person, when: Happening, is_late: bool = False
) -> Evidence:
    """Writes a photo down and announces its bytes; the id is that of its operation. Raises RuleBroken 'size_differs'.

    An item or a photo to replace that is not known is kept or passed over: what was taken is never lost over a name.
    """
    blob = announce_blob(taken.sha256, taken.size, taken.media_type, at=when.at)
    photo = Evidence(
        id=when.op_id,
        job_id=job.id,
        run=job.run,
        by_id=by.id,
        blob=blob,
        slot=taken.slot,
        item=taken.item,
        caption=taken.caption.strip(),
        file_name=taken.file_name[:FILE_NAME_LIMIT],
        source=taken.source,
        opens=taken.opens,
        declared_time=taken.declared_time,
        declared_lat=taken.declared_lat,
        declared_lng=taken.declared_lng,
        is_late=is_late,
        replaces_id=taken.replaces_id,
        **taken.place.columns(),
        **when.columns(),
    )
    db.session.add(photo)
    replaced = _photo_of(job, taken.replaces_id) if taken.replaces_id else None
    if replaced and _may_void(replaced, job, by) and not queries.is_closed(job):
        _void(replaced, job, "", by=by, when=when)
    if _is_on_sheet(photo, job) and job.lead_id == by.id:
        events.publish(ShownContentChanged(job.id))
    return photo


def accept_late_photos(job: Job) -> None:
    """The late work of the crew counts now, and so do its photos: they are of the run that goes on."""
    late = sa.select(Evidence).filter_by(job_id=job.id, is_late=True)
    for photo in db.session.scalars(late):
        if job.is_crew(photo.by_id):
            photo.is_late, photo.run = False, job.run


def caption_photo(job: Job, photo_id: str, caption: str, *, by: Person) -> Evidence:
    """Other words below a photo: by the crew; who is not of it any more, below own ones. Raises RuleBroken."""
    photo = _photo(job, photo_id)
    if not (job.is_crew(by.id) or photo.by_id == by.id):
        raise RuleBroken("not_allowed_photo")
    check_open(job)
    photo.caption = caption.strip()
    if _is_on_sheet(photo, job):
        events.publish(ShownContentChanged(job.id))
    return photo


def void_photo(job: Job, photo_id: str, reason: str, *, by: Person, when: Happening) -> Evidence:
    """Takes a photo out of the visit: by who took it, or the lead. It stays in the history. Raises RuleBroken."""
    photo = _photo(job, photo_id)
    if not _may_void(photo, job, by):
        raise RuleBroken("not_allowed_photo")
    check_open(job)
    _void(photo, job, reason.strip(), by=by, when=when)
    return photo


def state_charges(
    job: Job,
    lines: Sequence[charges.Line],
    *,
    by: Person,
    when: Happening,
    accepted: bool = False,
) -> ChargeStatement:
    """The lead says what the customer is asked to pay: no more than was agreed. Raises RuleBroken."""
    check_lead(job, by)
    check_open(job)
    refusal = rules.charge_fault(job.state)
    if refusal and not accepted:
        raise RuleBroken(refusal, state=job.state)
    agreed = rules.agreed_lines(queries.sheets_of([job])[job.id])
    fault = charges.check_statement(job.amount_fen, agreed, lines)
    if fault:
        raise RuleBroken(fault)
    _make_history(job)
    statement = ChargeStatement(
        id=when.op_id,
        job_id=job.id,
        run=job.run,
        lines=list(lines),
        total_fen=charges.total_fen(lines),
        by_id=by.id,
        **when.columns(),
    )
    db.session.add(statement)
    events.publish(ShownContentChanged(job.id))
    return statement


def report_incident(
    job: Job, kind: str, words: str, *, by: Person, when: Happening, is_late: bool = False
) -> Incident:
    """Writes down what happened; the id is that of its operation. Raises RuleBroken."""
    if not words.strip():
        raise RuleBroken("text_missing")
    incident = Incident(
        id=when.op_id,
        job_id=job.id,
        kind=kind,
        words=words.strip(),
        by_id=by.id,
        is_late=is_late,
        **when.columns(),
    )
    db.session.add(incident)
    return incident


def check_finish(job: Job, checklist_id: str | None, *, language: str | None, at: datetime) -> None:
    """Raises RuleBroken 'checklist_incomplete' when something is missing: how many, and the first in words.

    By the pinned version, else the one the phone names, else the one that was published when the run began.
    `language`: of the words; None: the product's own.
    """
    version = _version_to_finish(job, checklist_id, at)
    keys = queries.missing_of(job, version, at=at) if version else []
    if version and keys:
        words = _item(version, keys[0])["words"]
        first = words.get(language) or words[DEFAULT_LANGUAGE]
        raise RuleBroken("checklist_incomplete", missing=len(keys), first=first)


def check_open(job: Job) -> None:
    """Raises RuleBroken 'job_closed': the office has closed the visit, and must open it again first."""
    if job.state in rules.CLOSABLE and queries.is_closed(job):
        raise RuleBroken("job_closed")


def check_not_signed(job: Job) -> None:
    """Raises RuleBroken 'signed_already': the customer signed for the job as it is (sync.md, Merge by meaning)."""
    if rules.has_customer_signed(queries.sheets_of([job])[job.id]):
        raise RuleBroken("signed_already")


def waive_photo(photo: Evidence, reason: str, *, by: Person, at: datetime) -> None:
    """The office does without a picture that cannot be used, or whose bytes will never come (a lost phone), and says why.

    Bytes that come all the same are kept. Raises RuleBroken.
    """
    _check_reason(reason)
    if photo.is_void or not rules.can_be_waived(photo, at):
        raise RuleBroken("photo_not_unusable")
    photo.waived_at, photo.waived_by_id, photo.waive_reason = at, by.id, reason.strip()
    job = db.session.get_one(Job, photo.job_id)
    log_office_edit("waive_photo", job, by=by, at=at, photo_id=photo.id, reason=photo.waive_reason)


def close_job(job: Job, *, expected_version: int, by: Person, at: datetime) -> JobClosure:
    """Closes an ended visit whose evidence is whole.

    Raises Conflict; RuleBroken 'job_not_ended', 'closed_already', 'photos_missing' (bytes still on a phone),
    'photos_unchecked' (nobody has looked yet) or 'photos_unusable' with their `count`.
    """
    check_version(job, expected_version)
    if job.state not in rules.CLOSABLE:
        raise RuleBroken("job_not_ended")
    visit = queries.visit_of(job)
    if visit.is_closed:
        raise RuleBroken("closed_already")
    fault = rules.closing_fault(visit.photos)
    if fault:
        raise RuleBroken(fault.code, count=fault.count)
    closure = JobClosure(job_id=job.id, closed_at=at, closed_by_id=by.id)
    db.session.add(closure)
    log_office_edit("close_job", job, by=by, at=at)
    return closure


def reopen_job(job: Job, reason: str, *, expected_version: int, by: Person, at: datetime) -> None:
    """Takes the closing back, and says why. Raises Conflict, RuleBroken."""
    check_version(job, expected_version)
    _check_reason(reason)
    closure = db.session.scalar(sa.select(JobClosure).filter_by(job_id=job.id))
    if closure is None:
        raise RuleBroken("not_closed")
    db.session.delete(closure)
    log_office_edit("reopen_job", job, by=by, at=at, reason=reason.strip())


def _known_version(job: Job, version_id: str) -> ChecklistVersion | None:
    """The version if it was ever published for this type of job and this branch."""
    return version_for_type(version_id, job.type, job.branch_id)


def _version_answered(job: Job, version_id: str, *, at: datetime, accepted: bool) -> ChecklistVersion:
    """The version an answer is checked by: the pinned one once there is one."""
    if job.checklist_id != version_id:
        version = _known_version(job, version_id)
        if version is None:
            raise RuleBroken("checklist_unknown")
        if job.checklist_id is None and (accepted or can_begin_with(version, job.branch_id, at)):
            return version
        if not accepted:
            raise RuleBroken("checklist_other" if job.checklist_id else "checklist_old")
    return db.session.get_one(ChecklistVersion, job.checklist_id)


def _version_to_finish(job: Job, named_id: str | None, at: datetime) -> ChecklistVersion | None:
    if job.checklist_id:
        return db.session.get_one(ChecklistVersion, job.checklist_id)
    began_at = job.run_steps[0].happened_at if job.run_steps else at
    named = _known_version(job, named_id) if named_id else None
    if named and can_begin_with(named, job.branch_id, began_at):
        return named
    return version_in_force(job.type, job.branch_id, began_at)


def _item(version: ChecklistVersion, key: str) -> dict[str, Any]:
    found: dict[str, Any] | None = next((item for item in version.content["items"] if item["key"] == key), None)
    if found is None:
        raise RuleBroken("item_unknown")
    return found


def _make_history(job: Job) -> None:
    """The charges stated so far in this run are history."""
    query = sa.select(ChargeStatement).filter_by(job_id=job.id, run=job.run, is_current=True)
    for row in db.session.scalars(query):
        row.is_current = False


def _photo_of(job: Job, photo_id: str) -> Evidence | None:
    photo = db.session.get(Evidence, photo_id)
    return photo if photo and photo.job_id == job.id else None


def _photo(job: Job, photo_id: str) -> Evidence:
    photo = _photo_of(job, photo_id)
    if photo is None:
        raise RuleBroken("photo_unknown")
    return photo


def _may_void(photo: Evidence, job: Job, person: Person) -> bool:
    return person.id in (photo.by_id, job.lead_id)


def _is_on_sheet(photo: Evidence, job: Job) -> bool:
    """Whether a sheet of the present run can show it. After the end nobody signs: what comes then stands beside it."""
    return photo.slot != PAPER and photo.run == job.run and not photo.is_late and job.state not in ENDED


def _void(photo: Evidence, job: Job, reason: str, *, by: Person, when: Happening) -> None:
    """Voiding twice leaves it as it was the first time."""
    if not photo.is_void:
        photo.voided_at, photo.voided_by_id, photo.void_reason = when.at, by.id, reason
        if _is_on_sheet(photo, job):
            events.publish(ShownContentChanged(job.id))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken("reason_missing")
    if len(reason) > REASON_LIMIT:
        raise RuleBroken("reason_too_long")


@dataclass(frozen=True)
class OrderChosen:
    """A technician's word about a day; without `job_ids`: as the phone proposes."""

    day: date
    job_ids: Sequence[str]
    pinned: Collection[str]
    #: when work begins at each of `job_ids` by the phone's estimate, milliseconds since 1970; []: not said
    estimates: Sequence[int]


def order_day(chosen: OrderChosen, *, by: Person, when: Happening) -> DayOrder:
    """Keeps how `by` goes through a day. What was said earlier than what stands there changes nothing; of jobs that are
    not theirs nothing is kept. The caller commits.
    """
    db.session.execute(sa.select(Person.id).filter_by(id=by.id).with_for_update(key_share=True))  # two phones at once
    kept = db.session.scalar(sa.select(DayOrder).filter_by(person_id=by.id, day=chosen.day))
    if kept is not None and (kept.happened_at, kept.op_id) > (when.at, when.op_id):
        return kept
    own = _own_jobs(chosen.job_ids, by)
    if kept is None:
        kept = DayOrder(person_id=by.id, day=chosen.day)
        db.session.add(kept)
    begins = dict(zip(chosen.job_ids, chosen.estimates, strict=False))
    kept.job_ids = [job_id for job_id in dict.fromkeys(chosen.job_ids) if job_id in own]
    kept.pinned = [job_id for job_id in kept.job_ids if job_id in chosen.pinned]
    kept.estimates = {job_id: begins[job_id] for job_id in kept.job_ids if job_id in begins}
    for name, value in when.columns().items():
        setattr(kept, name, value)
    return kept


def _own_jobs(job_ids: Collection[str], person: Person) -> set[str]:
    helped = sa.select(JobHelper.job_id).filter_by(person_id=person.id)
    query = sa.select(Job.id).where(Job.id.in_(job_ids), sa.or_(Job.lead_id == person.id, Job.id.in_(helped)))
    return set(db.session.scalars(query))
