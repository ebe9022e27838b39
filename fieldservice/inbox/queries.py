"""What waits in the inbox, and what was done, in words' reach."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, raiseload

from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import only_named
from fieldservice.cases.models import Case
from fieldservice.checklists.items import ITEM_TYPES
from fieldservice.checklists.models import ChecklistVersion
from fieldservice.core import i18n, json
from fieldservice.core.clock import from_ms
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import LogEntry
from fieldservice.customers.models import Customer
from fieldservice.inbox.models import OPEN, InboxItem
from fieldservice.inbox.rules import UNKNOWN_KIND, is_decidable
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from fieldservice.sync import upcasters
from fieldservice.sync.operations import OPERATIONS
from fieldservice.sync.operations.base import Operation
from fieldservice.sync.upcasters import CannotLift, Shape

#: decided items shown below the open ones: enough to look back on, the rest stands in the job's history
DECIDED_LIMIT = 50
#: more than a desk can decide in a day; older ones follow when these are done
OPEN_LIMIT = 300


@dataclass(frozen=True)
class Act:
    """What the technician did, read from the operation as it arrived."""

    kind: str
    #: name of the step, slot of the photo, kind of the incident; '' for any other kind
    code: str
    #: reason, note, caption, answer or why no next time was agreed
    text: str
    #: next time promised to the customer; None: none
    promised_at: datetime | None
    #: what was answered, in the words of the checklist; '' for any other kind
    item: str = ""
    #: what the customer was to pay, fen; None for any other kind
    total_fen: int | None = None


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


def items_for(person: Person) -> Any:
    """Everything ever set aside, for a list: what waits first, then the newest."""
    waits = sa.case((InboxItem.state == OPEN, 0), else_=1)
    order = (waits, InboxItem.arrived_at.desc(), InboxItem.id.desc())
    return _visible(person).options(*_shown()).order_by(*order)


def open_count(person: Person) -> int:
    """How many items wait for somebody of this person's desk."""
    query = _visible(person, sa.select(sa.func.count(InboxItem.id))).where(InboxItem.state == OPEN)
    return int(db.session.scalar(query) or 0)


@dataclass(frozen=True)
class Waiting:
    """What one author sent about one job and waits, in figures; '' where the job is not known."""

    #: the first of them
    item_id: str
    author: str
    customer: str
    type: str
    number: str
    count: int
    #: of the oldest
    arrived_at: datetime


def waiting_of(branch_ids: list[str]) -> list[Waiting]:
    """What waits in these branches, by author and job, the oldest first."""
    first = sa.func.min(InboxItem.id)
    oldest = sa.func.min(InboxItem.arrived_at)
    apart = sa.case((InboxItem.job_id.is_(None), InboxItem.id), else_=InboxItem.job_id)
    columns = (Person.name, Customer.address_form, Job.type, Job.number)
    query = (sa.select(first, *columns, sa.func.count(InboxItem.id), oldest)
             .join(Person, Person.id == InboxItem.author_id).outerjoin(Job, Job.id == InboxItem.job_id)
             .outerjoin(Case, Case.id == Job.case_id).outerjoin(Customer, Customer.id == Case.customer_id)
             .where(InboxItem.branch_id.in_(branch_ids), InboxItem.state == OPEN)
             .group_by(apart, InboxItem.author_id, *columns).order_by(oldest, first).limit(OPEN_LIMIT))
    return [Waiting(item_id, author, customer or "", type_ or "", number or "", count, arrived_at)
            for item_id, author, customer, type_, number, count, arrived_at in db.session.execute(query)]


def item_for(person: Person, item_id: str) -> InboxItem:
    """An item of this person's desk. Raises NotFound."""
    found = db.session.scalar(_visible(person).where(InboxItem.id == item_id))
    if found is None:
        raise NotFound()
    return found


def open_item_of(op_id: str) -> InboxItem | None:
    """What waits for a decision about one operation; None: nothing."""
    return db.session.scalar(sa.select(InboxItem).filter_by(op_id=op_id, state=OPEN))


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


def parked() -> list[str]:
    """Ids of open items whose operation nobody knew when it came, as they arrived."""
    query = sa.select(InboxItem.id).filter_by(state=OPEN, reason=UNKNOWN_KIND)
    return list(db.session.scalars(query.order_by(InboxItem.arrived_at, InboxItem.id)))


def parked_together(item_id: str) -> list[InboxItem]:
    """The parked items of that one's author on its job, in the order of doing, held; those that are known by now."""
    item = db.session.get(InboxItem, item_id)
    if item is None:
        return []
    return [one for one in siblings_to_decide(item) if one.reason == UNKNOWN_KIND and operation_of(one.op)]


def job_held(job_id: str) -> Job:
    """The job, held until the transaction ends."""
    hold_jobs([job_id])
    return db.session.get_one(Job, job_id)


#: the argument that says which of its kind an operation is
_CODES = {"take_step": "step", "add_photo": "slot", "report_incident": "kind"}
_TEXTS = ("reason", "no_promise", "text", "caption", "words")


