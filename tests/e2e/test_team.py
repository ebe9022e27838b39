"""The team at the desk by keyboard: a week is opened, a day off entered; nothing speaks against it in axe."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.trip import sign_in_desk
from tests.support.browser import assert_accessible
from tests.support.server import Server


@pytest.mark.parametrize("language", ["en"])
def test_a_day_off_is_entered_by_keyboard(desk: Page, server: Server) -> None:
    sign_in_desk(desk, server, "0102")
    desk.goto("/team")
    assert_accessible(desk)
    desk.get_by_role("link", name="王建国").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="王建国")).to_be_visible()
    certificate = desk.get_by_label("Electrician's certificate", exact=True)
    held = desk.locator("li", has=certificate)
    expect(held.get_by_label(re.compile("Certified until"))).to_be_visible()
    certificate.focus()
    desk.keyboard.press("Space")
    expect(held.get_by_label(re.compile("Certified until"))).to_be_hidden()
    desk.keyboard.press("Space")
    assert_accessible(desk)
    desk.get_by_label("First day").fill("2031-03-03")
    desk.get_by_label(re.compile("Reason")).focus()
    desk.keyboard.type("搬家")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("listitem").filter(has_text="搬家")).to_contain_text("Day off")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_buttons_of_a_narrow_page_stand_beside_one_another(language: str, desk: Page, server: Server) -> None:
    sign_in_desk(desk, server, "0102")
    desk.set_viewport_size({"width": 360, "height": 640})
    desk.goto("/team")
    boxes = [one.bounding_box() for one in desk.locator(".desktop > .btn").all()]
    assert len(boxes) == 2
    first, second = boxes
    assert first
    assert second
    assert 0 < second["x"] - first["x"] - first["width"] < 20
    assert abs(second["y"] - first["y"]) < 2
