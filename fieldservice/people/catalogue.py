"""The catalogue of skills: what people can do and visits need; one for all branches. The caller commits."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.models import Person, PersonRole
from fieldservice.branches.models import Branch
from fieldservice.branches.queries import open_branches
from fieldservice.core.db import db
from fieldservice.core.errors import NotFound, RuleBroken
from fieldservice.core.oplog import LogEntry, log_office_edit
from fieldservice.core.permissions import TECHNICIAN
from fieldservice.people.models import PersonSkill, Skill
from fieldservice.people.queries import all_skills
from fieldservice.people.rules import SkillEntry, code_of, plain_name
from fieldservice.people.work import needed_by_work


@dataclass(frozen=True)
class Use:
    """Who has a skill, and what needs it."""

    #: with who has it, by staff number
    held: Sequence[tuple[PersonSkill, Person]] = ()
    #: open visits that need it
    visits: int = 0


def uses(branches: Sequence[Branch], code: str | None = None) -> defaultdict[str, Use]:
    """Skill → its use in these branches; `code`: of that one alone. Two queries."""
    ids = [branch.id for branch in branches]
    query = sa.select(PersonSkill, Person).join(Person, Person.id == PersonSkill.person_id)
    query = query.where(Person.branch_id.in_(ids), Person.is_active, _goes_to_customers())
    if code is not None:
        query = query.where(PersonSkill.skill == code)
    held: dict[str, list[tuple[PersonSkill, Person]]] = {}
    for row, person in db.session.execute(query.order_by(Person.branch_id, Person.staff_no)).unique():
        held.setdefault(row.skill, []).append((row, person))
    visits = needed_by_work(ids)
    return defaultdict(Use, {one: Use(held.get(one, ()), visits[one]) for one in {*held, *visits}})


def with_use(branches: Sequence[Branch]) -> list[tuple[Skill, Use]]:
    """Every skill with its use in these branches."""
    found = uses(branches)
    return [(skill, found[skill.code]) for skill in all_skills()]


def without_any(branches: Sequence[Branch]) -> int:
    """How many technicians nothing was entered of: they are sent to everything that needs no certificate."""
    query = sa.select(sa.func.count(Person.id)).where(
        Person.branch_id.in_([branch.id for branch in branches]), Person.is_active, _goes_to_customers(),
        ~sa.exists().where(PersonSkill.person_id == Person.id))  # fmt: skip
    return db.session.scalar(query) or 0


def seen_branches(viewer: Person) -> list[Branch]:
    """The branches whose people this viewer sees here; the administrator, who keeps the catalogue, sees all."""
    return open_branches() if viewer.sees_all_branches or viewer.can("skills.edit") else [viewer.branch]


def skill_by_code(code: str, *, to_change: bool = False) -> Skill:
    """One of them. Raises NotFound. `to_change` holds the whole catalogue till the commit."""
    if to_change:
        db.session.execute(sa.select(Skill.code).order_by(Skill.code).with_for_update())
    query = sa.select(Skill).where(Skill.code == code).execution_options(populate_existing=to_change)
    found = db.session.scalar(query) if "\0" not in code else None
    if found is None:
        raise NotFound()
    return found


def version_of(skill: Skill) -> int:
    """That of its last edit, to tell two editors apart; 0: none so far."""
    query = sa.select(sa.func.max(LogEntry.version)).filter_by(entity_type=Skill.__tablename__, entity_id=skill.code)
    return db.session.scalar(query) or 0


def add_skill(entry: SkillEntry, *, by: Person, at: datetime) -> Skill:
    """A new one, last in lists. Raises RuleBroken('skill_name_taken', field=…)."""
    db.session.execute(sa.select(Skill.code).order_by(Skill.code).with_for_update())
    known = all_skills()
    _check_names(entry, known)
    code = code_of(entry.name_en, {one.code for one in known})
    position = max((one.position for one in known), default=0) + 1
    skill = Skill(code=code, position=position, is_active=True, **asdict(entry))
    db.session.add(skill)
    log_office_edit("add_skill", skill, by=by, at=at, values=asdict(entry))
    return skill


def change_skill(skill: Skill, entry: SkillEntry, *, by: Person, at: datetime) -> None:
    """Calls it otherwise; its kind only while nobody has it and no visit needs it. The caller holds the catalogue.

    Raises RuleBroken(code, field=…).
    """
    changed = [name for name, value in asdict(entry).items() if getattr(skill, name) != value]
    if not changed:
        return
    _check_names(entry, [one for one in all_skills() if one.code != skill.code])
    if "is_certificate" in changed and is_used(skill):
        raise RuleBroken("skill_in_use", field="kind")
    for name in changed:
        setattr(skill, name, getattr(entry, name))
    log_office_edit("change_skill", skill, by=by, at=at, changed=changed, values=asdict(entry))


def retire_skill(skill: Skill, *, by: Person, at: datetime) -> None:
    """It is offered no more; who has it keeps it, visits still need it. Done twice, the second changes nothing."""
    if skill.is_active:
        skill.is_active = False
        log_office_edit("retire_skill", skill, by=by, at=at, changed=["is_active"])


def bring_back_skill(skill: Skill, *, by: Person, at: datetime) -> None:
    """It is offered again."""
    if not skill.is_active:
        skill.is_active = True
        log_office_edit("bring_back_skill", skill, by=by, at=at, changed=["is_active"])


def is_used(skill: Skill) -> bool:
    """Whether anybody anywhere has it, or an open visit needs it."""
    held = sa.select(PersonSkill.skill).where(PersonSkill.skill == skill.code).limit(1)
    ids = list(db.session.scalars(sa.select(Branch.id)))
    return db.session.scalar(held) is not None or bool(needed_by_work(ids)[skill.code])


def _check_names(entry: SkillEntry, others: Sequence[Skill]) -> None:
    """Lists know a skill by either name or its code: none may mean two."""
    taken: Mapping[str, Skill] = {
        plain_name(word): one for one in others for word in (one.code, one.name_zh, one.name_en)}  # fmt: skip
    for field in ("name_zh", "name_en"):
        found = taken.get(plain_name(getattr(entry, field)))
        if found is not None:
            raise RuleBroken("skill_name_taken", field=field, name_zh=found.name_zh, name_en=found.name_en)


def _goes_to_customers() -> sa.ColumnElement[bool]:
    return Person.role_rows.any(PersonRole.role == TECHNICIAN)
