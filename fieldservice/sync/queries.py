"""What a person's phone holds, read in one snapshot."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Device, Person
from fieldservice.accounts.queries import person_at
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core import i18n, json, versions
from fieldservice.core.db import among, ask, db, table_of
from fieldservice.core.oplog import LogEntry
from fieldservice.core.postgresql import PLANNED_ANEW
from fieldservice.jobs.models import Job, JobHelper
from fieldservice.jobs.queries import forget, is_as_read, read_notes, with_few_joins
from fieldservice.jobs.rules import ENDED
from fieldservice.sync import documents, rules
from fieldservice.sync.overlaps import Overlap, overlaps_of
from fieldservice.sync.payloads import Ack, Change
from fieldservice.visits.queries import checklist_ids


@dataclass(frozen=True)
class Pulled:
    """One snapshot's answer to one phone."""

    epoch: int
    #: version up to which this phone has now seen everything that is its own
    version: int
    more: bool
    changes: list[Change]
    manifest: list[tuple[str, int]]
    #: number of the last operation taken from the client
    last_seq: int


@dataclass(frozen=True)
class Standing:
    """How far the database and one client are, as one question sees it."""

    epoch: int
    version: int
    #: number of the last operation taken from the client; 0 for one that is not known
    last_seq: int
    #: of the person who asks
    person_version: int


#: for questions about columns alone
_LOG, _JOB = (table_of(kind).c for kind in (LogEntry, Job))
_CLIENT, _PERSON, _COUNTED = (table_of(kind).c for kind in (Device, Person, versions.Installation))
_STANDING = sa.select(
    _COUNTED.epoch,
    _COUNTED.counter,
    sa.select(_CLIENT.last_seq).where(_CLIENT.id == sa.bindparam("client_id")).scalar_subquery().label("last_seq"),
    sa.select(_PERSON.version).where(_PERSON.id == sa.bindparam("person_id")).scalar_subquery().label("person_version"),
)


def standing(client_id: str, person_id: str) -> Standing:
    """As this transaction sees it."""
    found = ask(_STANDING, client_id=client_id, person_id=person_id).one()
    version = found.epoch * versions.EPOCH_STEP + found.counter
    return Standing(found.epoch, version, found.last_seq or 0, found.person_version)


def pull(
    person_id: str, *, since: int, fetch: Collection[str], at: datetime, client_id: str = "", known: Iterable[Job] = ()
) -> Pulled:
    """Everything of this person newer than `since`, and what is named in `fetch` whatever its version. `known`: jobs that
    a push just held; those that are as it left them are not read again, nor is the person.

    Must run inside `transaction_mode("snapshot")`. Ends between two versions, never inside one: a transaction is
    seen whole or not at all.
    """
    now = standing(client_id, person_id)
    person = person_at(person_id, now.person_version)
    manifest = held_manifest(person, at)
    wanted, reached, more = _cut(manifest, since, now.version)
    named = {held_id for held_id, _version in manifest} & set(fetch)
    held = dict(manifest)
    as_they_are = []
    for job in known:
        if is_as_read(job, held.get(job.__dict__.get("id", ""), 0)):
            as_they_are.append(job)
        else:
            forget(job)  # somebody changed it since, or took it away
    changes = _changes({*wanted, *named}, at, person_id, as_they_are)
    if person.version > since:
        changes.append(
            Change(type="me", id=person.id, version=person.version, fields=documents.me_document(person, at=at))
        )
    return Pulled(now.epoch, reached, more, changes, manifest, now.last_seq)


_HELPED = sa.select(table_of(JobHelper).c.job_id).filter_by(person_id=sa.bindparam("person_id"))
_HELD = sa.select(_JOB.id, _JOB.version, _JOB.type, _JOB.branch_id, _JOB.state, _JOB.checklist_id).where(
    sa.or_(_JOB.lead_id == sa.bindparam("person_id"), _JOB.id.in_(_HELPED)),
    sa.or_(_JOB.state.not_in(ENDED), _JOB.visit_on.between(sa.bindparam("first_on"), sa.bindparam("last_on"))),
)


def held_manifest(person: Person, at: datetime) -> list[tuple[str, int]]:
    """(id, version) of all jobs this person's phone holds and of the checklists they are done by, by id."""
    today = i18n.local(at, person.branch.timezone).date()
    first_on, last_on = today - timedelta(days=rules.DAYS_BACK), today + timedelta(days=rules.DAYS_AHEAD)
    jobs = ask(_HELD, person_id=person.id, first_on=first_on, last_on=last_on).all()
    checklists = {found for found in checklist_ids(jobs).values() if found}
    return sorted([*((job.id, job.version) for job in jobs), *_versions_of(checklists)])


