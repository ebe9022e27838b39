"""How long things are kept: what is due, and removing it once an administrator has seen it and said so.

Nothing goes by itself. A setting (`KEEP_…`) says from which age something may go; the page shows what would; a worker
removes it after the administrator's word, in small transactions that a kill may cut off anywhere. The chain must have
been found whole shortly before, and it says what was removed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app

from fieldservice.accounts.models import AccessEntry, Person
from fieldservice.audit import checking, erasing, holds
from fieldservice.audit.models import ACCESS, CUSTOMERS, PLACES, RETAINED, RetentionRun
from fieldservice.cases.models import Case
from fieldservice.core import audit, clock, json
from fieldservice.core.audit import Fact
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict
from fieldservice.core.oplog import LogEntry
from fieldservice.core.versions import unversioned_writes
from fieldservice.customers.models import Customer, Site
from fieldservice.jobs.models import Job, JobStep
from fieldservice.jobs.rules import CANCELLED, ENDED
from fieldservice.visits.models import JobClosure

#: kind → its setting, and days of one unit of it
SETTINGS = {
    CUSTOMERS: ("KEEP_CUSTOMER_YEARS", 365.25), ACCESS: ("KEEP_ACCESS_YEARS", 365.25), PLACES: ("KEEP_PLACE_DAYS", 1.0),
}  # fmt: skip
#: the chain must have been found whole within this time before anything goes
CHECKED_WITHIN = timedelta(days=7)
#: without a sign of life for this long its worker is gone
_FORGOTTEN_AFTER = timedelta(minutes=2)
_BATCH = 200
_SHOWN = 20


@dataclass(frozen=True)
class Due:
    """One kind as the page shows it."""

    kind: str
    setting: str
    #: as the setting says; 0: kept for ever, and nothing else is known
    keeps: int
    #: what is older may go; None: kept for ever
    before: datetime | None = None
    #: how many of them there are
    count: int = 0
    #: when the next one may go after these; None: there is none
    next_at: datetime | None = None
    #: customers: (id, name, when the last of it was closed) of the first
    first: Sequence[Any] = ()


def due_now(at: datetime) -> list[Due]:
    """Every kind with what would go."""
    return [_due(kind, at) for kind in RETAINED]


def _due(kind: str, at: datetime) -> Due:
    setting, days = SETTINGS[kind]
    keeps = int(current_app.config[setting])
    if not keeps:
        return Due(kind, setting, 0)
    span = timedelta(days=keeps * days)
    found = _FOUND[kind]()
    is_due = found.c.last < at - span
    count = db.session.scalar(sa.select(sa.func.count()).select_from(found).where(is_due))
    next_at = db.session.scalar(sa.select(sa.func.min(found.c.last)).where(~is_due))
    first: Sequence[Any] = ()
    if kind == CUSTOMERS:
        query = sa.select(found.c.id, Customer.name, found.c.last).join(Customer, Customer.id == found.c.id)
        first = db.session.execute(query.where(is_due).order_by(found.c.last, found.c.id).limit(_SHOWN)).all()
    return Due(kind, setting, keeps, at - span, int(count or 0), next_at + span if next_at else None, first)


def why_not_now(at: datetime) -> str:
    """Why nothing can be removed now: a code with words; '' it can."""
    check = checking.latest()
    is_fresh = check is not None and check.finished_at is not None and check.finished_at > at - CHECKED_WITHIN
    if not is_fresh or check is None:
        return "chain_unchecked"
    return "chain_wrong" if checking.wrong_of(check) else ""


def ask(kind: str, *, seen: int, by: Person, at: datetime) -> RetentionRun:
    """Has removed what is due of a kind; the caller commits, then gives it to a worker. `seen`: how many the page showed.

    Raises Conflict ('chain_unchecked', 'chain_wrong', 'retention_changed').
    """
    found, trouble = _due(kind, at), why_not_now(at)
    if trouble:
        raise Conflict(trouble)
    if found.before is None or not found.count or found.count > seen:
        raise Conflict("retention_changed")
    run = RetentionRun(kind=kind, before=found.before, asked_at=at, asked_by_id=by.id, due=found.count, removed=0,
                       touched_at=at)  # fmt: skip
    db.session.add(run)
    facts = {"what": kind, "before": found.before, "due": found.count}
    audit.note("retention.asked", entity_type="retention", entity_id=run.id, by_id=by.id, at=at, facts=facts)
    return run


def latest_runs() -> list[RetentionRun]:
    """What was removed last."""
    return list(db.session.scalars(sa.select(RetentionRun).order_by(RetentionRun.id.desc()).limit(_SHOWN)))


def forgotten(at: datetime) -> list[str]:
    """Those that nobody is at."""
    is_left = RetentionRun.touched_at < at - _FORGOTTEN_AFTER
    return list(db.session.scalars(sa.select(RetentionRun.id).where(RetentionRun.done_at.is_(None), is_left)))


def carry_out(run_id: str) -> None:
    """Removes piece by piece, each in a transaction; done twice, or by two workers, the second finds nothing left."""
    passed: set[str] = set()
    while run := _held(run_id):
        some = _next(run, passed)
        if not some:
            _finish(run)
            return
        if run.kind == CUSTOMERS:
            passed.update(some)
        for piece in [[one] for one in some] if run.kind == CUSTOMERS else [some]:
            _remove(run_id, piece)


def _remove(run_id: str, ids: list[str]) -> None:
    run = _held(run_id)
    if run is None:
        return
    erasing.overwrite_freed_pages()
    erasure_id = _REMOVE[run.kind](run, ids)
    run.touched_at = clock.now()
    db.session.commit()
    if erasure_id:
        erasing.remove_files(erasure_id)


def _finish(run: RetentionRun) -> None:
    run.done_at = clock.now()
    facts = {"what": run.kind, "before": run.before, "removed": run.removed}
    audit.note("retention.done", entity_type="retention", entity_id=run.id, by_id=run.asked_by_id, at=run.done_at,
               facts=facts)  # fmt: skip
    db.session.commit()


def _held(run_id: str) -> RetentionRun | None:
    db.session.rollback()
    run = db.session.get(RetentionRun, run_id, with_for_update={"of": RetentionRun}, populate_existing=True)
    return run if run is not None and run.done_at is None else None


def _next(run: RetentionRun, passed: set[str]) -> list[str]:
    found = _FOUND[run.kind]()
    query = sa.select(found.c.id).where(found.c.last < run.before, found.c.id.not_in(passed))
    return list(db.session.scalars(query.order_by(found.c.last, found.c.id).limit(_BATCH)))


def _customers() -> sa.Subquery:
    """(id, last) of customers of whom nothing is open or held: when something of them was last opened or closed."""
    moments = sa.union_all(
        sa.select(Customer.id.label("id"), Customer.created_at.label("at")),
        sa.select(Case.customer_id, Case.opened_at),
        sa.select(Site.customer_id, Job.created_at).join(Job, Job.site_id == Site.id),
        sa.select(Site.customer_id, JobClosure.closed_at).join(Job, Job.site_id == Site.id)
        .join(JobClosure, JobClosure.job_id == Job.id),
    ).subquery()
    closed = sa.exists().where(JobClosure.job_id == Job.id)
    is_open = sa.or_(Job.state.not_in(ENDED), sa.and_(Job.state != CANCELLED, ~closed))
    some_open = sa.select(Site.customer_id).join(Job, Job.site_id == Site.id).where(is_open)
    held = sa.select(Case.customer_id).where(Case.id.in_(holds.held_cases()))
    return (
        sa.select(moments.c.id, sa.func.max(moments.c.at).label("last"))
        .join(Customer, Customer.id == moments.c.id)
        .where(Customer.erased_at.is_(None), Customer.id.not_in(some_open), Customer.id.not_in(held))
        .group_by(moments.c.id)
        .subquery()
    )


def _access() -> sa.Subquery:
    """(id, last) of entries of the access log; while a case is held, of those from before it was opened."""
    query = sa.select(AccessEntry.id, AccessEntry.at.label("last"))
    since = sa.select(sa.func.min(Case.opened_at)).where(Case.id.in_(holds.held_cases())).scalar_subquery()
    return query.where(sa.or_(since.is_(None), AccessEntry.at < since)).subquery()


def _places() -> sa.Subquery:
    """(id, last) of steps with a place, of closed visits whose case is not held."""
    query = sa.select(JobStep.id, JobClosure.closed_at.label("last")).join(Job, Job.id == JobStep.job_id)
    query = query.join(JobClosure, JobClosure.job_id == Job.id).where(JobStep.lat.is_not(None))
    return query.where(Job.case_id.not_in(holds.held_cases())).subquery()


def _erase_customer(run: RetentionRun, ids: list[str]) -> str:
    """Id of the erasure, whose files go after the commit; '' when it may not be erased any more."""
    customer = db.session.get(Customer, ids[0], with_for_update={"of": Customer}, populate_existing=True)
    if customer is None or customer.erased_at is not None or erasing.why_not(customer):
        return ""
    reason = f"{SETTINGS[CUSTOMERS][0]}, {run.id}"
    run.removed += 1
    return erasing.erase_customer(customer, typed=customer.name, reason=reason, by=run.asked_by, at=clock.now()).id


def _remove_access(run: RetentionRun, ids: list[str]) -> str:
    _erase_facts(run, AccessEntry.__tablename__, ids)
    run.removed += _changed(sa.delete(AccessEntry).where(AccessEntry.id.in_(ids)))
    return ""


def _remove_places(run: RetentionRun, ids: list[str]) -> str:
    """From the steps and from the log that brought them; a phone keeps no visit that old."""
    op_ids = list(db.session.scalars(sa.select(JobStep.op_id).where(JobStep.id.in_(ids))))
    log, step = cast(sa.Table, LogEntry.__table__), cast(sa.Table, JobStep.__table__)
    with unversioned_writes():
        for op_id, body in db.session.execute(sa.select(log.c.id, log.c.body).where(log.c.id.in_(op_ids))).all():
            said = json.loads(body)
            if isinstance(said, dict) and said.get("place"):
                bare = json.dumps(said | {"place": None})
                db.session.execute(sa.update(log).where(log.c.id == op_id).values(body=bare))
        run.removed += _changed(sa.update(step).where(step.c.id.in_(ids)).values(lat=None, lng=None, accuracy_m=None))
    _erase_facts(run, JobStep.__tablename__, ids)
    _erase_facts(run, LogEntry.__tablename__, op_ids)
    return ""


def _changed(statement: Any) -> int:
    return int(cast(Any, db.session.execute(statement)).rowcount)


def _erase_facts(run: RetentionRun, table: str, ids: list[str]) -> None:
    query = sa.select(Fact.seq).where(Fact.source_table == table, Fact.source_id.in_(ids))
    seqs = list(db.session.scalars(query))
    if seqs:
        audit.erase_facts(seqs, entity_type="retention", entity_id=run.id, by_id=run.asked_by_id, at=clock.now(),
                          facts={"what": run.kind})  # fmt: skip


_FOUND: dict[str, Callable[[], sa.Subquery]] = {CUSTOMERS: _customers, ACCESS: _access, PLACES: _places}
_REMOVE: dict[str, Callable[[RetentionRun, list[str]], str]] = {
    CUSTOMERS: _erase_customer, ACCESS: _remove_access, PLACES: _remove_places,
}  # fmt: skip
