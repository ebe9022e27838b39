"""Cursors: a version with a seal of this server, so that none can be made up.

The phone's own numbering is sealed with it: a server that was put back to an earlier state is told by both
(docs/decisions/0011).
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

_VERSION_BYTES, _SEQ_BYTES, _SEAL_BYTES = 7, 4, 6
_MOST_SEQ = (1 << 8 * _SEQ_BYTES) - 1


def seal(version: int, *, client_id: str, key: str, last_seq: int = 0) -> str:
    """Version, number of the client's last operation and seal in 23 letters; good for this client only."""
    content = version.to_bytes(_VERSION_BYTES) + min(last_seq, _MOST_SEQ).to_bytes(_SEQ_BYTES)
    return urlsafe_b64encode(content + _seal(content, client_id, key)).decode().rstrip("=")


def unseal(cursor: str, *, client_id: str, key: str) -> int:
    """The version of `cursor`; 0 (send everything) for an empty, foreign or made-up one."""
    return witness(cursor, client_id=client_id, key=key)[0]


def witness(cursor: str, *, client_id: str, key: str) -> tuple[int, int]:
    """(version, number of the client's last operation) as this server sealed them; zeros when it did not."""
    if "." in cursor:
        return _without_number(cursor, client_id, key), 0
    try:
        given = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        return 0, 0
    version = int.from_bytes(given[:_VERSION_BYTES])
    last_seq = int.from_bytes(given[_VERSION_BYTES:-_SEAL_BYTES])
    # made again and compared as text: one cursor has one writing
    is_ours = len(given) == _VERSION_BYTES + _SEQ_BYTES + _SEAL_BYTES and hmac.compare_digest(
        cursor.encode(), seal(version, client_id=client_id, key=key, last_seq=last_seq).encode()
    )
    return (version, last_seq) if is_ours else (0, 0)


def _seal(content: bytes, client_id: str, key: str) -> bytes:
    return hmac.digest(key.encode(), content + client_id.encode(), hashlib.sha256)[:_SEAL_BYTES]


def _without_number(cursor: str, client_id: str, key: str) -> int:
    """The version of a cursor made before they had a number, as phones still hold them; 0 for one that is not ours."""
    text, _, mac = cursor.partition(".")
    try:
        version = int(text, 16)
    except ValueError:
        return 0
    wanted = hmac.new(key.encode(), f"{version}:{client_id}".encode(), hashlib.sha256).hexdigest()[:12]
    return version if hmac.compare_digest(mac.encode(), wanted.encode()) else 0
