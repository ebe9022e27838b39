"""Errors turned into HTTP in one place: JSON for programs, a page that says what happened, what is safe, what to do."""

import errno
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy.exc
from flask import Flask, Response, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from fieldservice.core import db
from fieldservice.core.errors import AppError, Conflict
from fieldservice.core.json import BadJson
from fieldservice.web.access import is_fragment_request, wants_json
from fieldservice.web.words import reason_words

_log = logging.getLogger("fieldservice.errors")


def install(app: Flask) -> None:
    """Registers the answers."""
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(BadJson, lambda error: _app_error(_bad_request()))
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(sqlalchemy.exc.TimeoutError, _database_away)
    app.register_error_handler(sqlalchemy.exc.OperationalError, _database_away)
    app.register_error_handler(sqlalchemy.exc.InterfaceError, _database_away)
    app.register_error_handler(sqlalchemy.exc.IntegrityError, _same_at_once)
    app.register_error_handler(Exception, _unexpected)


def _bad_request() -> AppError:
    return AppError("bad_request")


def _app_error(error: AppError) -> Any:
    db.db.session.rollback()
    answer, status = _answer(error.status, error.code, error.facts)
    wait_seconds = error.facts.get("wait_seconds")
    return (answer, status, {"Retry-After": str(wait_seconds)}) if wait_seconds else (answer, status)


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    code = {404: "not_found", 405: "not_found", 413: "too_large", 415: "json_expected"}.get(
        error.code, "bad_request"
    )
    answer, status = _answer(error.code, code, {})
    return answer, status


def _database_away(error: Exception) -> Any:
    """A full disk is 507, a database that does not answer 503: nothing is half-written, try again."""
    db.db.session.rollback()
    g.person = None  # the page below must not ask the database again
    if _is_disk_full(error):
        return _answer(507, "server_full", {})
    _log.exception("database")
    answer, status = _answer(503, "server_busy", {})
    return answer, status, {"Retry-After": "5"}


def _same_at_once(error: Exception) -> Any:
    """A program sent the same twice at one moment, and the second met the first's row: asking again finds it."""
    if not wants_json():
        return _unexpected(error)
    _log.exception("the same at once")
    return _app_error(Conflict("changed_meanwhile"))


def _is_disk_full(error: Exception) -> bool:
    """As SQLite, PostgreSQL (53100, disk_full) and the system itself say it."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlstate", None) == "53100" or "disk is full" in str(cause)


def _unexpected(error: Exception) -> Any:
    db.db.session.rollback()
    g.person = None
    if _is_disk_full(error):
        return _answer(507, "server_full", {})
    reference = secrets.token_hex(4)
    _log.exception("unexpected error %s", reference)
    return _answer(500, "server_trouble", {"reference": reference})


def _answer(status: int, code: str, facts: dict[str, Any]) -> tuple[Response | str, int]:
    if wants_json():
        return jsonify({"error": {"code": code, **facts}}), status
    g.error_status = status
    template = "errors/_fragment.html" if is_fragment_request() else "errors/page.html"
    page = render_template(template, status=status, code=code, words=reason_words(code, facts), back=_back())
    return page, status


def _back() -> str:
    """The page this request came from, where it is one of ours."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    came_from = urlsplit(request.referrer or "")
    return (came_from.path or "/") if came_from.netloc == request.host else "/"
