"""Taking a proposal over, whole or line by line, and taking that back: by the same acts as by hand.

Each line is its own: one that cannot be is refused with its reason, the others are done. A line that was done is never
done again. The caller commits.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict, RuleBroken
from fieldservice.core.oplog import LogEntry, log_office_edit
from fieldservice.dispatch import undo
from fieldservice.dispatch.models import Proposal, ProposalLine
from fieldservice.dispatch.proposal_actions import can_be_taken_over, outdate_others
from fieldservice.dispatch.rules import APPLIED, REFUSED, TAKEN_BACK
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import hold_jobs
from fieldservice.jobs.rules import UNDOABLE
from fieldservice.people.availability import available

#: a start that has passed by more than this is no plan any more
LATE_START = timedelta(minutes=5)


def accept(
    proposal: Proposal, numbers: Collection[int], *, among: Collection[int] = (), by: Person, at: datetime
) -> list[ProposalLine]:
    """Does these lines, held proposal in hand; the lines that were tried, each with its outcome. Raises RuleBroken.

    `among`: what was chosen altogether, where it is done part by part.
    """
    if not can_be_taken_over(proposal, at):
        raise RuleBroken("proposal_over")
    chosen = [line for line in proposal.lines if line.number in numbers and line.outcome in ("", REFUSED)]
    jobs = {job.id: job for job in hold_jobs(line.job_id for line in chosen)}
    here = {one.person.id: one for one in available([proposal.branch_id], proposal.on_day)}
    to_come = {line.number for line in proposal.lines if line.number in among and not line.outcome}
    waiting, tried = list(chosen), []
    while waiting:
        done = {line.number for line in proposal.lines if line.outcome == APPLIED}
        ready = [line for line in waiting if set(line.needs) <= done] or waiting[:1]
        line = ready[0]
        waiting.remove(line)
        tried.append(line)
        try:
            missing = sorted(set(line.needs) - done - to_come - {other.number for other in waiting})
            if missing:
                raise RuleBroken("line_needs_others", numbers=missing)
            with db.session.begin_nested():
                _apply(proposal, line, jobs[line.job_id], here, by=by, at=at)
        except AppError as error:
            line.outcome, line.refused = REFUSED, {"code": error.code, "facts": _facts(error)}
        else:
            line.outcome, line.refused, line.applied_by_id, line.applied_at = APPLIED, {}, by.id, at
    applied = [line for line in tried if line.outcome == APPLIED]
    if applied:
        proposal.accepted_by_id, proposal.accepted_at = by.id, at
        outdate_others(proposal)
    if tried:
        log_office_edit("accept_proposal", proposal, by=by, at=at, lines=len(applied),
                        refused=len(tried) - len(applied), job_ids=[line.job_id for line in applied])
    return tried


def take_back(proposal: Proposal, *, by: Person, at: datetime) -> list[ProposalLine]:
    """Takes back what this person took over of it, as far as nobody changed it since; the lines that were tried.

    What cannot be taken back stays, and says why in `refused`.
    """
    own = [line for line in proposal.lines if line.outcome == APPLIED and line.applied_by_id == by.id]
    jobs = {job.id: job for job in hold_jobs(line.job_id for line in own)}
    for line in own:
        entries = _entries(line, by)
        blocker = undo.blocker_of(jobs[line.job_id], max(entry.version for entry in entries)) if entries else None
        try:
            if not entries or blocker:
                raise RuleBroken("cannot_undo" if blocker is None else "changed_since")
            with db.session.begin_nested():
                job_actions.undo_edits(jobs[line.job_id], entries, by=by, at=at)
        except AppError as error:
            line.refused = {"code": error.code, "facts": _facts(error)}
        else:
            line.outcome, line.refused = TAKEN_BACK, {}
    back = [line.job_id for line in own if line.outcome == TAKEN_BACK]
    if own:
        log_office_edit("take_back_proposal", proposal, by=by, at=at, lines=len(back), left=len(own) - len(back),
                        job_ids=back)
    return own


def _apply(
    proposal: Proposal, line: ProposalLine, job: Job, here: dict[str, Any], *, by: Person, at: datetime
) -> None:
    """The acts of a dispatcher who gives this visit, one after another; each asks for the version that was looked at."""
    if job.version != line.job_version:
        raise Conflict("changed_meanwhile", version=job.version)
    technician = here.get(line.to_lead_id)
    if technician is None or technician.why_not:
        raise RuleBroken("technician_away", why=technician.why_not if technician else "inactive")
    if line.to_start_at < at - LATE_START:
        raise RuleBroken("start_is_past", time=i18n.clock_time(line.to_start_at, job.branch.timezone))
    given: dict[str, Any] = {"expected_version": line.job_version, "by": by, "at": at}
    if job.lead_id != line.to_lead_id:
        job_actions.assign_job(job, technician.person, job.helpers, **given)
    if job.visit_on is None:
        job_actions.move_job(job, proposal.on_day, job.window_start_at, job.window_end_at, **given)
    job_actions.plan_start(job, line.to_start_at, **given)


def _entries(line: ProposalLine, by: Person) -> list[LogEntry]:
    """What was written when the line was taken over."""
    query = sa.select(LogEntry).where(
        LogEntry.entity_type == "job", LogEntry.entity_id == line.job_id, LogEntry.person_id == by.id,
        LogEntry.kind.in_(UNDOABLE), LogEntry.happened_at == line.applied_at)
    return list(db.session.scalars(query))


def _facts(error: AppError) -> dict[str, Any]:
    return {name: value for name, value in error.facts.items() if isinstance(value, str | int | list)}


def counts(lines: Iterable[ProposalLine]) -> tuple[int, int]:
    """How many of these lines were done, and how many refused."""
    found = [line.outcome for line in lines]
    return found.count(APPLIED), found.count(REFUSED)
