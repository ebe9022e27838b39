"""Browsers and servers for the tests that run the product as a person uses it; tests/README.md says how."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, sync_playwright

from tests.conftest import chosen_kinds
from tests.support.browser import NETWORK_ERROR, LastingBrowser, Watch, chromium_options, watch_context
from tests.support.databases import ROOT, app_on, close, migrated
from tests.support.server import Server, running_server, with_sample_data

TOUCH = {"device_scale_factor": 2, "is_mobile": True, "has_touch": True}
PHONE = {"viewport": {"width": 412, "height": 915}, **TOUCH}
SMALL_PHONE = {"viewport": {"width": 360, "height": 640}, **TOUCH}
DESK = {"viewport": {"width": 1366, "height": 768}}

ARTEFACTS = ROOT / "test-artefacts"


#: files that take longest, minutes when they are alone: begun first, so that no worker is left alone with one at the
#: end. What mostly waits (for `make run`, for a clock) stands beside what mostly works.
LONGEST = ("start", "pseudo_language", "stories", "trip", "update", "visit", "day", "phone_screens", "faults", "board",
           "imports", "visit_faults", "checklist_editor", "accounts", "handover", "checklist")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; all others in the order they have."""
    names = [f"test_{name}.py" for name in LONGEST]

    def place(item: pytest.Item) -> int:
        if item.path.parent != Path(__file__).parent:
            return -1
        return names.index(item.path.name) if item.path.name in names else len(names)

    items.sort(key=place)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Browser tests run on SQLite, the marked ones on PostgreSQL too."""
    if "server_kind" in metafunc.fixturenames:
        kinds = chosen_kinds(metafunc.config)
        if not metafunc.definition.get_closest_marker("both_databases"):
            kinds = kinds[:1]
        metafunc.parametrize("server_kind", kinds, scope="module")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """A failed test leaves pictures of its pages and the log of its server."""
    report = yield
    if report.when == "call" and report.failed:
        values = getattr(item, "funcargs", {})
        for server in {id(v): v for v in values.values() if isinstance(v, Server)}.values():
            report.sections.append(("server log", server.log()))
        if watch := values.get("watch"):
            _photograph(watch, item.name)
            report.sections.append(("browser complaints", "\n".join(watch.complaints())))
    return report


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the session; tests take contexts of it."""
    launched = playwright.chromium.launch(**chromium_options())
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def module_server(server_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server behind `server`."""
    with running_server(with_sample_data(server_kind), tmp_path_factory.mktemp("server") / "data") as started:
        yield started


@pytest.fixture
def server(module_server: Server, watch: Watch) -> Server:
    """The product with sample data; one for all tests of a module."""
    module_server.on_away = lambda: watch.expect(NETWORK_ERROR)
    if not module_server.answers():
        module_server.restart()
    return module_server


@pytest.fixture
def own_server(server_kind: str, tmp_path: Path, watch: Watch) -> Iterator[Server]:
    """The product with sample data for this test alone."""
    with running_server(with_sample_data(server_kind), tmp_path / "data") as started:
        started.on_away = lambda: watch.expect(NETWORK_ERROR)
        yield started


@pytest.fixture
def bare_server(server_kind: str, tmp_path: Path, watch: Watch) -> Iterator[Server]:
    """The product without any data, for this test alone."""
    with running_server(migrated(server_kind), tmp_path / "data") as started:
        started.on_away = lambda: watch.expect(NETWORK_ERROR)
        yield started


@pytest.fixture
def used_server(request: pytest.FixtureRequest, server_kind: str) -> Server:
    """Whichever server the test asked for; `server` if none."""
    # server_kind stands here so that pytest sees it: the servers below are asked for by name at run time.
    for name in ("own_server", "bare_server"):
        if name in request.fixturenames:
            return request.getfixturevalue(name)
    return request.getfixturevalue("server")


@pytest.fixture
def server_app(used_server: Server) -> Iterator[Flask]:
    """The application on the server's data in this process, to build what is needed and read what came."""
    made = app_on(used_server.database, used_server.data_dir, BASE_URL=used_server.url)
    yield made
    close(made)


@pytest.fixture
def language() -> str:
    """The browser's language; `@pytest.mark.parametrize("language", ["zh-CN", "en"])` runs in both."""
    return "zh-CN"


@pytest.fixture
def colour_scheme() -> str:
    """The system's colours; `@pytest.mark.parametrize("colour_scheme", ["light", "dark"])` runs in both."""
    return "light"


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """Fails the test on any complaint of a page that is not marked with `expect_console`."""
    marks = request.node.iter_markers("expect_console")
    watching = Watch([pattern for mark in marks for pattern in mark.args])
    yield watching
    complaints = watching.complaints()
    assert not complaints, "The browser complained:\n" + "\n".join(complaints)


@pytest.fixture
def open_context(
    browser: Browser, used_server: Server, watch: Watch, language: str, colour_scheme: str
) -> Iterator[Callable[..., BrowserContext]]:
    """`open_context(**PHONE)` makes a further, separate browser; options as for `Browser.new_context`."""
    opened: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**_options(used_server, language, colour_scheme, **options))
        watch_context(watch, context)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def phone_context(open_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A phone, 412 × 915."""
    return open_context(**PHONE)


@pytest.fixture
def small_phone(open_context: Callable[..., BrowserContext]) -> BrowserContext:
    """The smallest phone we serve, 360 × 640."""
    return open_context(**SMALL_PHONE)


@pytest.fixture
def desk_context(open_context: Callable[..., BrowserContext]) -> BrowserContext:
    """An office computer, 1366 × 768."""
    return open_context(**DESK)


@pytest.fixture
def phone(phone_context: BrowserContext) -> Page:
    """A page on the phone."""
    return phone_context.new_page()


@pytest.fixture
def desk(desk_context: BrowserContext) -> Page:
    """A page at the desk."""
    return desk_context.new_page()


@pytest.fixture
def persistent_phone(
    playwright: Playwright,
    used_server: Server,
    watch: Watch,
    language: str,
    colour_scheme: str,
    tmp_path: Path,
) -> Iterator[LastingBrowser]:
    """A phone whose browser can be killed and opened again: `.open()`, `.kill()`, `.open()`."""
    options = _options(used_server, language, colour_scheme, **PHONE)
    lasting = LastingBrowser(playwright, tmp_path / "profile", watch, options)
    yield lasting
    lasting.close()


def _options(server: Server, language: str, colour_scheme: str, **more: Any) -> dict[str, Any]:
    common = {"base_url": server.url, "locale": language, "color_scheme": colour_scheme}
    return {**common, "timezone_id": "Asia/Shanghai", **more}


def _photograph(watch: Watch, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    file_name = re.sub(r"[^\w.-]+", "-", name)
    for number, page in enumerate(watch.pages()):
        with suppress(Error):  # a page that hangs must not hide why the test failed
            page.screenshot(path=ARTEFACTS / f"{file_name}-{number}.png", timeout=5000)
