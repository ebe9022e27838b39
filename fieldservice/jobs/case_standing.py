"""Where a case stands, as a desk with the customer on the phone needs it: what is going on, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fieldservice.core import i18n
from fieldservice.jobs.models import Job
from fieldservice.jobs.queries import promised_at
from fieldservice.jobs.rules import ABSENT, CANCELLED, ENDED, RUNNING, UNASSIGNED, UNFINISHED

NONE, UNDER_WAY, PLANNED, OVERDUE, TO_ASSIGN, TO_PLAN, AGAIN, CALLED_OFF, DONE = (
    "none", "under_way", "planned", "overdue", "to_assign", "to_plan", "again", "called_off", "done",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """One of the words above, and the visit it is about."""

    kind: str
    #: None: no visit was ever made
    job: Job | None = None
    #: what the customer was told about the next visit; None: nothing
    promised_at: datetime | None = None
    #: other visits that are still to come
    further: int = 0


def standing_of(visits: Sequence[Job], *, now: datetime) -> Standing:
    """`visits`: all of a case, in any order."""
    if not visits:
        return Standing(NONE)
    open_ones = sorted((job for job in visits if job.state not in ENDED), key=_comes)
    running = next((job for job in open_ones if job.state in RUNNING), None)
    if running or open_ones:
        job = running or open_ones[0]
        return Standing(UNDER_WAY if running else _of_open(job, now), job, further=len(open_ones) - 1)
    last = max((job for job in visits if job.state != CANCELLED), key=_comes, default=None)
    if last is None:
        return Standing(CALLED_OFF, max(visits, key=_comes))
    again = last.state in (UNFINISHED, ABSENT)
    return Standing(AGAIN if again else DONE, last, promised_at(last) if again else None)


def _of_open(job: Job, now: datetime) -> str:
    if job.visit_on is None:
        return TO_PLAN
    zone = job.branch.timezone
    is_late = job.window_end_at < now if job.window_end_at else job.visit_on < i18n.local(now, zone).date()
    if is_late:
        return OVERDUE
    return TO_ASSIGN if job.state == UNASSIGNED else PLANNED


def _comes(job: Job) -> tuple[bool, str, str, str]:
    """By day and window; what has no day comes last."""
    start = job.window_start_at.isoformat() if job.window_start_at else "z"
    return job.visit_on is None, job.visit_on.isoformat() if job.visit_on else "", start, job.id
