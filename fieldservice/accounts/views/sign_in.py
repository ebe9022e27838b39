"""In and out, and choosing a password after a one-time link."""

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts import actions, sessions
from fieldservice.accounts.entering import earlier_token, home_of, open_for, origin, with_cookie
from fieldservice.accounts.models import LoginSession
from fieldservice.accounts.rules import PASSWORD_LEAST
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import public, signed_in
from fieldservice.web.access import before_password
from fieldservice.web.addresses import local_address
from fieldservice.web.notices import say

Page = str | Response | tuple[str, int]


@blueprint.get("/sign-in")
@public
def sign_in() -> Page:
    """The form."""
    return render_template("accounts/sign_in.html", name="", error=None, next=_next())


@blueprint.post("/sign-in")
@public
def try_sign_in() -> Page:
    """Lets in who knows the password; else the form again, with the reason."""
    name = request.form.get("name", "").replace("\0", "").strip()[:60]
    password = request.form.get("password", "")[:1000]
    try:
        person = actions.sign_in(name, password, at=clock.now(), origin=origin(), earlier_token=earlier_token())
    except AppError as error:
        db.session.rollback()
        page = render_template("accounts/sign_in.html", name=name, error=error, next=_next())
        return page, error.status
    _session, token = open_for(person)
    return with_cookie(redirect(_next() or home_of(person), 303), token)


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    """Ends this session. Signed out already: nothing changes."""
    session = sessions.current_session()
    if session is not None:
        actions.end_session(session, by=session.person, at=clock.now(), address=origin().address, act="signed_out")
        db.session.commit()
    answer = redirect(url_for("accounts.sign_in"), 303)
    sessions.clear_cookie(answer)
    return answer


@blueprint.get("/choose-password")
@signed_in
@before_password
def choose_password() -> Page:
    """The form for a new password after a one-time link; others change theirs on their account's page."""
    if not sessions.this_session().must_choose_password:
        return redirect(home_of(g.person))
    return _choose_page(None)


@blueprint.post("/choose-password")
@signed_in
@before_password
def take_password() -> Page:
    """Takes the password chosen and goes on."""
    session = sessions.this_session()
    if not session.must_choose_password:
        return redirect(home_of(g.person), 303)
    try:
        _change(session)
    except AppError as error:
        db.session.rollback()
        return _choose_page(error), error.status
    say(_("Your new password is set."))
    return redirect(home_of(g.person), 303)


def _change(session: LoginSession) -> None:
    new, again = request.form.get("new", "")[:1000], request.form.get("again", "")[:1000]
    if new != again:
        raise RuleBroken("password_differs")
    actions.change_password(session, present=None, new=new, end_others=True, at=clock.now(), origin=origin())
    db.session.commit()


def _choose_page(error: AppError | None) -> str:
    return render_template("accounts/choose_password.html", error=error, least=PASSWORD_LEAST)



def _next() -> str:
    """The page asked for before signing in; '' when there is none of ours."""
    wished = local_address(request.values.get("next"), otherwise="")
    return "" if wished == "/" else wished
