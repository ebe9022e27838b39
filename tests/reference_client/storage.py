"""What the client keeps, and when it is on the disk: the page's chapter "What a client keeps, and when"."""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEEP_MS = 30 * 24 * 3600 * 1000

_TABLES = """
CREATE TABLE IF NOT EXISTS client (id TEXT, next_seq INT, registered INT, epoch INT, cursor TEXT, person TEXT);
CREATE TABLE IF NOT EXISTS op (n INTEGER PRIMARY KEY, id TEXT UNIQUE, seq INT, body TEXT, result TEXT, note TEXT,
                               pending INT, acked_ms INT);
CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, type TEXT, version INT, fields TEXT, is_held INT);
CREATE TABLE IF NOT EXISTS photo (op_id TEXT PRIMARY KEY, sha256 TEXT, data BLOB, address TEXT, trouble TEXT);
"""


def new_id() -> str:
    """UUIDv7: milliseconds, then chance."""
    value = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(3 << 62) | 2 << 62
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


@dataclass(frozen=True)
class State:
    """Who this copy is, and how far it has read."""

    id: str
    next_seq: int
    registered: bool
    epoch: int
    cursor: str
    person: str


@dataclass(frozen=True)
class Taken:
    """What an answer brought: operations acknowledged; whether its changes were taken; whether all begins anew; what
    is to be asked for."""

    acked: int = 0
    applied: bool = False
    renewed: bool = False
    fetch: tuple[str, ...] = ()
    #: this device is blocked and all it could bring is on the server
    wipe: bool = False


