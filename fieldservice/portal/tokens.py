"""Tokens of links: 192 bits worked out from the link's id and rotation, so that an address can be shown again."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

TOKEN_BYTES = 24  # trust.md: 192 bits
TOKEN_LENGTH = 32  # characters
_MOST_DIGITS = 12


def token_of(link_id: str, rotation: int, *, key: str) -> str:
    """The token of a link in its rotation; 32 characters safe in addresses."""
    mac = hmac.digest(key.encode(), f"{link_id} {rotation}".encode(), "sha256")
    return urlsafe_b64encode(mac[:TOKEN_BYTES]).decode()


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def proof_of(about: str, until_s: int, *, key: str) -> str:
    """That a browser may see all of a link until then, seconds since 1970; `about` is what it must still fit."""
    return f"{until_s}.{_mac(f'digits {about} {until_s}', key)}"


def is_proof(proof: str, about: str, now_s: int, *, key: str) -> bool:
    """Whether we made that proof about this, and it has not run out."""
    until, _, mac = proof.partition(".")
    if not (until.isascii() and until.isdigit() and len(until) <= _MOST_DIGITS and mac.isascii()):
        return False
    return int(until) > now_s and hmac.compare_digest(mac, _mac(f"digits {about} {until}", key))


def _mac(text: str, key: str) -> str:
    return urlsafe_b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()
