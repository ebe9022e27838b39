"""Bytes in (`/api/uploads`, tus 1.0.0) and out (`/api/blobs`), as docs/sync-protocol.md says."""

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import http_date

from fieldservice.accounts.actions import note_access
from fieldservice.accounts.models import Person
from fieldservice.accounts.queries import own_device
from fieldservice.core import clock, files, queue
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.errors import AppError, Conflict, NotAllowed, NotFound
from fieldservice.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from fieldservice.core.ids import is_id
from fieldservice.core.permissions import needs, public, signed_in
from fieldservice.evidence import access, actions, bundles, picture, queries, stamping, tasks
from fieldservice.evidence.models import UNCHECKED, UNUSABLE, VERIFIED, Blob, Evidence, Upload
from fieldservice.evidence.payloads import (
    ALGORITHMS,
    Checksum,
    read_checksum,
    read_new_upload,
    read_number,
    written_metadata,
)
from fieldservice.evidence.rules import MOST_BYTES, is_sha256
from fieldservice.web import tus
from fieldservice.web.access import for_blocked_device
from fieldservice.web.openapi import describes

blueprint = Blueprint("evidence_api", __name__, url_prefix="/api")

EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
#: what a server may want to say beside the piece itself
_SPARE_BYTES = 1024

_COMMON = {
    400: "bad_request",
    401: "signed_out",
    403: "device_of_another, device_revoked, not_allowed, must_choose_password, cross_site",
    412: "bad_request: another version of tus",
    429: "too_many_tries",
    503: "server_busy",
    507: "server_full",
}
_TAKES = {
    "Upload-Checksum": "sha256 and the base64 of this piece's SHA-256, or sha1 and its SHA-1; may be left out",
}


@blueprint.after_app_request
def _speak_tus(response: Response) -> Response:
    if request.path.startswith("/api/uploads"):
        response.headers["Tus-Resumable"] = tus.VERSION
        if response.status_code == HTTPStatus.PRECONDITION_FAILED:
            response.headers["Tus-Version"] = tus.VERSION
    return response


