"""Seals a file as a phone does."""

import base64
import json
import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from fieldservice.core import sealing
from fieldservice.core.sealing import FRAME_BYTES, PublicKey


def sealed(plain: bytes, key: PublicKey, *, ephemeral: str | None = None, salt: bytes | None = None) -> bytes:
    """`plain` for who has the private half of `key`; `ephemeral` (PKCS#8 as base64) and `salt` are made if not given."""
    own = load_der_private_key(base64.b64decode(ephemeral or sealing.new_private_key()), password=None)
    assert isinstance(own, ec.EllipticCurvePrivateKey)
    theirs = load_der_public_key(base64.b64decode(key.key))
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    salt = salt or os.urandom(sealing.SALT_BYTES)
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    header = {"format": "fieldservice-unsent", "format_version": 3, "key_id": key.id,
              "ephemeral": base64.b64encode(point).decode(), "salt": base64.b64encode(salt).decode()}
    line = json.dumps(header, separators=(",", ":")).encode() + b"\n"
    cipher = AESGCM(sealing.frame_key(own.exchange(ec.ECDH(), theirs), salt))
    pieces = [plain[at : at + FRAME_BYTES] for at in range(0, len(plain), FRAME_BYTES)] or [b""]
    frames = [cipher.encrypt(sealing.nonce(number, is_last=number == len(pieces) - 1), piece, line)
              for number, piece in enumerate(pieces)]
    return line + b"".join(len(frame).to_bytes(4) + frame for frame in frames)