def _versions_of(ids: set[str]) -> list[tuple[str, int]]:
    if not ids:
        return []
    query = sa.select(ChecklistVersion.id, ChecklistVersion.version).where(ChecklistVersion.id.in_(ids))
    return [(row.id, row.version) for row in db.session.execute(query)]


_RESULTS = (
    sa.select(_LOG.id, _LOG.result, _LOG.version, _LOG.note)
    .where(among(_LOG.id, "op_ids"), _LOG.person_id == sa.bindparam("person_id"))
    .execution_options(**PLANNED_ANEW)
)


def acks_of(op_ids: Sequence[str], person_id: str) -> list[Ack]:
    """The stored results, in the order asked for. An id somebody else logged is nobody's business."""
    if not op_ids:
        return []
    entries = {entry.id: entry for entry in ask(_RESULTS, op_ids=op_ids, person_id=person_id)}
    return [_ack(entries[op_id]) for op_id in op_ids if op_id in entries]


def has_lost_operations(sealed: tuple[int, int], version: int, last_seq: int) -> bool:
    """Whether a database at `version` has forgotten operations that this server took from a client in the same epoch: it
    knows `last_seq` as their last number, and sealed (version, number of the last one) then.
    """
    sealed_version, sealed_seq = sealed
    is_of_this_epoch = sealed_version // versions.EPOCH_STEP == version // versions.EPOCH_STEP
    return sealed_seq > 0 and is_of_this_epoch and last_seq < sealed_seq


def overlaps_on(job: Job) -> list[Overlap]:
    """Where the office and technicians changed this job without knowing of each other, the newest first."""
    return overlaps_of([job]).get(job.id, [])


def was_crew(job: Job, person: Person) -> bool:
    """Whether the job is or ever was this person's: then what they did on it counts as late, else it is not theirs."""
    if job.is_crew(person.id):
        return True
    query = sa.select(LogEntry.id).where(
        LogEntry.entity_type == "job",
        LogEntry.entity_id == job.id,
        LogEntry.origin != "phone",
        LogEntry.body.contains(person.id),
    )
    return db.session.scalar(query.limit(1)) is not None


def _cut(manifest: list[tuple[str, int]], since: int, newest: int) -> tuple[list[str], int, bool]:
    """Ids of the next changes, the version they reach, whether there are more."""
    newer = sorted((version, job_id) for job_id, version in manifest if version > since)
    if len(newer) <= rules.MAX_CHANGES:
        return [job_id for _version, job_id in newer], newest, False
    last = newer[rules.MAX_CHANGES - 1][0]
    return [job_id for version, job_id in newer if version <= last], last, newer[-1][0] > last


def _changes(wanted: set[str], at: datetime, person_id: str, known: Iterable[Job]) -> list[Change]:
    """The jobs and checklists with these ids."""
    if not wanted:
        return []
    jobs = _job_changes(wanted, at, person_id, known)
    others = wanted - {job.id for job in jobs}
    return [*(_checklist_changes(others) if others else ()), *jobs]


def _checklist_changes(wanted: set[str]) -> list[Change]:
    query = sa.select(ChecklistVersion).where(ChecklistVersion.id.in_(wanted)).order_by(ChecklistVersion.id)
    return [
        Change(
            type="checklist", id=found.id, version=found.version, fields=documents.checklist_document(found)
        )
        for found in db.session.scalars(query).unique()
    ]


def _job_changes(wanted: set[str], at: datetime, person_id: str, known: Iterable[Job]) -> list[Change]:
    jobs = [job for job in known if job.id in wanted]
    if jobs:
        read_notes(jobs)
    unread = wanted - {job.id for job in jobs}
    if unread:
        query = sa.select(Job).where(Job.id.in_(unread)).options(*with_few_joins())
        jobs += db.session.scalars(query).unique()
    jobs.sort(key=lambda job: (job.version, job.id))
    return [
        Change(type="job", id=job.id, version=job.version, fields=fields)
        for job, fields in zip(jobs, documents.job_documents(jobs, at=at, person_id=person_id), strict=True)
    ]


def _ack(entry: Any) -> Ack:
    note: dict[str, Any] | None = json.loads(entry.note) if entry.note else None
    return Ack(id=entry.id, result=entry.result, version=entry.version, note=note)
