"""`POST /api/sync`."""

from contextlib import nullcontext
from datetime import datetime

from flask import Blueprint, Response, current_app, g
from flask import request as flask_request

from fieldservice.accounts.actions import bind_session
from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import own_device, shown_of
from fieldservice.core import clock, high_water, versions
from fieldservice.core.db import db, kept, transaction_mode
from fieldservice.core.errors import AppError, NotAllowed
from fieldservice.core.permissions import needs
from fieldservice.evidence import found
from fieldservice.evidence.rules import ANNOUNCES
from fieldservice.jobs.queries import shown_with
from fieldservice.sync import actions, cursor, queries, rules
from fieldservice.sync.actions import Pushed
from fieldservice.sync.payloads import SyncAnswer, SyncRequest
from fieldservice.sync.turns import leave_last, turn, wait_first
from fieldservice.web.access import for_blocked_device, waits_first
from fieldservice.web.openapi import describes
from fieldservice.web.payload import read_json
from fieldservice.web.zipping import zipped

blueprint = Blueprint("sync", __name__)
blueprint.teardown_request(leave_last)

#: what a request holds beside its operations: cursor, hash, ids to fetch again
ENVELOPE_BYTES = 32 * 1024
#: an idle answer would grow, a hundred acknowledgements shrink to a tenth
ZIPPED_FROM_BYTES = 1024


class UpdateNeeded(AppError):
    """The app is older than anything this server still understands."""

    status = 426


@blueprint.post("/api/sync")
@needs("phone.use")
@for_blocked_device
@waits_first(wait_first)
@describes(
    body=SyncRequest,
    answer=SyncAnswer,
    errors={
        400: "bad_request",
        401: "signed_out",
        403: "device_of_another, device_revoked, not_allowed, must_choose_password, cross_site",
        404: "device_unknown",
        409: "changed_meanwhile",
        413: "too_large",
        426: "update_needed",
        503: "server_busy",
        507: "server_full",
    },
)
def sync() -> Response:
    """Push and pull in one round trip (docs/sync-protocol.md)."""
    flask_request.max_content_length = rules.MAX_BYTES + ENVELOPE_BYTES
    request = read_json(SyncRequest)
    if request.proto < rules.MIN_PROTO or request.schema_ < rules.min_schema():
        raise UpdateNeeded("update_needed", min_proto=rules.MIN_PROTO, min_schema=rules.min_schema())
    with turn() if request.ops else nullcontext():
        return _sync(request)


def _sync(request: SyncRequest) -> Response:
    person: Person = g.person
    person_id, at = person.id, clock.now()
    epoch = _notice_lost_past(request, person_id)
    pushed = _push(request, person, at, epoch)
    if pushed.is_blocked:
        return _last_answer(request, person_id, pushed)
    return _answer(request, person_id, pushed, at)


def _notice_lost_past(request: SyncRequest, person_id: str) -> int:
    """A database that was put back past what was given out begins a new epoch: by the file beside the media, or by what
    this phone holds under our own seal. Nobody else is believed. Gives the epoch there is then.
    """
    sealed = cursor.witness(request.cursor, client_id=request.client_id, key=_key())
    seen = high_water.read()  # before the database is asked: what it says was committed by then
    witness = None if seen is None else max(seen, sealed[0])

    def is_needed(now: queries.Standing) -> bool:
        return versions.has_lost(witness, now.version) or queries.has_lost_operations(sealed, now.version, now.last_seq)

    def standing() -> queries.Standing:
        return queries.standing(request.client_id, person_id)

    now = standing()
    if is_needed(now):
        versions.begin_epoch(lambda _version: is_needed(standing()), beyond=witness)
        now = standing()
    return now.epoch


def _key() -> str:
    key: str = current_app.config["SECRETS"]["cursor_key"]
    return key


def _push(request: SyncRequest, person: Person, at: datetime, epoch: int) -> Pushed:
    is_bound = g.login_session.device_id is not None
    pushed = _taken(request, person, at, epoch)
    if g.get("device_is_blocked") and not pushed.is_blocked:
        raise NotAllowed("device_revoked")  # it names another phone of its person, which is not
    if not is_bound or (pushed.is_blocked and not g.get("device_is_blocked")):
        # its person signed in anew: from here on this session, too, is blocked with the phone
        bind_session(g.session_id, request.client_id)
    with kept(lambda: [*shown_with(pushed.jobs), *shown_of(person)]):
        db.session.commit()
    taken = set(pushed.op_ids)
    found.look_for((op.id, op.args.get("sha256")) for op in request.ops if op.kind == ANNOUNCES and op.id in taken)
    return pushed


def _taken(request: SyncRequest, person: Person, at: datetime, epoch: int) -> Pushed:
    if request.ops and request.epoch != epoch:
        device = own_device(request.client_id, person, even_blocked=True)
        is_blocked = device.revoked_at is not None
        db.session.rollback()  # numbered for another life of the database: the phone numbers anew and sends again
        return Pushed([], is_blocked=is_blocked)
    pushed = actions.push(request.client_id, person, request, at=at)
    if pushed.fork:
        db.session.rollback()
    return pushed


def _last_answer(request: SyncRequest, person_id: str, pushed: Pushed) -> Response:
    """What a blocked phone gets: acknowledgements, and whether it is to wipe itself."""
    epoch, _version = versions.current()
    answer = SyncAnswer(
        nonce=request.nonce,
        epoch=epoch,
        server_time=clock.to_ms(clock.now()),
        from_=request.cursor,
        to=request.cursor,
        more=False,
        acks=queries.acks_of(pushed.op_ids, person_id),
        changes=[],
        manifest=None,
        min_proto=rules.MIN_PROTO,
        fork=True if pushed.fork else None,
        wipe=pushed.wipe,
    )
    return _response(answer)


def _answer(request: SyncRequest, person_id: str, pushed: Pushed, at: datetime) -> Response:
    since = cursor.unseal(request.cursor, client_id=request.client_id, key=_key())
    with transaction_mode("snapshot"):
        pulled = queries.pull(
            person_id, since=since, fetch=request.fetch, at=at, client_id=request.client_id, known=pushed.jobs
        )
        acks = queries.acks_of(pushed.op_ids, person_id)
    answer = SyncAnswer(
        nonce=request.nonce,
        epoch=pulled.epoch,
        server_time=clock.to_ms(clock.now()),
        from_=request.cursor,
        to=cursor.seal(pulled.version, client_id=request.client_id, key=_key(), last_seq=pulled.last_seq),
        more=pulled.more,
        acks=acks,
        changes=pulled.changes,
        min_proto=rules.MIN_PROTO,
        fork=True if pushed.fork else None,
        manifest=None if rules.manifest_hash(pulled.manifest) == request.manifest_hash else pulled.manifest,
    )
    return _response(answer)


def _response(answer: SyncAnswer) -> Response:
    body = answer.model_dump(by_alias=True, mode="json")
    for name in ("fork", "wipe"):
        if body[name] is None:
            del body[name]
    response = Response(current_app.json.dumps(body), mimetype="application/json")
    return zipped(response, from_bytes=ZIPPED_FROM_BYTES)
