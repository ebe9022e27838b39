"""Signing in, registering, syncing: docs/sync-protocol.md as a program."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from tests.reference_client.storage import Store
from tests.reference_client.uploads import Uploads
from tests.reference_client.wire import Reply, Wire, clock_ms

PROTO = SCHEMA = 1
MOST_OPS = 100
#: of the operations of one request; the rest of its 262,144 is for the envelope
MOST_BYTES = 200_000
PATIENCE = 4
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2, 300
RESULTS = {"applied", "merged", "conflict_lost", "late_evidence", "quarantined", "rejected"}

#: step → states it leaves, state it enters
STEPS = {
    "accept": ({"assigned"}, "accepted"),
    "depart": ({"accepted"}, "en_route"),
    "arrive": ({"en_route"}, "arrived"),
    "start": ({"arrived"}, "working"),
    "finish": ({"working"}, "finished"),
    "cannot_finish": ({"arrived", "working"}, "unfinished"),
    "customer_absent": ({"arrived"}, "absent"),
}


class Client:
    """One person's work on one device."""

    def __init__(self, wire: Wire, store: Store, *, name: str = "reference", sleep: Callable[[float], None] = time.sleep):
        self.wire, self.store = wire, store
        self._name, self._sleep = name, sleep
        #: names this session of the app; its clock begins anywhere
        self._page = secrets.token_hex(4)
        self._anchor: dict[str, int] | None = None
        self._uploads = Uploads(wire, store)
        self._most = MOST_OPS

    def sign_in(self, name: str, password: str) -> str:
        """How it went: 'ok', or a code. Another person's store stays closed to this one."""
        reply = self.wire.call("POST", "/api/session", {"name": name, "password": password})
        if reply.status != 200:
            return reply.code or "offline"
        return "ok" if self.store.belongs_to(reply.body["person"]["id"]) else "other_person"

    def confirm(self, kind: str, job: str, /, content: bytes | None = None, **args: Any) -> str:
        """What the person did; on the disk when this returns. `content`: a photo's bytes. Gives the operation's id."""
        if content is not None:
            args |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        held = dict(self.store.manifest()).get(job)
        mono: dict[str, Any] = {"page": self._page, "t": clock_ms()}
        if self._anchor:
            mono["anchor"] = self._anchor
        op = {"schema": SCHEMA, "kind": kind, "entity": job, "args": args, "occurred_at": now_ms(), "mono": mono}
        return self.store.confirm(op | ({"base": {"version": held}} if held else {}), content)

    def shown_state(self, job: str) -> str | None:
        """Where the job stands with what is still unacknowledged; None: it is not held."""
        fields = self.store.record(job)
        state: str | None = fields["state"] if fields else None
        for op in self.store.pending():
            if state and op["entity"] == job and op["kind"] == "take_step":
                state = after_step(state, op["args"]["step"]) or state
        return state

    def run(self) -> str:
        """Operations, then bytes, then what the server made of them. 'ok', or why it ended."""
        while True:
            outcome = self.sync()
            if outcome != "ok" or not self.store.photos():
                return outcome
            outcome = self._uploads.run()
            if outcome != "again":
                return outcome

    def run_until_done(self, tries: int = 20) -> str:
        """Again and again with growing pauses, as after trouble; what needs a person ends it."""
        pause = FIRST_PAUSE_SECONDS
        for _try in range(tries):
            outcome = self.run()
            if outcome in ("ok", "signed_out", "revoked", "not_allowed", "update_needed", "other_person",
                           "wiped"):  # fmt: skip
                return outcome
            self._sleep(self.wait_seconds or pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return outcome

    #: what the last answer asked to wait
    wait_seconds: int | None = None

    def sync(self) -> str:
        """Sends until nothing is left and the server has no more. 'ok', or why it ended; whatever it was, all is kept."""
        fetch: tuple[str, ...] = ()
        idle = 0
        waits = False
        self.wait_seconds = None
        while idle < PATIENCE:
            state = self.store.state()
            if not state.registered:
                outcome = self._register()
                if outcome:
                    return outcome
                idle += 1
                continue
            ops = self._next_ops()
            nonce = secrets.token_hex(8)
            reply = self.wire.call("POST", "/api/sync", self._request(ops, fetch, nonce), nonce=nonce)
            if reply.status != 200:
                outcome = self._refused(reply, ops)
                if outcome:
                    return outcome
                idle, waits = idle + 1, False
                continue
            answer = reply.body
            if not _is_answer(answer, nonce):
                return "offline"
            self._anchor = {"server_ms": answer["server_time"], "t": reply.sent + reply.rtt // 2, "rtt": reply.rtt}
            taken = self.store.take([op["id"] for op in ops], answer)
            if taken.wipe:
                self.store.wipe()
                self.wire.call("POST", f"/api/device/{state.id}/wiped", {})
                return "wiped"
            if answer["min_proto"] > PROTO:
                return "update_needed"
            self._most = min(MOST_OPS, self._most * 2)
            moved = taken.acked or (taken.applied and (answer["more"] or taken.fetch != fetch))
            idle = 0 if moved else idle + 1
            waits = taken.applied and bool(ops) and not taken.acked
            fetch = taken.fetch
            if taken.applied and not answer["more"] and not fetch and not self.store.pending():
                return "ok"
        if waits:
            self.store.renew(journal=True)  # the server waits for what it has answered before: it has lost some
        return "no_progress"

    def _next_ops(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if not self.store.state().epoch:
            return found  # no contact yet
        size = 0
        for op in self.store.pending()[: self._most]:
            size += len(json.dumps(op))
            if found and size > MOST_BYTES:
                break
            found.append(op)
        return found

    def _request(self, ops: list[dict[str, Any]], fetch: tuple[str, ...], nonce: str) -> dict[str, Any]:
        state, all_pending, manifest = self.store.state(), self.store.pending(), self.store.manifest()
        # a photo counts as long as its bytes are only here
        photos = {photo["id"]: photo for photo in self.store.photos()}
        left = photos | {op["id"]: op for op in all_pending[len(ops) :]}
        request: dict[str, Any] = {
            "proto": PROTO, "schema": SCHEMA, "build": "reference", "client_id": state.id, "epoch": state.epoch,
            "cursor": state.cursor, "manifest_hash": manifest_hash(manifest), "nonce": nonce, "now": now_ms(),
            "ops": ops,
        }  # fmt: skip
        if left:
            request |= {"pending": len(left), "oldest_ms": min(op["occurred_at"] for op in left.values())}
        if photos:
            request |= {"photos": len(photos), "stuck": self.store.stuck()}
        return request | ({"fetch": list(fetch)} if fetch else {})

    def _whoever(self) -> str:
        """'' when the session is that of the store's person, else why nothing may be sent."""
        reply = self.wire.call("GET", "/api/session")
        if reply.status != 200:
            return self._refused(reply, [])
        return "" if self.store.belongs_to(reply.body["person"]["id"]) else "other_person"

    def _register(self) -> str:
        """Makes this copy known; '' when it is, or has to be tried under another id, else why not."""
        client_id = self.store.state().id
        trouble = self._whoever()
        if trouble:
            return trouble
        reply = self.wire.call("POST", "/api/device", {"client_id": client_id, "name": self._name})
        if reply.status != 200:
            return self._refused(reply, [])
        trouble = self._whoever()
        if not trouble:
            self.store.mark_registered(client_id, True)
        return trouble

    def _refused(self, reply: Reply, ops: list[dict[str, Any]]) -> str:
        """The page's table of errors; '': at once again."""
        self.wait_seconds = reply.wait_seconds
        if reply.status == 413 and len(ops) > 1:
            self._most = len(ops) // 2
            return ""
        if reply.code == "device_unknown":
            self.store.mark_registered(self.store.state().id, False)
            return ""
        if reply.code == "device_of_another":
            trouble = self._whoever()
            if not trouble:
                self.store.renew()
            return trouble
        return _meaning(reply)


def _meaning(reply: Reply) -> str:
    if reply.code == "device_revoked":
        return "revoked"
    return {
        0: "offline", 401: "signed_out", 403: "not_allowed", 400: "update_needed", 426: "update_needed", 409: "conflict",
        413: "update_needed", 429: "busy", 503: "busy", 507: "server_full",
    }.get(reply.status, "server_trouble" if reply.status >= 500 else "update_needed")  # fmt: skip


def _is_answer(answer: Any, nonce: str) -> bool:
    if not isinstance(answer, dict) or answer.get("nonce") != nonce or not isinstance(answer.get("acks"), list):
        return False
    return all(ack.get("result") in RESULTS for ack in answer["acks"])


def after_step(state: str, step: str) -> str | None:
    """Where the job stands after a step; None: it cannot be taken there."""
    leaves, enters = STEPS.get(step, (set(), ""))
    return enters if state in leaves else None


def manifest_hash(manifest: list[tuple[str, int]]) -> str:
    """As the page says."""
    text = json.dumps([list(pair) for pair in sorted(manifest)], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def now_ms() -> int:
    """The device's clock."""
    return int(time.time() * 1000)
