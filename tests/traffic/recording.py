"""Recordings of what a true phone and the server said to each other over a day (`tests/js/traffic/day.js`).

Each released version of the client has one: `tests/vectors/traffic/<version>/day.json`. Old ones are never changed: they
are the phones that are still out there.
"""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from fieldservice.core import clock
from fieldservice.core.db import db
from tests.sync.phone import Phone
from tests.traffic import world as worlds
from tests.traffic.world import World

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "vectors" / "traffic"
CHECKLIST = ROOT / "tests" / "vectors" / "visit_checklist.json"
#: what an answer says in its headers, as far as phones read them
ANSWER_HEADERS = ("Content-Type", "Location", "Upload-Offset", "Upload-Length", "Tus-Resumable", "Retry-After")

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass
class Recording:
    """A day: exchanges and acts of the office, in order."""

    ids: dict[str, str]
    checklist: dict[str, Any]
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def world(self) -> World:
        return World(self.ids, self.checklist)

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "method" in line]


def version_now() -> str:
    """Version of the client that is being worked on."""
    found: str = json.loads((ROOT / "package.json").read_text())["version"]
    return found


def versions() -> list[str]:
    """Versions with a recording, the oldest first."""
    names = [path.parent.name for path in FOLDER.glob("*/day.json")]
    return sorted(names, key=lambda name: [int(part) for part in name.split(".")])


def path_of(version: str) -> Path:
    """Where the recording of a version is."""
    return FOLDER / version / "day.json"


def read(version: str) -> Recording:
    """The recording of a version."""
    return Recording(**json.loads(path_of(version).read_text()))


def write(recording: Recording, version: str) -> None:
    """Keeps a recording; one line an exchange, so that changes can be read."""
    path = path_of(version)
    path.parent.mkdir(parents=True, exist_ok=True)
    given = asdict(recording)
    lines = ",\n  ".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in given["lines"])
    head = json.dumps({"ids": given["ids"], "checklist": given["checklist"]}, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f'{head[:-1]},\n "lines":[\n  {lines}\n]}}\n')


