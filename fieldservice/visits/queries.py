"""Reads of visits: everything of some jobs at once, and as the phone holds it (docs/sync-protocol.md, Documents)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import lazyload

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import give_authors
from fieldservice.cases.models import Case
from fieldservice.checklists.models import EVERYWHERE, PUBLISHED, ChecklistTemplate, ChecklistVersion
from fieldservice.checklists.rules import missing
from fieldservice.core import clock, i18n
from fieldservice.core.clock import to_ms
from fieldservice.core.db import among, ask, db, table_of
from fieldservice.core.errors import NotFound
from fieldservice.customers.models import Customer
from fieldservice.evidence.models import UNUSABLE, VERIFIED, Blob, Evidence
from fieldservice.evidence.rules import counts
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.visits import charges, rules
from fieldservice.visits.models import (
    ChargeStatement,
    ChecklistAnswer,
    DayOrder,
    Incident,
    JobClosure,
    PhotoFlag,
)

Sheet = dict[str, Any]
SheetReader = Callable[[Sequence[Job]], dict[str, list[Sheet]]]

_sheet_readers: list[SheetReader] = []


def reads_sheets(function: SheetReader) -> SheetReader:
    """Registers who knows the signed sheets of jobs: job id → the wire's `sheets` of the present run.

    Signatures stand below this feature; registering twice changes nothing.
    """
    if function not in _sheet_readers:
        _sheet_readers.append(function)
    return function


def sheets_of(jobs: Sequence[Job]) -> dict[str, list[Sheet]]:
    """The signed sheets of these jobs' present runs, in the words of the wire."""
    found: dict[str, list[Sheet]] = defaultdict(list)
    for read in _sheet_readers:
        for job_id, sheets in read(jobs).items():
            found[job_id] += sheets
    return found


