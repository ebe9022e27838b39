"""What released clients said and heard: replayed against the server of today, and compared with the client of today."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.core.oplog import LogEntry
from fieldservice.jobs.models import Job
from fieldservice.sync.operations import OPERATIONS
from tests.traffic.recording import (
    Recording,
    Replay,
    body_of,
    is_still,
    read,
    record,
    shape,
    shapes_of,
    version_now,
    versions,
)

AGAIN = (
    "Raise the version in package.json and record it: `python -m tools.record_traffic`; "
    "a version that was never released is recorded anew with `--replace` (CONTRIBUTING.md)."
)


@pytest.mark.parametrize("version", versions())
def test_a_day_of_a_released_client_still_goes_as_it_went(app: Flask, session, version: str) -> None:
    recording = read(version)
    for number, (line, answer) in enumerate(Replay(app, recording).play()):
        where = f"{version}, request {number}: {line['method']} {line['path']}"
        then = line["answer"]
        assert answer.status_code == then["status"], f"{where}: {answer.text}"
        for name in ("Upload-Offset", "Upload-Length", "Tus-Resumable"):
            assert answer.headers.get(name) == then["headers"].get(name), f"{where}: {name}"
        said = body_of(then)
        if said is not None:
            wrong = [*is_still(shape(said), shape(answer.json)), *_otherwise(said, answer.json)]
            assert not wrong, f"{where}: {wrong}"
    _compare_the_end(recording, session)


def _otherwise(then: Any, now: Any) -> list[str]:
    """What must be the very same: errors, results and their reasons, which things were told of, what comes next."""
    found = [] if then.get("error", {}).get("code") == now.get("error", {}).get("code") else ["another error"]
    if isinstance(then.get("acks"), list) and then["acks"] and isinstance(then["acks"][0], dict):
        found += [f"{a} became {b}" for a, b in zip(_acks(then), _acks(now), strict=True) if a != b]
    for name in ("more", "fork", "state"):
        if then.get(name) != now.get(name):
            found.append(f"{name}: {then.get(name)} became {now.get(name)}")
    if _told(then) - _told(now):
        found.append(f"not told any more: {_told(then) - _told(now)}")
    return found


def _told(body: Any) -> set[tuple[str, str]]:
    return {(change["type"], change["id"]) for change in body.get("changes", [])}


def _acks(body: Any) -> list[tuple[str, str, str]]:
    return [(ack["id"], ack["result"], (ack["note"] or {}).get("code", "")) for ack in body["acks"]]


def _compare_the_end(recording: Recording, session) -> None:
    """Everything once in the log, the jobs where they were: every recorded ack is in the log as it was told."""
    heard = [line["answer"] for line in recording.exchanges if line["path"] == "/api/sync" and not line["fault"]]
    told = {ack[0]: ack[1] for answer in heard if answer["status"] == 200 for ack in _acks(body_of(answer))}
    session.expire_all()
    entries = {one.id: one.result for one in session.scalars(sa.select(LogEntry).filter_by(origin="phone"))}
    assert {one: entries.get(one) for one in told} == told
    states = {job.id: job.state for job in session.scalars(sa.select(Job))}
    assert [states[one] for one in recording.world.jobs] == ["working", "assigned", "cancelled"]


def test_a_recording_has_everything_a_client_can_say() -> None:
    newest = read(versions()[-1])
    found = shapes_of(newest)
    assert {name.removeprefix("op ") for name in found if name.startswith("op ")} == set(OPERATIONS)
    statuses = {(line["path"], line["answer"]["status"]) for line in newest.exchanges}
    assert {("/api/sync", 200), ("/api/sync", 401), ("/api/uploads", 201), ("/api/rescue", 200)} <= statuses
    answers = [body_of(line["answer"]) for line in newest.exchanges if line["path"] == "/api/sync"]
    assert any(answer.get("fork") for answer in answers)
    assert len({answer["epoch"] for answer in answers if "epoch" in answer}) == 2
    assert {line["method"] for line in newest.exchanges} == {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"}
    results = {ack[1] for answer in answers if answer.get("acks") for ack in _acks(answer)}
    assert {"applied", "quarantined", "late_evidence"} <= results


def test_the_client_of_today_says_what_its_newest_recording_says(app: Flask, session) -> None:
    """A release cannot forget it: another shape needs another version, and its recording."""
    newest = versions()[-1]
    assert newest == version_now(), f"The newest recording is of {newest}, the client is {version_now()}. {AGAIN}"
    then, now = shapes_of(read(newest)), shapes_of(record(app))
    changed = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    assert not changed, f"{changed} of {newest} look otherwise now. {AGAIN}\n" + "\n".join(
        f"{name}:\n  then {then.get(name)}\n  now  {now.get(name)}" for name in changed)


def test_shapes_tell_what_was_lost_from_what_was_added() -> None:
    then = shape({"a": 1, "b": [{"c": "x"}, {"c": None, "d": True}], "e": None})
    assert list(is_still(then, shape({"a": 2, "b": [{"c": "y", "d": False, "new": 1}], "e": {"f": 1}, "g": 1}))) == []
    lost = shape({"a": "2", "b": [{"d": False}], "e": 1})
    assert list(is_still(then, lost)) == [".a was number, is text", ".b[].c is gone"]
