"""Changes of branches. The caller commits."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fieldservice.branches.events import BranchChanged
from fieldservice.branches.models import HEAD_OFFICE, Branch
from fieldservice.branches.rules import BranchEntry
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict, RuleBroken
from fieldservice.core.events import publish
from fieldservice.core.oplog import log_office_edit


def add_branch(entry: BranchEntry, *, by: Any, at: datetime) -> Branch:
    """A new branch. `by` None: the command line. Raises RuleBroken('code_taken', field='code')."""
    _check_code(entry.code, None)
    branch = Branch(**asdict(entry))
    db.session.add(branch)
    db.session.flush()
    _tell("add_branch", "branch_added", branch, by, at, values=asdict(entry))
    return branch


def change_branch(branch: Branch, entry: BranchEntry, *, expected_version: int, by: Any, at: datetime) -> None:
    """Changes it. Raises RuleBroken(code, field=…), Conflict when it is no longer at `expected_version`."""
    if branch.version != expected_version:
        raise Conflict("changed_meanwhile")
    _check_code(entry.code, branch)
    if entry.kind != HEAD_OFFICE:
        _check_not_last_head_office(branch)
    for name, value in asdict(entry).items():
        setattr(branch, name, value)
    _tell("change_branch", "branch_changed", branch, by, at, values=asdict(entry))


def close_branch(branch: Branch, *, by: Any, at: datetime) -> None:
    """It takes no new people or jobs; what is there stays. Raises RuleBroken('last_head_office')."""
    if not branch.is_active:
        return
    _check_not_last_head_office(branch)
    branch.is_active = False
    _tell("close_branch", "branch_closed", branch, by, at)


def reopen_branch(branch: Branch, *, by: Any, at: datetime) -> None:
    """It takes people and jobs again."""
    if branch.is_active:
        return
    branch.is_active = True
    _tell("reopen_branch", "branch_reopened", branch, by, at)


def _check_code(code: str, branch: Branch | None) -> None:
    query = sa.select(Branch.id).where(sa.func.lower(Branch.code) == code.lower())
    if db.session.scalar(query.where(Branch.id != (branch.id if branch else "")).limit(1)):
        raise RuleBroken("code_taken", field="code")


def _check_not_last_head_office(branch: Branch) -> None:
    """Head office sees all and administers: without one nobody could."""
    query = sa.select(Branch.id).filter_by(kind=HEAD_OFFICE, is_active=True).with_for_update(key_share=True)
    if list(db.session.scalars(query)) == [branch.id]:
        raise RuleBroken("last_head_office", field="kind")


def _tell(kind: str, act: str, branch: Branch, by: Any, at: datetime, **body: Any) -> None:
    log_office_edit(kind, branch, by=by, at=at, **body)
    publish(BranchChanged(branch, act, by, at))
