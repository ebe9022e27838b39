"""Cursors: a version with a seal of this server, so that none can be made up."""

import hashlib
import hmac


def seal(version: int, *, client_id: str, key: str) -> str:
    """'<version in hex>.<12 hex digits>'; good for this client only."""
    return f"{version:x}.{_mac(version, client_id, key)}"


def unseal(cursor: str, *, client_id: str, key: str) -> int:
    """The version of `cursor`; 0 (send everything) for an empty, foreign or made-up one."""
    text, _, mac = cursor.partition(".")
    try:
        version = int(text, 16)
    except ValueError:
        return 0
    return version if hmac.compare_digest(mac.encode(), _mac(version, client_id, key).encode()) else 0


def _mac(version: int, client_id: str, key: str) -> str:
    return hmac.new(key.encode(), f"{version}:{client_id}".encode(), hashlib.sha256).hexdigest()[:12]
