"""Which open visits a checklist is for: those that have begun keep their version, the others take the published one."""

from dataclasses import dataclass

import sqlalchemy as sa

from fieldservice.checklists.models import PUBLISHED, ChecklistTemplate, ChecklistVersion
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.jobs.rules import ENDED


@dataclass(frozen=True)
class ChecklistUse:
    """Open visits a template is for."""

    #: not begun
    waiting: int
    #: (number of the version, of the whole organisation, how many have begun with it)
    begun: list[tuple[int, bool, int]]


def checklist_use(template: ChecklistTemplate) -> ChecklistUse:
    """Of a branch: its visits. Of the organisation: those of all branches without a version of their own in force."""
    query = sa.select(sa.func.count(Job.id)).where(
        Job.type == template.job_type, Job.state.not_in(ENDED), _branches(template)
    )
    begun = (
        query.join(ChecklistVersion, ChecklistVersion.id == Job.checklist_id)
        .join(ChecklistTemplate, ChecklistTemplate.id == ChecklistVersion.template_id)
        .add_columns(ChecklistVersion.number, ChecklistTemplate.branch_id)
        .group_by(ChecklistVersion.number, ChecklistTemplate.branch_id)
        .order_by(ChecklistVersion.number.desc())
    )
    return ChecklistUse(
        waiting=db.session.scalar(query.where(Job.checklist_id.is_(None))) or 0,
        begun=[(number, branch_id is None, found) for found, number, branch_id in db.session.execute(begun)],
    )


def _branches(template: ChecklistTemplate) -> sa.ColumnElement[bool]:
    if template.branch_id:
        return Job.branch_id == template.branch_id
    own = (
        sa.select(ChecklistTemplate.branch_id)
        .join(ChecklistVersion, ChecklistVersion.template_id == ChecklistTemplate.id)
        .where(ChecklistTemplate.job_type == template.job_type, ChecklistTemplate.branch_id.is_not(None))
        .where(ChecklistVersion.state == PUBLISHED)
    )
    return Job.branch_id.not_in(own)
