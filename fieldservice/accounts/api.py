"""The phone's calls about its person and itself (docs/sync-protocol.md, "The other calls")."""

import re
from datetime import timedelta

from flask import Blueprint, Response, current_app, jsonify, request

from fieldservice.accounts import actions, sessions
from fieldservice.accounts.actions.links import must_choose_password
from fieldservice.accounts.entering import earlier_token, open_for, origin, with_cookie
from fieldservice.accounts.models import Device, LoginSession
from fieldservice.accounts.payloads import (
    DeviceKnown,
    DeviceName,
    NewPassword,
    Ping,
    PositionSharing,
    RescueKey,
    SignedIn,
    SignIn,
    WhoIsIt,
)
from fieldservice.core import clock, sealing
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, NotAllowed, NotFound
from fieldservice.core.permissions import needs, public, signed_in
from fieldservice.web.access import before_password, for_blocked_device
from fieldservice.web.openapi import describes
from fieldservice.web.payload import read_json

blueprint = Blueprint("accounts_api", __name__, url_prefix="/api")

_LONGEST_WAIT_MS = 366 * 24 * 3600 * 1000
_NONCE = re.compile(r"[0-9a-f]{16}\Z")


@blueprint.post("/session")
@public
@describes(body=SignIn, answer=SignedIn, errors={
    400: "bad_request", 401: "wrong_name_or_password, code_unknown", 403: "cross_site", 429: "too_many_tries",
    503: "server_busy"})
def open_session() -> Response:
    """Signs in by name and password or by the short code of a one-time link."""
    given = read_json(SignIn)
    at = clock.now()
    if given.code is not None:
        link = actions.use_code(given.code, at=at, origin=origin())
        session, token = open_for(link.person, must_choose_password=must_choose_password(link))
    else:
        person = actions.sign_in(given.name or "", given.password or "", at=at, origin=origin(),
                                 earlier_token=earlier_token())
        session, token = open_for(person)
    return with_cookie(jsonify(_signed_in(session)), token)


@blueprint.get("/session")
@signed_in
@before_password
@for_blocked_device
@describes(answer=SignedIn, errors={401: "signed_out"})
def show_session() -> Response:
    """Who is signed in here."""
    return jsonify(_signed_in(sessions.this_session()))


@blueprint.delete("/session")
@signed_in
@before_password
@for_blocked_device
@describes(errors={401: "signed_out", 403: "cross_site"})
def end_session() -> Response:
    """Signs out here."""
    session = sessions.this_session()
    actions.end_session(session, by=session.person, at=clock.now(), address=origin().address, act="signed_out")
    db.session.commit()
    answer = _nothing()
    sessions.clear_cookie(answer)
    return answer


@blueprint.put("/account/password")
@signed_in
@before_password
@describes(body=NewPassword, errors={
    400: "bad_request", 401: "signed_out", 403: "cross_site",
    422: "password_short, password_long, password_common, password_personal, password_wrong", 429: "too_many_tries"})
def choose_password() -> Response:
    """Chooses a new password."""
    given = read_json(NewPassword)
    actions.change_password(sessions.this_session(), present=given.current, new=given.new, end_others=False,
                            at=clock.now(), origin=origin())
    db.session.commit()
    return _nothing()


@blueprint.put("/account/position-sharing")
@needs("phone.use")
@describes(body=PositionSharing, errors={
    400: "bad_request", 401: "signed_out",
    403: "cross_site, device_of_another, device_revoked, must_choose_password, not_allowed"})
def share_position() -> Response:
    """Agrees that the office sees where the last step was taken, while on duty; or takes that back."""
    given = read_json(PositionSharing)
    person, at = sessions.this_session().person, clock.now()
    if given.person not in (None, person.id):
        raise NotAllowed("device_of_another")
    waited = timedelta(milliseconds=min(max(0, given.waited_ms), _LONGEST_WAIT_MS))
    actions.share_position(person, given.shared, at=at, said_at=at - waited)
    db.session.commit()
    return _nothing()


@blueprint.post("/device")
@needs("phone.use")
@for_blocked_device
@describes(body=DeviceName, answer=DeviceKnown, errors={
    400: "bad_request", 401: "signed_out", 403: "cross_site, device_revoked, must_choose_password, not_allowed",
    409: "device_of_another, key_of_another, changed_meanwhile"})
def register_device() -> Response:
    """Registers this copy of the app and the key it signs with, or renames it."""
    given = read_json(DeviceName)
    at = clock.now()
    device = actions.register_device(given.client_id, given.name, session=sessions.this_session(), at=at,
                                     origin=origin())
    key = actions.register_key(device, given.key, at=at) if given.key else None
    db.session.commit()
    known = DeviceKnown(client_id=device.id, name=device.name, key_id=key.id if key else None)
    return jsonify(known.model_dump())


@blueprint.delete("/device/<client_id>")
@signed_in
@describes(errors={401: "signed_out", 403: "cross_site", 404: "not_found"})
def revoke_device(client_id: str) -> Response:
    """Blocks one of the own devices."""
    session = sessions.this_session()
    device = db.session.get(Device, client_id)
    if device is None or device.person_id != session.person_id:
        raise NotFound()
    actions.revoke_device(device, by=session.person, at=clock.now(), address=origin().address)
    db.session.commit()
    return _nothing()


@blueprint.post("/device/<client_id>/wiped")
@signed_in
@for_blocked_device
@describes(errors={401: "signed_out", 403: "cross_site", 404: "not_found"})
def wiped(client_id: str) -> Response:
    """The phone has wiped itself, as it was told; its session ends."""
    session = sessions.this_session()
    device = db.session.get(Device, client_id, with_for_update={"key_share": True, "of": Device})
    if device is None or device.person_id != session.person_id:
        raise NotFound()
    actions.note_wiped(device, session=session, at=clock.now(), address=origin().address)
    db.session.commit()
    answer = _nothing()
    if session.ended_at is not None:
        sessions.clear_cookie(answer)
    return answer


@blueprint.get("/ping")
@public
@describes(answer=Ping, query={"n": "16 hex digits, sent back"}, errors={400: "bad_request"})
def ping() -> Response:
    """Proves that it is this server that answers."""
    nonce = request.args.get("n", "")
    if not _NONCE.match(nonce):
        raise AppError("bad_request", fields=["n"])
    return jsonify(Ping(nonce=nonce, server_time=clock.to_ms(clock.now())).model_dump())



def _signed_in(session: LoginSession) -> dict[str, object]:
    person = session.person
    who = WhoIsIt(id=person.id, staff_no=person.staff_no, name=person.name)
    newest = sealing.public_key(current_app.config["SECRETS"]["rescue_keys"].split()[0])
    rescue = RescueKey(id=newest.id, key=newest.key)
    return SignedIn(person=who, must_choose_password=session.must_choose_password, rescue=rescue).model_dump()


def _nothing() -> Response:
    return Response(status=204)
