"""A phone of the tests: speaks the protocol over the test client, keeps what a phone keeps."""

import json
from typing import Any

from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.ids import new_id
from fieldservice.sync.rules import manifest_hash

NONCE = "0123456789abcdef"


class Phone:
    """Numbers its operations, remembers cursor, manifest and jobs; sends when told."""

    def __init__(self, client: FlaskClient, *, register: bool = True) -> None:
        self.client = client
        self.client_id = new_id()
        self.seq = 0
        self.cursor = ""
        self.epoch = 1
        self.jobs: dict[str, dict[str, Any]] = {}
        self.checklists: dict[str, dict[str, Any]] = {}
        self.me: dict[str, Any] = {}
        self.waiting: list[dict[str, Any]] = []
        if register:
            answer = client.post("/api/device", json={"client_id": self.client_id, "name": "门店手机 07"})
            assert answer.status_code == 200, answer.text

    def op(self, kind: str, job: str, /, occurred_at: int | None = None, **args: Any) -> dict[str, Any]:
        """Confirms an operation on the phone; it waits for the next sync."""
        self.seq += 1
        op = {"id": new_id(), "seq": self.seq, "schema": 1, "kind": kind, "entity": job, "args": args, "base": {},
              "occurred_at": occurred_at or clock.to_ms(clock.now())}
        self.waiting.append(op)
        return op

    def request(self, **given: Any) -> dict[str, Any]:
        """The body of a sync request as it would be sent now."""
        manifest = [(held_id, held["version"]) for held_id, held in self.held().items()]
        return {"proto": 1, "schema": 1, "build": "test", "client_id": self.client_id, "epoch": self.epoch,
                "cursor": self.cursor, "manifest_hash": manifest_hash(manifest), "nonce": NONCE,
                "now": clock.to_ms(clock.now()), "ops": self.waiting[:100]} | given

    def held(self) -> dict[str, dict[str, Any]]:
        """Everything the manifest is about."""
        return self.jobs | self.checklists

    def post(self, body: dict[str, Any]) -> Any:
        """Sends a body; the raw answer."""
        headers = {"X-Fieldservice-Nonce": NONCE, "Content-Type": "application/json"}
        return self.client.post("/api/sync", data=json.dumps(body), headers=headers)

    def sync(self, **given: Any) -> dict[str, Any]:
        """Sends what waits, takes what comes; the answer. Asks again while there is more or something to fetch."""
        answer = self.post(self.request(**given))
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json
        wanted = self.take(body)
        if wanted or body["more"]:
            self.sync(fetch=wanted) if wanted else self.sync()
        return body

    def take(self, body: dict[str, Any]) -> list[str]:
        """Applies an answer as a phone does; ids to fetch again."""
        acked = {ack["id"] for ack in body["acks"]}
        self.waiting = [op for op in self.waiting if op["id"] not in acked]
        if body["from"] != self.cursor:
            return []
        for change in body["changes"]:
            if change["type"] == "me":
                self.me = change["fields"]
            else:
                kept = self.jobs if change["type"] == "job" else self.checklists
                kept[change["id"]] = {"version": change["version"], **change["fields"]}
        self.cursor = body["to"]
        if body["manifest"] is None:
            return []
        held = dict(map(tuple, body["manifest"]))
        self.jobs = {job_id: job for job_id, job in self.jobs.items() if job_id in held}
        self.checklists = {found: version for found, version in self.checklists.items() if found in held}
        if body["more"]:
            return []
        own = self.held()
        return [held_id for held_id, version in held.items()
                if held_id not in own or own[held_id]["version"] != version]


def results(body: dict[str, Any]) -> list[str]:
    """The results of an answer, in order."""
    return [ack["result"] for ack in body["acks"]]


def codes(body: dict[str, Any]) -> list[str | None]:
    """The reason codes of an answer, in order."""
    return [ack["note"] and ack["note"]["code"] for ack in body["acks"]]
