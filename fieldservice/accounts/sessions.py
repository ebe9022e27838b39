"""Who is asking: own sessions in the database, the cookie holds only a random token."""

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask, Request, Response, current_app, g, request
from flask_login import LoginManager
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as AnyResponse

from fieldservice.accounts.models import Device, LoginSession, Person
from fieldservice.accounts.rules import hash_secret
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import NotSignedIn
from fieldservice.core.ids import new_token
from fieldservice.core.permissions import TECHNICIAN

_log = logging.getLogger("fieldservice.sessions")

COOKIE = "__Host-session"
#: last use is written at most this often, so that reading pages do not write
SEEN_EVERY = timedelta(minutes=5)
#: an office session ends for good after this, however busy it is
OFFICE_LIFE = timedelta(days=7)
TECHNICIAN_LIFE = timedelta(days=180)


def install(app: Flask) -> None:
    """Loads the person of every request, before access is checked."""
    manager = LoginManager()
    manager.session_protection = None  # it trusts a client-sent X-Forwarded-For and signs phones out on 4G
    manager.init_app(app)
    manager.request_loader(_load_person)
    app.extensions["identify"] = _remember_in_request
    app.after_request(_mark_seen)


def open_session(person: Person, *, at: datetime, address: str, user_agent: str,
                 must_choose_password: bool = False) -> tuple[LoginSession, str]:
    """A new session and its token (shown once, for the cookie)."""
    token = new_token()
    life = TECHNICIAN_LIFE if TECHNICIAN in person.roles else OFFICE_LIFE
    session = LoginSession(
        token_hash=hash_secret(token), person_id=person.id, created_at=at, last_seen_at=at, expires_at=at + life,
        address=address, user_agent=user_agent[:200], must_choose_password=must_choose_password)
    db.session.add(session)
    return session, token


def set_cookie(response: AnyResponse, token: str) -> None:
    """Hands the token to the browser."""
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax", path="/",
                        max_age=int(TECHNICIAN_LIFE.total_seconds()))


def clear_cookie(response: AnyResponse) -> None:
    """Takes the token back from the browser."""
    response.set_cookie(COOKIE, "", secure=True, httponly=True, samesite="Lax", path="/", max_age=0)


def is_running(session: LoginSession, at: datetime, *, is_blocked: bool = False) -> bool:
    """Whether the session is good at this moment: not ended, not too old, not unused for too long, and of somebody who
    works here. `is_blocked`: it is that of a blocked phone, which may deliver whoever had it.
    """
    idle, life = _limits(session)
    return (session.ended_at is None and at < min(session.expires_at, session.created_at + life)
            and at - session.last_seen_at < idle and (session.person.is_active or is_blocked))


def _limits(session: LoginSession) -> tuple[timedelta, timedelta]:
    """How long it may be unused, and last in all. The long ones are for phones: who works at a desk too, or has come
    to work there since, has them only where the technician app is.
    """
    config, person = current_app.config, session.person
    if TECHNICIAN in person.roles and (session.device_id or not person.can("desk.read")):
        return timedelta(days=config["SESSION_DAYS_TECHNICIAN"]), TECHNICIAN_LIFE
    return timedelta(hours=config["SESSION_HOURS_OFFICE"]), OFFICE_LIFE


def current_session() -> LoginSession | None:
    """The running session of this request, if any."""
    found: LoginSession | None = g.get("login_session")
    return found


def this_session() -> LoginSession:
    """The running session of this request. Raises NotSignedIn."""
    found = current_session()
    if found is None:
        raise NotSignedIn("signed_out")
    return found


def _remember_in_request() -> None:
    session, is_blocked = _find(request)
    if session is None:
        return
    g.login_session, g.session_id, g.last_seen_at = session, session.id, session.last_seen_at
    g.person, g.person_id = session.person, session.person_id
    g.must_choose_password = session.must_choose_password
    g.device_is_blocked = is_blocked


#: the session of a token with its person and their roles, and whether it is that of a blocked phone: one question
_BY_TOKEN = (
    sa.select(LoginSession, Device.revoked_at.is_not(None))
    .outerjoin(Device, Device.id == LoginSession.device_id)
    .options(joinedload(LoginSession.person).joinedload(Person.role_rows))
    .where(LoginSession.token_hash == sa.bindparam("token_hash"))
)


def _find(asking: Request) -> tuple[LoginSession | None, bool]:
    """The running session, and whether its phone is blocked."""
    token = asking.cookies.get(COOKIE)
    if not token:
        return None, False
    rows = db.session.execute(_BY_TOKEN, {"token_hash": hash_secret(token)})
    found, is_blocked = rows.unique().one_or_none() or (None, False)
    is_good = found is not None and is_running(found, clock.now(), is_blocked=bool(is_blocked))
    return (found, bool(is_blocked)) if is_good else (None, False)


def _load_person(_request: Request) -> Person | None:
    person: Person | None = g.get("person")
    return person


def _mark_seen(response: Response) -> Response:
    """Writes the last use in a transaction of its own, after the answer is made and at most every few minutes."""
    if g.get("is_automatic"):
        return response  # a page that reads itself again is not somebody's use: unused sessions must end
    session_id, at = g.get("session_id"), clock.now()
    if session_id and at - g.last_seen_at >= SEEN_EVERY:
        db.session.rollback()  # ends the page's transaction: SQLite has one writer
        statement = sa.update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=at)
        try:
            with db.engine.begin() as connection:
                connection.execute(statement)
        except sa.exc.SQLAlchemyError:
            # the answer is made, and what it says is committed: a busy database must not turn it into an error
            _log.warning("the last use of a session could not be written")
    return response
