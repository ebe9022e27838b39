"""Working a proposal out: the worker's part. What is computed runs in a thread of its own at a low priority, while
this one keeps the row alive, tells how far it is and hears when it is called off.
"""

import logging
import os
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from fieldservice.core import clock
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.ids import new_id
from fieldservice.dispatch import proposal_queries as queries
from fieldservice.dispatch.differences import Difference, difference
from fieldservice.dispatch.models import Proposal, ProposalLine
from fieldservice.dispatch.planning import Planned, day_of
from fieldservice.dispatch.rules import COMPUTING, DONE, FAILED, FILL, FULL, REPLAN
from fieldservice.dispatch.slips import apart
from fieldservice.routing import planner
from fieldservice.routing.model import Day, Figures, Plan, Reason, Unassigned, Weights

_log = logging.getLogger("fieldservice.proposals")

#: how often the page hears how far it is
TELL_SECONDS = 1.0
#: so long a proposal waits at most for the search to be compiled beside it, then it has it compiled itself
READY_SECONDS = 300.0
#: without a sign of life for this long nobody is at it
FORGOTTEN_AFTER = timedelta(minutes=1)
#: so often a worker may begin; a day that ends each of them is given up
MOST_TRIES = 3
#: of 20, the lowest priority: web processes come first
NICENESS = 10

