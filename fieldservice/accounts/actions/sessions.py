"""Ending sign-ins. What is unsent on a phone stays on it; it asks to sign in again."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from fieldservice.accounts.actions.access_log import note_access
from fieldservice.accounts.models import LoginSession, Person
from fieldservice.core.db import db


def end_session(session: LoginSession, *, by: Person, at: datetime, address: str = "",
                act: str = "session_ended") -> None:
    """Ends one; ending it twice changes nothing."""
    if session.ended_at is None:
        session.ended_at = at
        note_access(act, by=by, at=at, subject=session, address=address)


def end_other_sessions(person: Person, *, kept: LoginSession | None, by: Person, at: datetime, address: str = "") -> int:
    """Ends all but `kept`; how many."""
    query = sa.select(LoginSession).filter_by(person_id=person.id, ended_at=None)
    others = [found for found in db.session.scalars(query) if kept is None or found.id != kept.id]
    for session in others:
        end_session(session, by=by, at=at, address=address)
    return len(others)


def end_all_sessions(person: Person, *, by: Person | None, at: datetime, but_on: Collection[str] = ()) -> None:
    """Ends every session at once, but those of the phones `but_on`; `by` None: the command line."""
    query = sa.update(LoginSession).where(LoginSession.person_id == person.id, LoginSession.ended_at.is_(None))
    elsewhere = sa.or_(LoginSession.device_id.is_(None), LoginSession.device_id.not_in(but_on))
    db.session.execute(query.where(elsewhere).values(ended_at=at))
    note_access("all_sessions_ended", by=by, at=at, subject=person)
