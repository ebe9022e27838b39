"""Changes of the conduct standard. The caller commits.

Whatever adds a version to a template or changes which one is published holds the template's row till the commit.
"""

from copy import deepcopy
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fieldservice.branches.models import Branch
from fieldservice.checklists.content import FORMAT, check_content, malformed
from fieldservice.checklists.events import ChecklistPublished
from fieldservice.checklists.items.base import Fault
from fieldservice.checklists.models import (
    DRAFT,
    EVERYWHERE,
    PUBLISHED,
    RETIRED,
    ChecklistTemplate,
    ChecklistVersion,
)
from fieldservice.checklists.queries import WITHDRAWN, own_draft_of, published_of, template_of
from fieldservice.checklists.standards import Standard, shipped_standards
from fieldservice.core import json
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.events import publish as tell
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import log_of, log_office_edit

NOTE_MOST = 300
#: kind of the log entry of a shipped standard
INSTALLED = "install_checklist"
_EMPTY = {"format": FORMAT, "items": [], "phrases": []}


def install_standard(*, at: datetime) -> int:
    """Brings in what this product ships and the organisation does not have; how many versions that were.

    It is published where the organisation has nothing of its own in force; else it waits as a draft. Done twice, also
    at the same moment, it changes nothing the second time.
    """
    return sum(_install(standard, at) for standard in shipped_standards())


def copy_template(
    version: ChecklistVersion, *, branch: Branch | None, by: Any, at: datetime
) -> ChecklistVersion:
    """A draft with the same content for a branch, or with None for the organisation.

    Raises RuleBroken('draft_exists') when one is being worked on there.
    """
    template = _template(version.template.job_type, branch, by=by, at=at)
    return _draft(template, version.content, by=by, at=at, copied=version.id)


def new_draft(template: ChecklistTemplate, *, by: Any, at: datetime) -> ChecklistVersion:
    """A draft with the content that is in force, or an empty one. Raises RuleBroken('draft_exists')."""
    in_force = published_of(template)
    return _draft(template, in_force.content if in_force else _EMPTY, by=by, at=at)


def start_template(
    job_type: str, *, branch: Branch | None, like: ChecklistVersion | None, by: Any, at: datetime
) -> ChecklistVersion:
    """The first draft of a job type that has no checklist: as that of another job type, or with None empty.

    Raises RuleBroken('draft_exists').
    """
    template = _template(job_type, branch, by=by, at=at)
    return _draft(template, like.content if like else _EMPTY, by=by, at=at, like=like.id if like else None)


def save_draft(
    version: ChecklistVersion, content: Any, *, expected_version: int, by: Any, at: datetime
) -> list[Fault]:
    """Keeps what was written so far; gives what is still wrong before it can be published.

    Raises RuleBroken('not_a_draft'), Conflict when it is no longer at `expected_version`, and
    RuleBroken('content_bad', faults=…) for what nobody could show.
    """
    _check_draft(version, expected_version)
    broken = malformed(content)
    if broken:
        raise RuleBroken("content_bad", faults=broken)
    if content != version.content:
        version.content = content
        version.standard = ""  # no longer word for word
        log_office_edit("save_checklist", version, by=by, at=at, content=content)
    return check_content(content)


def publish(version: ChecklistVersion, note: str, *, expected_version: int, by: Any, at: datetime) -> None:
    """Visits that begin from now on are done by it; those that have begun keep theirs.

    Raises RuleBroken('not_a_draft' | 'note_too_long'), RuleBroken('content_bad', faults=…) and Conflict.
    """
    _check_draft(version, expected_version)
    note = note.strip()
    if len(note) > NOTE_MOST:
        raise RuleBroken("note_too_long", most=NOTE_MOST)
    faults = check_content(version.content)
    if faults:
        raise RuleBroken("content_bad", faults=faults)
    _put_in_force(version, note, by=by, at=at)


def withdraw(version: ChecklistVersion, *, expected_version: int, by: Any, at: datetime) -> None:
    """The branch goes back to the organisation's: visits that begin from now on are done by that one.

    Raises RuleBroken('not_of_a_branch'), and Conflict when it is not in force (any more).
    """
    template = version.template
    if template.branch_id is None:
        raise RuleBroken("not_of_a_branch")
    _hold(template)
    db.session.refresh(version)
    if version.state != PUBLISHED or version.version != expected_version:
        raise Conflict("changed_meanwhile")
    version.state = RETIRED
    db.session.flush()
    log_office_edit(
        WITHDRAWN,
        version,
        by=by,
        at=at,
        job_type=template.job_type,
        scope=template.scope,
        number=version.number,
    )
    tell(ChecklistPublished(template.job_type, template.branch_id))


