"""Reads of lists of the team."""

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound
from fieldservice.rosters.models import Roster


def rosters_for(viewer: Person) -> sa.Select[Roster]:
    """Imports this viewer may see."""
    query = sa.select(Roster)
    return query if viewer.sees_all_branches else query.where(Roster.branch_id == viewer.branch_id)


def last_rosters(viewer: Person, most: int = 20) -> list[Roster]:
    """The last of them, the newest first."""
    return list(db.session.scalars(rosters_for(viewer).order_by(Roster.id.desc()).limit(most)))


def roster_for(viewer: Person, roster_id: str, *, to_change: bool = False) -> Roster:
    """One of them with its lines. Raises NotFound."""
    query = rosters_for(viewer).where(Roster.id == roster_id).options(undefer(Roster.lines))
    if to_change:
        query = query.with_for_update(of=Roster).execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound()
    return found


def people_planned_by(viewer: Person) -> list[Person]:
    """Everybody with an account whom this viewer plans."""
    query = sa.select(Person).where(Person.is_active).order_by(Person.staff_no)
    if not viewer.sees_all_branches:
        query = query.where(Person.branch_id == viewer.branch_id)
    return list(db.session.scalars(query).unique())
