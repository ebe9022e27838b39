"""Several photos in one request: what is in it, and taking it part by part (docs/sync-protocol.md, Bundles)."""

import time
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated

from flask import request
from pydantic import Field, model_validator

from fieldservice.accounts.models import Person
from fieldservice.core import clock, files, json, queue
from fieldservice.core.db import db
from fieldservice.core.errors import AppError, Conflict
from fieldservice.core.files import Draft
from fieldservice.core.json import BadJson
from fieldservice.evidence import actions, queries, tasks
from fieldservice.evidence.payloads import TooLarge, read_number
from fieldservice.evidence.rules import MOST_BUNDLE_BYTES, MOST_HEAD_BYTES, MOST_PARTS
from fieldservice.web.payload import Payload, read_value

HEAD = "Bundle-Head"
#: whole parts of a slow line do not wait longer for those behind them
_GROUP_SECONDS = 2.0

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(ge=0, le=MOST_BUNDLE_BYTES)]


class Part(Payload):
    """One photo of a bundle: all its bytes, or none when it is only asked how far it is."""

    evidence: Id
    sha256: Sha256
    length: Bytes
    #: bytes that stand in this body: all, or 0
    here: Bytes

    @model_validator(mode="after")
    def _is_all_or_none(self) -> "Part":
        if self.here not in (0, self.length):
            raise ValueError("all bytes of a photo or none")
        return self


class BundleHead(Payload):
    """What stands before the bytes; these follow in the same order."""

    device: Id
    parts: Annotated[list[Part], Field(min_length=1, max_length=MOST_PARTS)]

    @model_validator(mode="after")
    def _is_each_once(self) -> "BundleHead":
        if len({part.evidence for part in self.parts}) < len(self.parts):
            raise ValueError("a photo twice")
        return self


class PartTaken(Payload):
    """What became of one part."""

    evidence: Id
    sha256: Sha256
    #: bytes of it that are safe; all of them: verified
    offset: int
    #: why it was not taken; '' it was
    code: str


class BundleTaken(Payload):
    """The parts that came, in their order; what a cut line did not bring is missing."""

    parts: list[PartTaken]


def read_head() -> BundleHead:
    """The first `Bundle-Head` bytes of the body. Raises AppError 'bad_request' when they are none, or promise other bytes
    than the request has; TooLarge before anything is read.
    """
    size, said = read_number(request.headers, HEAD), request.content_length
    if said is not None and said > MOST_BUNDLE_BYTES + MOST_HEAD_BYTES:
        raise TooLarge("too_large", limit=MOST_BUNDLE_BYTES)
    if not 0 < size <= MOST_HEAD_BYTES:
        raise AppError("bad_request", fields=[HEAD])
    request.max_content_length = MOST_BUNDLE_BYTES + MOST_HEAD_BYTES
    try:
        value = json.loads(_Span(request.stream, size).read_all())
    except BadJson as error:
        raise AppError("bad_request", fields=[]) from error
    head = read_value(BundleHead, value)
    promised = size + sum(part.here for part in head.parts)
    if promised > MOST_BUNDLE_BYTES + MOST_HEAD_BYTES:
        raise TooLarge("too_large", limit=MOST_BUNDLE_BYTES)
    if said not in (None, promised):
        raise AppError("bad_request", fields=["Content-Length"])
    return head


def take(head: BundleHead, person: Person) -> BundleTaken:
    """Takes the parts as they come. The network is slow: nothing is locked and no connection is held meanwhile. What has
    come whole is kept, committed and answered though the line is cut behind it.
    """
    files.check_room(sum(part.here for part in head.parts))
    found: dict[str, PartTaken] = {}
    parts, is_cut = list(head.parts), False
    while parts and not is_cut:
        with ExitStack() as drafts:
            group: list[tuple[Part, Draft]] = []
            until = time.monotonic() + _GROUP_SECONDS
            while parts and not is_cut and (not group or time.monotonic() < until):
                part = parts.pop(0)
                draft = drafts.enter_context(
                    files.draft_of(_Span(request.stream, part.here), most=part.here, is_brought=False)
                )
                group.append((part, draft))
                is_cut = draft.size < part.here
            found |= _take_group(head.device, group, person)
    return BundleTaken(parts=[found[part.evidence] for part in head.parts if part.evidence in found])


def _take_group(device_id: str, group: list[tuple[Part, Draft]], person: Person) -> dict[str, PartTaken]:
    """Keeps them durably, in one transaction; then they are safe."""
    files.bring([draft.path for _part, draft in group if draft.size])
    at, found, whole = clock.now(), {}, []
    blobs = queries.blobs_of([part.sha256 for part, _draft in group])  # each is asked for again: it is here then
    with files.together():
        # in one order, whatever the phone's: bytes that two phones bring at once are locked alike
        for part, draft in sorted(group, key=lambda one: one[0].sha256):
            offset, code = _take_part(device_id, part, draft, person, at)
            found[part.evidence] = PartTaken(evidence=part.evidence, sha256=part.sha256, offset=offset, code=code)
            if part.here and offset == part.length:
                whole.append((part.sha256,))
    db.session.commit()
    del blobs
    queue.later_each(tasks.check_picture, whole)
    return found


def _take_part(device_id: str, part: Part, draft: Draft, person: Person, at: datetime) -> tuple[int, str]:
    try:
        upload = actions.take_part(
            device_id, part.evidence, part.sha256, part.length, draft, by=person, at=at
        )
    except (Conflict, actions.BytesDiffer) as error:
        return 0, error.code
    return queries.reached(upload), ""


class _Span:
    """The next bytes of a stream, as a stream of their own."""

    def __init__(self, stream: files.Readable, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, most: int) -> bytes:
        piece = self._stream.read(min(most, self._left)) if self._left else b""
        self._left -= len(piece)
        return piece

    def read_all(self) -> bytes:
        """As many as come."""
        found = b""
        while piece := self.read(self._left):
            found += piece
        return found
