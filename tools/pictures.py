"""`make pictures`: every screen of the product with sample data, and the README's few pictures.

Every screen (tools/screens.py) at a desk and on a phone, in both languages, light and dark, goes into
test-artefacts/pictures as <place>-<screen>--<width>-<language>-<scheme>.jpg with sheets of many small ones to look
through. The installation is where it is midday now, so that the day shown has begun and is not over:
the sample's visits lie around the present hour, and so within working hours.
`ONLY=phone-job make pictures` takes those whose name begins so; `README=1` takes only the README's.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright  # noqa: E402

from tests.support import shared_folder  # noqa: E402
from tests.support.browser import chromium_options  # noqa: E402
from tests.support.server import Server, running_server, with_sample_data  # noqa: E402
from tools import screens  # noqa: E402
from tools.scene import Scene, prepare  # noqa: E402

FOLDER = ROOT / "test-artefacts" / "pictures"
README = ROOT / "docs" / "pictures"
LANGUAGES = {"zh": "zh-CN", "en": "en"}
SCHEMES = ("light", "dark")
TOUCH = {"is_mobile": True, "has_touch": True}
#: place → sizes; the first in all languages and schemes, the others once
SIZES = {
    "desk": ((1366, 768), (1920, 1080), (360, 640)),
    "phone": ((412, 915), (360, 640)),
    "public": ((412, 915), (360, 640)),
}
README_WIDTH = {"phone": 390, "desk": 1366}
SETTLE_MS = 350
#: no picture is higher
MOST_PIXELS = 6000
SHEET_WIDTH = 2000
#: zones without summer time, one for each hour that a clock may be from UTC
ZONES = (
    "Asia/Shanghai", "Asia/Tokyo", "Pacific/Port_Moresby", "Pacific/Guadalcanal", "Pacific/Tarawa", "Asia/Bangkok",
    "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai", "Africa/Nairobi", "Africa/Maputo", "Africa/Lagos", "Africa/Abidjan",
    "Atlantic/Cape_Verde", "America/Noronha", "America/Argentina/Buenos_Aires", "America/La_Paz", "America/Bogota",
    "America/Guatemala", "America/Phoenix", "Pacific/Pitcairn", "Pacific/Gambier", "Pacific/Honolulu",
    "Pacific/Pago_Pago",
)  # fmt: skip
ZONE = "FIELDSERVICE_TIMEZONE"


@dataclass(frozen=True)
class Look:
    """One way to see all screens of a place."""

    place: str
    width: int
    height: int
    language: str
    scheme: str

    @property
    def name(self) -> str:
        return f"{self.width}-{self.language}-{self.scheme}"


def main() -> int:
    """Takes every picture anew."""
    os.environ[ZONE] = midday_zone(datetime.now(UTC))
    shared = shared_folder.open_shared_folder()
    FOLDER.mkdir(parents=True, exist_ok=True)
    README.mkdir(exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            running_server(with_sample_data("sqlite"), Path(folder) / "data") as server,
            sync_playwright() as driver,
        ):
            browser = driver.chromium.launch(**chromium_options())
            if not os.environ.get("ONLY"):
                for language in LANGUAGES:
                    take_sample_day(browser, server, language)
            scene = prepare(server)
            if not os.environ.get("README"):
                for look in looks():
                    take(browser, server, scene, look)
                sheets()
            if not os.environ.get("ONLY"):
                for language in LANGUAGES:
                    take_readme(browser, server, scene, language)
            browser.close()
    finally:
        shared_folder.remove_shared_folder(shared)
    return 0


def midday_zone(at: datetime) -> str:
    """Where it is between 12:30 and 13:30 at this moment: nobody's clock is touched, and no picture is taken at night."""
    later = at + timedelta(minutes=30)
    return next(zone for zone in ZONES if later.astimezone(ZoneInfo(zone)).hour == 13)


def looks() -> Iterator[Look]:
    """Every place in its first size in both languages and schemes; in its other sizes once."""
    for place, (first, *others) in SIZES.items():
        for language in LANGUAGES:
            for scheme in SCHEMES:
                yield Look(place, *first, language, scheme)
        for size in others:
            yield Look(place, *size, "zh", "light")


# --- taking


def take(browser: Browser, server: Server, scene: Scene, look: Look) -> None:
    """All screens of a place in one look."""
    if look.place == "phone":
        return take_phone(browser, server, scene, look)
    wanted = [(route, f"{look.place}-{name}", who) for route, name, who in _pages(look.place)]
    for staff_no in dict.fromkeys(who for _route, _name, who in wanted):
        mine = [(route, name) for route, name, who in wanted if who == staff_no and _is_asked(name)]
        if not mine:
            continue
        with opened(browser, server, look) as context:
            page = context.new_page()
            if staff_no:
                sign_in(page, server, staff_no)
            for route, name in mine:
                shoot(page, scene, route, name, look)
    return None