def act_of(entry: LogEntry, versions: Mapping[str, ChecklistVersion] = MappingProxyType({})) -> Act:
    """What was done. Never fails: an operation that could not be read is shown as far as it can.

    `versions`: the checklists that answers may have been given to, by id.
    """
    args, shape = _args_of(entry), shape_of(entry)
    kind = shape.kind if shape else entry.kind
    texts = [text for name in _TEXTS if isinstance(text := args.get(name), str) and text]
    item, answer = _answer_words(args, versions) if kind == "answer_item" else ("", "")
    return Act(
        kind=kind,
        code=str(args.get(_CODES.get(kind, ""), ""))[:20],
        text=" · ".join([*texts, *filter(None, [answer])])[:2000],
        promised_at=_moment(args.get("promised_ms")),
        item=item,
        total_fen=_total_fen(args.get("lines")) if kind == "state_charges" else None,
    )


def shape_of(entry: LogEntry) -> Shape | None:
    """What an operation asks for in the words of today; None: this server cannot tell."""
    body = json.loads(entry.body)
    try:
        shape = upcasters.lifted(entry.kind, int(body.get("schema", 1)), body["args"])
    except (CannotLift, KeyError, TypeError, ValueError):
        return None
    return shape if shape.kind in OPERATIONS else None


def operation_of(entry: LogEntry) -> Operation | None:
    """How an operation is applied; None: this server does not know it, or not in that shape."""
    shape = shape_of(entry)
    return OPERATIONS[shape.kind] if shape else None


def _args_of(entry: LogEntry) -> dict[str, Any]:
    shape = shape_of(entry)
    args = shape.args if shape else json.loads(entry.body).get("args")
    return {name: _showable(value) for name, value in args.items()} if isinstance(args, dict) else {}


def _answer_words(args: dict[str, Any], versions: Mapping[str, ChecklistVersion]) -> tuple[str, str]:
    """Words of the item and of the answer; the key where the checklist is not known."""
    key, value = str(args.get("item", ""))[:40], args.get("value")
    version = versions.get(str(args.get("checklist")))
    item = next((one for one in version.content["items"] if one["key"] == key), None) if version else None
    language = "en" if i18n.chosen_language() == "en" else i18n.DEFAULT_LANGUAGE
    if item is None:
        return key, ""
    return item["words"][language], ITEM_TYPES[item["type"]].words(item, value, language)


def _total_fen(lines: Any) -> int | None:
    amounts = [line.get("amount_fen") for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    return sum(amount for amount in amounts if type(amount) is int)


def _versions_answered(items: Iterable[InboxItem]) -> dict[str, ChecklistVersion]:
    """The checklists these items name, by id; one query."""
    named = {str(_args_of(item.op).get("checklist")) for item in items if item.op.kind == "answer_item"}
    query = sa.select(ChecklistVersion).where(ChecklistVersion.id.in_(named))
    return {version.id: version for version in db.session.scalars(query)} if named else {}


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
    operation = operation_of(item.op)
    is_final = operation is None or item.reason in operation.final
    return is_decidable(item.op.result, item.reason, is_final=is_final, has_job=item.job_id is not None)


def _visible(person: Person, query: Any = None) -> Any:
    query = sa.select(InboxItem) if query is None else query
    return query if person.sees_all_branches else query.where(InboxItem.branch_id == person.branch_id)


def _items(query: sa.Select[Any]) -> list[InboxItem]:
    return list(db.session.scalars(query.options(*_shown())).unique())


def _shown() -> tuple[Any, ...]:
    """Exactly what is shown of an item."""
    return (
        joinedload(InboxItem.job).options(
            raiseload("*"), joinedload(Job.branch), joinedload(Job.site).raiseload("*"),
            only_named(joinedload(Job.lead)),
            joinedload(Job.case).options(raiseload("*"), joinedload(Case.customer).raiseload("*"))),
        only_named(joinedload(InboxItem.author)).options(joinedload(Person.branch)),
        only_named(joinedload(InboxItem.decided_by)),
    )


def _grouped(items: list[InboxItem], *, is_open: bool) -> list[Group]:
    """By job and author, in the order in which the groups' newest items come."""
    versions = _versions_answered(items)
    found: dict[tuple[str, ...], list[InboxItem]] = {}
    for item in items:
        decided = () if is_open else (item.state, str(item.decided_at))
        found.setdefault((item.job_id or item.id, item.author_id, *decided), []).append(item)
    return [Group(job=group[0].job, author=group[0].author, is_open=is_open,
                  entries=[Entry(item, act_of(item.op, versions), is_item_decidable(item))
                           for item in sorted(group, key=_order_of_doing)])
            for group in found.values()]


def in_order_of_doing(op_ids: Iterable[str]) -> list[str]:
    """Ids of operations of one person, as they were done."""
    entries = db.session.scalars(sa.select(LogEntry).where(LogEntry.id.in_(list(op_ids))))
    return [entry.id for entry in sorted(entries, key=_place_of)]


def _order_of_doing(item: InboxItem) -> tuple[str, int, datetime, str]:
    return _place_of(item.op)


def _place_of(entry: LogEntry) -> tuple[str, int, datetime, str]:
    """The phone's own order; between two phones of one person, the corrected time."""
    return (entry.device_id or "", _seq_of(entry), entry.happened_at, entry.id)


def _seq_of(entry: LogEntry) -> int:
    """What came in a file has no place in the log's order, but says which one it had on the phone."""
    seq = entry.seq if entry.seq is not None else json.loads(entry.body).get("seq")
    return seq if isinstance(seq, int) else 0


def _moment(ms: object) -> datetime | None:
    try:
        return from_ms(ms) if isinstance(ms, int) and not isinstance(ms, bool) else None
    except OverflowError:
        return None
