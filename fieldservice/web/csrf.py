"""Cross-site requests are refused: by Sec-Fetch-Site, else by Origin, and forms carry a token of their session.

The phone's replay depends on no page token: its requests are JSON or say that they carry bytes by tus, which another site
cannot send without being asked about first, and carry Sec-Fetch-Site or Origin.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from fieldservice.core.errors import NotAllowed, RuleBroken
from fieldservice.core.ids import new_token
from fieldservice.web import tus
from fieldservice.web.access import SAFE_METHODS, wants_json
from fieldservice.web.payload import allow_file, check_whole_body, is_streamed, media_taken

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
#: before sign-in there is no session; the token is then bound to this cookie
COOKIE = "__Host-pre"


def install(app: Flask) -> None:
    """Checks every request that may change something."""
    app.before_request(_check)
    app.after_request(_set_cookie)


def token() -> str:
    """The form token of this browser's session."""
    return _token_for(_subject())


def _token_for(subject: str) -> str:
    key = current_app.config["SECRETS"]["csrf_key"].encode()
    return hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()


def _subject() -> str:
    session_id = g.get("session_id")
    if session_id:
        return str(session_id)
    found = request.cookies.get(COOKIE) or g.get("new_pre_session")
    if not found:
        found = g.new_pre_session = new_token()
    return str(found)


def _check() -> None:
    is_safe = request.method in SAFE_METHODS
    if not is_safe and not _is_same_origin():
        raise NotAllowed("cross_site")
    if tus.is_for_bytes(current_app.view_functions.get(request.endpoint or "")):
        tus.check_version()
    elif is_safe:
        return
    elif wants_json():
        _check_media()
    else:
        view = current_app.view_functions.get(request.endpoint or "")
        allow_file(view)
        if not is_streamed(view):
            check_whole_body()
        sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
        if not hmac.compare_digest(token().encode(), sent.encode()):
            raise NotAllowed("form_expired")


def _is_same_origin() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host


def _check_media() -> None:
    """JSON, or what the view names: no form of another site can send it."""
    has_body = bool(request.content_length) or request.method in ("POST", "PUT", "PATCH")
    taken = media_taken(current_app.view_functions.get(request.endpoint or ""))
    if has_body and request.mimetype not in taken:
        raise RuleBroken("json_expected")


def _set_cookie(response):  # type: ignore[no-untyped-def]
    fresh = g.get("new_pre_session")
    if fresh:
        response.set_cookie(COOKIE, fresh, secure=True, httponly=True, samesite="Lax", path="/")
    return response