def _pages(place: str) -> Iterator[tuple[str, str, str]]:
    if place == "desk":
        yield from ((route, name, who) for route, (name, who) in screens.DESK.items())
    else:
        for screen, name in (screens.PUBLIC | screens.PUBLIC_AS_WELL).items():
            yield screen, name, screens.NOBODY


def shoot(page: Page, scene: Scene, route: str, name: str, look: Look) -> None:
    """One page; whatever goes wrong is told, and the others are taken."""
    try:
        answer = page.goto(scene.addresses[route])
        if page.locator("input[name=digits]").count():
            page.locator("input[name=digits]").fill(scene.digits)
            page.locator("input[name=digits]").press("Enter")
            page.wait_for_timeout(SETTLE_MS)
            answer = page.goto(scene.addresses[route])
        if answer and answer.status >= 400 and name != "public-link-gone":
            print(f"{name}: {answer.status} {scene.addresses[route]}", file=sys.stderr)
        if page.locator("[data-behaviour=map-pin]").count():
            expect(page.locator("[data-behaviour=map-pin] [data-part=box]")).to_be_visible()
        keep(page, name, look)
    except Error as error:
        print(f"{name} {look.name}: {str(error).splitlines()[0]}", file=sys.stderr)


def take_phone(browser: Browser, server: Server, scene: Scene, look: Look) -> None:
    """Every screen of the app, the tour, the lock, the customer's side, and how it is without signal."""
    names = {route: f"phone-{name}" for route, name in screens.PHONE.items()}
    more = (
        "phone-tour",
        "phone-offline",
        "phone-what-can-i-do-offline",
        "phone-outbox-offline",
        "phone-turned",
    )
    if not any(_is_asked(name) for name in [*names.values(), *more]):
        return
    with opened(browser, server, look) as context:
        page = context.new_page()
        page.goto("/app/#/sign-in")
        expect(page.locator("input[type=password]")).to_be_visible(timeout=20_000)
        keep(page, names.pop("sign-in"), look)
        page.goto("/app/#/setup")
        keep(page, names.pop("setup"), look)
        begin(page, server)
        expect(page.locator("tour-card section")).to_be_visible(timeout=20_000)
        keep(page, "phone-tour", look)
        leave_tour(page)
        for route, name in names.items():
            at_phone(
                page,
                f"#/job/{scene.job_id}/{route[4:]}".rstrip("/") if route.startswith("job") else f"#/{route}",
            )
            keep(page, name, look)
        turn(page, scene)
        keep(page, "phone-turned", look)
    with opened(browser, server, look) as context:
        page = context.new_page()
        begin(page, server)
        leave_tour(page)
        context.set_offline(True)
        take_a_step(page)
        for place, name in (
            ("today", "offline"),
            ("help", "what-can-i-do-offline"),
            ("outbox", "outbox-offline"),
        ):
            at_phone(page, f"#/{place}")
            keep(page, f"phone-{name}", look)


def take_sample_day(browser: Browser, server: Server, language: str) -> None:
    """Of the README's few pictures those of a whole day, before anything is laid beside the sample's."""
    with opened(browser, server, Look("phone", README_WIDTH["phone"], 800, language, "light")) as context:
        page = context.new_page()
        begin(page, server)
        leave_tour(page)
        small(page, "phone-today", language)
    with opened(browser, server, Look("desk", README_WIDTH["desk"], 768, language, "light")) as context:
        page = context.new_page()
        sign_in(page, server, screens.DISPATCHER)
        page.goto("/board")
        small(page, "desk-board", language)


def take_readme(browser: Browser, server: Server, scene: Scene, language: str) -> None:
    """The rest of the few pictures people see first, small."""
    phone = Look("phone", README_WIDTH["phone"], 800, language, "light")
    with opened(browser, server, phone) as context:
        page = context.new_page()
        begin(page, server)
        leave_tour(page)
        for part, name in (("visit", "checklist"), ("photos", "photos")):
            at_phone(page, f"#/job/{scene.job_id}/{part}")
            small(page, f"phone-{name}", language)
        turn(page, scene)
        if language == "en":
            page.locator(
                ".turned-bar button"
            ).click()  # the customer's language is chosen apart from the app's
        small(page, "phone-handover", language)
    with opened(browser, server, phone) as context:
        page = context.new_page()
        page.goto(scene.addresses["/c/<token>"])
        small(page, "customer-page", language)


# --- hands


