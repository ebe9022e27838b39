"""Skills and week are parts of what planning knows of a person, and change with it."""

from collections.abc import Iterable

import sqlalchemy as sa

from fieldservice.core.db import db
from fieldservice.core.versions import touches
from fieldservice.people.models import PersonPlanning, PersonSkill, Shift


@touches(PersonSkill)
@touches(Shift)
def _planning_of_part(row: PersonSkill | Shift) -> Iterable[PersonPlanning]:
    return list(db.session.scalars(sa.select(PersonPlanning).filter_by(person_id=row.person_id)))
