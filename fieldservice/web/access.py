"""Default deny: every request is checked against the mark of its view (`core/permissions.py`)."""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from fieldservice.core import db
from fieldservice.core.errors import NotAllowed, NotFound, NotSignedIn
from fieldservice.core.permissions import PUBLIC, SIGNED_IN, holds, permission_of

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
EVENT_STREAM = "text/event-stream"


def install(app: Flask) -> None:
    """Checks before every view, opens the right kind of transaction."""
    app.before_request(_refuse_nul)
    app.before_request(_allow_size)
    app.before_request(_choose_mode)
    app.before_request(_wait_first)
    app.before_request(_identify)
    app.before_request(_check)
    app.teardown_request(_reset_mode)


def wants_json() -> bool:
    """Whether the other side is a program: the phone, a script."""
    return request.path.startswith("/api/")


def is_fragment_request() -> bool:
    """Whether htmx asked, and a part of a page is the answer."""
    return request.headers.get("HX-Request") == "true"


def note_automatic_request() -> None:
    """Called by views whose page asks again by itself: such a request does not count as use of the sign-in."""
    says_so = request.headers.get("X-Fieldservice-Automatic") == "1"
    g.is_automatic = says_so or request.accept_mimetypes.best == EVENT_STREAM


def _refuse_nul() -> None:
    """No address of ours holds NUL, and PostgreSQL takes none in a question."""
    if "\0" in request.path or b"%00" in request.query_string or b"\0" in request.query_string:
        raise NotFound()


def _allow_size() -> None:
    """Before the body is looked at: most pages take a form, a few take a file."""
    view = current_app.view_functions.get(request.endpoint or "")
    request.max_content_length = getattr(view, "_most_bytes", current_app.config["MAX_CONTENT_LENGTH"])


def _choose_mode() -> None:
    db.set_request_mode("read" if request.method in SAFE_METHODS else "write")


def _wait_first() -> None:
    """Before the database is asked for anything."""
    wait = getattr(current_app.view_functions.get(request.endpoint or ""), "_waits_first", None)
    if wait is not None:
        wait()


def _identify() -> None:
    """Asks accounts who this is; they put the answer in `g`."""
    current_app.extensions["identify"]()


def _reset_mode(_error: BaseException | None) -> None:
    db.set_request_mode("write")


def _check() -> Response | None:
    if request.url_rule is None:
        return None  # 404 or 405, which Flask raises
    view = current_app.view_functions[request.endpoint or ""]
    permission = permission_of(view)
    person = g.get("person")
    if permission is None:
        raise NotFound()
    if permission == PUBLIC:
        return None
    if person is None:
        return _ask_to_sign_in()
    if g.get("device_is_blocked"):
        _check_blocked(view, permission, person)
        return None
    if g.get("must_choose_password") and not getattr(view, "_before_password", False):
        return _ask_for_password()
    if permission != SIGNED_IN and not person.can(permission):
        raise NotAllowed("not_allowed")
    return None


def _check_blocked(view: Any, permission: str, person: Any) -> None:
    """A lost phone delivers, also when the account of its person was disabled since, or never chose a password."""
    if not getattr(view, "_for_blocked_device", False):
        raise NotAllowed("device_revoked")
    if permission != SIGNED_IN and not holds(person.roles, permission):
        raise NotAllowed("not_allowed")


def before_password(view: Any) -> Any:
    """Marks a view that somebody who came in by a one-time link may open before choosing a password."""
    view._before_password = True
    return view


def takes_up_to(most_bytes: int) -> Any:
    """Marks a view that takes a body of so many bytes."""

    def mark(view: Any) -> Any:
        view._most_bytes = most_bytes
        return view

    return mark


def waits_first(wait: Callable[[], None]) -> Any:
    """Marks a view whose requests may have to wait for each other, before anybody asks whose they are."""

    def mark(view: Any) -> Any:
        view._waits_first = wait
        return view

    return mark


def for_blocked_device(view: Any) -> Any:
    """Marks a view that a lost phone may still reach: to send what is unsent, and to sign out."""
    view._for_blocked_device = True
    return view


def _ask_to_sign_in() -> Response:
    if request.headers.get("Accept") == "text/event-stream":
        return Response(status=204)  # to a stream: do not come again. What the page asks next tells it why
    if wants_json() or is_fragment_request() or request.method not in SAFE_METHODS:
        raise NotSignedIn("signed_out")
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))


def _ask_for_password() -> Response:
    if wants_json():
        raise NotAllowed("must_choose_password")
    return redirect(url_for("accounts.choose_password"))
