"""What a phone says of an upload, in the headers of tus 1.0.0, checked."""

import base64
import binascii
from dataclasses import dataclass

from werkzeug.datastructures import Headers

from fieldservice.core.errors import AppError
from fieldservice.core.ids import is_id
from fieldservice.evidence.rules import MOST_BYTES, is_sha256

_MOST_DIGITS = 12
#: algorithm → bytes of its sum; tus 1.0.0 asks every server for sha1
ALGORITHMS = {"sha1": 20, "sha256": 32}


@dataclass(frozen=True)
class NewUpload:
    """The bytes that are to come."""

    #: id of the operation that announced them
    evidence_id: str
    sha256: str
    device_id: str
    #: bytes in all
    length: int


@dataclass(frozen=True)
class Checksum:
    """What the sum of a piece should be."""

    algorithm: str
    #: in hex digits
    value: str


class TooLarge(AppError):
    """More bytes than are ever taken."""

    status = 413


def read_new_upload(headers: Headers) -> NewUpload:
    """`Upload-Length` and `Upload-Metadata`. Raises AppError 'bad_request' with the fields at fault, TooLarge."""
    length = read_number(headers, "Upload-Length")
    if length > MOST_BYTES:
        raise TooLarge("too_large", limit=MOST_BYTES)
    said = _metadata(headers.get("Upload-Metadata", ""))
    found = NewUpload(said.get("evidence", ""), said.get("sha256", ""), said.get("device", ""), length)
    if not (is_id(found.evidence_id) and is_sha256(found.sha256) and is_id(found.device_id)):
        raise AppError("bad_request", fields=["Upload-Metadata"])
    return found


def read_number(headers: Headers, name: str) -> int:
    """A whole number of bytes. Raises AppError 'bad_request'."""
    text = headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise AppError("bad_request", fields=[name])
    return int(text)


def read_checksum(headers: Headers) -> Checksum | None:
    """The sum this piece should have; None: nothing is said. Raises AppError 'bad_request'."""
    text = headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, value = text.strip().partition(" ")
    digest = _decoded(value)
    if digest is None or len(digest) != ALGORITHMS.get(algorithm):
        raise AppError("bad_request", fields=["Upload-Checksum"])
    return Checksum(algorithm, digest.hex())


def _metadata(text: str) -> dict[str, str]:
    pairs = [pair.strip().split(" ", 1) for pair in text.split(",")]
    values = {pair[0]: _decoded(pair[1]) for pair in pairs if len(pair) == 2}
    return {key: value.decode("ascii", "replace") for key, value in values.items() if value is not None}


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None


def written_metadata(evidence_id: str, sha256: str, device_id: str) -> str:
    """`Upload-Metadata` as a phone writes it."""
    pairs = {"evidence": evidence_id, "sha256": sha256, "device": device_id}
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
