"""What waits in the inbox, and what was done, in words' reach."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, raiseload

from fieldservice.accounts.models import Person
from fieldservice.cases.models import Case
from fieldservice.core import json
from fieldservice.core.clock import from_ms
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.inbox.models import OPEN, InboxItem
from fieldservice.inbox.rules import is_decidable
from fieldservice.jobs.models import Job
from fieldservice.sync.operations import OPERATIONS

#: decided items shown below the open ones: enough to look back on, the rest stands in the job's history
DECIDED_LIMIT = 50
#: more than a desk can decide in a day; older ones follow when these are done
OPEN_LIMIT = 300


@dataclass(frozen=True)
class Act:
    """What the technician did, read from the operation as it arrived."""

    kind: str
    #: name of the step; '' for any other kind
    step: str
    #: reason, note or why no next time was agreed
    text: str
    #: next time promised to the customer; None: none
    promised_at: datetime | None


@dataclass(frozen=True)
class Entry:
    """One item with what was done and how it stands."""

    item: InboxItem
    act: Act
    is_decidable: bool


@dataclass(frozen=True)
class Group:
    """What one author did on one job (None: on none we know), in the order of doing."""

    job: Job | None
    author: Person
    entries: list[Entry]
    is_open: bool

    @property
    def decidable(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.is_decidable]

    @property
    def to_be_seen(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.is_decidable]


def groups_for(person: Person) -> tuple[list[Group], list[Group]]:
    """Open groups and decided ones, newest first."""
    order = (InboxItem.arrived_at.desc(), InboxItem.id.desc())
    open_items = _items(_visible(person).where(InboxItem.state == OPEN).order_by(*order).limit(OPEN_LIMIT))
    decided = _items(_visible(person).where(InboxItem.state != OPEN)
                     .order_by(InboxItem.decided_at.desc(), *order).limit(DECIDED_LIMIT))
    return _grouped(open_items, is_open=True), _grouped(decided, is_open=False)


def open_count(person: Person) -> int:
    """How many items wait for somebody of this person's desk."""
    query = _visible(person, sa.select(sa.func.count(InboxItem.id))).where(InboxItem.state == OPEN)
    return int(db.session.scalar(query) or 0)


def item_for(person: Person, item_id: str) -> InboxItem:
    """An item of this person's desk. Raises NotFound."""
    found = db.session.scalar(_visible(person).where(InboxItem.id == item_id))
    if found is None:
        raise NotFound()
    return found


def siblings_to_decide(item: InboxItem) -> list[InboxItem]:
    """All open items of the same author on the same job in the order of doing, held until the transaction ends."""
    query = (sa.select(InboxItem).join(LogEntry, LogEntry.id == InboxItem.op_id)
             .where(InboxItem.author_id == item.author_id, InboxItem.job_id == item.job_id, InboxItem.state == OPEN)
             .order_by(LogEntry.happened_at, LogEntry.seq, LogEntry.id))
    if item.job_id is None:
        query = query.where(InboxItem.id == item.id)
    held = query.with_for_update(of=InboxItem, key_share=True).execution_options(populate_existing=True)
    found = list(db.session.scalars(held))
    return sorted(found, key=_order_of_doing)


def job_held(job_id: str) -> Job:
    """The job, held until the transaction ends."""
    query = sa.select(Job).where(Job.id == job_id).with_for_update(of=Job, key_share=True)
    return db.session.execute(query.execution_options(populate_existing=True)).unique().scalar_one()


def act_of(entry: LogEntry) -> Act:
    """What was done. Never fails: an operation that could not be read is shown as far as it can."""
    args = json.loads(entry.body).get("args")
    args = args if isinstance(args, dict) else {}
    args = {name: _showable(value) for name, value in args.items()}
    texts = (args.get(name) for name in ("reason", "no_promise", "text"))
    return Act(kind=entry.kind, step=str(args.get("step", ""))[:20] if entry.kind == "take_step" else "",
               text=" · ".join(text for text in texts if isinstance(text, str) and text)[:2000],
               promised_at=_moment(args.get("promised_ms")))


def _showable(value: Any) -> Any:
    """Text without halves of characters: the log keeps what came, a page cannot be sent with it."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


class Facts(dict[str, Any]):
    """What fills the words of a reason; what an older entry does not say is a dash, not an error."""

    def __missing__(self, _name: str) -> str:
        return "–"


def facts_of(entry: LogEntry) -> Facts:
    """What fills the words of the reason."""
    facts = json.loads(entry.note) if entry.note else {}
    return Facts(facts if isinstance(facts, dict) else {})


def is_item_decidable(item: InboxItem) -> bool:
    """Whether it can be accepted or declined."""
    return is_decidable(
        item.op.result, item.reason, is_known=item.op.kind in OPERATIONS, has_job=item.job_id is not None
    )


def _visible(person: Person, query: Any = None) -> Any:
    query = sa.select(InboxItem) if query is None else query
    return query if person.sees_all_branches else query.where(InboxItem.branch_id == person.branch_id)


def _items(query: sa.Select[Any]) -> list[InboxItem]:
    shown = (
        joinedload(InboxItem.job).options(
            raiseload("*"), joinedload(Job.branch), joinedload(Job.site).raiseload("*"),
            joinedload(Job.lead).raiseload("*"),
            joinedload(Job.case).options(raiseload("*"), joinedload(Case.customer).raiseload("*"))),
        joinedload(InboxItem.author).options(raiseload("*"), joinedload(Person.branch)),
        joinedload(InboxItem.decided_by).raiseload("*"),
    )
    return list(db.session.scalars(query.options(*shown)).unique())


def _grouped(items: Iterable[InboxItem], *, is_open: bool) -> list[Group]:
    """By job and author, in the order in which the groups' newest items come."""
    found: dict[tuple[str, ...], list[InboxItem]] = {}
    for item in items:
        decided = () if is_open else (item.state, str(item.decided_at))
        found.setdefault((item.job_id or item.id, item.author_id, *decided), []).append(item)
    return [Group(job=group[0].job, author=group[0].author, is_open=is_open,
                  entries=[Entry(item, act_of(item.op), is_item_decidable(item))
                           for item in sorted(group, key=_order_of_doing)])
            for group in found.values()]


def _order_of_doing(item: InboxItem) -> tuple[str, int, datetime, str]:
    """The phone's own order; between two phones of one person, the corrected time."""
    return (item.op.device_id or "", item.op.seq or 0, item.op.happened_at, item.op_id)


def _moment(ms: object) -> datetime | None:
    try:
        return from_ms(ms) if isinstance(ms, int) and not isinstance(ms, bool) else None
    except OverflowError:
        return None
