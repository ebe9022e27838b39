"""Changes of links; the caller commits."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.portal import tokens
from fieldservice.portal.models import BADGE, CASE, Link

#: how long a link opens something, from when it is made or its case goes on
GOOD_FOR = timedelta(days=90)


def case_link(case_id: str, *, at: datetime) -> Link:
    """The link of a case, made when there is none."""
    found = db.session.scalar(sa.select(Link).filter_by(scope=CASE, case_id=case_id))
    return found or _make(CASE, at, case_id=case_id)


def badge_link(case_id: str, job_id: str, person_id: str, *, at: datetime) -> Link:
    """The link behind a technician's badge at one visit, made when there is none."""
    found = db.session.scalar(sa.select(Link).filter_by(job_id=job_id, person_id=person_id))
    return found or _make(BADGE, at, case_id=case_id, job_id=job_id, person_id=person_id)


def address_of(link: Link) -> str:
    """The whole address, to be shown as text or QR code."""
    page = "c" if link.scope == CASE else "b"
    return f"{current_app.config['BASE_URL']}/{page}/{_token(link.id, link.rotation)}"


def _make(scope: str, at: datetime, **about: str) -> Link:
    link_id = new_id()
    link = Link(id=link_id, scope=scope, rotation=1, token_hash=tokens.hash_of(_token(link_id, 1)), made_at=at,
                expires_at=at + GOOD_FOR, **about)
    db.session.add(link)
    return link


def _token(link_id: str, rotation: int) -> str:
    return tokens.token_of(link_id, rotation, key=current_app.config["SECRETS"]["link_key"])
