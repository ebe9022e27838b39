"""What pages behind links share: who opened them is nobody's business, robots change nothing, errors stay polite."""

import logging
from datetime import datetime
from typing import Any

from flask import Response, g, make_response, render_template, request
from sqlalchemy.exc import OperationalError

from fieldservice.core import clock
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.errors import AppError
from fieldservice.portal import actions, queries
from fieldservice.portal.models import Link
from fieldservice.portal.rules import is_robot
from fieldservice.portal.views.blueprint import pages
from fieldservice.web.words import reason_words

_log = logging.getLogger("fieldservice.portal")


def opened(token: str, scope: str) -> Link:
    """The link behind an address, its opening counted when a person looks at the page. Raises NotFound."""
    at = clock.now()
    link = queries.link_of(token, scope, at=at)
    if _is_a_person():
        link_id = link.id
        _count(link_id, at)
        link = db.session.get_one(Link, link_id)
    return link


def _count(link_id: str, at: datetime) -> None:
    """A page that only tells is shown also while nothing can be written: the disk is full, the database is busy."""
    try:
        with transaction_mode("write"):
            actions.note_opening(link_id, at=at)
            db.session.commit()
    except OperationalError:
        db.session.rollback()
        _log.exception("an opening was not counted")


def _is_a_person() -> bool:
    """Not a preview of a messenger, not a fetch ahead of time, not one of our own people."""
    if request.method != "GET" or g.get("person") is not None or is_robot(request.user_agent.string):
        return False
    is_ahead = "prefetch" in request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose") == "prefetch"
    return not is_ahead and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


@pages.after_request
def _say_nothing_to_searchers(answer: Response) -> Response:
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


@pages.errorhandler(AppError)
def _refused(error: AppError) -> Any:
    """In the customer's own frame: a link that opens nothing looks the same whatever the reason."""
    db.session.rollback()
    if error.status == 404:
        return render_template("portal/gone.html"), 404
    back = "/".join(request.path.split("/")[:3])
    words = reason_words(error.code, error.facts)
    answer = make_response(render_template("portal/problem.html", words=words, back=back), error.status)
    if "wait_seconds" in error.facts:
        answer.headers["Retry-After"] = str(error.facts["wait_seconds"])
    return answer
