"""What is to be handled first about people: certificates that run out, and visits planned for who is away."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.core import i18n
from fieldservice.core.db import db
from fieldservice.core.i18n import gettext as _
from fieldservice.core.i18n import lazy_gettext as _l
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.people.models import PersonSkill, ShiftChange
from fieldservice.people.queries import plans, skill_words
from fieldservice.people.rules import AWAY, EXPIRY_WARNING, is_good
from fieldservice.people.work import work_of
from fieldservice.web.exceptions import Action, Asked, Matter, gives_matters

#: visits on days off are looked for this far ahead
_AHEAD = timedelta(days=14)


@gives_matters
def certificates(asked: Asked) -> Iterator[Matter]:
    """Those that have run out or will soon."""
    today = i18n.local(asked.now, asked.timezone).date()
    query = sa.select(PersonSkill, Person).join(Person, Person.id == PersonSkill.person_id)
    query = query.where(_technicians(asked), PersonSkill.certified_until <= today + EXPIRY_WARNING)
    query = query.order_by(PersonSkill.certified_until, PersonSkill.person_id, PersonSkill.skill).limit(asked.most + 1)
    for held, person in db.session.execute(query):
        until = held.certified_until or today
        day = i18n.full_date(until)
        is_still_good, end = is_good(until, today), _end_of(until, asked.timezone)
        words = _("runs out on %(day)s", day=day) if is_still_good else _("ran out on %(day)s", day=day)
        yield Matter(
            kind="certificate", key=f"{person.id}-{held.skill}", subject=f"{person.name} {skill_words([held.skill])}",
            words=words, due_at=end if is_still_good else None,  # weeks late, it does not come before what is late now
            since=end, clock=day, detail=_branch(asked, person),
            action=_planning(asked, person))  # fmt: skip


@gives_matters
def visits_on_days_off(asked: Asked) -> Iterator[Matter]:
    """Visits that are planned for somebody who is away on the day."""
    today = i18n.local(asked.now, asked.timezone).date()
    query = sa.select(ShiftChange, Person).join(Person, Person.id == ShiftChange.person_id)
    soon = ShiftChange.on_day.between(today, today + _AHEAD)
    query = query.where(_technicians(asked), ShiftChange.kind.in_(AWAY), soon)
    away = db.session.execute(query.order_by(ShiftChange.on_day, ShiftChange.person_id)).all()
    work = work_of(list({person.id for _change, person in away}), today, today + _AHEAD)
    for change, person in away:
        planned = work.get((person.id, change.on_day))
        if planned:
            board = f"/board?day={change.on_day.isoformat()}&branch={person.branch_id}"
            yield Matter(
                kind="absence", key=change.id, subject=person.name,
                words=str(_away_words(asked, person, change)) % {"day": i18n.day(change.on_day), "count": len(planned)},
                due_at=_begin_of(change.on_day, asked.timezone), clock=i18n.day(change.on_day),
                detail=" · ".join(filter(None, [planned[0].words, _branch(asked, person)])),
                action=Action(_("Open the board"), board))  # fmt: skip


def _away_words(asked: Asked, person: Person, change: ShiftChange) -> Any:
    if not plans(asked.viewer, person.branch_id):
        return _l("is away on %(day)s; visits planned: %(count)s")
    if change.kind == "sick":
        return _l("is sick on %(day)s; visits planned: %(count)s")
    return _l("is off on %(day)s; visits planned: %(count)s")


def _technicians(asked: Asked) -> sa.ColumnElement[bool]:
    has_role = Person.role_rows.any(PersonRole.role == TECHNICIAN)
    return sa.and_(Person.branch_id.in_(asked.branch_ids), Person.is_active, has_role)


def _planning(asked: Asked, person: Person) -> Action | None:
    return Action(_("Planning"), f"/team/{person.id}") if plans(asked.viewer, person.branch_id) else None


def _branch(asked: Asked, person: Person) -> str:
    return person.branch.name if len(asked.branch_ids) > 1 else ""


def _end_of(day: date, timezone: str) -> datetime:
    return _begin_of(day + timedelta(days=1), timezone)


def _begin_of(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(timezone))
