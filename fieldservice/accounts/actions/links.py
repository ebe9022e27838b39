"""One-time links: a way in for a new phone, a new person, a forgotten password."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from fieldservice.accounts.actions.access_log import Origin, note_access
from fieldservice.accounts.actions.throttling import count_try, forgive
from fieldservice.accounts.models import Person, SetupLink
from fieldservice.accounts.queries import is_good, link_by_code, link_by_token
from fieldservice.accounts.rules import FREE_TRIES_NETWORK, code_of, hash_secret, network_of
from fieldservice.core.db import db
from fieldservice.core.errors import NotSignedIn, RuleBroken
from fieldservice.core.ids import new_token


@dataclass(frozen=True)
class NewLink:
    """A link just made. Token and code are shown once and kept nowhere."""

    link: SetupLink
    token: str
    code: str


def make_link(person: Person, *, by: Person | None, at: datetime, good_for: timedelta, address: str = "") -> NewLink:
    """A link for this person; older unused ones are void from now on. `by` None: the command line.

    Raises RuleBroken('person_disabled').
    """
    if not person.is_active:
        raise RuleBroken("person_disabled")
    _void_unused(person, at)
    token = new_token()
    code = code_of(token)
    link = SetupLink(person_id=person.id, token_hash=hash_secret(token), code_hash=hash_secret(code),
                     made_by_id=by.id if by else None, made_at=at, expires_at=at + good_for)
    db.session.add(link)
    db.session.flush()
    note_access("link_made", by=by, at=at, subject=person, address=address)
    return NewLink(link, token, code)


def use_link(token: str, *, at: datetime, origin: Origin) -> SetupLink:
    """Uses a link up; its person may now come in. Raises NotSignedIn('link_unknown') for wrong, used and expired."""
    link = link_by_token(token)
    if link is None or not _use(link, at, origin):
        raise NotSignedIn("link_unknown")
    return link


def use_code(code: str, *, at: datetime, origin: Origin) -> SetupLink:
    """As `use_link` by the short code. Commits the count of tries. Raises also TooMany(wait_seconds)."""
    key = f"network:{network_of(origin.address)}"
    count_try({key: FREE_TRIES_NETWORK}, at)
    link = link_by_code(code)
    if link is None or not _use(link, at, origin):
        note_access("code_failed", by=None, at=at, address=origin.address)
        db.session.commit()
        raise NotSignedIn("code_unknown")
    forgive([key])
    return link


def must_choose_password(link: SetupLink) -> bool:
    """Whether who comes in by this link has to choose a password: always, but for a link made for oneself."""
    return link.person.password_hash is None or link.made_by_id != link.person_id


def _use(link: SetupLink, at: datetime, origin: Origin) -> bool:
    """Whether this request is the one that uses it: of two at the same moment only one is."""
    if not is_good(link, at):
        return False
    statement = sa.update(SetupLink).where(SetupLink.id == link.id, SetupLink.used_at.is_(None)).values(used_at=at)
    taken = db.session.execute(statement.returning(SetupLink.id)).first()
    if taken:
        note_access("link_used", by=link.person, at=at, subject=link, address=origin.address)
    return taken is not None


def _void_unused(person: Person, at: datetime) -> None:
    unused = sa.update(SetupLink).where(
        SetupLink.person_id == person.id, SetupLink.used_at.is_(None), SetupLink.expires_at > at)
    db.session.execute(unused.values(expires_at=at))
