"""Tokens of links: 192 bits worked out from the link's id and rotation, so that an address can be shown again."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

TOKEN_BYTES = 24  # trust.md: 192 bits
TOKEN_LENGTH = 32  # characters


def token_of(link_id: str, rotation: int, *, key: str) -> str:
    """The token of a link in its rotation; 32 characters safe in addresses."""
    mac = hmac.digest(key.encode(), f"{link_id} {rotation}".encode(), "sha256")
    return urlsafe_b64encode(mac[:TOKEN_BYTES]).decode()


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
