"""Dates in words: the server against the vectors that the phone obeys, too (tests/js/core/dates.test.js)."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from fieldservice.core import i18n

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "dates.json").read_text())


def named(kind: str) -> Any:
    return pytest.mark.parametrize("vector", VECTORS[kind], ids=lambda vector: vector["name"])


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    app = Flask("fieldservice")
    i18n.init_app(app)
    with app.app_context(), i18n.speaking(request.param):
        yield request.param


@pytest.fixture(params=["Asia/Shanghai", "America/New_York"])
def _zone_of_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    assert os.environ["TZ"] == request.param
    yield
    monkeypatch.undo()
    time.tzset()


pytestmark = pytest.mark.usefixtures("_zone_of_machine")


@named("days")
def test_it_writes_a_day(vector: dict[str, Any], language: str) -> None:
    value = date.fromisoformat(vector["date"])
    assert i18n.day(value) == vector["day"][language]
    assert i18n.full_date(value) == vector["full_date"][language]


@named("moments")
def test_it_writes_a_moment_in_the_zone_of_the_branch(vector: dict[str, Any], language: str) -> None:
    at, zone = moment(vector["at_ms"]), vector["timezone"]
    assert i18n.local(at, zone).date().isoformat() == vector["date"]
    assert i18n.clock_time(at, zone) == vector["time"]
    assert i18n.day_and_time(at, zone) == vector["day_and_time"][language]


@named("windows")
def test_it_writes_a_window(vector: dict[str, Any], language: str) -> None:
    span = moment(vector["start_ms"]), moment(vector["end_ms"])
    assert i18n.window(*span, vector["timezone"]) == vector["text"]


def moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
