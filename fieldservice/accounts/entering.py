"""From a right password or a good link to a session in this browser; used by the pages and by the phone's calls."""

from typing import TypeVar

from flask import request
from werkzeug.wrappers import Response

from fieldservice.accounts import sessions
from fieldservice.accounts.actions import Origin, end_session
from fieldservice.accounts.models import LoginSession, Person
from fieldservice.core import clock
from fieldservice.core.db import db

Answer = TypeVar("Answer", bound=Response)


def origin() -> Origin:
    """Where this request comes from."""
    return Origin(address=request.remote_addr or "", user_agent=request.user_agent.string)


def earlier_token() -> str | None:
    """What this browser still has of an earlier session."""
    return request.cookies.get(sessions.COOKIE)


def open_for(person: Person, *, must_choose_password: bool = False) -> tuple[LoginSession, str]:
    """A new session; the one this browser had ends, so that nothing is carried over. Commits."""
    earlier = sessions.current_session()
    at = clock.now()
    if earlier is not None:
        end_session(earlier, by=earlier.person, at=at, address=origin().address, act="signed_out")
    opened = sessions.open_session(person, at=at, address=origin().address, user_agent=origin().user_agent,
                                   must_choose_password=must_choose_password)
    db.session.commit()
    return opened


def with_cookie(answer: Answer, token: str) -> Answer:
    """The answer that hands the session's token to the browser."""
    sessions.set_cookie(answer, token)
    return answer


def home_of(person: Person) -> str:
    """Where somebody starts after signing in: a technician in the app, which takes the session up (routes.js there)."""
    return "/" if person.can("desk.read") or not person.can("phone.use") else "/app/#/sign-in?signed-in"
