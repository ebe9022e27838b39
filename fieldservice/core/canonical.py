"""Canonical JSON (RFC 8785) of what is signed: NFC text, whole numbers, true, false, null, lists and objects.

The phone has its twin in `static/js/core/canonical.js`.
"""

import json
import unicodedata
from typing import Any

#: whole numbers that JavaScript knows exactly
MAX_WHOLE = 2**53 - 1


def dumps(value: Any) -> str:
    """The one text of `value`. Raises ValueError for what has none that phone and server agree on."""
    return json.dumps(_checked(value), ensure_ascii=False, separators=(",", ":"))


def is_canonical(text: str, value: Any) -> bool:
    """Whether `text`, which `value` was read from, is its canonical form."""
    try:
        return dumps(value) == text
    except ValueError:
        return False


def composed(value: Any) -> Any:
    """The value with every text in its composed form, as `dumps` takes it."""
    if isinstance(value, dict):
        return {composed(key): composed(part) for key, part in value.items()}
    if isinstance(value, list):
        return [composed(part) for part in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _checked(value: Any) -> Any:
    """The value with its keys in the order of their UTF-16 units."""
    if isinstance(value, dict):
        return {key: _checked(value[key]) for key in sorted(map(_text, value), key=_utf16)}
    if isinstance(value, list):
        return [_checked(part) for part in value]
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) <= MAX_WHOLE):
        return value
    raise ValueError(f"{type(value).__name__} has no canonical form here")


def _text(text: Any) -> str:
    """Composed, and without NUL and halves of characters (they cannot be stored)."""
    if not isinstance(text, str) or "\0" in text or not unicodedata.is_normalized("NFC", text):
        raise ValueError("text that is not composed")
    text.encode()
    return text


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")
