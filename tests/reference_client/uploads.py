"""Bytes by tus 1.0.0: the page's chapter "Uploads"."""

import hashlib
from base64 import b64encode

from tests.reference_client.storage import Store
from tests.reference_client.wire import Reply, Wire

PIECE, LEAST_PIECE = 256 * 1024, 32 * 1024
PATIENCE = 4
#: the line, the session, the whole server: no other photo would fare better
STOPS = {0: "offline", 401: "signed_out", 403: "not_allowed", 426: "update_needed", 429: "busy", 503: "busy",
         507: "server_full"}  # fmt: skip


class Uploads:
    """Sends photos whose operations are acknowledged, one at a time."""

    def __init__(self, wire: Wire, store: Store) -> None:
        self._wire, self._store = wire, store
        self._piece = PIECE

    def run(self) -> str:
        """'again': something went, there may be news; 'ok': nothing can be sent now; else why it ended."""
        failed: set[str] = set()
        went = False
        while (photo := self._store.next_photo(failed)) is not None:
            op_id, name, content, address = photo
            reply = self._send(op_id, name, content, address)
            if reply is None:
                went = True
                continue
            if reply.code == "device_revoked":
                return "revoked"
            if reply.status in STOPS:
                return STOPS[reply.status]
            failed.add(op_id)
        return "again" if went else "photo_trouble" if failed else "ok"

    def _send(self, op_id: str, name: str, content: bytes, address: str | None) -> Reply | None:
        """The answer that ended it; None: it is there, or in trouble that is written down."""
        offset: int | None = None
        patience = PATIENCE
        while True:
            reply = self._ask(op_id, name, content, address, offset)
            was = offset
            if reply.status in (200, 201, 204):
                if reply.offset == len(content):
                    self._store.let_go(op_id)
                    return None
                address, offset = reply.headers.get("location", address), reply.offset
                self._store.note_address(op_id, address or "")
                self._piece = min(PIECE, self._piece * 2)
            elif reply.status == 413:
                self._store.note_trouble(op_id, "too_large")
                return None
            elif reply.code == "hash_differs" and hashlib.sha256(content).hexdigest() != name:
                self._store.note_trouble(op_id, "damaged")
                return None
            elif reply.code == "hash_differs" or (address and reply.status in (404, 410)):
                address, offset = "", None
            elif reply.code in ("offset_differs", "checksum_differs"):
                offset = None
            else:
                self._piece = max(LEAST_PIECE, self._piece // 2)
                return reply
            patience = PATIENCE if (offset or 0) > (was or 0) else patience - 1
            if patience == 0:
                return reply

    def _ask(self, op_id: str, name: str, content: bytes, address: str | None, offset: int | None) -> Reply:
        tus = {"Tus-Resumable": "1.0.0"}
        if not address:
            said = {"evidence": op_id, "sha256": name, "device": self._store.state().id}
            metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in said.items())
            headers = tus | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
            if address is None:
                self._store.note_address(op_id, "")  # killed from here on, it goes on in pieces
                return self._wire.call("POST", "/api/uploads", content, headers=headers)
            return self._wire.call("POST", "/api/uploads", headers=headers)
        if offset is None:
            return self._wire.call("HEAD", address, headers=tus)
        piece = content[offset : offset + self._piece]
        checksum = f"sha256 {b64encode(hashlib.sha256(piece).digest()).decode()}"
        return self._wire.call(
            "PATCH", address, piece, headers=tus | {"Upload-Offset": str(offset), "Upload-Checksum": checksum}
        )
