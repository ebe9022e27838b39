"""Reads of the conduct standard."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.branches.models import Branch
from fieldservice.checklists.models import (
    DRAFT,
    EVERYWHERE,
    PUBLISHED,
    RETIRED,
    ChecklistTemplate,
    ChecklistVersion,
)
from fieldservice.checklists.rights import edits_all
from fieldservice.checklists.rules import HELD_FOR
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.core.oplog import log_of

#: kind of the log entry of a version that was taken back without another
WITHDRAWN = "withdraw_checklist"


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


def can_begin_with(version: ChecklistVersion, branch_id: str, at: datetime) -> bool:
    """Whether a visit of the branch may begin at that moment with a version that `version_for_type` found.

    It is in force there, or was not longer ago than a phone may have been without signal (`rules.HELD_FOR`).
    """
    until = _in_force_until(version, branch_id)
    return until is None or until > at - HELD_FOR


def version_in_force(job_type: str, branch_id: str, at: datetime) -> ChecklistVersion | None:
    """What was in force for the branch at a moment: its own, else the organisation's; None: nothing was."""
    query = (
        sa.select(ChecklistVersion)
        .join(ChecklistVersion.template)
        .where(ChecklistTemplate.job_type == job_type, ChecklistTemplate.scope.in_((EVERYWHERE, branch_id)))
        .where(ChecklistVersion.state != DRAFT, ChecklistVersion.published_at <= at)
        .order_by(ChecklistTemplate.scope == EVERYWHERE, ChecklistVersion.published_at.desc())
    )
    for version in db.session.scalars(query):
        until = _retired_at(version)
        if until is None or until > at:
            return version
    return None


def _in_force_until(version: ChecklistVersion, branch_id: str) -> datetime | None:
    """When it was retired, or one of the branch's own took the place of the organisation's; None: it is in force."""
    retired_at = _retired_at(version)
    own = template_of(version.template.job_type, branch_id) if version.template.scope == EVERYWHERE else None
    covered_at = _covered_since(own) if own else None
    return min((moment for moment in (retired_at, covered_at) if moment), default=None)


def _covered_since(template: ChecklistTemplate) -> datetime | None:
    """Since when there has always been a version of the template in force; None: there is none now."""
    in_force = published_of(template)
    since = in_force.published_at if in_force else None
    if since is None:
        return None
    spans = [(one.published_at, _retired_at(one)) for one in template.versions if one.state == RETIRED]
    for published_at, retired_at in sorted(((start, end) for start, end in spans if start and end), reverse=True):
        if retired_at >= since > published_at:
            since = published_at
    return since


def _retired_at(version: ChecklistVersion) -> datetime | None:
    """When the next one was published or it was withdrawn, as the log has it; None: it is published."""
    if version.state != RETIRED or version.published_at is None:
        return None
    since = version.published_at
    later = [one.published_at for one in version.template.versions if one.published_at and one.published_at > since]
    entries = log_of(ChecklistVersion.__tablename__, version.id)
    withdrawn = [entry.happened_at for entry in entries if entry.kind == f"office.{WITHDRAWN}"]
    return min([*later, *withdrawn], default=since)


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


@dataclass
class Standing:
    """How a template stands: what is in force, and what is being worked on."""

    template: ChecklistTemplate
    #: None: nothing
    in_force: ChecklistVersion | None = None
    #: oldest first
    drafts: list[ChecklistVersion] = field(default_factory=list)


def templates_for(viewer: Person) -> sa.Select[ChecklistTemplate]:
    """Those a person may look at: the organisation's and the own branch's; head office sees all."""
    query = sa.select(ChecklistTemplate)
    if viewer.sees_all_branches or edits_all(viewer):
        return query
    return query.where(ChecklistTemplate.scope.in_((EVERYWHERE, viewer.branch_id)))


def template_for(viewer: Person, template_id: str) -> ChecklistTemplate:
    """One of them. Raises NotFound, also for that of another branch."""
    found = db.session.scalar(templates_for(viewer).where(ChecklistTemplate.id == template_id))
    if found is None:
        raise NotFound()
    return found


def version_for(viewer: Person, version_id: str) -> ChecklistVersion:
    """A version of one of them. Raises NotFound."""
    ids = templates_for(viewer).with_only_columns(ChecklistTemplate.id)
    query = sa.select(ChecklistVersion).where(
        ChecklistVersion.id == version_id, ChecklistVersion.template_id.in_(ids)
    )
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def standings_for(viewer: Person) -> list[Standing]:
    """Of every template the viewer may look at: the organisation's first, then by branch."""
    templates = templates_for(viewer).outerjoin(Branch, Branch.id == ChecklistTemplate.branch_id)
    in_order = templates.order_by(Branch.code.is_not(None), Branch.code)
    found = {template.id: Standing(template) for template in db.session.scalars(in_order)}
    query = sa.select(ChecklistVersion).where(
        ChecklistVersion.template_id.in_(found), ChecklistVersion.state != RETIRED
    )
    for version in db.session.scalars(query.order_by(ChecklistVersion.number)):
        standing = found[version.template_id]
        if version.state == PUBLISHED:
            standing.in_force = version
        else:
            standing.drafts.append(version)
    return list(found.values())


def branches_with_their_own(viewer: Person, job_type: str) -> list[Branch]:
    """Branches where another version than the organisation's is in force, of those the viewer may look at."""
    ids = templates_for(viewer).with_only_columns(ChecklistTemplate.id)
    query = (
        sa.select(Branch)
        .join(ChecklistTemplate, ChecklistTemplate.branch_id == Branch.id)
        .join(ChecklistVersion, ChecklistVersion.template_id == ChecklistTemplate.id)
        .where(ChecklistTemplate.job_type == job_type, ChecklistVersion.state == PUBLISHED)
        .where(ChecklistTemplate.id.in_(ids))
        .order_by(Branch.code)
    )
    return list(db.session.scalars(query))


def names_of(ids: Iterable[str | None]) -> dict[str, str]:
    """Names of people, by id."""
    query = sa.select(Person.id, Person.name).where(Person.id.in_({one for one in ids if one}))
    return {row.id: row.name for row in db.session.execute(query)}
