"""The list of jobs as a file."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, raiseload, selectinload

from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.tables import yuan_cell
from fieldservice.customers.models import Site
from fieldservice.jobs.models import Job, JobHelper
from fieldservice.web.exports import Columns, on_clock, rows_of, shown_phone
from fieldservice.web.job_words import NEEDS, PRIORITIES, STATES, TYPES


def columns() -> Columns:
    """What a row of the file says of a visit."""
    return (
        (_l("Number"), lambda job: job.number),
        (_l("Case"), lambda job: job.case.number),
        (_l("Task"), lambda job: job.brief),
        (_l("Type"), lambda job: str(TYPES[job.type])),
        (_l("Priority"), lambda job: str(PRIORITIES[job.priority])),
        (_l("State"), lambda job: str(STATES[job.state])),
        (_l("Branch"), lambda job: job.branch.name),
        (_l("Customer"), lambda job: job.site.customer.name),
        (_l("Phone"), lambda job: shown_phone(job.site.customer.phone)),
        (_l("District"), lambda job: job.site.district),
        (_l("Address"), lambda job: job.site.address),
        (_l("Building, unit, room"), lambda job: job.site.unit),
        (_l("Visit day"), lambda job: job.visit_on),
        (_l("Window from"), lambda job: on_clock(job.window_start_at, job.branch.timezone)),
        (_l("Window until"), lambda job: on_clock(job.window_end_at, job.branch.timezone)),
        (_l("Planned minutes"), lambda job: job.planned_minutes),
        (_l("Who goes"), lambda job: job.lead.name if job.lead else ""),
        (_l("Helpers"), lambda job: _(", ").join(row.person.name for row in job.helper_rows)),
        (_l("Special needs"), _needs),
        (_l("Amount in yuan"), lambda job: yuan_cell(job.amount_fen)),
        (_l("What it is for"), lambda job: job.amount_reason),
        (_l("Why it was cancelled"), lambda job: job.cancel_reason),
        (_l("Entered"), lambda job: on_clock(job.created_at, job.branch.timezone)),
    )


def rows(query: sa.Select[Job]) -> Iterator[Job]:
    """The jobs of a query with exactly what the file says of them."""
    return rows_of(query.options(*_needed()))


def _needed() -> tuple[Any, ...]:
    return (
        raiseload("*"),
        joinedload(Job.branch),
        joinedload(Job.case).raiseload("*"),
        joinedload(Job.site).options(raiseload("*"), joinedload(Site.customer).raiseload("*")),
        joinedload(Job.lead).raiseload("*"),
        selectinload(Job.helper_rows).options(raiseload("*"), joinedload(JobHelper.person).raiseload("*")),
    )


def _needs(job: Job) -> str:
    codes = dict.fromkeys([*job.site.customer.special_needs, *job.special_needs])
    return _(", ").join(str(NEEDS.get(code, code)) for code in codes)
