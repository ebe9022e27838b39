"""Where a one-time link leads. Looking never uses it up: chat programs open every link they show."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts import actions
from fieldservice.accounts.actions.links import must_choose_password
from fieldservice.accounts.browsers import browser_of
from fieldservice.accounts.entering import home_of, open_for, origin, with_cookie
from fieldservice.accounts.models import SetupLink
from fieldservice.accounts.queries import is_good, link_by_token
from fieldservice.accounts.rules import code_of
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.accounts.views.phone import link_address
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import NotSignedIn
from fieldservice.core.permissions import public
from fieldservice.web.access import before_password

Page = str | Response | tuple[str, int]


@blueprint.get("/go/<token>")
@public
@before_password
def landing(token: str) -> Page:
    """What to do in this browser to come in by this link."""
    link = link_by_token(token)
    if link is None or not is_good(link, clock.now()):
        return _gone(link)
    browser = browser_of(request.user_agent.string)
    return render_template("accounts/landing.html", link=link, browser=browser, code=code_of(token),
                           address=link_address(token), token=token, for_app=link.person.can("phone.use"))


@blueprint.post("/go/<token>")
@public
@before_password
def come_in(token: str) -> Page:
    """Uses the link up and signs in."""
    try:
        link = actions.use_link(token, at=clock.now(), origin=origin())
    except NotSignedIn:
        db.session.rollback()
        return _gone(link_by_token(token))
    must_choose = must_choose_password(link)
    _session, session_token = open_for(link.person, must_choose_password=must_choose)
    return with_cookie(redirect(_where_to(link, must_choose), 303), session_token)


def _where_to(link: SetupLink, must_choose: bool) -> str:
    if request.form.get("to") == "app" and link.person.can("phone.use"):
        return "/app/#/setup?by-link"  # routes.js of the app
    return url_for("accounts.choose_password") if must_choose else home_of(link.person)


def _gone(link: SetupLink | None) -> Page:
    """Wrong, used, replaced or expired: what to do is the same."""
    return render_template("accounts/link_gone.html", was_used=bool(link and link.used_at)), 410
