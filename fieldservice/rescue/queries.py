"""Reads of rescue files: who may see which, and what stands in the log of them now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import people_for
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.inbox.queries import Act, act_of
from fieldservice.jobs.models import Job
from fieldservice.rescue import rules
from fieldservice.rescue.models import RescueFile

#: ids asked for at once
_MANY = 500


@dataclass(frozen=True)
class Told:
    """One operation of a file as the log has it."""

    #: one of rules.NEW, KNOWN
    what: str
    entry: LogEntry
    act: Act
    #: None: it named no job we know
    job: Job | None


def id_of(sha256: str) -> str | None:
    """The row of a file that was brought before."""
    return db.session.scalar(sa.select(RescueFile.id).filter_by(sha256=sha256))


def author_for(by: Person, person_id: str) -> Person | None:
    """Whose work `by` may bring: the own; at the desk that of the people they list. None: nobody's."""
    if person_id == by.id:
        return by
    if not by.can("rescue.bring"):
        return None
    return db.session.scalar(people_for(by).where(Person.id == person_id))


def files_for(viewer: Person) -> sa.Select[RescueFile]:
    """Files that hold work of this viewer's branch, and those of nobody's that somebody of it brought; administrators see
    all. Who brought a sealed file of another branch has not read it, and does not by bringing it.
    """
    query = sa.select(RescueFile)
    if viewer.sees_all_branches or viewer.can("rescue.open"):
        return query
    bringer, author = aliased(Person), aliased(Person)
    return (query.join(bringer, bringer.id == RescueFile.brought_by_id)
            .outerjoin(author, author.id == RescueFile.author_id)
            .where(sa.func.coalesce(author.branch_id, bringer.branch_id) == viewer.branch_id))  # fmt: skip


def newest_for(viewer: Person) -> list[RescueFile]:
    """The last ones brought."""
    query = files_for(viewer).order_by(RescueFile.brought_at.desc(), RescueFile.id.desc()).limit(rules.MOST_SHOWN)
    return list(db.session.scalars(query).unique())


def file_for(viewer: Person, row_id: str) -> RescueFile:
    """One of them. Raises NotFound."""
    found = db.session.scalars(files_for(viewer).where(RescueFile.id == row_id)).unique().one_or_none()
    if found is None:
        raise NotFound()
    return found


def own_ops(row: RescueFile) -> list[str]:
    """Ids of the operations of a file that are its author's, in the order of the phone."""
    said: dict[str, str] = row.outcome.get("ops", {})
    return [op_id for op_id, what in said.items() if what in (rules.NEW, rules.KNOWN)]


def told_of(row: RescueFile, own: Sequence[str]) -> list[Told]:
    """What became of these operations of a file."""
    said: dict[str, str] = row.outcome.get("ops", {})
    entries = {entry.id: entry for entry in _in_parts(LogEntry, own)}
    jobs = {job.id: job for job in _in_parts(Job, {entry.entity_id for entry in entries.values()})}
    return [Told(said[one], entries[one], act_of(entries[one]), jobs.get(entries[one].entity_id))
            for one in own if one in entries]  # fmt: skip


def _in_parts(kind: Any, ids: Iterable[str]) -> list[Any]:
    wanted = list(ids)
    parts = [wanted[first : first + _MANY] for first in range(0, len(wanted), _MANY)]
    queries = (sa.select(kind).where(kind.id.in_(part)) for part in parts)
    return [row for query in queries for row in db.session.scalars(query).unique()]
