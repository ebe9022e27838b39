"""Reads of proposals."""

from datetime import date, datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.dispatch.models import PlanningHabit, Proposal
from fieldservice.dispatch.rules import COMPUTING, DONE, FILL, USUAL_LEVEL, WAITING, WISHES

#: proposals of a day that its page lists
LATEST = 10


def proposals_for(viewer: Person) -> sa.Select[Proposal]:
    """The proposals this viewer may see: of the own branch, or of all."""
    query = sa.select(Proposal)
    return query if viewer.sees_all_branches else query.where(Proposal.branch_id == viewer.branch_id)


def proposal_for(viewer: Person, proposal_id: str, *, to_change: bool = False) -> Proposal:
    """One of them. Raises NotFound. `to_change` holds the row till the commit."""
    query = proposals_for(viewer).where(Proposal.id == proposal_id)
    if to_change:
        query = query.with_for_update(of=Proposal).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def held(proposal_id: str) -> Proposal | None:
    """For the worker: the proposal, held till the commit."""
    query = sa.select(Proposal).where(Proposal.id == proposal_id)
    return db.session.scalar(query.with_for_update(of=Proposal).execution_options(populate_existing=True))


def under_way(branch_id: str, day: date) -> Proposal | None:
    """The one of this day that is being made; None: none is."""
    return db.session.scalar(_of_day(branch_id, day).where(Proposal.state.in_((WAITING, COMPUTING))))


def last_of(branch_id: str, day: date) -> Proposal | None:
    """The last one of this day; None: nobody asked for one."""
    return db.session.scalar(_of_day(branch_id, day).order_by(Proposal.id.desc()).limit(1))


def latest_of(viewer: Person, branch_id: str, day: date) -> list[Proposal]:
    """The last ones of a day, the newest first."""
    query = proposals_for(viewer).where(Proposal.branch_id == branch_id, Proposal.on_day == day)
    return list(db.session.scalars(query.order_by(Proposal.id.desc()).limit(LATEST)))


def open_ones(branch_id: str, day: date, *, but: str = "") -> list[Proposal]:
    """Those of a day that are done and of which nothing was taken over, held till the commit."""
    query = _of_day(branch_id, day).where(Proposal.state == DONE, Proposal.accepted_at.is_(None), Proposal.id != but)
    return list(db.session.scalars(query.order_by(Proposal.id).with_for_update(of=Proposal)))


def forgotten_since(moment: datetime) -> list[str]:
    """Ids of those a worker should be at and that have shown no life since."""
    query = sa.select(Proposal.id).where(Proposal.state.in_((WAITING, COMPUTING)), Proposal.touched_at < moment)
    return list(db.session.scalars(query))


def habit_of(person: Person) -> PlanningHabit:
    """How this person asked the last time; the usual for somebody who never did, not written yet."""
    found = db.session.get(PlanningHabit, person.id)
    return found or PlanningHabit(
        person_id=person.id, mode=FILL, wishes=dict.fromkeys(WISHES, USUAL_LEVEL), with_undated=True)


def _of_day(branch_id: str, day: date) -> sa.Select[Proposal]:
    return sa.select(Proposal).where(Proposal.branch_id == branch_id, Proposal.on_day == day)
