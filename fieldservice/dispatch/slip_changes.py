"""Accepting what was proposed for a slip: the same acts as on the board, all of them or none; the caller commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fieldservice.accounts.models import Person
from fieldservice.core.errors import AppError, Conflict, RuleBroken
from fieldservice.core.ids import is_id
from fieldservice.dispatch import changes, planning, queries, relief
from fieldservice.dispatch.relief import Move
from fieldservice.jobs import actions
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED, RUNNING

#: lines of one change; a sick person has no more visits in a day
MOST_LINES = 60
_MOMENT = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class Wanted:
    """A line as the form named it."""

    job_id: str
    version: int
    person_id: str
    start_at: datetime


def read_lines(codes: Sequence[str]) -> list[Wanted]:
    """Raises RuleBroken when none was chosen, AppError for what no page of ours offers."""
    if not codes:
        raise RuleBroken("nothing_chosen")
    if len(codes) > MOST_LINES:
        raise AppError("bad_request")
    found = [_read(code) for code in codes]
    if len({one.job_id for one in found}) != len(found):
        raise AppError("bad_request")
    return sorted(found, key=lambda one: one.job_id)


def code_of(job: Job, person_id: str, start_at: datetime) -> str:
    """How a form names a line."""
    return f"{job.id}|{job.version}|{person_id}|{start_at.astimezone(UTC):{_MOMENT}}"


def accept(wanted: Sequence[Wanted], *, by: Person, at: datetime) -> list[Job]:
    """Gives each visit to whom it was proposed for, and plans when it begins there.

    Raises NotFound, and Conflict when somebody was faster or the change would make others late as the day stands now.
    """
    jobs = [queries.job_to_change(by, one.job_id) for one in wanted]
    leads = [_lead(job, one) for job, one in zip(jobs, wanted, strict=True)]
    _check_day(jobs, wanted, at)
    for job, lead, one in zip(jobs, leads, wanted, strict=True):
        if lead.id != job.lead_id:
            actions.assign_job(job, lead, job.helpers, expected_version=job.version, by=by, at=at)
        actions.plan_start(job, one.start_at, expected_version=job.version, by=by, at=at)
    return jobs


def _read(code: str) -> Wanted:
    job_id, _, rest = code.partition("|")
    version, _, rest = rest.partition("|")
    person_id, _, moment = rest.partition("|")
    is_number = version.isascii() and version.isdigit() and len(version) < 19
    if not (is_id(job_id) and is_id(person_id) and is_number):
        raise AppError("bad_request")
    try:
        return Wanted(job_id, int(version), person_id, datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC))
    except ValueError as error:
        raise AppError("bad_request") from error


def _lead(job: Job, one: Wanted) -> Person:
    since = queries.changes_since(job, one.version) if job.version != one.version else []
    if any(changes.stops(changes.PLACEMENT, change.kind) for change in since) or job.state in RUNNING | ENDED:
        raise Conflict("change_outdated", customer=job.case.customer.address_form)
    found = {person.id: person for person in queries.technicians_of([job.branch_id])}.get(one.person_id)
    if found is None:
        raise RuleBroken("not_a_technician")
    return found


def _check_day(jobs: Sequence[Job], wanted: Sequence[Wanted], at: datetime) -> None:
    """Whether it still helps: somebody else may have planned something meanwhile for those who are to go."""
    days = {job.visit_on for job in jobs}
    day = days.pop()
    if days or day is None:
        raise Conflict("change_helps_no_more")
    planned = planning.day_of(sorted({job.branch_id for job in jobs}), day, at=at, with_undated=False)
    moves = [Move(job.id, job.lead_id, one.person_id, planned.seconds(one.start_at))
             for job, one in zip(jobs, wanted, strict=True)]  # fmt: skip
    if not relief.still_helps(planned.day, planned.order, moves):
        raise Conflict("change_helps_no_more")
