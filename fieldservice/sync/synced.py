"""Whose own record (`documents.me_document`) shows a row, and so changes with it."""

from collections.abc import Iterable

import sqlalchemy as sa

from fieldservice.accounts.models import Person
from fieldservice.core.db import db
from fieldservice.core.versions import touches
from fieldservice.people.models import BranchPlanning, PersonPlanning, Shift, ShiftChange
from fieldservice.routing.models import TravelSetting
from fieldservice.visits.models import DayOrder


@touches(PersonPlanning)
@touches(Shift)
@touches(ShiftChange)
@touches(DayOrder)
def _whose_day(row: PersonPlanning | Shift | ShiftChange | DayOrder) -> Iterable[Person]:
    person = db.session.get(Person, row.person_id) if row.person_id else None
    return [person] if person else []


@touches(BranchPlanning)
@touches(TravelSetting)
def _people_of_branch(row: BranchPlanning | TravelSetting) -> Iterable[Person]:
    return db.session.scalars(sa.select(Person).filter_by(branch_id=row.branch_id)).unique()
