"""Reads of the conduct standard."""

from collections.abc import Iterable

import sqlalchemy as sa

from fieldservice.checklists.models import (
    DRAFT,
    EVERYWHERE,
    PUBLISHED,
    RETIRED,
    ChecklistTemplate,
    ChecklistVersion,
)
from fieldservice.core.db import db


def current_version(job_type: str, branch_id: str) -> ChecklistVersion | None:
    """What a visit that begins now is done by: the branch's own, else the organisation's; None: no checklist."""
    return current_versions([(job_type, branch_id)]).get((job_type, branch_id))


def current_versions(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], ChecklistVersion]:
    """As `current_version` for many (job type, branch id) with one query; a pair without a checklist is left out."""
    wanted = set(pairs)
    if not wanted:
        return {}
    scopes = {EVERYWHERE, *(branch_id for _type, branch_id in wanted)}
    query = (
        sa.select(ChecklistVersion)
        .join(ChecklistVersion.template)
        .where(ChecklistVersion.state == PUBLISHED)
        .where(ChecklistTemplate.job_type.in_({job_type for job_type, _branch in wanted}))
        .where(ChecklistTemplate.scope.in_(scopes))
    )
    published = {
        (found.template.job_type, found.template.scope): found for found in db.session.scalars(query)
    }
    found = {pair: published.get(pair) or published.get((pair[0], EVERYWHERE)) for pair in wanted}
    return {pair: version for pair, version in found.items() if version}


def version_for_type(version_id: str, job_type: str, branch_id: str) -> ChecklistVersion | None:
    """The version a phone names, if visits of this type and branch are or were done by it; None otherwise."""
    query = (
        sa.select(ChecklistVersion)
        .join(ChecklistVersion.template)
        .where(ChecklistVersion.id == version_id)
        .where(ChecklistVersion.state.in_((PUBLISHED, RETIRED)))
        .where(ChecklistTemplate.job_type == job_type)
        .where(ChecklistTemplate.scope.in_((EVERYWHERE, branch_id)))
    )
    return db.session.scalar(query)


def template_of(job_type: str, branch_id: str | None) -> ChecklistTemplate | None:
    """The template of a branch, or with None that of the organisation."""
    return db.session.scalar(
        sa.select(ChecklistTemplate).filter_by(job_type=job_type, scope=branch_id or EVERYWHERE)
    )


def published_of(template: ChecklistTemplate) -> ChecklistVersion | None:
    """Its published version."""
    return db.session.scalar(sa.select(ChecklistVersion).filter_by(template_id=template.id, state=PUBLISHED))


def own_draft_of(template: ChecklistTemplate) -> ChecklistVersion | None:
    """The draft people work on; a shipped one that waits to be looked at is none."""
    return db.session.scalar(
        sa.select(ChecklistVersion).filter_by(template_id=template.id, state=DRAFT, standard="").limit(1)
    )
