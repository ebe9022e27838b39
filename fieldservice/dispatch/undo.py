"""The last acts of a person at the desk, and which of them can be taken back: each while nobody changed the job since."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import json
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.dispatch import queries
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ADDING, UNDOABLE, UNDONE, can_undo

#: acts offered, and the entries of the log looked through for them
OFFERED = 5
LOOKED_THROUGH = 30
#: an act of yesterday is no slip of the hand any more
WITHIN = timedelta(hours=12)


@dataclass(frozen=True)
class Act:
    """What somebody did to a job in one go; giving and moving by one drop are two entries of it."""

    #: of its first entry
    id: str
    job: Job
    entries: list[LogEntry]
    #: who changed the job since, the last one; None: nobody, it can be undone
    blocked_by: queries.Change | None

    @property
    def kinds(self) -> list[str]:
        """What was done."""
        return [entry.kind for entry in self.entries]

    @property
    def at(self) -> datetime:
        return self.entries[0].happened_at


@dataclass(frozen=True)
class Deed:
    """What somebody did in one go to one visit, or to several: they are taken back as one."""

    acts: Sequence[Act]
    #: the visits belong together, as those of a change that was proposed for a slip: all are taken back, or none
    is_whole: bool

    @property
    def id(self) -> str:
        """Of its first act."""
        return self.acts[0].id

    @property
    def version(self) -> int:
        return self.acts[0].entries[0].version

    @property
    def kinds(self) -> set[str]:
        """What was done."""
        return {kind for act in self.acts for kind in act.kinds}

    @property
    def blocked(self) -> list[Act]:
        """What somebody changed since."""
        return [act for act in self.acts if act.blocked_by]

    @property
    def can_go(self) -> bool:
        """Whether it, or a part of it that stands alone, can be taken back."""
        return len(self.blocked) < (1 if self.is_whole else len(self.acts))


def last_acts(person: Person, now: datetime) -> list[Deed]:
    """What the person did last and was not taken back, the newest first; three queries, four after something large."""
    query = (sa.select(LogEntry).where(LogEntry.person_id == person.id, LogEntry.kind.in_((*UNDOABLE, *UNDONE)),
                                       LogEntry.happened_at >= now - WITHIN)
             .order_by(LogEntry.version.desc(), LogEntry.id.desc()).limit(LOOKED_THROUGH))
    entries = list(db.session.scalars(query))
    if len(entries) == LOOKED_THROUGH:  # the oldest may be cut in the middle
        last = entries[-1].version
        entries = [entry for entry in entries if entry.version != last] + _entries_of(person, last)
    return _deeds(_acts(person, entries))[:OFFERED]


def deed_to_undo(person: Person, version: int) -> Deed | None:
    """What the person did in one go, its jobs held until the end of the transaction; None: it was taken back before.

    Raises NotFound for anything else.
    """
    first: dict[str, str] = {}
    for entry in _entries_of(person, version):
        if entry.kind in UNDOABLE:
            first.setdefault(entry.entity_id, entry.id)
    if not first:
        raise NotFound()
    acts = []
    for _job_id, entry_id in sorted(first.items()):
        with suppress(NotFound):  # taken back alone
            acts.append(act_to_undo(person, entry_id))
    return _deeds(acts)[0] if acts else None


def act_to_undo(person: Person, act_id: str) -> Act:
    """One of the person's own acts, its job held until the end of the transaction.

    Raises NotFound for anything else and for one undone.
    """
    first = db.session.get(LogEntry, act_id)
    if first is None or first.person_id != person.id or first.kind not in UNDOABLE:
        raise NotFound()
    queries.job_to_change(person, first.entity_id)
    query = sa.select(LogEntry).filter_by(person_id=person.id, entity_id=first.entity_id).where(
        LogEntry.version >= first.version, LogEntry.kind.in_((*UNDOABLE, *UNDONE)))
    found = next((act for act in _acts(person, list(db.session.scalars(query))) if act.id == act_id), None)
    if found is None:
        raise NotFound()
    return found


def last_act_on(job: Job, person: Person) -> str | None:
    """Id of what this person just did to the job, to be undone; None: nothing that can be."""
    query = sa.select(LogEntry.id).filter_by(person_id=person.id, entity_id=job.id, version=job.version).where(
        LogEntry.kind.in_(UNDOABLE)).order_by(LogEntry.id)
    return db.session.scalars(query).first()


def blocker_of(job: Job, version: int) -> queries.Change | None:
    """What was done to the job after this version and was not taken back; None: nothing that counts."""
    return _blocker(version, _later({job.id: version})[job.id])


def _entries_of(person: Person, version: int) -> list[LogEntry]:
    query = sa.select(LogEntry).where(
        LogEntry.person_id == person.id, LogEntry.version == version, LogEntry.entity_type == "job",
        LogEntry.kind.in_((*UNDOABLE, *UNDONE)))  # fmt: skip
    return list(db.session.scalars(query.order_by(LogEntry.entity_id, LogEntry.id)))


def _deeds(acts: Iterable[Act]) -> list[Deed]:
    """By what was one go. Visits whose starts were planned together belong together, but for lines of a proposal, each of
    which was accepted for itself.
    """
    groups: dict[int, list[Act]] = defaultdict(list)
    for act in acts:
        groups[act.entries[0].version].append(act)
    planned = {version for version, found in groups.items()
               if len(found) > 1 and any("office.plan_start" in act.kinds for act in found)}  # fmt: skip
    if planned:
        query = sa.select(LogEntry.version).filter_by(kind="office.accept_proposal")
        planned -= set(db.session.scalars(query.where(LogEntry.version.in_(planned))))
    return [Deed(found, version in planned) for version, found in groups.items()]


def _acts(person: Person, entries: list[LogEntry]) -> list[Act]:
    undone = {_undoes(entry) for entry in entries} - {""}
    groups: dict[tuple[str, int], list[LogEntry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda one: (one.version, one.id), reverse=True):
        if entry.kind in UNDOABLE and entry.id not in undone:
            groups[entry.entity_id, entry.version].insert(0, entry)
    jobs = {job.id: job for job in queries.jobs_with(person, {job_id for job_id, _version in groups})}
    later = _later({job_id: min(version for other, version in groups if other == job_id) for job_id in jobs})
    return [Act(group[0].id, jobs[job_id], group, _blocker(version, later[job_id]))
            for (job_id, version), group in groups.items()
            if job_id in jobs and all(can_undo(entry.kind, json.loads(entry.body)) for entry in group)]


def _later(first_versions: dict[str, int]) -> dict[str, list[tuple[LogEntry, Person | None]]]:
    """By job what was done to it after that version and counts, oldest first."""
    found: dict[str, list[tuple[LogEntry, Person | None]]] = defaultdict(list)
    if not first_versions:
        return found
    query = (sa.select(LogEntry, Person).outerjoin(Person, Person.id == LogEntry.person_id)
             .where(LogEntry.entity_type == "job", LogEntry.entity_id.in_(first_versions),
                    LogEntry.version > min(first_versions.values()), LogEntry.result.in_(("applied", "merged")),
                    LogEntry.kind.not_in(ADDING))
             .order_by(LogEntry.version, LogEntry.id))
    for entry, person in db.session.execute(query).unique():
        found[entry.entity_id].append((entry, person))
    return found


def _blocker(version: int, later: Iterable[tuple[LogEntry, Person | None]]) -> queries.Change | None:
    """The last that was done after this version and was not taken back itself."""
    after = [(entry, person) for entry, person in later if entry.version > version]
    ids = {entry.id for entry, _person in after}
    undone = {_undoes(entry) for entry, _person in after}
    counting = [(entry, person) for entry, person in after
                if entry.id not in undone and not (entry.kind in UNDONE and _undoes(entry) in ids)]
    if not counting:
        return None
    entry, person = counting[-1]
    return queries.Change(entry.happened_at, person, entry.kind, "")


def _undoes(entry: LogEntry) -> str:
    """Id of the entry an undo takes back; '' for any other."""
    if entry.kind not in UNDONE:
        return ""
    body: dict[str, Any] = json.loads(entry.body)
    return str(body.get("undoes", ""))
