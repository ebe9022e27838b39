"""Identifiers: UUIDv7 as text, so that new rows lie side by side and every id tells its age."""

import os
import re
import secrets
import time

_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")


def new_id() -> str:
    """A new UUIDv7 (RFC 9562) in lower-case text of 36 characters."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: object) -> bool:
    """Whether `text` is a UUIDv7 as made by `new_id`."""
    return isinstance(text, str) and _SHAPE.match(text) is not None


def new_token() -> str:
    """A secret of 256 bits, safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def new_nonce() -> str:
    """128 random bits in 32 hex digits: ties a signature to what it was asked for."""
    return secrets.token_hex(16)


#: for short secrets read aloud and typed on a phone: no 0/O, 1/I/L, U/V; 8 of them are 38 bits
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTWXYZ"
