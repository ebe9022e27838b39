"""Decisions about what sync set aside. Everything stays in the history, with the decision beside it."""

from datetime import datetime

from pydantic import ValidationError

from fieldservice.accounts.models import Person
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.happening import Happening
from fieldservice.core.oplog import LogEntry, log_office_edit
from fieldservice.inbox import queries
from fieldservice.inbox.models import ACCEPTED, DECLINED, OPEN, SEEN, InboxItem
from fieldservice.jobs.actions import accept_late_work
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import CANCELLED
from fieldservice.signoff.actions import restore_late_sheet
from fieldservice.signoff.queries import late_sheets
from fieldservice.sync.actions import judge_again
from fieldservice.sync.operations.base import Context, Operation, SetAside
from fieldservice.visits.actions import accept_late_photos


def accept(item: InboxItem, *, by: Person, at: datetime) -> None:
    """The author's work counts: all that waits of this author on this job is applied in order.

    What is the technician's own to say is applied after the job was given back to the author; what is only added is
    not late when it then is the author's, nor are photos that came before. What was signed meanwhile stands for what
    had been done by then. Raises Conflict when it is decided already, RuleBroken with the first act that does not fit;
    then nothing changed.
    """
    items = _open_siblings(item, decidable=True)
    job = queries.job_held(str(item.job_id))
    owned = [one.op_id for one in items if _operation(one.op).merge_class == "technician"]
    if owned:
        accept_late_work(job, owned, author=item.author, by=by, at=at)
        accept_late_photos(job)
    sheets = {row.id: row for row in late_sheets(job)} if owned else {}
    ops = {one.op_id: one.op for one in items}
    for op_id in queries.in_order_of_doing([*sheets, *ops]):
        if op_id in sheets:
            restore_late_sheet(job, sheets[op_id])
        else:
            _apply(job, ops[op_id], item.author)
    _decide(items, ACCEPTED, by=by, at=at)


def decline(item: InboxItem, *, by: Person, at: datetime) -> None:
    """The job stays as the office has it. Raises Conflict when it is decided already."""
    _decide(_open_siblings(item, decidable=True), DECLINED, by=by, at=at)


def see(item: InboxItem, *, by: Person, at: datetime) -> None:
    """Takes note of what nothing is to be decided about. Raises Conflict when somebody did already."""
    _decide(_open_siblings(item, decidable=False), SEEN, by=by, at=at)


def _open_siblings(item: InboxItem, *, decidable: bool) -> list[InboxItem]:
    """What the decision is about: at least the item itself, still open and of the kind that is decided so."""
    found = [one for one in queries.siblings_to_decide(item) if queries.is_item_decidable(one) == decidable]
    if item.id not in {one.id for one in found}:
        if item.state == OPEN:
            raise RuleBroken("not_decidable")
        raise Conflict("decided_already")
    return found


def replay_parked(item_id: str, *, at: datetime) -> int:
    """Applies what was parked because nobody knew its kind, this item and those of its author on its job, once it is
    known; how many. What does not apply stays open with its present reason. The caller commits.

    The result the phone was given stays; what became of it now stands in the log beside it, and the job travels to the
    phone with its new version.
    """
    items = queries.parked_together(item_id)
    for item in items:
        verdict, job, reason = judge_again(item.op, item.author)
        if job is not None and item.job_id is None:
            item.job_id = job.id
        if reason:
            item.reason = reason[:40]
        else:
            item.state, item.decided_at = ACCEPTED, at
        log_office_edit("replay_parked", job or item, by=None, at=at, op_ids=[item.op_id], result=verdict.result,
                        note=verdict.note, author_id=item.author_id)
    return len(items)


def _operation(entry: LogEntry) -> Operation:
    found = queries.operation_of(entry)
    if found is None:
        raise RuleBroken("not_decidable")
    return found


def _args(entry: LogEntry):  # type: ignore[no-untyped-def]
    """The operation's arguments, checked as when it arrived. Raises RuleBroken."""
    shape = queries.shape_of(entry)
    try:
        return _operation(entry).args.model_validate(shape.args if shape else None)
    except ValidationError as error:
        raise RuleBroken("bad_args") from error


def _apply(job: Job, entry: LogEntry, author: Person) -> None:
    """As when it arrived, but that it counts now. Raises RuleBroken."""
    is_late = job.state == CANCELLED or not job.is_crew(author.id)
    context = Context(job=job, author=author, when=_when(entry), is_late=is_late, is_accepted=True)
    outcome = _operation(entry).apply(context, _args(entry))
    if isinstance(outcome, SetAside):
        raise RuleBroken(outcome.code, **outcome.facts)


def _when(entry: LogEntry) -> Happening:
    return Happening(at=entry.happened_at, op_id=entry.id, device_at=entry.device_at,
                     uncertainty_ms=entry.uncertainty_ms)


def _decide(items: list[InboxItem], state: str, *, by: Person, at: datetime) -> None:
    for item in items:
        item.state, item.decided_at, item.decided_by_id = state, at, by.id
    about = items[0].job or items[0]
    log_office_edit("decide_inbox", about, by=by, at=at, decision=state, author_id=items[0].author_id,
                    op_ids=[item.op_id for item in items])
