"""Reads of portraits, and of what planning knows of people."""

from collections.abc import Iterable

import sqlalchemy as sa
from flask import g, has_request_context
from sqlalchemy.orm import undefer

from fieldservice.core.db import db
from fieldservice.core.i18n import chosen_language
from fieldservice.core.i18n import gettext as _
from fieldservice.people.models import Portrait, Skill


def portrait_of(person_id: str) -> Portrait | None:
    """The portrait of somebody, without its bytes; None: there is none."""
    return db.session.get(Portrait, person_id)


def portrait_bytes(person_id: str) -> tuple[bytes, str] | None:
    """The JPEG and its SHA-256; None: there is none."""
    query = sa.select(Portrait).filter_by(person_id=person_id).options(undefer(Portrait.jpeg))
    found = db.session.scalar(query)
    return (found.jpeg, found.sha256) if found else None


def portrait_marks(person_ids: Iterable[str | None]) -> dict[str, str]:
    """Id of a person who has a portrait → what tells it from another one, for its address."""
    query = sa.select(Portrait.person_id, Portrait.sha256)
    rows = db.session.execute(query.where(Portrait.person_id.in_({one for one in person_ids if one})))
    return {row.person_id: row.sha256[:12] for row in rows}


def all_skills() -> list[Skill]:
    """Every skill in the order of lists, those that are not offered any more last."""
    return list(db.session.scalars(sa.select(Skill).order_by(Skill.is_active.desc(), Skill.position, Skill.code)))


def offered_skills() -> dict[str, Skill]:
    """Code → skill that a visit may need and a person may have."""
    return {skill.code: skill for skill in all_skills() if skill.is_active}


def skill_words(codes: Iterable[str]) -> str:
    """These skills as they are called; one that is not known stays its code."""
    wanted = list(codes)
    names = skill_names() if wanted else {}
    return _(", ").join(names.get(code, code) for code in wanted)


def skill_names() -> dict[str, str]:
    """Code → name in the language of the page, of every skill, in the order of lists. Asked once a request."""
    found: dict[str, str] | None = g.get("skill_names") if has_request_context() else None
    if found is None:
        found = {skill.code: name_of(skill) for skill in all_skills()}
        if has_request_context():
            g.skill_names = found
    return found


def name_of(skill: Skill) -> str:
    """What it is called in the language of the page."""
    return skill.name_zh if chosen_language() == "zh" else skill.name_en
