"""The language switch: kept in a cookie, and on the person when somebody is signed in."""

from typing import Any

from flask import Flask, g, redirect, request
from werkzeug.wrappers import Response

from fieldservice.core import clock, i18n
from fieldservice.core.db import db
from fieldservice.core.errors import RuleBroken
from fieldservice.core.oplog import log_office_edit
from fieldservice.core.permissions import public
from fieldservice.web.access import before_password
from fieldservice.web.addresses import local_address

A_YEAR = 365 * 24 * 3600  # seconds; a browser keeps no cookie much longer


def install(app: Flask) -> None:
    """Adds the address."""
    app.add_url_rule("/language", "language", switch, methods=["POST"])


@public
@before_password
def switch() -> Response:
    """Takes the language and goes back to the page it was asked on."""
    language = request.form.get("language", "")
    if language not in i18n.LANGUAGES:
        raise RuleBroken("language_unknown")
    _keep(g.get("person"), language)
    answer = redirect(local_address(request.form.get("next")), 303)
    answer.set_cookie(i18n.COOKIE, language, max_age=A_YEAR, secure=True, httponly=True, samesite="Lax")
    return answer


def _keep(person: Any, language: str) -> None:
    if person is None or person.language == language:
        return
    person.language = language
    log_office_edit("choose_language", person, by=person, at=clock.now(), language=language)
    db.session.commit()
