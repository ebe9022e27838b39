"""Files that only this installation can open: what phones seal with its public key (docs/sync-protocol.md, "Rescue").

P-256 with an ephemeral key, HKDF-SHA-256, AES-256-GCM in frames: each is opened by itself, and a frame that is missing,
doubled, moved or changed is noticed, the last one too.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from fieldservice.core import json
from fieldservice.core.json import BadJson

#: bytes of a frame before sealing; all but the last have exactly so many
FRAME_BYTES = 64 * 1024
#: bytes of the first line
HEADER_BYTES = 1024
SALT_BYTES = 16
_TAG_BYTES = 16
_LENGTH_BYTES = 4
_POINT_BYTES = 65
_INFO = b"fieldservice-unsent 3"


class CannotOpen(Exception):
    """`code`: 'rescue_other_key' (sealed for another installation), 'rescue_cut_short', 'rescue_damaged'."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class PublicKey:
    """What a phone is given: `key` is the SubjectPublicKeyInfo (DER) as base64, `id` the start of its SHA-256."""

    id: str
    key: str


def new_private_key() -> str:
    """A fresh key as base64 of PKCS#8 (DER)."""
    made = ec.generate_private_key(ec.SECP256R1())
    return base64.b64encode(made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def public_key(private: str) -> PublicKey:
    """The half that may be known."""
    spki = _load(private).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(id=hashlib.sha256(spki).hexdigest()[:32], key=base64.b64encode(spki).decode())


def is_sealed(line: bytes) -> bool:
    """Whether a file that begins with this line is sealed."""
    return _header(line) is not None


def opened(stream: IO[bytes], keys: Sequence[str]) -> Iterator[bytes]:
    """What was sealed, frame by frame. `keys`: private keys of this installation, the old ones too.

    Each frame is proven before it is given; that there are no more is proven with the last. Raises CannotOpen.
    """
    line = stream.readline(HEADER_BYTES + 1)
    header = _header(line)
    if header is None:
        raise CannotOpen("rescue_damaged")
    cipher = _cipher(header, keys)
    number, is_last = 0, False
    while not is_last:
        length = int.from_bytes(_exactly(stream, _LENGTH_BYTES))
        if not _TAG_BYTES <= length <= FRAME_BYTES + _TAG_BYTES:
            raise CannotOpen("rescue_damaged")
        sealed = _exactly(stream, length)
        is_last = _is_at_end(stream)
        try:
            yield cipher.decrypt(nonce(number, is_last=is_last), sealed, line)
        except InvalidTag as error:
            # a frame that is not the last one, at the end of the file: the rest is missing
            raise CannotOpen(_why(cipher, number, sealed, line, is_last=is_last)) from error
        number += 1


def nonce(number: int, *, is_last: bool) -> bytes:
    """12 bytes: seven zeros, the frame's number in four (big-endian), 1 for the last frame."""
    return bytes(7) + number.to_bytes(4) + bytes([is_last])


def frame_key(shared: bytes, salt: bytes) -> bytes:
    """The AES key of a file from the x coordinate that both sides know."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=_INFO).derive(shared)


def _why(cipher: AESGCM, number: int, sealed: bytes, line: bytes, *, is_last: bool) -> str:
    if not is_last:
        return "rescue_damaged"
    try:
        cipher.decrypt(nonce(number, is_last=False), sealed, line)
    except InvalidTag:
        return "rescue_damaged"
    return "rescue_cut_short"


def _is_at_end(stream: IO[bytes]) -> bool:
    here = stream.tell()
    found = stream.read(1)
    stream.seek(here)
    return not found


def _exactly(stream: IO[bytes], count: int) -> bytes:
    found = stream.read(count)
    if len(found) < count:
        raise CannotOpen("rescue_cut_short")
    return found


def _header(line: bytes) -> dict[str, Any] | None:
    if len(line) > HEADER_BYTES or not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
    except BadJson:
        return None
    is_ours = isinstance(found, dict) and (found.get("format"), found.get("format_version")) == ("fieldservice-unsent", 3)
    return found if is_ours else None


def _cipher(header: dict[str, Any], keys: Sequence[str]) -> AESGCM:
    private = next((key for key in keys if public_key(key).id == header.get("key_id")), None)
    if private is None:
        raise CannotOpen("rescue_other_key")
    try:
        point, salt = (base64.b64decode(header[name], validate=True) for name in ("ephemeral", "salt"))
        if len(point) != _POINT_BYTES or len(salt) != SALT_BYTES:
            raise ValueError("a length is wrong")
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (KeyError, TypeError, ValueError) as error:
        raise CannotOpen("rescue_damaged") from error
    return AESGCM(frame_key(_load(private).exchange(ec.ECDH(), theirs), salt))


def _load(private: str) -> ec.EllipticCurvePrivateKey:
    found = load_der_private_key(base64.b64decode(private), password=None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise TypeError("not a key of an elliptic curve")
    return found