@contextmanager
def opened(browser: Browser, server: Server, look: Look) -> Iterator[BrowserContext]:
    """A browser window of its own."""
    options: dict[str, Any] = TOUCH if look.place != "desk" or look.width < 600 else {}
    context = browser.new_context(
        base_url=server.url, locale=LANGUAGES[look.language], color_scheme=look.scheme,  # type: ignore[arg-type]
        viewport={"width": look.width, "height": look.height}, permissions=["geolocation"],
        timezone_id=os.environ[ZONE], **options)  # fmt: skip
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


def sign_in(page: Page, server: Server, staff_no: str) -> None:
    """At the desk."""
    page.goto("/sign-in")
    _fill(page, server, staff_no)
    expect(page.locator("body.desk")).to_be_visible()


def begin(page: Page, server: Server) -> None:
    """Signs in on the phone, unless somebody is, and waits until the app works without a network."""
    page.goto("/app/#/sign-in")
    _fill(page, server, screens.TECHNICIAN)
    expect(page.locator("a.stop, .in-hand").first).to_be_visible(timeout=20_000)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=20_000)


def _fill(page: Page, server: Server, staff_no: str) -> None:
    page.locator("input[autocomplete=username]").fill(staff_no)
    page.locator("input[type=password]").fill(server.passwords()[staff_no])
    page.locator("form button.next").click()


def leave_tour(page: Page) -> None:
    """The day without the first steps."""
    page.locator("tour-card button").first.click()
    expect(page.locator("tour-card")).to_have_count(0)


def at_phone(page: Page, place: str) -> None:
    """A screen of the app, once it has read."""
    page.goto(f"/app/{place}")
    expect(page.locator("fieldservice-app h1").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def take_a_step(page: Page) -> None:
    """The next step of the day, which stays on the phone without signal."""
    page.locator(".dock .next").first.click()
    expect(page.locator(".toasts > *").first).to_be_visible()
    expect(page.locator(".toasts > *")).to_have_count(
        0, timeout=30_000
    )  # until it can no longer be taken back


def turn(page: Page, scene: Scene) -> None:
    """The page in the customer's hands."""
    from tests.e2e import visit

    at_phone(page, f"#/job/{scene.job_id}/handover")
    visit.turn(page)


def keep(page: Page, name: str, look: Look) -> None:
    """The picture of what stands there: in the first size of a place all of it, in the others what a screen shows.

    Bars stay and the part between them scrolls, so the window is made as high as that part is long.
    """
    if not _is_asked(name):
        return
    page.wait_for_timeout(SETTLE_MS)
    is_whole = (look.width, look.height) == SIZES[look.place][0]
    beyond = page.evaluate(_BEYOND) if is_whole else 0
    if beyond:
        page.set_viewport_size({"width": look.width, "height": min(look.height + beyond, MOST_PIXELS)})
        page.wait_for_timeout(SETTLE_MS)
    path = FOLDER / f"{name}--{look.name}.jpg"
    page.screenshot(path=path, type="jpeg", quality=80, full_page=look.place == "public")
    if beyond:
        page.set_viewport_size({"width": look.width, "height": look.height})


#: how much longer than the window the longest part of the page is that scrolls
_BEYOND = """() => Math.max(...[...document.querySelectorAll('main, main *')]
  .filter((part) => /auto|scroll/.test(getComputedStyle(part).overflowY) && part.matches(':not(textarea)'))
  .map((part) => part.scrollHeight - part.clientHeight), 0)"""


def small(page: Page, name: str, language: str) -> None:
    """One for the README: few colours, few bytes."""
    page.wait_for_timeout(900)
    path = README / f"{name}-{language}.png"
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def _is_asked(name: str) -> bool:
    return name.startswith(os.environ.get("ONLY", ""))


def sheets() -> None:
    """Many small ones together, one file a look and place, to see at once what does not belong."""
    for look in looks():
        paths = sorted(FOLDER.glob(f"{look.place}-*--{look.name}.jpg"))
        columns = 4 if look.width > 600 else 10
        for number in range(0, len(paths), columns * 4):
            target = FOLDER / f"sheet-{look.place}-{look.name}-{number // (columns * 4) + 1}.png"
            _sheet(paths[number : number + columns * 4], columns, look, target)


def _sheet(paths: list[Path], columns: int, look: Look, target: Path) -> None:
    width = SHEET_WIDTH // columns
    height = width * look.height // look.width
    sheet = Image.new("RGB", (columns * width, -(-len(paths) // columns) * height), "#888")
    for number, path in enumerate(paths):
        with Image.open(path) as picture:
            shown = picture.resize(
                (width - 6, picture.height * (width - 6) // picture.width), Image.Resampling.LANCZOS
            )
            shown = shown.crop((0, 0, width - 6, min(shown.height, height - 6)))
        sheet.paste(shown, (number % columns * width, number // columns * height))
    sheet.quantize(128, dither=Image.Dither.NONE).save(target)


if __name__ == "__main__":
    sys.exit(main())
