"""Every screen has its picture in `make pictures`, or a reason why not."""

import re
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.support.databases import ROOT
from tools import pictures, screens


def test_every_page_of_the_routes_is_pictured(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    known = {*screens.DESK, *screens.PUBLIC, *screens.NO_SCREEN}
    assert routes - known == set(), "new screens: give them a line in tools/screens.py"
    assert known - routes == set(), "screens that are gone"


def test_every_screen_of_the_phone_is_pictured() -> None:
    names = _words("routes.js", r"NAMES = \[(.*?)\]")
    parts = {f"job/{part}" for part in _words("app.js", r"PARTS = \[(.*?)\]")}
    assert names | parts == set(screens.PHONE)


def test_no_two_pictures_have_one_name() -> None:
    desk = [name for name, _who in screens.DESK.values()]
    for names in (desk, [*screens.PUBLIC.values(), *screens.PUBLIC_AS_WELL.values()], list(screens.PHONE.values())):
        assert len(names) == len(set(names))


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("day", ["2026-01-05", "2026-07-05"])
def test_it_is_midday_where_pictures_are_taken(day: str, hour: int) -> None:
    for minute in (0, 29, 30, 59):
        at = datetime.fromisoformat(f"{day}T{hour:02}:{minute:02}:59+00:00")
        there = at.astimezone(ZoneInfo(pictures.midday_zone(at)))
        assert time(12, 30) <= there.time() < time(13, 30), there


def _words(script: str, pattern: str) -> set[str]:
    found = re.search(pattern, (ROOT / "static/js/screens" / script).read_text())
    assert found
    return set(re.findall(r"'([^']+)'", found[1]))