def record(app: Flask) -> Recording:
    """Lets the phone of today live its day against `app`, whose database is empty."""
    checklist = json.loads(CHECKLIST.read_text())
    world = worlds.new_world(checklist)
    worlds.build(world)
    made = Recording(world.ids, checklist)
    client = app.test_client()
    phone = subprocess.Popen(["node", "tests/js/traffic/day.js"], cwd=ROOT, text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert phone.stdin
    assert phone.stdout
    assert phone.stderr
    items = {item["type"]: item["key"] for item in reversed(checklist["items"])}
    said: Any = {
        "name": "0217", "password": worlds.PASSWORD, "person_id": world.person_id, "jobs": world.jobs,
        "item": items["confirm"], "photo_item": items["photo"], "at_ms": clock.to_ms(worlds.MORNING)}  # fmt: skip
    with phone:
        while True:
            phone.stdin.write(json.dumps(said) + "\n")
            phone.stdin.flush()
            heard = phone.stdout.readline()
            if not heard:
                raise AssertionError(f"the phone has died: {phone.stderr.read()}")
            line = json.loads(heard)
            if line.get("act") == "end":
                return made
            said = _act(world, line) if "act" in line else _exchange(client, line)
            made.lines.append(line | ({"answer": said} if "method" in line else {}))


def _act(world: World, line: dict[str, Any]) -> dict[str, Any]:
    with clock.frozen(clock.from_ms(line["at_ms"])):
        worlds.office(world, line["act"], {name: value for name, value in line.items() if name not in ("act", "at_ms")})
    return {}


def _exchange(client: FlaskClient, line: dict[str, Any]) -> dict[str, Any]:
    answer = ask(client, line)
    headers = {name: answer.headers[name] for name in ANSWER_HEADERS if name in answer.headers}
    ours = {name: value for name, value in answer.headers.items() if name.startswith("X-Fieldservice")}
    return {"status": answer.status_code, "headers": headers | ours, "body": base64.b64encode(answer.data).decode()}


def ask(client: FlaskClient, line: dict[str, Any]) -> Any:
    """Sends a request at its moment; a cut one with half of its body."""
    body = base64.b64decode(line["body"]) if line["body"] is not None else None
    if line["fault"] == "cut" and body:
        body = body[: len(body) // 2]
    with clock.frozen(clock.from_ms(line["at_ms"])):
        return client.open(line["path"], method=line["method"], data=body, headers=line["headers"],
                           environ_overrides={"HTTP_SEC_FETCH_SITE": "same-origin"})  # fmt: skip


def body_of(side: dict[str, Any]) -> Any:
    """JSON of a request or an answer; None when it is not."""
    headers = {name.lower(): value for name, value in side["headers"].items()}
    if side["body"] is None or "json" not in headers.get("content-type", ""):
        return None
    return json.loads(base64.b64decode(side["body"]))


class Replay:
    """Plays a recording against the server of today, as that phone would: it goes on with what today's server gave it."""

    def __init__(self, app: Flask, recording: Recording) -> None:
        self.recording = recording
        self.client = app.test_client()
        #: what the server gave then → what it gives now
        self.instead: dict[str, str] = {}
        self.epochs: dict[int, int] = {0: 0}
        self.holds = Phone(self.client, register=False)

    def play(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """Each recorded exchange with the answer of today."""
        worlds.build(self.recording.world)
        for line in self.recording.lines:
            if "act" in line:
                _act(self.recording.world, line)
                db.session.expire_all()
                continue
            answer = ask(self.client, self._now(line))
            then = body_of(line["answer"])
            self._learn(line, then, answer)
            yield line, answer

    def _now(self, line: dict[str, Any]) -> dict[str, Any]:
        path = line["path"]
        for old, new in self.instead.items():
            path = path.replace(old, new)
        said = body_of(line)
        if line["path"] != "/api/sync" or said is None:
            return line | {"path": path}
        said["cursor"] = self.instead.get(said["cursor"], said["cursor"])
        said["epoch"] = self.epochs.get(said["epoch"], said["epoch"])
        if said["manifest_hash"]:
            self.holds.cursor = said["cursor"]
            said["manifest_hash"] = self.holds.request()["manifest_hash"]
        return line | {"body": base64.b64encode(json.dumps(said).encode()).decode()}

    def _learn(self, line: dict[str, Any], then: Any, answer: Any) -> None:
        location = line["answer"]["headers"].get("Location")
        if location and "Location" in answer.headers:
            self.instead[_ID.findall(location)[0]] = _ID.findall(answer.headers["Location"])[0]
        if line["path"] != "/api/sync" or answer.status_code != 200 or not answer.is_json or line["fault"]:
            return
        self.instead[then["to"]] = answer.json["to"]
        self.epochs[then["epoch"]] = answer.json["epoch"]
        if "fork" not in answer.json:
            self.holds.cursor = answer.json["from"]
            self.holds.take(answer.json)


# shapes: what a side says, without what it says it about


def shape(value: Any) -> Any:
    """Names and kinds of a JSON value; a list is the shape of all its members together."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return ["list", _together([shape(part) for part in value])]
    return {bool: "flag", int: "number", float: "number", str: "text", type(None): "nothing"}[type(value)]


def _together(shapes: list[Any]) -> Any:
    found: Any = "nothing"
    for one in shapes:
        found = merged(found, one)
    return found


def merged(one: Any, other: Any) -> Any:
    """A shape that both have; what only one says may be left out."""
    if one == other or other == "nothing":
        return one
    if one == "nothing":
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return {name: merged(one.get(name, "nothing"), other.get(name, "nothing")) for name in {*one, *other}}
    if isinstance(one, list) and isinstance(other, list):
        return ["list", merged(one[1], other[1])]
    return "one of several"


def is_still(then: Any, now: Any, at: str = "") -> Iterator[str]:
    """Where an answer of today says less than then, or something of another kind; more is welcome."""
    if then in ("nothing", now) or now == "nothing" or then == "one of several":
        return
    if isinstance(then, dict) and isinstance(now, dict):
        for name, part in then.items():
            if name in now:
                yield from is_still(part, now[name], f"{at}.{name}")
            else:
                yield f"{at}.{name} is gone"
    elif isinstance(then, list) and isinstance(now, list):
        yield from is_still(then[1], now[1], f"{at}[]")
    else:
        yield f"{at} was {then}, is {now}"


def shapes_of(recording: Recording) -> dict[str, Any]:
    """What a client says, by kind of request and, for operations, by kind."""
    found: dict[str, Any] = {}
    for line in recording.exchanges:
        said = body_of(line)
        ops = said.pop("ops", []) if isinstance(said, dict) and line["path"] != "/api/rescue" else []
        name = f"{line['method']} {_ID.sub('<id>', line['path'])}"
        headers = dict.fromkeys(line["headers"], "text")
        found[name] = merged(found.get(name, "nothing"), {"headers": headers, "body": shape(said)})
        for op in ops:
            found[f"op {op['kind']}"] = merged(found.get(f"op {op['kind']}", "nothing"), shape(op))
    return found