#: wish → what it is for each level
_TRAVEL = (0.5, 1.0, 2.0, 4.0)
_CHANGE_MINUTES = ((20, 5), (60, 15), (120, 30), (240, 60))
#: beside it, once more than a few have changed: who minds least lets each be worth what it brings
_MORE_CHANGES_MINUTES = (0, 360, 540, 720)
_FAIRNESS = (0.0, 0.1, 0.5, 1.5)
_LATE = (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Begun:
    """What a worker took up, as plain values."""

    id: str
    key: str
    branch_id: str
    day: Any
    mode: str
    seed: int
    weights: Weights
    with_undated: bool


@dataclass
class _Work:
    """What thread and keeper share."""

    #: thousandths
    progress: int = 0
    plan: Plan | None = None
    error: Exception | None = None
    is_called_off: threading.Event = field(default_factory=threading.Event)

    def tell(self, share: float, _cost: int) -> None:
        """How far it is, from 0 to 1."""
        self.progress = max(self.progress, min(1000, int(share * 1000)))


def make(proposal_id: str) -> None:
    """Works a proposal out, unless it was called off or another worker is at it."""
    begun = _begin(proposal_id)
    if begun is None:
        return
    try:
        if not _search_is_ready(begun):
            return
        with transaction_mode("read"):
            with apart():  # what was read stays as it is, whatever happens meanwhile
                planned = day_of([begun.branch_id], begun.day, at=clock.now(), with_undated=begun.with_undated)
            db.session.rollback()
        plan = _computed(begun, planned)
        if plan is not None:
            _finish(begun, difference(planned, plan), plan)
    except Exception:
        db.session.rollback()
        _log.exception("proposal %s", proposal_id)
        _fail(begun, "proposal_failed")


def give_up_or_go_on(proposal_id: str) -> bool:
    """Whether a proposal nobody is at should be worked on again; one that ended workers too often has failed."""
    found = queries.held(proposal_id)
    if found is None or not found.is_under_way or found.touched_at > clock.now() - FORGOTTEN_AFTER:
        db.session.rollback()
        return False
    if found.tries < MOST_TRIES:
        db.session.rollback()
        return True
    _end(found, FAILED, "proposal_worker_gone")
    db.session.commit()
    return False


def weights_of(wishes: dict[str, int]) -> Weights:
    """What the engines make of a dispatcher's wishes."""
    changed, moved = _CHANGE_MINUTES[wishes.get("changes", 1)]
    return Weights(
        travel=_TRAVEL[wishes.get("travel", 1)], late=_LATE[wishes.get("punctuality", 1)],
        fairness=_FAIRNESS[wishes.get("fairness", 1)], change_technician_minutes=changed, change_start_minutes=moved,
        more_changes_minutes=_MORE_CHANGES_MINUTES[wishes.get("changes", 1)])


def _begin(proposal_id: str) -> Begun | None:
    found = queries.held(proposal_id)
    if found is None or not found.is_under_way:
        db.session.rollback()
        return None
    if found.state == COMPUTING and found.touched_at > clock.now() - FORGOTTEN_AFTER:
        db.session.rollback()  # somebody is at it: the same task came twice
        return None
    found.state, found.worker_key, found.progress = COMPUTING, new_id(), 0
    found.tries += 1
    found.touched_at = clock.now()
    begun = Begun(found.id, found.worker_key, found.branch_id, found.on_day, found.mode, found.seed,
                  weights_of(found.wishes), found.with_undated)
    db.session.commit()
    return begun


def _search_is_ready(begun: Begun) -> bool:
    """Waits while the search is still being compiled for this machine, and tells so; False: it was called off.

    The day is read afterwards: what is changed meanwhile is planned with.
    """
    patience = time.monotonic() + READY_SECONDS
    has_waited = False
    while planner.make_ready() and time.monotonic() < patience:
        if not _keep(begun, 0, is_getting_ready=True):
            return False
        has_waited = True
        time.sleep(TELL_SECONDS)
    return not has_waited or _keep(begun, 0)


def _computed(begun: Begun, planned: Planned) -> Plan | None:
    """The plan; None: it was called off, or another worker took it up."""
    day = planned.day
    if not day.technicians or not day.visits:
        return _plan_without(day)
    work, seconds = _Work(), int(current_app.config["PROPOSAL_SECONDS"])
    planner.keep_beside_the_data()
    thread = threading.Thread(target=_compute, args=(work, begun, day, seconds), name="proposal", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(TELL_SECONDS)
            # where nobody has compiled it beside us, the thread does
            compiles = not work.progress and not planner.is_ready()
            if thread.is_alive() and not _keep(begun, work.progress, is_getting_ready=compiles):
                return None
    finally:
        work.is_called_off.set()
        thread.join()
    if work.error:
        raise work.error
    return work.plan


def _compute(work: _Work, begun: Begun, day: Day, seconds: int) -> None:
    """In a thread of its own; on Linux a thread has a priority of its own, which ends with it."""
    try:
        if sys.platform == "linux":
            own = threading.get_native_id()  # a worker that is lower already may not rise
            os.setpriority(os.PRIO_PROCESS, own, max(NICENESS, os.getpriority(os.PRIO_PROCESS, own)))
        modes = {FILL: planner.fill, REPLAN: planner.replan, FULL: planner.full}
        work.plan = modes[begun.mode](
            day, begun.weights, seed=begun.seed, seconds=seconds, on_progress=work.tell,
            is_cancelled=work.is_called_off.is_set)
    except planner.Cancelled:
        _log.info("proposal %s was called off", begun.id)
    except Exception as error:
        work.error = error


def _plan_without(day: Day) -> Plan:
    """Of a day without anybody or without visits."""
    left = tuple(Unassigned(visit.id, Reason("no_technicians")) for visit in day.visits)
    return Plan((), left, Figures(0, sum(visit.value for visit in day.visits), 0, 0, 0, 0, 0, 0, 0, 0))


def _keep(begun: Begun, progress: int, *, is_getting_ready: bool = False) -> bool:
    """Tells how far it is; whether it is to go on."""
    found = queries.held(begun.id)
    goes_on = found is not None and found.state == COMPUTING and found.worker_key == begun.key
    if found is not None and goes_on:
        found.progress, found.touched_at, found.is_getting_ready = progress, clock.now(), is_getting_ready
        db.session.commit()
    else:
        db.session.rollback()
    return goes_on


def _finish(begun: Begun, found: Difference, plan: Plan) -> None:
    """Writes what came of it, in one transaction."""
    row = queries.held(begun.id)
    if row is None or row.state != COMPUTING or row.worker_key != begun.key:
        db.session.rollback()
        return
    row.figures_before, row.figures_after = found.before.kept(), found.after.kept()
    row.routes, row.unplaced, row.iterations = found.routes, found.unplaced, plan.iterations
    db.session.add_all([ProposalLine(proposal_id=row.id, **vars(line)) for line in found.lines])
    _end(row, DONE)
    db.session.commit()


def _fail(begun: Begun, trouble: str) -> None:
    row = queries.held(begun.id)
    if row is not None and row.state == COMPUTING and row.worker_key == begun.key:
        _end(row, FAILED, trouble)
        db.session.commit()
    else:
        db.session.rollback()


def _end(row: Proposal, state: str, trouble: str = "") -> None:
    now: datetime = clock.now()
    row.state, row.trouble, row.touched_at, row.finished_at = state, trouble, now, now
    row.is_getting_ready = False
    row.progress = 1000 if state == DONE else row.progress
