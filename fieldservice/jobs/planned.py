"""The visits that are planned for people, for pages about these people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload

from fieldservice.branches.models import Branch
from fieldservice.cases.models import Case
from fieldservice.core import i18n, json
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED
from fieldservice.people.work import Work, tells_needs, tells_work
from fieldservice.web.job_words import TYPES


@tells_work
def visits_of(person_ids: Sequence[str], first: date, last: date) -> Iterator[Work]:
    """Those they lead and that have not ended."""
    query = sa.select(Job).where(Job.lead_id.in_(person_ids), Job.visit_on.between(first, last), Job.state.not_in(ENDED))
    customer, branch = joinedload(Job.case).joinedload(Case.customer), joinedload(Job.branch).load_only(Branch.timezone)
    query = query.options(customer, branch, lazyload("*"))  # not "raise": others of the page may hold the same rows
    for job in db.session.scalars(query.order_by(Job.visit_on, Job.window_start_at.nulls_first(), Job.id)).unique():
        if job.lead_id and job.visit_on:
            yield Work(job.id, job.lead_id, job.visit_on, _words(job), f"/jobs/{job.id}")


@tells_needs
def needs_of(branch_ids: Sequence[str]) -> Counter[str]:
    """How many open visits need each skill; grouped by the database, so that thousands are a few rows."""
    asked = sa.cast(Job.skills, sa.String)
    query = sa.select(asked, sa.func.count()).where(Job.branch_id.in_(branch_ids), Job.state.not_in(ENDED), asked != "[]")
    found: Counter[str] = Counter()
    for codes, count in db.session.execute(query.group_by(asked)):
        found.update(dict.fromkeys(json.loads(codes), count))
    return found


def _words(job: Job) -> str:
    zone = job.branch.timezone
    window = i18n.window(job.window_start_at, job.window_end_at, zone) if job.window_start_at and job.window_end_at else (
        _("no time agreed"))  # fmt: skip
    return f"{window} {job.case.customer.address_form} {TYPES[job.type]}"
