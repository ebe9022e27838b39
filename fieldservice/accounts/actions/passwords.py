"""Choosing and changing passwords."""

from datetime import datetime

from fieldservice.accounts.actions.access_log import Origin, note_access
from fieldservice.accounts.actions.sessions import end_other_sessions
from fieldservice.accounts.actions.throttling import count_try, forgive
from fieldservice.accounts.models import LoginSession, Person
from fieldservice.accounts.rules import FREE_TRIES_ACCOUNT, Owner, check_password
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.passwords import hash_password, is_password


def set_password(person: Person, password: str) -> None:
    """Gives a person this password. Raises RuleBroken when the rules refuse it."""
    check_password(password, Owner(person.staff_no, person.name, person.phone))
    person.password_hash = hash_password(password)


def change_password(session: LoginSession, *, present: str | None, new: str, end_others: bool, at: datetime,
                    origin: Origin) -> None:
    """The person of this session chooses a new password. Commits the count of tries.

    Who came in by somebody's one-time link need not know the present one, and is then the only one signed in.
    Raises RuleBroken('password_wrong' or what is wrong with the new one), TooMany(wait_seconds).
    """
    person, forced = session.person, session.must_choose_password
    if not forced:
        _check_present(person, present or "", at)
    set_password(person, new)
    session.must_choose_password = False
    if forced or end_others:
        end_other_sessions(person, kept=session, by=person, at=at, address=origin.address)
    note_access("password_changed", by=person, at=at, subject=person, address=origin.address)


def _check_present(person: Person, present: str, at: datetime) -> None:
    key = f"change:{person.staff_no}"
    count_try({key: FREE_TRIES_ACCOUNT}, at)
    if not is_password(present, person.password_hash):
        db.session.rollback()
        raise RuleBroken("password_wrong")
    forgive([key], whole=key)