@blueprint.route("/uploads", methods=["OPTIONS"], provide_automatic_options=False)
@blueprint.route("/uploads/<upload_id>", methods=["OPTIONS"], provide_automatic_options=False)
@public
@describes()
def abilities(upload_id: str = "") -> Response:
    """What of tus is spoken here."""
    return Response(
        status=204,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(MOST_BYTES),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@blueprint.post("/uploads", provide_automatic_options=False)
@needs("phone.use")
@for_blocked_device
@tus.takes_bytes
@describes(
    status=201,
    takes=tus.BYTES,
    headers={
        "Upload-Length": "bytes in all, at most 30 MB",
        "Upload-Metadata": "evidence (id of the operation), sha256 (64 hex digits), device (client_id), in base64",
        **_TAKES,
    },
    errors={**_COMMON, 404: "device_unknown", 409: "evidence_unknown", 413: "too_large",
            415: "bad_request", 460: "checksum_differs, hash_differs"},
)  # fmt: skip
def begin() -> Response:
    """Begins an upload, or finds the one begun before; the body is its first piece or all of it."""
    has_piece = request.mimetype == tus.BYTES
    if request.content_length and not has_piece:
        raise _BytesExpected("bad_request", fields=["Content-Type"])
    wanted = read_new_upload(request.headers)
    checksum = read_checksum(request.headers)
    person: Person = g.person
    upload = actions.open_upload(
        wanted.device_id, wanted.evidence_id, wanted.sha256, wanted.length, by=person, at=clock.now()
    )
    upload_id, offset = upload.id, queries.reached(upload)
    is_finished = upload.finished_at is not None and offset == upload.length
    db.session.commit()
    if not is_finished and offset == 0 and (has_piece or wanted.length == 0):
        try:
            upload = _take(upload_id, person, offset=0, most=wanted.length, checksum=checksum)
        except Conflict:
            upload = queries.own_upload(upload_id, person)  # the same request twice at once: the other one was first
    return _created(upload)


@blueprint.post("/uploads/bundle", provide_automatic_options=False)
@needs("phone.use")
@for_blocked_device
@tus.takes_bytes
@describes(
    status=200,
    body=bundles.BundleHead,
    takes=tus.BYTES,
    answer=bundles.BundleTaken,
    headers={bundles.HEAD: "how many bytes of the body are the JSON that says what follows (BundleHead)"},
    errors={**_COMMON, 404: "device_unknown", 413: "too_large", 415: "bad_request"},
)
def take_bundle() -> dict[str, Any]:
    """Several photos at once, or the question how far they are; what came whole stays though the rest does not come."""
    if request.mimetype != tus.BYTES:
        raise _BytesExpected("bad_request", fields=["Content-Type"])
    person: Person = g.person
    head = bundles.read_head()
    own_device(head.device, person, even_blocked=True)
    db.session.rollback()
    return bundles.take(head, person).model_dump()


@blueprint.route("/uploads/<upload_id>", methods=["HEAD"], provide_automatic_options=False)
@needs("phone.use")
@for_blocked_device
@tus.takes_bytes
@describes(status=200, errors={401: "signed_out", 403: "device_revoked, not_allowed", 404: "not_found", 410: "gone"})
def progress(upload_id: str) -> Response:
    """How many bytes are here: `Upload-Offset` of `Upload-Length`."""
    upload = _running(queries.own_upload(upload_id, g.person), clock.now())
    response = Response(status=200, headers=_offset(upload))
    response.headers["Upload-Length"] = str(upload.length)
    response.headers["Upload-Metadata"] = written_metadata(upload.evidence_id, upload.sha256, upload.device_id)
    return response


@blueprint.patch("/uploads/<upload_id>", provide_automatic_options=False)
@needs("phone.use")
@for_blocked_device
@tus.takes_bytes
@describes(
    takes=tus.BYTES,
    headers={"Upload-Offset": "where this piece begins", **_TAKES},
    errors={**_COMMON, 404: "not_found", 409: "offset_differs", 410: "gone", 415: "bad_request",
            460: "checksum_differs, hash_differs"},
)  # fmt: skip
def go_on(upload_id: str) -> Response:
    """Takes the next piece; the answer with the last byte says that all of it is hashed and safe."""
    if request.mimetype != tus.BYTES:
        raise _BytesExpected("bad_request", fields=["Content-Type"])
    offset, checksum = read_number(request.headers, "Upload-Offset"), read_checksum(request.headers)
    person: Person = g.person
    upload = _running(queries.own_upload(upload_id, person), clock.now())
    if queries.reached(upload) != offset:
        raise Conflict("offset_differs")
    most = upload.length - offset
    upload = _take(upload_id, person, offset=offset, most=most, checksum=checksum)
    return Response(status=204, headers=_offset(upload))


@blueprint.delete("/uploads/<upload_id>", provide_automatic_options=False)
@needs("phone.use")
@for_blocked_device
@tus.takes_bytes
@describes(errors={**_COMMON, 404: "not_found"})
def throw_away(upload_id: str) -> Response:
    """Throws an unfinished upload away; what is whole is evidence and stays."""
    actions.throw_away(queries.own_upload(upload_id, g.person, hold=True))
    db.session.commit()
    return Response(status=204)


@blueprint.get("/blobs/<sha256>")
@signed_in
@describes(
    gives="image/jpeg",
    query={"as": "thumb (480 px), view (1600 px, the default) or original (needs a role for evidence)"},
    headers={"Range": "a part of it"},
    errors={400: "bad_request", 401: "signed_out", 403: "device_revoked, not_allowed, must_choose_password",
            404: "not_found, not_ready, unusable", 416: "bad_request"},
)  # fmt: skip
def show(sha256: str) -> Response:
    """The bytes of a photo, for who sees a job with it."""
    wanted = request.args.get("as", "view")
    if wanted not in ("thumb", "view", "original"):
        raise AppError("bad_request", fields=["as"])
    person: Person = g.person
    if not is_sha256(sha256) or not access.may_see(person, sha256):
        raise NotFound()
    if wanted == "original" and not person.can("evidence.original"):
        raise NotAllowed("not_allowed")
    blob = db.session.get_one(Blob, sha256)
    if blob.state != VERIFIED:
        raise NotFound("not_ready")
    return _original(blob, person) if wanted == "original" else _variant(blob, wanted)


@blueprint.get("/photos/<evidence_id>/stamped")
@signed_in
@describes(
    gives="image/jpeg",
    query={"language": "zh (the default) or en: of the words below the picture"},
    errors={400: "bad_request", 401: "signed_out", 403: "device_revoked, must_choose_password",
            404: "not_found, not_ready, unusable"},
)  # fmt: skip
def show_stamped(evidence_id: str) -> Response:
    """The stamped copy of a photo, 1600 px, for who sees its job."""
    language = request.args.get("language", DEFAULT_LANGUAGE)
    if language not in LANGUAGES:
        raise AppError("bad_request", fields=["language"])
    photo = db.session.get(Evidence, evidence_id) if is_id(evidence_id) else None
    if photo is None or not access.may_see_photo(g.person, photo):
        raise NotFound()
    blob, path = photo.blob, stamping.stamped_path(photo, language)
    if blob.picture == UNUSABLE:
        raise NotFound("unusable", why=blob.why)
    sha256 = photo.sha256
    if not path.is_file() and blob.state == VERIFIED:
        queue.later(tasks.make_stamp, evidence_id, language)
    if not path.is_file():
        raise NotFound("not_ready")
    etag = f"{evidence_id}-{language}-{path.stat().st_mtime_ns}"
    return _bytes(path, etag, "image/jpeg", f"photo-{sha256[:12]}-{language}.jpg", is_attachment=False)


class _BytesExpected(AppError):
    """The body is of another kind."""

    status = 415


class _Gone(AppError):
    """The upload has waited too long for its rest."""

    status = 410


def _running(upload: Upload, at: datetime) -> Upload:
    if upload.finished_at is None and upload.expires_at < at:
        raise _Gone("gone")
    return upload


def _take(upload_id: str, person: Person, *, offset: int, most: int, checksum: Checksum | None) -> Upload:
    """Reads the body and adds it: the network is slow, so nothing is locked and no connection is held meanwhile."""
    db.session.rollback()
    said = request.content_length
    if said is not None and said > most:
        raise AppError("bad_request", fields=["Content-Length"])
    files.check_room(said or most)
    request.max_content_length = MOST_BYTES + _SPARE_BYTES
    with files.draft_of(request.stream, most=most, also=checksum.algorithm if checksum else "sha256") as draft:
        # a body cut short carries the bytes that came, unless its checksum says that they must all be there
        if checksum is not None and checksum.value != draft.sums[checksum.algorithm]:
            raise actions.BytesDiffer("checksum_differs")
        upload = queries.own_upload(upload_id, person, hold=True)
        with files.together():
            actions.take_piece(upload, draft, offset=offset, at=clock.now())
        db.session.commit()
    if upload.finished_at is not None:
        queue.later(tasks.check_picture, upload.sha256)
    return upload


def _created(upload: Upload) -> Response:
    response = Response(status=201, headers=_offset(upload))
    response.headers["Location"] = f"/api/uploads/{upload.id}"
    return response


def _offset(upload: Upload) -> dict[str, str]:
    found = {"Upload-Offset": str(queries.reached(upload))}
    return found if upload.finished_at else found | {"Upload-Expires": http_date(upload.expires_at)}


def _variant(blob: Blob, wanted: str) -> Response:
    if blob.picture == UNUSABLE:
        raise NotFound("unusable", why=blob.why)
    name = picture.THUMB if wanted == "thumb" else picture.VIEW
    if blob.picture == UNCHECKED:
        raise NotFound("not_ready")
    sha256, path = blob.sha256, files.variant_path(blob.sha256, name)
    if not path.is_file():
        queue.later(tasks.check_picture, sha256)  # the small copies need no backup: they are made again
    if not path.is_file():
        raise NotFound("not_ready")
    return _bytes(path, f"{sha256}-{wanted}", "image/jpeg", f"photo-{sha256[:12]}-{wanted}.jpg", is_attachment=False)


_ENDINGS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp"),
            "HEIC": ("image/heic", "heic")}  # fmt: skip