class Store:
    """One person's work on this device, in one SQLite file. A change is one transaction, on the disk when it returns."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """`durable`: False only where no power and no process is cut."""
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        self._db.executescript(_TABLES)
        with self._writing():
            if not self._db.execute("SELECT 1 FROM client").fetchone():
                self._db.execute("INSERT INTO client VALUES (?, 1, 0, 0, '', '')", (new_id(),))

    def close(self) -> None:
        """Lets the file go."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def state(self) -> State:
        """As it stands."""
        row = self._db.execute("SELECT id, next_seq, registered, epoch, cursor, person FROM client").fetchone()
        return State(row[0], row[1], bool(row[2]), row[3], row[4], row[5])

    def belongs_to(self, person: str) -> bool:
        """Whether it is this person's; one that is nobody's becomes theirs."""
        with self._writing():
            self._db.execute("UPDATE client SET person = ? WHERE person = ''", (person,))
        return self.state().person == person

    def mark_registered(self, client_id: str, registered: bool) -> None:
        """The server knows this copy."""
        with self._writing():
            self._db.execute("UPDATE client SET registered = ? WHERE id = ?", (registered, client_id))

    def confirm(self, op: dict[str, Any], content: bytes | None = None) -> str:
        """Takes an operation, and its bytes, for good; then the person may be told 'saved'. Gives its id."""
        op = {"id": new_id(), **op}
        with self._writing():
            seq = self._db.execute("UPDATE client SET next_seq = next_seq + 1 RETURNING next_seq - 1").fetchone()[0]
            row = (op["id"], seq, json.dumps(op))
            self._db.execute("INSERT INTO op (id, seq, body, pending) VALUES (?, ?, ?, 1)", row)
            if content is not None:
                digest = hashlib.sha256(content).hexdigest()
                self._db.execute("INSERT INTO photo (op_id, sha256, data) VALUES (?, ?, ?)", (op["id"], digest, content))
        return str(op["id"])

    def pending(self) -> list[dict[str, Any]]:
        """Unacknowledged operations in the order of `seq`, as they are sent."""
        rows = self._db.execute("SELECT seq, body FROM op WHERE pending = 1 ORDER BY seq")
        return [{**json.loads(body), "seq": seq} for seq, body in rows]

    def results(self) -> dict[str, tuple[str, Any]]:
        """Id → result and note, of what is acknowledged."""
        rows = self._db.execute("SELECT id, result, note FROM op WHERE result IS NOT NULL")
        return {op_id: (result, json.loads(note)) for op_id, result, note in rows}

    def manifest(self) -> list[tuple[str, int]]:
        """[id, version] of what is held, by id."""
        query = "SELECT id, version FROM record WHERE is_held = 1 AND type != 'me' ORDER BY id"
        return [(held, version) for held, version in self._db.execute(query)]

    def record(self, record_id: str) -> dict[str, Any] | None:
        """`fields` as the server gave them."""
        row = self._db.execute("SELECT fields FROM record WHERE id = ?", (record_id,)).fetchone()
        return dict(json.loads(row[0])) if row else None

    def take(self, sent: list[str], answer: dict[str, Any]) -> Taken:
        """Takes an answer to a request that carried the operations `sent`, all of it or nothing."""
        with self._writing():
            state = self.state()
            if answer["epoch"] < state.epoch:
                return Taken()
            acked = self._take_acks(sent, answer)
            if answer.get("fork"):
                self._renew(journal=False)
                return Taken(acked, renewed=True)
            if state.epoch not in (0, answer["epoch"]):
                self._renew(journal=True)
                self._db.execute("UPDATE client SET epoch = ?", (answer["epoch"],))
                return Taken(acked, renewed=True)
            if "wipe" in answer:
                return Taken(acked, applied=True, wipe=answer["wipe"] and not self.pending() and not self._to_send())
            if answer["from"] != state.cursor:
                return Taken(acked)
            self._take_changes(answer["changes"])
            fetch = self._compare(answer["manifest"], answer["more"])
            self._db.execute("UPDATE client SET cursor = ?, epoch = ?", (answer["to"], answer["epoch"]))
            self._db.execute("DELETE FROM op WHERE pending = 0 AND acked_ms < ?", (answer["server_time"] - KEEP_MS,))
            self._drop()
            return Taken(acked, applied=True, fetch=tuple(fetch[:500]))

    def renew(self, *, journal: bool = False) -> None:
        """A new `client_id`; what is unacknowledged (with `journal`: everything) is numbered from 1."""
        with self._writing():
            self._renew(journal=journal)

    def _renew(self, *, journal: bool) -> None:
        if journal:
            self._db.execute("UPDATE op SET pending = 1")
        waiting = self._db.execute("SELECT n FROM op WHERE pending = 1 ORDER BY n").fetchall()
        for seq, (number,) in enumerate(waiting, 1):
            self._db.execute("UPDATE op SET seq = ? WHERE n = ?", (seq, number))
        self._db.execute(
            "UPDATE client SET id = ?, next_seq = ?, registered = 0, cursor = ''", (new_id(), len(waiting) + 1)
        )

    def _take_acks(self, sent: list[str], answer: dict[str, Any]) -> int:
        taken = 0
        for ack in answer["acks"]:
            if ack["id"] in sent:
                taken += self._db.execute(
                    "UPDATE op SET pending = 0, result = ?, note = ?, acked_ms = ? WHERE id = ? AND pending = 1",
                    (ack["result"], json.dumps(ack["note"]), answer["server_time"], ack["id"]),
                ).rowcount
        return taken

    def _take_changes(self, changes: list[dict[str, Any]]) -> None:
        for change in changes:
            if change["type"] in ("job", "checklist", "me"):
                self._db.execute(
                    "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, 1)",
                    (change["id"], change["type"], change["version"], json.dumps(change["fields"])),
                )

    def _compare(self, manifest: list[list[Any]] | None, more: bool) -> list[str]:
        """Marks what is not held any more; what is to be fetched."""
        if manifest is None or more:
            return []
        held = {str(record_id): version for record_id, version in manifest}
        for record_id, _version in self.manifest():
            if record_id not in held:
                self._db.execute("UPDATE record SET is_held = 0 WHERE id = ?", (record_id,))
        own = dict(self.manifest())
        return [record_id for record_id, version in held.items() if own.get(record_id) != version]

    def _drop(self) -> None:
        """What is handed over goes when all that was done on it is acknowledged, bytes too."""
        busy = {op["entity"] for op in [*self.pending(), *self.photos()]}
        for (record_id,) in self._db.execute("SELECT id FROM record WHERE is_held = 0").fetchall():
            if record_id not in busy:
                self._db.execute("DELETE FROM record WHERE id = ?", (record_id,))

    def photos(self) -> list[dict[str, Any]]:
        """Operations whose bytes are only here, the oldest first."""
        query = "SELECT op.body FROM photo JOIN op ON op.id = photo.op_id ORDER BY op.n"
        return [json.loads(body) for (body,) in self._db.execute(query)]

    def next_photo(self, without: set[str]) -> tuple[str, str, bytes, str | None] | None:
        """Operation, hash, bytes and address (None: never tried; '': not known) of bytes whose operation is taken."""
        query = """SELECT op.id, photo.sha256, photo.data, photo.address FROM photo JOIN op ON op.id = photo.op_id
                   WHERE op.pending = 0 AND photo.trouble IS NULL ORDER BY op.n"""
        return next((row for row in self._db.execute(query) if row[0] not in without), None)

    def stuck(self) -> int:
        """How many photos can never be sent."""
        return int(self._db.execute("SELECT count(*) FROM photo WHERE trouble IS NOT NULL").fetchone()[0])

    def _to_send(self) -> bool:
        return self._db.execute("SELECT 1 FROM photo WHERE trouble IS NULL").fetchone() is not None

    def wipe(self) -> None:
        """Nothing of the person stays but the id that says so."""
        with self._writing():
            for table in ("op", "record", "photo"):
                self._db.execute(f"DELETE FROM {table}")
            self._db.execute("UPDATE client SET cursor = ''")

    def note_address(self, op_id: str, address: str) -> None:
        """Where the upload is; '': it was tried."""
        with self._writing():
            self._db.execute("UPDATE photo SET address = ? WHERE op_id = ?", (address, op_id))

    def note_trouble(self, op_id: str, trouble: str) -> None:
        """Sending it again is of no use; it is kept and shown."""
        with self._writing():
            self._db.execute("UPDATE photo SET trouble = ? WHERE op_id = ?", (trouble, op_id))

    def let_go(self, op_id: str) -> None:
        """The bytes are on the server, whole and hashed."""
        with self._writing():
            self._db.execute("DELETE FROM photo WHERE op_id = ?", (op_id,))