def discard_draft(version: ChecklistVersion, *, expected_version: int, by: Any, at: datetime) -> None:
    """Throws a draft away; its content stays in the log. Raises RuleBroken('not_a_draft'), Conflict."""
    _check_draft(version, expected_version)
    log_office_edit("discard_checklist", version, by=by, at=at, content=version.content)
    db.session.delete(version)


def _install(standard: Standard, at: datetime) -> bool:
    template = _template(standard.job_type, None, by=None, at=at)
    if standard.name in _installed(template):
        return False
    log_office_edit(INSTALLED, template, by=None, at=at, standard=standard.name)
    in_force = published_of(template)
    version = _add_version(template, standard.content, standard=standard.name, by=None, at=at)
    if in_force is None or in_force.standard:
        _put_in_force(version, "", by=None, at=at)
    return True


def _installed(template: ChecklistTemplate) -> set[str]:
    """Names of the shipped standards it ever had: a shipped draft may have been rewritten or thrown away since."""
    entries = log_of(ChecklistTemplate.__tablename__, template.id)
    return {json.loads(entry.body)["standard"] for entry in entries if entry.kind == f"office.{INSTALLED}"}


def _template(job_type: str, branch: Branch | None, *, by: Any, at: datetime) -> ChecklistTemplate:
    """The template of that scope, made when missing, also when two make it at once; held till the commit."""
    values = {
        "id": new_id(),
        "scope": branch.id if branch else EVERYWHERE,
        "branch_id": branch.id if branch else None,
        "job_type": job_type,
        "created_at": at,
        "created_by_id": by.id if by else None,
    }
    is_sqlite = db.session.connection().dialect.name == "sqlite"
    insert: Any = sqlite.insert if is_sqlite else postgresql.insert
    fresh = insert(ChecklistTemplate).values(**values)
    db.session.execute(fresh.on_conflict_do_nothing(index_elements=["scope", "job_type"]))
    template = template_of(job_type, branch.id if branch else None)
    assert template is not None
    _hold(template)
    return template


def _hold(template: ChecklistTemplate) -> None:
    """Others who would add or publish a version here wait; its versions are read anew."""
    held = sa.select(ChecklistTemplate.id).filter_by(id=template.id).with_for_update(key_share=True)
    db.session.execute(held)
    db.session.expire(template, ["versions"])


def _draft(
    template: ChecklistTemplate, content: Any, *, by: Any, at: datetime, **logged: Any
) -> ChecklistVersion:
    _hold(template)
    if own_draft_of(template):
        raise RuleBroken("draft_exists")
    version = _add_version(template, content, standard="", by=by, at=at)
    log_office_edit("draft_checklist", version, by=by, at=at, number=version.number, **logged)
    return version


def _add_version(
    template: ChecklistTemplate, content: Any, *, standard: str, by: Any, at: datetime
) -> ChecklistVersion:
    version = ChecklistVersion(
        template=template,
        number=1 + max((version.number for version in template.versions), default=0),
        state=DRAFT,
        content=deepcopy(content),
        standard=standard,
        created_at=at,
        created_by_id=by.id if by else None,
    )
    db.session.add(version)
    db.session.flush()
    return version


def _check_draft(version: ChecklistVersion, expected_version: int) -> None:
    """It is a draft, unchanged since it was looked at, and stays so till the commit."""
    _hold(version.template)
    if db.session.get(ChecklistVersion, version.id, populate_existing=True) is None:
        raise Conflict("changed_meanwhile")
    if version.state != DRAFT:
        raise RuleBroken("not_a_draft")
    if version.version != expected_version:
        raise Conflict("changed_meanwhile")


def _put_in_force(version: ChecklistVersion, note: str, *, by: Any, at: datetime) -> None:
    before = published_of(version.template)
    if before is not None:
        before.state = RETIRED
    version.state = PUBLISHED
    version.note = note
    version.published_at = at
    version.published_by_id = by.id if by else None
    db.session.flush()
    template = version.template
    log_office_edit(
        "publish_checklist",
        version,
        by=by,
        at=at,
        job_type=template.job_type,
        scope=template.scope,
        number=version.number,
        standard=version.standard,
        note=note,
    )
    tell(ChecklistPublished(template.job_type, template.branch_id))
