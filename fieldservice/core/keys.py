"""Public keys of phones: P-256, as the browser's WebCrypto exports and uses them."""

import base64
import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

_SIGNATURE_BYTES = 64  # r and s, 32 bytes each


def is_public_key(spki: str) -> bool:
    """Whether this is the SubjectPublicKeyInfo (DER) of a P-256 key as base64, in the one form that browsers give."""
    return _load(spki) is not None


def key_id(spki: str) -> str:
    """How a key is called: the first 32 hex digits of the SHA-256 of its SubjectPublicKeyInfo."""
    return hashlib.sha256(base64.b64decode(spki)).hexdigest()[:32]


def has_signed(spki: str, signature: str, content: bytes) -> bool:
    """Whether `signature` (raw r‖s as unpadded base64url; ECDSA over SHA-256) of `content` was made with that key."""
    key, raw = _load(spki), _raw(signature)
    if key is None or raw is None:
        return False
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    try:
        key.verify(der, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _load(spki: str) -> ec.EllipticCurvePublicKey | None:
    try:
        der = base64.b64decode(spki, validate=True)
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return None
    # one key, one name: no other writing of the same point
    is_plain = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == der
    return key if is_plain and base64.b64encode(der).decode() == spki else None


def _raw(signature: str) -> bytes | None:
    try:
        raw = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    is_plain = base64.urlsafe_b64encode(raw).decode().rstrip("=") == signature
    return raw if is_plain and len(raw) == _SIGNATURE_BYTES else None
