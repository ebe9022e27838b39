"""`POST /api/rescue`: an exported outbox of any version of the app, even one that cannot be read."""

from flask import Blueprint, Response, current_app, g, request

from fieldservice.accounts.models import Person
from fieldservice.core import clock, files
from fieldservice.core.db import db
from fieldservice.core.errors import AppError
from fieldservice.core.permissions import needs
from fieldservice.rescue import actions, queries, rules
from fieldservice.rescue.models import RescueFile
from fieldservice.rescue.payloads import SEALED, Rescued
from fieldservice.sync.rules import PHONE_BLOCKED
from fieldservice.web.access import for_blocked_device, takes_up_to
from fieldservice.web.openapi import describes
from fieldservice.web.payload import takes_media

blueprint = Blueprint("rescue_api", __name__)


@blueprint.post("/api/rescue")
@needs("rescue.send")
@for_blocked_device
@takes_up_to(rules.MOST_BYTES)
@takes_media(SEALED)
@describes(
    takes=SEALED,
    answer=Rescued,
    errors={
        400: "bad_request",
        401: "signed_out",
        403: "not_allowed, must_choose_password, cross_site",
        413: "too_large",
        422: "file_empty, json_expected",
        429: "too_many_tries",
        503: "server_busy",
        507: "server_full",
    },
)
def rescue() -> Response:
    """Keeps the file whole, then takes what it holds; again, it is answered the same."""
    by, by_id, at = g.person, g.person.id, clock.now()
    most = rules.MOST_BYTES if by.can("rescue.bring") else rules.MOST_BYTES_OF_PHONE
    said = request.content_length
    if said is not None and said > most:
        raise _TooLarge("too_large", limit=most)
    files.check_room(said or 0)
    db.session.rollback()  # no connection is held while the network is slow
    with files.draft_of(request.stream, most=most) as draft:
        if draft.size > most:
            raise _TooLarge("too_large", limit=most)
        if said is not None and said != draft.size:
            raise AppError("bad_request", fields=[])  # a body that ends early looks complete
        row_id = actions.keep(draft, "", by=by, at=at, address=request.remote_addr or "")
    actions.go_through(row_id, by_id=by_id, at=at, aside=PHONE_BLOCKED if g.get("device_is_blocked") else "")
    answer = _answer(row_id, db.session.get_one(Person, by_id))
    return Response(current_app.json.dumps(answer.model_dump()), mimetype="application/json")


class _TooLarge(AppError):
    """More than is ever taken from this person."""

    status = 413


def _answer(row_id: str, by: Person) -> Rescued:
    row = db.session.get_one(RescueFile, row_id)
    if row.author_id is not None and queries.author_for(by, row.author_id) is None:
        # somebody who may took it before: that is nobody else's business
        return Rescued(id=row.id, state=rules.KEPT, reason="rescue_person_unknown", acks=[], photos={})
    is_taken = row.state == rules.TAKEN
    said = row.outcome if is_taken else {}
    acks = [op_id for op_id, what in said.get("ops", {}).items() if what in (rules.NEW, rules.KNOWN)]
    return Rescued(id=row.id, state=row.state, reason="" if is_taken else row.reason, acks=acks,
                   photos=said.get("photos", {}))  # fmt: skip
