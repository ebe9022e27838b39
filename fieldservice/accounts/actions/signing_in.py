"""Signing in with name and password."""

import hashlib
from datetime import datetime

from fieldservice.accounts.actions.access_log import Origin, note_access
from fieldservice.accounts.actions.throttling import count_try, forgive
from fieldservice.accounts.models import LoginSession, Person
from fieldservice.accounts.queries import person_named, session_of_token
from fieldservice.accounts.rules import FREE_TRIES_ACCOUNT, FREE_TRIES_NETWORK, network_of
from fieldservice.core.db import db
from fieldservice.core.errors import NotSignedIn
from fieldservice.core.passwords import hash_password, is_outdated, is_password


def sign_in(name: str, password: str, *, at: datetime, origin: Origin, earlier_token: str | None = None) -> Person:
    """The person, when the password is right. Commits every try. The session is opened by the caller.

    `earlier_token`: what the browser still has of an earlier session: a browser this person used before has tries
    of its own, so that strangers cannot lock its owner out.
    Raises NotSignedIn('wrong_name_or_password') alike for wrong, unknown and disabled; TooMany(wait_seconds); Busy.
    """
    person = person_named(name)
    account = _account_key(name, person, earlier_token)
    network = f"network:{network_of(origin.address)}"
    person_id, known_hash = (person.id, person.password_hash) if person and person.is_active else (None, None)
    count_try({account: FREE_TRIES_ACCOUNT, network: FREE_TRIES_NETWORK}, at)
    db.session.rollback()  # nothing is held while the password is checked
    if not is_password(password, known_hash):
        _note_failure(person_id, at, origin)
        raise NotSignedIn("wrong_name_or_password")
    return _let_in(person_id, password, [account, network], account, at, origin)


def _let_in(person_id: str | None, password: str, keys: list[str], account: str, at: datetime, origin: Origin) -> Person:
    person = db.session.get(Person, person_id, with_for_update={"of": Person, "key_share": True})
    if person is None or person.password_hash is None or not person.is_active:
        raise NotSignedIn("wrong_name_or_password")  # disabled while the password was checked
    if is_outdated(person.password_hash):
        person.password_hash = hash_password(password)
    forgive(keys, whole=account)
    note_access("signed_in", by=person, at=at, address=origin.address)
    db.session.commit()
    return person


def _note_failure(person_id: str | None, at: datetime, origin: Origin) -> None:
    person = db.session.get(Person, person_id) if person_id else None
    note_access("sign_in_failed", by=None, at=at, subject=person, address=origin.address)
    db.session.commit()


def _account_key(name: str, person: Person | None, earlier_token: str | None) -> str:
    """What the tries are counted against: this browser, this person, or a name that is nobody's."""
    known = _earlier_session(person, earlier_token)
    if known:
        return f"browser:{known.id}"
    if person:
        return f"account:{person.staff_no}"
    return f"account:?{hashlib.sha256(name.strip().casefold().encode()).hexdigest()[:32]}"


def _earlier_session(person: Person | None, token: str | None) -> LoginSession | None:
    """A session of this person in this browser that nobody ended; it may have run out."""
    found = session_of_token(token) if token and person else None
    if found is None or person is None or found.person_id != person.id or found.ended_at is not None:
        return None
    return found
