"""Reads of branches."""

import sqlalchemy as sa

from fieldservice.branches.models import HEAD_OFFICE, Branch
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound


def all_branches() -> list[Branch]:
    """Head office first, then by code; closed ones last."""
    query = sa.select(Branch).order_by(Branch.is_active.desc(), Branch.kind, Branch.code)
    return list(db.session.scalars(query))


def open_branches() -> list[Branch]:
    """Those that take people and jobs."""
    return [branch for branch in all_branches() if branch.is_active]


def branch_by_id(branch_id: str, *, to_change: bool = False) -> Branch:
    """One branch. Raises NotFound. `to_change` holds the row till the commit."""
    query = sa.select(Branch).where(Branch.id == branch_id)
    if to_change:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def head_office() -> Branch | None:
    """The first open head office; None before the first start."""
    query = sa.select(Branch).filter_by(kind=HEAD_OFFICE, is_active=True).order_by(Branch.code).limit(1)
    return db.session.scalar(query)
