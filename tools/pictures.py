"""`make pictures`: the README's pictures, taken of the running product with its sample data."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from tests.e2e.trip import sign_in_desk, sign_in_phone  # noqa: E402
from tests.support import shared_folder  # noqa: E402
from tests.support.browser import chromium_options  # noqa: E402
from tests.support.server import Server, running_server, with_sample_data  # noqa: E402

TARGET = ROOT / "docs" / "pictures"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1366, "height": 768}}


def main() -> int:
    """Takes every picture anew."""
    shared = shared_folder.open_shared_folder()
    TARGET.mkdir(exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            running_server(with_sample_data("sqlite"), Path(folder) / "data") as server,
            sync_playwright() as driver,
        ):
            browser = driver.chromium.launch(**chromium_options())
            for language in ("zh-CN", "en"):
                take_phone(browser, server, language)
                take_desk(browser, server, language)
            browser.close()
    finally:
        shared_folder.remove_shared_folder(shared)
    return 0


def take_phone(browser: Browser, server: Server, language: str) -> None:
    """Today, a job, and a step that is only on the phone."""
    context = browser.new_context(base_url=server.url, locale=language, permissions=["geolocation"], **PHONE)
    page = context.new_page()
    sign_in_phone(page, server)
    keep(page, "phone-today", language)
    page.locator('main a[href^="#/job/"]').first.click()
    expect(page.locator(".planks")).to_be_visible()
    keep(page, "phone-job", language)
    context.set_offline(True)
    page.locator(".dock .next").click()
    page.wait_for_timeout(3_500)
    page.goto("/app/#/outbox")
    expect(page.locator(".figures")).to_be_visible()
    keep(page, "phone-outbox", language)
    context.close()


def take_desk(browser: Browser, server: Server, language: str) -> None:
    """The dispatcher's day and a job."""
    context = browser.new_context(base_url=server.url, locale=language, **DESK)
    page = context.new_page()
    sign_in_desk(page, server)
    keep(page, "desk-day", language)
    context.close()


def keep(page: Page, name: str, language: str) -> None:
    """Writes the picture when everything has come to rest."""
    page.wait_for_timeout(700)
    page.screenshot(path=TARGET / f"{name}-{language[:2]}.png")


if __name__ == "__main__":
    sys.exit(main())
