"""Taps that record something, and how long until it is durably on the phone.

The page is the product's as it is: its storage is watched from outside. A tap counts from the moment the finger is lifted
until the transaction that adds its act to the journal, a strict one, has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.e2e.visit import go, step

#: a person looks before tapping again
REST_MS = 600
#: what was asked of the page before the tap is done by then
SETTLE_MS = 200

WATCH_TAPS = """(() => {
  let lifted = 0;
  let clicked = 0;
  let began = 0;
  window.taps = [];
  addEventListener('pointerup', (event) => { lifted = event.timeStamp; began = 0; }, { capture: true });
  addEventListener('click', () => { clicked = performance.now(); }, { capture: true });
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...args) {
    if (args[1] === 'readwrite') began ||= performance.now();
    return transaction.apply(this, args);
  };
  const { add } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.add = function (...args) {
    if (this.name === 'ops') {
      const tap = { lifted, clicked, began, added: performance.now(), strict: this.transaction.durability === 'strict' };
      this.transaction.addEventListener('complete', () => { window.taps.push({ ...tap, ended: performance.now() }); });
    }
    return add.apply(this, args);
  };
})();"""


#: a page of one button whose tap writes one record durably: what the browser takes for itself
EMPTY_PAGE = """async () => {
  const button = document.createElement('button');
  button.id = 'tap';
  button.textContent = 'tap';
  document.body.replaceChildren(button);
  const opening = indexedDB.open('taps', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('ops', { autoIncrement: true });
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  button.addEventListener('click', () => {
    opening.result.transaction('ops', 'readwrite', { durability: 'strict' }).objectStore('ops').add({ at: Date.now() });
  });
}"""


@dataclass(frozen=True)
class Tap:
    """Moments of one tap, ms: the finger was lifted, the app heard of it, a transaction was
    asked for, the act was put in, it is durable."""

    lifted: float
    clicked: float
    began: float
    added: float
    ended: float
    strict: bool

    @property
    def ms(self) -> float:
        """From the tap to the end."""
        return self.ended - self.lifted


def tap_through(page: Page, line: CDPSession, job_id: str, keys: list[str], count: int) -> list[Tap]:
    """Answers these steps of the checklist of a job and takes the answers back, so many taps in all, CPU slowed 4×.

    `page` must have begun with `WATCH_TAPS`. The steps ask for nothing but a tap; those are taken that stand open.
    """
    go(page, job_id, "visit")
    expect(page.locator("li.step .pick .btn").first).to_be_visible()
    at_hand = [key for key in keys if step(page, key).locator(".pick .btn").count()]
    _slow_down(page, line)
    for number in range(count):
        here = step(page, at_hand[number // 2 % len(at_hand)])
        if number % 2 == 0:
            _tap(page, here.locator(".pick .btn").first)
            expect(here.locator(".tick-yes")).to_be_visible()
        else:
            here.locator(".step-fold").tap()
            _tap(page, here.locator(".btn-quiet").last)
            expect(here.locator(".tick-yes")).to_have_count(0)
    return _found(page, line, count)


def tap_empty_page(page: Page, line: CDPSession, address: str, count: int) -> list[Tap]:
    """The same on `EMPTY_PAGE`, in the place of a page that loads nothing, beside which the app's taps are judged."""
    page.goto(address)
    page.evaluate(EMPTY_PAGE)
    _slow_down(page, line)
    for _ in range(count):
        _tap(page, page.locator("#tap"))
    return _found(page, line, count)


def _slow_down(page: Page, line: CDPSession) -> None:
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.evaluate("() => { window.taps = []; }")


def _tap(page: Page, target: Locator) -> None:
    """A finger at this place. Nobody asks the page anything until the act is long written: on a slowed processor a
    question takes 40 ms of the same thread, and would be measured as the product's.
    """
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None, "it is not on the page"
    page.wait_for_timeout(SETTLE_MS)
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(REST_MS)


def _found(page: Page, line: CDPSession, count: int) -> list[Tap]:
    line.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    found = [Tap(**one) for one in page.evaluate("window.taps")]
    if len(found) != count or not all(tap.strict for tap in found):
        raise RuntimeError(f"{len(found)} acts of {count} taps, {sum(tap.strict for tap in found)} durably")
    return found