def _original(blob: Blob, person: Person) -> Response:
    """As it came, to be saved: a browser never shows it. Who took it stands in the access log."""
    kind, ending = _ENDINGS.get(blob.format, ("application/octet-stream", "bin"))
    sha256, path = blob.sha256, files.path_of(blob.sha256)
    if not path.is_file():
        raise NotFound("not_ready")
    if request.method == "GET":
        _note_original(sha256, person)
    return _bytes(path, sha256, kind, f"photo-{sha256[:12]}.{ending}", is_attachment=True)


def _note_original(sha256: str, person: Person) -> None:
    """Written before the first byte goes; a GET only reads, so it takes a transaction of its own."""
    with transaction_mode("write"):
        photo, address = queries.proven_evidence_with(sha256)[0], request.remote_addr or ""
        note_access("original_opened", by=person, at=clock.now(), subject=photo, address=address)
        db.session.commit()


def _bytes(path: Path, etag: str, kind: str, name: str, *, is_attachment: bool) -> Response:
    try:
        response = send_file(path, mimetype=kind, as_attachment=is_attachment, download_name=name, etag=etag)
    except RequestedRangeNotSatisfiable as error:
        return _no_such_part(error.length or 0)
    if not is_attachment:
        response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.vary.add("Cookie")  # who is signed in next asks anew
    return response


def _no_such_part(length: int) -> Response:
    answer = Response('{"error":{"code":"bad_request"}}', status=416, mimetype="application/json")
    answer.headers["Content-Range"] = f"bytes */{length}"
    return answer
