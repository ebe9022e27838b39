"""Every screen has its picture in `make pictures`, or a reason why not."""

import re

from flask import Flask

from tests.support.databases import ROOT
from tools import screens


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


def _words(script: str, pattern: str) -> set[str]:
    found = re.search(pattern, (ROOT / "static/js/screens" / script).read_text())
    assert found
    return set(re.findall(r"'([^']+)'", found[1]))
