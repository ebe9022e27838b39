"""What people do with proposals: ask for one, call it off. The caller commits and puts the task into the queue."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_office_edit
from fieldservice.dispatch import proposal_queries as queries
from fieldservice.dispatch.models import Proposal
from fieldservice.dispatch.rules import CALLED_OFF, DONE, OUTDATED, PROPOSAL_MODES, WAITING, WISHES


def ask(
    branch: Branch, day: date, mode: str, wishes: Mapping[str, int], *, with_undated: bool, by: Person, at: datetime
) -> Proposal:
    """A new proposal for a day, or the one that is being made for it. Raises RuleBroken for a day that is over.

    Earlier ones of the day that nobody took over are outdated by it. What was chosen is remembered for the next time.
    """
    assert mode in PROPOSAL_MODES, mode
    if day < i18n.local(at, branch.timezone).date():
        raise RuleBroken("day_is_over")
    _remember(by, mode, wishes, with_undated=with_undated)
    found = queries.under_way(branch.id, day)
    if found is not None:
        return found
    for one in queries.open_ones(branch.id, day):
        one.state = OUTDATED
    proposal = Proposal(
        id=new_id(), branch_id=branch.id, on_day=day, mode=mode, asked_by_id=by.id, asked_at=at,
        wishes={name: wishes[name] for name in WISHES}, with_undated=with_undated, seed=secrets.randbelow(2**31),
        state=WAITING, touched_at=at)  # fmt: skip
    db.session.add(proposal)
    log_office_edit("ask_proposal", proposal, by=by, at=at, branch_id=branch.id, on_day=day, mode=mode,
                    wishes=proposal.wishes)
    return proposal


def call_off(proposal: Proposal, *, by: Person, at: datetime) -> None:
    """The worker stops, nothing of it stays. Raises RuleBroken when nobody is at it any more."""
    if not proposal.is_under_way:
        raise RuleBroken("proposal_not_running")
    proposal.state, proposal.finished_at, proposal.touched_at = CALLED_OFF, at, at
    log_office_edit("call_off_proposal", proposal, by=by, at=at)


def outdate_others(proposal: Proposal) -> None:
    """Others of the day speak of a day that is not so any more."""
    for one in queries.open_ones(proposal.branch_id, proposal.on_day, but=proposal.id):
        one.state = OUTDATED


def is_over(proposal: Proposal, at: datetime) -> bool:
    """Whether its day has passed."""
    return proposal.on_day < i18n.local(at, proposal.branch.timezone).date()


def can_be_taken_over(proposal: Proposal, at: datetime) -> bool:
    """Whether lines of it can still become true."""
    return proposal.state == DONE and not is_over(proposal, at)


def _remember(person: Person, mode: str, wishes: Mapping[str, int], *, with_undated: bool) -> None:
    habit = queries.habit_of(person)
    habit.mode, habit.wishes, habit.with_undated = mode, dict(wishes), with_undated
    db.session.add(habit)
