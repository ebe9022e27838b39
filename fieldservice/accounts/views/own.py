"""One's own account: password, sign-ins, devices."""

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldservice.accounts import actions, sessions
from fieldservice.accounts.entering import origin
from fieldservice.accounts.models import Device, LoginSession
from fieldservice.accounts.queries import devices_of, running_sessions
from fieldservice.accounts.rules import PASSWORD_LEAST
from fieldservice.accounts.views.blueprint import blueprint
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotFound, RuleBroken
from fieldservice.core.i18n import gettext as _
from fieldservice.core.permissions import signed_in
from fieldservice.web.notices import say

Page = str | Response | tuple[str, int]


@blueprint.get("/account")
@signed_in
def account() -> Page:
    """Everything of one's own."""
    return _page()


@blueprint.post("/account/password")
@signed_in
def change_own_password() -> Page:
    """Takes a new password."""
    session = sessions.this_session()
    try:
        if request.form.get("new", "") != request.form.get("again", ""):
            raise RuleBroken("password_differs")
        actions.change_password(
            session, present=request.form.get("present", "")[:1000], new=request.form.get("new", "")[:1000],
            end_others="end_others" in request.form, at=clock.now(), origin=origin())
        db.session.commit()
    except AppError as error:
        db.session.rollback()
        return _page(error), error.status
    say(_("Your new password is set."))
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/sessions/<session_id>/end")
@signed_in
def end_own_session(session_id: str) -> Response:
    """Ends one of the own sign-ins."""
    found = db.session.get(LoginSession, session_id)
    if found is None or found.person_id != g.person.id:
        raise NotFound()
    actions.end_session(found, by=g.person, at=clock.now(), address=origin().address)
    db.session.commit()
    say(_("This sign-in has ended. Unsent work stays on that phone."))
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/sessions/end-others")
@signed_in
def end_own_others() -> Response:
    """Ends all own sign-ins but this one."""
    kept = sessions.this_session()
    actions.end_other_sessions(g.person, kept=kept, by=g.person, at=clock.now(), address=origin().address)
    db.session.commit()
    say(_("All other sign-ins have ended. Unsent work stays on those phones."))
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/devices/<device_id>/revocation")
@signed_in
def revoke_own_device(device_id: str) -> Response:
    """Blocks one of the own devices."""
    device = db.session.get(Device, device_id)
    if device is None or device.person_id != g.person.id:
        raise NotFound()
    actions.revoke_device(device, by=g.person, at=clock.now(), address=origin().address)
    db.session.commit()
    say(_("The phone is blocked. At its next contact it delivers what is unsent into the inbox, and is then wiped."))
    return redirect(url_for("accounts.account"), 303)


def _page(error: AppError | None = None) -> str:
    at = clock.now()
    running = [found for found in running_sessions(g.person, at) if sessions.is_running(found, at)]
    devices = devices_of(g.person)
    names = {device.id: device.name for device in devices}
    return render_template("accounts/account.html", running=running, here_session=sessions.this_session(),
                           devices=devices, device_names=names, error=error, least=PASSWORD_LEAST)
