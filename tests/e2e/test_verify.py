"""Anybody checks a report: on a small phone, without scripts, in both languages, dropped on the field or typed."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from fieldservice.core.db import db
from fieldservice.reports.rules import shown_code
from tests.cast import a_cast
from tests.e2e.conftest import SMALL_PHONE
from tests.support.browser import assert_accessible
from tests.support.server import Server
from tests.verification import sealed

WORDS = {
    "zh-CN": ("真实且未被改动", "封存后被添加了内容", "我们制作过这个验证码的报告", "检查文件", "查询验证码"),
    "en": ("Genuine and unchanged", "Something was added after it was sealed", "We made a report with this code",
           "Check the file", "Look up the code"),
}  # fmt: skip


@pytest.fixture
def made(bare_server: Server, server_app: Flask) -> sealed.Made:
    def make() -> sealed.Made:
        with server_app.app_context():
            found = sealed.a_sealed_report(a_cast())
            db.session.remove()
            return found

    return sealed.apart(make)


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it has to be pushed sideways"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_report_is_checked_without_scripts(bare_server: Server, made: sealed.Made, open_context: Any, language: str,
                                             tmp_path: Path) -> None:  # fmt: skip
    genuine, added, known, check, look_up = WORDS[language]
    page = open_context(**SMALL_PHONE, java_script_enabled=False).new_page()
    page.goto(f"{bare_server.url}/verify")
    page.get_by_role("textbox").fill(made.code.lower())
    page.get_by_role("button", name=look_up).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(known)
    page.locator("input[type=file]").set_input_files(sealed.at_path(tmp_path, made.pdf))
    page.get_by_role("button", name=check).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(genuine)
    expect(page.locator("main")).to_contain_text(shown_code(made.code))

    page = open_context(**SMALL_PHONE).new_page()
    for address in ("/verify", f"/verify/{made.code}"):
        page.goto(f"{bare_server.url}{address}")
        assert_accessible(page)
        fits(page)
    page.screenshot(path=tmp_path / "code.png", full_page=True)
    drop(page, sealed.edited(made.pdf))  # the form for this very report
    page.get_by_role("button", name=check).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(added)
    assert_accessible(page)
    fits(page)
    assert weight(page) < 60_000


def drop(page: Page, pdf: bytes) -> None:
    """As a hand drops a file from the desktop: the browser itself puts it into the field."""
    page.locator("input[type=file]").evaluate(
        """(field, bytes) => {
             const carried = new DataTransfer();
             carried.items.add(new File([new Uint8Array(bytes)], "报告.pdf", { type: "application/pdf" }));
             field.files = carried.files;
           }""",
        list(pdf),
    )


def weight(page: Page) -> int:
    """Bytes of everything that the page fetched beside itself."""
    sizes: list[int] = page.evaluate("performance.getEntriesByType('resource').map(one => one.encodedBodySize)")
    return sum(sizes)