class JobKey(Protocol):
    """What tells which checklist a job is done by: a job, or a row with these columns."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def branch_id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def checklist_id(self) -> str | None: ...


@dataclass(frozen=True)
class Visit:
    """What was done on a job beside its steps."""

    job: Job
    #: the version it is done by; None: there is none, or it ended before one was pinned
    checklist_id: str | None
    #: those that count, of the present run
    answers: list[ChecklistAnswer]
    #: of all runs, voided ones too
    photos: list[Evidence]
    #: the final charge as stated in the present run; None: not stated
    charge: ChargeStatement | None
    incidents: list[Incident]
    is_closed: bool
    sheets: list[Sheet]

    @property
    def final_lines(self) -> list[charges.Line]:
        """What the customer is asked to pay."""
        stated = self.charge.lines if self.charge else None
        agreed = rules.agreed_lines(self.sheets)
        return charges.final_lines(self.job.amount_fen, self.job.amount_reason, agreed, stated)

    @property
    def charged_lines(self) -> list[charges.Line]:
        """What counts of that: no more than the customer signed for."""
        return charges.charged_lines(self.final_lines, rules.signed_lines(self.sheets))

    @property
    def values(self) -> dict[str, Any]:
        """Key of an item → its answer."""
        return {answer.item: answer.value for answer in self.answers}


def visits_of(jobs: Sequence[Job], *, sheets: Mapping[str, list[Sheet]] | None = None) -> dict[str, Visit]:
    """Job id → what was done on it; a fixed number of queries whatever the number of jobs.

    `sheets`: for whoever reads sheets and knows only some of them yet; None: all.
    """
    checklists = checklist_ids(jobs)
    kinds = _kinds_there(jobs)
    answers = _by_job(ChecklistAnswer, jobs if "answers" in kinds else (), ChecklistAnswer.is_current.is_(True),
                      ChecklistAnswer.value.is_not(None))  # fmt: skip
    photos = _by_job(Evidence, jobs if "photos" in kinds else ())
    statements = _by_job(ChargeStatement, jobs if "charges" in kinds else (), ChargeStatement.is_current.is_(True))
    incidents = _by_job(Incident, jobs if "incidents" in kinds else ())
    closed = _closed_ids(jobs) if "closures" in kinds else set()
    give_authors([row for kind in (answers, photos, incidents) for rows in kind.values() for row in rows])
    sheets = sheets_of(jobs) if sheets is None else sheets
    return {
        job.id: Visit(
            job=job,
            checklist_id=checklists[job.id],
            answers=[answer for answer in answers[job.id] if answer.run == job.run],
            photos=photos[job.id],
            charge=next((one for one in statements[job.id] if one.run == job.run), None),
            incidents=incidents[job.id],
            is_closed=job.id in closed,
            sheets=sheets[job.id],
        )
        for job in jobs
    }


def amounts_of(jobs: Sequence[Job], sheets: Mapping[str, list[Sheet]]) -> dict[str, dict[str, int]]:
    """Job id → what a sign-off would show of money now, without reading the rest of the visit; one query.

    `sheets`: the agreements there are.
    """
    statements = _by_job(ChargeStatement, jobs, ChargeStatement.is_current.is_(True))
    found = {}
    for job in jobs:
        agreed = rules.agreed_lines(sheets[job.id])
        stated = next((one.lines for one in statements[job.id] if one.run == job.run), None)
        lines = charges.final_lines(job.amount_fen, job.amount_reason, agreed, stated)
        total_fen, agreed_fen = charges.total_fen(lines), charges.agreed_fen(job.amount_fen, agreed)
        found[job.id] = {"total_fen": total_fen, "agreed_fen": agreed_fen}
    return found


def visit_of(job: Job) -> Visit:
    """What was done on one job."""
    return visits_of([job])[job.id]


def current_answers(job: Job) -> list[ChecklistAnswer]:
    """The answers of the present run that count, those taken back too; also what is not written yet."""
    with db.session.no_autoflush:  # those not written yet are among them
        answers: list[ChecklistAnswer] = cast(Any, job).current_answers
    return [answer for answer in answers if answer.is_current and answer.run == job.run]


def is_closed(job: Job) -> bool:
    """Whether the office has closed it."""
    return db.session.scalar(sa.select(JobClosure.id).filter_by(job_id=job.id)) is not None


@dataclass(frozen=True)
class OpenEnds:
    """What an ended visit still lacks at the office."""

    is_closed: bool
    #: photos whose bytes are not whole here yet, and those that cannot be used; without those waived
    missing: int
    unusable: int


def open_ends_of(jobs: Iterable[JobKey]) -> dict[str, OpenEnds]:
    """Job id → what it lacks, of those of the jobs that can be closed; one query."""
    job_ids = {job.id for job in jobs if job.state in rules.CLOSABLE}
    if not job_ids:
        return {}
    missing = sa.func.count(sa.case((Blob.state != VERIFIED, 1)))
    unusable = sa.func.count(sa.case((Blob.picture == UNUSABLE, 1)))
    stands = (Evidence.job_id == Job.id, Evidence.voided_at.is_(None), Evidence.waived_at.is_(None))
    query = (
        sa.select(Job.id, sa.func.max(JobClosure.id), missing, unusable)
        .outerjoin(JobClosure, JobClosure.job_id == Job.id)
        .outerjoin(Evidence, sa.and_(*stands))
        .outerjoin(Blob, Blob.sha256 == Evidence.sha256)
        .where(Job.id.in_(job_ids))
        .group_by(Job.id)
    )
    return {
        job_id: OpenEnds(closure is not None, missing, unusable)
        for job_id, closure, missing, unusable in db.session.execute(query)
    }


@dataclass(frozen=True)
class PhotoTrouble:
    """An ended visit, not closed, whose photos cannot be used or have not come."""

    job_id: str
    number: str
    type: str
    customer: str
    #: '' nobody leads it
    lead: str
    unusable: int
    missing: int
    #: the oldest of these photos
    taken_at: datetime


def photo_troubles(branch_ids: list[str], since: date, taken_before: datetime, limit: int) -> list[PhotoTrouble]:
    """Of visits since that day; a photo is missing when it was taken before that moment. The oldest first."""
    is_unusable = Blob.picture == UNUSABLE
    is_missing = sa.and_(Blob.state != VERIFIED, Evidence.happened_at < taken_before)
    oldest = sa.func.min(Evidence.happened_at)
    columns = (Job.id, Job.number, Job.type, Customer.address_form, Person.name)
    query = (
        sa.select(*columns, sa.func.sum(sa.case((is_unusable, 1), else_=0)),
                  sa.func.sum(sa.case((is_missing, 1), else_=0)), oldest)
        .join(Evidence, Evidence.job_id == Job.id)
        .join(Blob, Blob.sha256 == Evidence.sha256)
        .join(Case, Case.id == Job.case_id)
        .join(Customer, Customer.id == Case.customer_id)
        .outerjoin(Person, Person.id == Job.lead_id)
        .outerjoin(JobClosure, JobClosure.job_id == Job.id)
        .where(Job.branch_id.in_(branch_ids), Job.visit_on >= since, Job.state.in_(rules.CLOSABLE),
               JobClosure.id.is_(None), Evidence.voided_at.is_(None), Evidence.waived_at.is_(None),
               sa.or_(is_unusable, is_missing))
        .group_by(*columns)
        .order_by(oldest, Job.id)
        .limit(limit)
    )  # fmt: skip
    return [PhotoTrouble(job_id, number, type_, customer, lead or "", unusable, missing, taken_at)
            for job_id, number, type_, customer, lead, unusable, missing, taken_at in db.session.execute(query)]


@dataclass(frozen=True)
class FlaggedVisit:
    """A visit with photos that nobody has looked at though something speaks against them."""

    job_id: str
    number: str
    type: str
    customer: str
    #: '' nobody leads it
    lead: str
    #: kind of flag → how many
    counts: dict[str, int]
    #: the oldest of them, and its photo
    found_at: datetime
    photo_id: str


def flagged_visits(branch_ids: list[str], kinds: Sequence[str], since: date, limit: int) -> list[FlaggedVisit]:
    """Of visits since that day, the oldest flag first; removed photos are passed over."""
    counted = {kind: sa.func.sum(sa.case((PhotoFlag.kind == kind, 1), else_=0)) for kind in kinds}
    oldest = sa.func.min(PhotoFlag.found_at)
    columns = (Job.id, Job.number, Job.type, Customer.address_form, Person.name)
    query = (
        sa.select(*columns, oldest, sa.func.min(Evidence.id), *counted.values())
        .select_from(PhotoFlag)
        .join(Evidence, Evidence.id == PhotoFlag.evidence_id)
        .join(Job, Job.id == Evidence.job_id)
        .join(Case, Case.id == Job.case_id)
        .join(Customer, Customer.id == Case.customer_id)
        .outerjoin(Person, Person.id == Job.lead_id)
        .where(PhotoFlag.looked_at.is_(None), PhotoFlag.kind.in_(kinds), Evidence.voided_at.is_(None),
               Job.branch_id.in_(branch_ids), Job.visit_on >= since)
        .group_by(*columns)
        .order_by(oldest, Job.id)
        .limit(limit)
    )  # fmt: skip
    return [
        FlaggedVisit(row[0], row[1], row[2], row[3], row[4] or "", dict(zip(kinds, row[7:], strict=True)), row[5], row[6])
        for row in db.session.execute(query)
    ]


def closure_of(job: Job) -> JobClosure | None:
    """Who closed it and when; None: it is not closed."""
    return db.session.scalar(sa.select(JobClosure).filter_by(job_id=job.id))


def earlier_answers(visit: Visit) -> list[ChecklistAnswer]:
    """Answers that do not count (any more), of all runs, the newest first."""
    counting = [answer.id for answer in visit.answers]
    query = sa.select(ChecklistAnswer).where(
        ChecklistAnswer.job_id == visit.job.id, ChecklistAnswer.id.not_in(counting)
    )
    return list(db.session.scalars(query.order_by(ChecklistAnswer.happened_at.desc(), ChecklistAnswer.id.desc())))


def versions_by_id(version_ids: Iterable[str]) -> dict[str, ChecklistVersion]:
    """Versions of checklists, whatever became of them; one query."""
    query = sa.select(ChecklistVersion).where(ChecklistVersion.id.in_(set(version_ids)))
    return {version.id: version for version in db.session.scalars(query)}


def photo_of(job: Job, photo_id: str) -> Evidence:
    """A photo of this job. Raises NotFound."""
    found = db.session.get(Evidence, photo_id)
    if found is None or found.job_id != job.id:
        raise NotFound()
    return found


def names_of(person_ids: Iterable[str | None]) -> dict[str, str]:
    """Id of a person → name; one query."""
    query = sa.select(Person.id, Person.name).where(Person.id.in_({one for one in person_ids if one}))
    return {row.id: row.name for row in db.session.execute(query)}


def facts_of(visit: Visit, *, at: datetime | None = None) -> dict[str, Any]:
    """What conditions of a checklist ask for. `at`: None is now; it tells the day of a visit without one."""
    job = visit.job
    return {
        "job_type": job.type,
        "under_warranty": is_under_warranty(job, at=at),
        "charge": charges.total_fen(visit.final_lines) > 0,
        "special_needs": sorted({*job.special_needs, *job.site.customer.special_needs}),
        "stops_supply": job.stops_supply,
    }


def seen_of(visit: Visit) -> dict[str, Any]:
    """Photos of the present run and whether there is a sign-off, as the checklist rule asks for them."""
    photos = [
        {"slot": photo.slot, "item": photo.item, "counts": counts(photo)}
        for photo in visit.photos
        if photo.run == visit.job.run
    ]
    return {"photos": photos, "signed": rules.is_signed(visit.sheets)}


def missing_of(job: Job, version: ChecklistVersion | None = None, *, at: datetime | None = None) -> list[str]:
    """Keys of the items without which the visit cannot be finished. `version`: None is the one it is done by."""
    visit = visit_of(job)
    if version is None and visit.checklist_id:
        version = db.session.get_one(ChecklistVersion, visit.checklist_id)
    if version is None:
        return []
    return missing(version.content, facts_of(visit, at=at), visit.values, seen_of(visit))


def is_under_warranty(job: Job, *, at: datetime | None = None) -> bool:
    """On the day of the visit; on that of `at` (None: now) when there is none."""
    if job.product is None:
        return False
    day = job.visit_on or i18n.local(at or clock.now(), job.branch.timezone).date()
    return rules.is_under_warranty(job.product.warranty_start_on, job.product.purchased_on, day)


def checklist_ids(jobs: Iterable[JobKey]) -> dict[str, str | None]:
    """Job id → the version it is done by: the pinned one, else the published one while it has not ended."""
    jobs = list(jobs)
    open_jobs = [job for job in jobs if job.checklist_id is None and job.state not in ENDED]
    published = _published_ids({(job.type, job.branch_id) for job in open_jobs}) if open_jobs else {}
    open_ids = {job.id for job in open_jobs}
    return {
        job.id: published.get((job.type, job.branch_id)) if job.id in open_ids else job.checklist_id for job in jobs
    }


def pinned_in_run(job: Job) -> str | None:
    """The version that answers of the present run were given to; None: there are none."""
    query = (
        sa.select(ChecklistAnswer.checklist_id)
        .filter_by(job_id=job.id, run=job.run)
        .order_by(ChecklistAnswer.id.desc())
    )
    return db.session.scalars(query).first()


def visit_parts(jobs: Sequence[Job], *, at: datetime | None = None) -> dict[str, dict[str, Any]]:
    """Job id → the fields of its document that tell of the visit; a fixed number of queries."""
    return {job_id: _fields(visit, at) for job_id, visit in visits_of(jobs).items()}


def _fields(visit: Visit, at: datetime | None) -> dict[str, Any]:
    job, charge, checklist_id = visit.job, visit.charge, visit.checklist_id
    return {
        "stops_supply": job.stops_supply,
        "under_warranty": is_under_warranty(job, at=at),
        "sign_nonce": job.sign_nonce,
        "closed": visit.is_closed,
        "checklist": {"id": checklist_id, "pinned": job.checklist_id is not None} if checklist_id else None,
        "answers": [answer_document(answer) for answer in visit.answers],
        "photos": [photo_document(photo) for photo in visit.photos],
        "charges": {"id": charge.id, "lines": charge.lines, "total_fen": charge.total_fen} if charge else None,
        "sheets": visit.sheets,
        "incidents": [_incident(incident) for incident in visit.incidents],
    }


def answer_document(answer: ChecklistAnswer) -> dict[str, Any]:
    """As the phone holds it."""
    return {"id": answer.id, "item": answer.item, "value": answer.value, **_done(answer)}


def photo_document(photo: Evidence) -> dict[str, Any]:
    """As the phone holds it."""
    return {
        "id": photo.id,
        "slot": photo.slot,
        "item": photo.item,
        "caption": photo.caption,
        "sha256": photo.sha256,
        "size": photo.blob.size,
        "media_type": photo.blob.media_type,
        "source": photo.source,
        "opens": photo.opens,
        **_done(photo),
        "late": photo.is_late,
        "run": photo.run,
        "state": photo.blob.state,
        "picture": photo.blob.picture,
        "why": photo.blob.why,
        "waived": photo.waived_at is not None,
        "void_reason": photo.void_reason if photo.is_void else None,
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "kind": incident.kind,
        "words": incident.words,
        **_done(incident),
        "late": incident.is_late,
    }


def _done(row: ChecklistAnswer | Evidence | Incident) -> dict[str, Any]:
    return {"at_ms": to_ms(row.happened_at), "by": row.by.name, "by_id": row.by_id}


Row = TypeVar("Row", ChecklistAnswer, Evidence, ChargeStatement, Incident)


def _by_job(
    kind: type[Row], jobs: Sequence[Job], *conditions: sa.ColumnElement[bool]
) -> dict[str, list[Row]]:
    """Rows of these jobs in the order of their making, without their authors (`give_authors`)."""
    if not jobs:
        return defaultdict(list)
    job_ids = {job.id for job in jobs}
    query = sa.select(kind).where(kind.job_id.in_(job_ids), *conditions).order_by(kind.id).options(lazyload(kind.by))
    found: dict[str, list[Row]] = defaultdict(list)
    for row in db.session.scalars(query).unique():
        found[row.job_id].append(row)
    return found


_KINDS: dict[str, Any] = {
    "answers": ChecklistAnswer, "photos": Evidence, "charges": ChargeStatement, "incidents": Incident,
    "closures": JobClosure,
}  # fmt: skip


_THERE = sa.select(
    *(sa.exists().where(among(table_of(kind).c.job_id, "job_ids")).label(name) for name, kind in _KINDS.items())
)


def _kinds_there(jobs: Sequence[Job]) -> set[str]:
    """What there is at all of these jobs: one short question, where a visit that has just begun has nothing yet."""
    found = ask(_THERE, job_ids=[job.id for job in jobs]).mappings().one()
    return {name for name, is_there in found.items() if is_there}


def _closed_ids(jobs: Sequence[Job]) -> set[str]:
    query = sa.select(JobClosure.job_id).where(JobClosure.job_id.in_({job.id for job in jobs}))
    return set(db.session.scalars(query))


_TEMPLATE, _VERSION = (table_of(kind) for kind in (ChecklistTemplate, ChecklistVersion))
_PUBLISHED = (
    sa.select(_TEMPLATE.c.job_type, _TEMPLATE.c.scope, _VERSION.c.id)
    .join_from(_TEMPLATE, _VERSION)
    .where(_VERSION.c.state == PUBLISHED, among(_TEMPLATE.c.scope, "scopes"), among(_TEMPLATE.c.job_type, "job_types"))
)


def _published_ids(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(type of job, branch) → id of the published version; without its content, for every contact asks."""
    scopes = {EVERYWHERE, *(branch_id for _type, branch_id in wanted)}
    rows = ask(_PUBLISHED, scopes=scopes, job_types={job_type for job_type, _branch in wanted})
    published = {(job_type, scope): version_id for job_type, scope, version_id in rows}
    found = {
        (job_type, branch_id): published.get((job_type, branch_id)) or published.get((job_type, EVERYWHERE))
        for job_type, branch_id in wanted
    }
    return {pair: version_id for pair, version_id in found.items() if version_id}


def order_of(person_id: str, day: date) -> DayOrder | None:
    """How a technician chose to go through a day; None: as proposed."""
    return orders_of([person_id], day).get(person_id)


def orders_of(person_ids: Collection[str], day: date) -> dict[str, DayOrder]:
    """Technician → how they chose to go through a day, for those who did; one query."""
    query = sa.select(DayOrder).where(DayOrder.person_id.in_(person_ids), DayOrder.day == day)
    return {row.person_id: row for row in db.session.scalars(query) if row.job_ids}


def last_order(person_id: str) -> DayOrder | None:
    """Of the latest day they said something about; None: never."""
    query = sa.select(DayOrder).filter_by(person_id=person_id).order_by(DayOrder.day.desc())
    return db.session.scalar(query.limit(1))
