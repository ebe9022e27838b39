"""Chromium as the tests drive it: strict about every complaint of a page, able to lose network and life."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Playwright, WebError

from tests.support.databases import ROOT
from tests.support.processes import processes

# What Chromium itself writes when there is no way to the server; expected once a test has cut that way.
NETWORK_ERROR = r"net::ERR_(INTERNET_DISCONNECTED|CONNECTION_\w+|EMPTY_RESPONSE|NETWORK_\w+|FAILED)"

#: Of Chromium; the first two are pages of the address bar, which Chromium would start a process for in each window.
#: The others are Playwright's own list: a second flag of this name takes the place of the first.
UNWANTED_FEATURES = (
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)

REPORT_VIOLATIONS = """
addEventListener('securitypolicyviolation', (event) =>
  console.error(`CSP violation: ${event.effectiveDirective} blocked ${event.blockedURI} ${event.sample}`));
"""


class Watch:
    """Collects what pages complain about: console errors, uncaught errors, violations of the CSP."""

    def __init__(self, expected: list[str]) -> None:
        """`expected`: regular expressions of messages this test causes on purpose."""
        self._expected = list(expected)
        self._complaints: list[str] = []
        self._contexts: list[BrowserContext] = []

    def expect(self, pattern: str) -> None:
        """Messages that match are no complaints for the rest of the test, nor were they before."""
        self._expected.append(pattern)

    def add(self, context: BrowserContext) -> None:
        """Watch every page and service worker of the context, present and future."""
        self._contexts.append(context)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    def complaints(self) -> list[str]:
        """What was not expected."""
        return [text for text in self._complaints if not any(re.search(p, text) for p in self._expected)]

    def pages(self) -> list[Page]:
        """Pages still open."""
        return [page for context in self._contexts if not context.is_closed() for page in context.pages]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self._complaints.append(f"console: {message.text} ({place['url']}:{place['lineNumber']})")

    def _on_error(self, error: WebError) -> None:
        self._complaints.append(f"uncaught: {error.error.stack or error.error.message}")


@contextmanager
def offline(context: BrowserContext) -> Iterator[None]:
    """No network for the context inside the block, service worker included."""
    if watch := _watches.get(context):
        watch.expect(NETWORK_ERROR)
    context.set_offline(True)
    yield
    context.set_offline(False)


def watch_context(watch: Watch, context: BrowserContext) -> None:
    """Tie a context to the watch of its test."""
    watch.add(context)
    _watches[context] = watch


COME_TO_REST = """async () => {
  // a page in the background draws nothing
  const drawn = () => new Promise((go) => { requestAnimationFrame(() => setTimeout(go)); setTimeout(go, 200); });
  const moving = () => document.getAnimations()
    .filter((one) => one.playState === 'running' && one.effect?.getComputedTiming().endTime < 5000);
  for (let round = 0; round < 20; round += 1) {
    await drawn(); await drawn();  // what was just shown begins to move with the next picture
    if (!moving().length) return;
    await Promise.allSettled(moving().map((one) => one.finished));
  }
}"""


def come_to_rest(page: Page) -> None:
    """Wait until the page is loaded and what fades or slides in is there; what moves for ever is left to itself."""
    page.wait_for_load_state()
    page.wait_for_function("document.documentElement && document.body")
    page.evaluate(COME_TO_REST)


def assert_accessible(page: Page, *, leave_out: tuple[str, ...] = (), also: tuple[str, ...] = ()) -> None:
    """axe finds nothing on the page as it is, once what fades in is there: WCAG 2.2 A and AA and axe's best practices.

    `leave_out` names rules that do not apply, each with a reason in a comment where it is called; `also` names
    rules that axe leaves out by itself.
    """
    come_to_rest(page)
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
    rules = {name: {"enabled": False} for name in leave_out} | {name: {"enabled": True} for name in also}
    found = page.evaluate("(rules) => axe.run(document, {rules, resultTypes: ['violations']})", rules)
    lines = [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n"
        + "\n".join(f"    {node['target']} {node['html'][:160]}" for node in violation["nodes"])
        for violation in found["violations"]
    ]
    assert not lines, f"{page.url} is not accessible:\n" + "\n".join(lines)


def chromium_options() -> dict[str, Any]:
    """How Chromium is launched: Debian's, by path, without anything that talks to the outside by itself."""
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        f"--disable-features={','.join(UNWANTED_FEATURES)}",
        "--disable-gpu",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
    ]
    root = ["--no-sandbox"] if os.getuid() == 0 else []
    path = os.environ.get("FIELDSERVICE_CHROMIUM") or "/usr/bin/chromium"
    return {"executable_path": path, "args": quiet + root}


class LastingBrowser:
    """A browser on a profile that survives it, as a phone's does: close or kill it, open it again."""

    def __init__(self, playwright: Playwright, profile: Path, watch: Watch, options: dict[str, Any]) -> None:
        """`options` as for `Browser.new_context`."""
        self._playwright = playwright
        self._profile = profile
        self._watch = watch
        self._options = options
        self._context: BrowserContext | None = None

    def open(self) -> BrowserContext:
        """Start it; cookies, IndexedDB and service worker are those of last time."""
        self._context = self._playwright.chromium.launch_persistent_context(
            self._profile, **chromium_options(), **self._options
        )
        watch_context(self._watch, self._context)
        return self._context

    def close(self) -> None:
        """End it in order."""
        if self._context is not None:
            with suppress(Error):  # it may have been killed
                self._context.close()
            self._context = None

    def kill(self) -> None:
        """SIGKILL the browser's main process and all it started; nothing is flushed."""
        mains = _processes_of(self._profile)
        assert mains, "the browser does not run"
        family = [*mains, *_descendants(mains)]
        for number in family:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.close()


_watches: dict[BrowserContext, Watch] = {}


def _processes_of(profile: Path) -> list[int]:
    wanted = f"--user-data-dir={profile}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def _descendants(numbers: list[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for process in processes():
        children.setdefault(process.parent, []).append(process.number)
    below = [child for number in numbers for child in children.get(number, [])]
    return below + _descendants(below) if below else []
