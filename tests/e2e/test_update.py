"""A new version of the app among unsent work and two tabs; the switch that takes a bad worker away."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PHONE
from tests.e2e.test_uploads import LARGE, SHOOT, check_bytes, wait_until_there
from tests.e2e.trip import a_job_for, ops_on_server, press_next, sign_in_phone, unsent
from tests.e2e.visit import noise, shoot
from tests.e2e.words import zh
from tests.support.browser import NETWORK_ERROR

BUILD = "document.documentElement.dataset.build"
#: builds of everything this page has loaded, and how often it was loaded anew
BUILDS = """() => [...new Set(performance.getEntriesByType('resource')
  .map(({ name }) => /\\/static\\/([^/]+)\\/(js|vendor|css)\\//.exec(name)?.[1]).filter(Boolean))]"""
COUNT_LOADS = """try {
  sessionStorage.setItem('loads', 1 + Number(sessionStorage.getItem('loads') ?? 0));
} catch { /* about:blank has none */ }"""
LOADS = "Number(sessionStorage.getItem('loads'))"
CACHES = "async () => (await caches.keys()).sort()"
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).length"
#: nothing the browser would have to keep by itself
BLOBS = """async () => {
  const found = [];
  const look = (value, path) => {
    if (value instanceof Blob) found.push(path);
    else if (value && typeof value === 'object' && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer)) {
      for (const [key, part] of Object.entries(value)) look(part, `${path}.${key}`);
    }
  };
  const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result); });
  let rows = 0;
  for (const { name } of await indexedDB.databases()) {
    const db = await done(indexedDB.open(name));
    for (const store of db.objectStoreNames) {
      for (const row of await done(db.transaction(store).objectStore(store).getAll())) {
        rows += 1;
        look(row, store);
      }
    }
    db.close();
  }
  return [rows > 0, found];
}"""


def taken(page, old):
    """Waits until the page runs another build, and that it runs nothing else."""
    page.wait_for_function(f"(old) => {BUILD} !== old", arg=old, timeout=30_000)
    expect(page.locator("fieldservice-app h1")).to_be_visible(timeout=20_000)
    assert page.evaluate(BUILDS) == [page.evaluate(BUILD)]
    return page.evaluate(BUILD)


def offer_update(page, server):
    """The server comes back with another build, and the phone has kept it."""
    server.restart(PSEUDO_LANGUAGE="1")
    page.evaluate("dispatchEvent(new Event('online'))")
    update = page.get_by_role("button", name=zh("Update"))
    expect(update).to_be_visible(timeout=30_000)
    return update


@pytest.fixture
def job_id(server_app):
    return a_job_for(server_app)


@pytest.fixture
def page(phone, phone_context, own_server, job_id, watch):
    """A signed-in phone."""
    watch.expect(NETWORK_ERROR)
    phone_context.add_init_script(COUNT_LOADS)
    sign_in_phone(phone, own_server)
    return phone


@pytest.mark.expect_console(r"status of (404|409|503)")
def test_an_update_among_unsent_work_and_two_tabs_loses_and_doubles_nothing(
    page, phone_context, own_server, server_app, job_id
):
    """The first tab takes it; the second has nothing begun and follows by itself, once."""
    other = phone_context.new_page()
    other.goto(f"/app/#/job/{job_id}")
    expect(other.locator("job-screen .dock")).to_be_visible(timeout=15_000)
    old = page.evaluate(BUILD)
    cut = []

    def lose(route):
        """The second piece of the photo and all that come after it."""
        cut.append(route.request.method)
        return route.continue_() if len(cut) == 2 else route.abort("connectionreset")

    phone_context.route("**/api/uploads**", lose)
    photo_id, sha256 = other.evaluate(SHOOT, [job_id, LARGE])
    for _ in range(100):
        if len(cut) >= 3:
            break
        page.wait_for_timeout(100)
    assert cut[:3] == ["POST", "POST", "PATCH"], "begun on the server, not there"
    update = offer_update(page, own_server)
    own_server.stop()
    press_next(other)  # confirmed by the old build, without a server
    press_next(other)
    assert unsent(page) >= 2
    loads = [one.evaluate(LOADS) for one in (page, other)]

    update.click()  # also the new build comes out of the phone alone
    new = taken(page, old)
    assert taken(other, old) == new
    expect(other.locator("job-screen .dock")).to_be_visible(timeout=15_000)
    phone_context.unroute("**/api/uploads**")
    own_server.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.asked = cut
    page.goto(f"/app/#/job/{job_id}")
    wait_until_there(page, photo_id)
    check_bytes(server_app, photo_id, sha256, LARGE)
    assert ops_on_server(server_app, job_id) == [("add_photo", "applied"), *[("take_step", "applied")] * 2]
    assert [one.evaluate(LOADS) for one in (page, other)] == [count + 1 for count in loads]


@pytest.mark.expect_console(r"status of 404")
def test_what_is_typed_in_another_tab_is_not_loaded_away_and_its_build_stays_whole(
    page, phone_context, own_server, server_app, job_id
):
    typing = phone_context.new_page()
    typing.goto("/app/#/sign-in")  # a form that keeps nothing; no other screen is here yet
    typing.locator("#name").fill("0217")
    old, loads = page.evaluate(BUILD), typing.evaluate(LOADS)
    offer_update(page, own_server).click()
    new = taken(page, old)
    typing.wait_for_timeout(1_500)  # longer than it looks again
    expect(typing.locator("#name")).to_have_value("0217")
    assert typing.evaluate(LOADS) == loads
    assert page.evaluate(CACHES) == sorted([f"fieldservice-{old}", f"fieldservice-{new}"])

    # A part of the old build, which the server has no more, comes from what was kept of it.
    status, other = typing.evaluate(
        """async (old) => Promise.all([`/static/${old}/js/phone/later.js`, '/static/000000000000/js/phone/later.js']
          .map(async (url) => (await fetch(url)).status))""",
        old,
    )
    assert (status, other) == (200, 404)
    assert new not in typing.evaluate(BUILDS)
    typing.locator("#name").fill("")
    taken(typing, old)
    assert typing.evaluate(LOADS) == loads + 1
    typing.close()
    page.reload()  # alone again: what is left of the old build goes
    page.wait_for_function(f"async (name) => (await ({CACHES})()).join() === name", arg=f"fieldservice-{new}")


@pytest.mark.expect_console(r"status of 404")
def test_a_worker_that_does_harm_is_switched_off_and_on_again(
    page, phone_context, own_server, server_app, job_id
):
    """The worker goes with all it kept, what is unsent stays and is sent, and a form with words stands as it was."""
    own_server.stop()
    page.goto(f"/app/#/job/{job_id}")
    press_next(page)
    typing = phone_context.new_page()
    typing.goto("/app/#/sign-in")
    typing.locator("#name").fill("0217")
    phone_context.route("**/api/sync", lambda route: route.abort("connectionreset"))
    loads = [one.evaluate(LOADS) for one in (page, typing)]  # a page may load anew as soon as the server is back
    own_server.restart(SERVICE_WORKER="off")
    page.evaluate("() => void navigator.serviceWorker.getRegistration('/app/').then((one) => one.update())")
    page.wait_for_function(
        f"async () => !(await ({CACHES})()).length && !(await ({WORKERS})())", timeout=20_000
    )
    page.wait_for_function(f"(before) => {LOADS} === before + 1", arg=loads[0], timeout=20_000)
    expect(page.locator("job-screen .dock")).to_be_visible(timeout=20_000)
    assert unsent(page) == 1
    typing.wait_for_timeout(3_500)  # longer than the worker that goes waits for an answer
    expect(typing.locator("#name")).to_have_value("0217")
    assert [one.evaluate(LOADS) for one in (page, typing)] == [loads[0] + 1, loads[1]]
    typing.close()
    page.reload()
    expect(page.locator("job-screen .dock")).to_be_visible(timeout=20_000)
    assert page.evaluate("navigator.serviceWorker.controller") is None
    assert page.evaluate(f"async () => [await ({CACHES})(), await ({WORKERS})()]") == [[], 0]

    phone_context.unroute_all(behavior="wait")  # a request that is just being refused would otherwise hang
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_function("() => !document.querySelector('.nav .badge, .unsent')", timeout=60_000)
    own_server.restart(SERVICE_WORKER="on")
    page.reload()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null", timeout=20_000)
    own_server.stop()
    page.reload()  # opens without a server again
    expect(page.locator("job-screen .dock")).to_be_visible(timeout=20_000)
    own_server.start()
    assert ops_on_server(server_app, job_id) == [("take_step", "applied")]


def test_a_page_that_does_not_answer_is_helped_when_the_worker_is_switched_off(
    page, phone_context, own_server
):
    """A page so broken that it hears nothing."""
    broken = phone_context.new_page()
    broken.add_init_script("navigator.serviceWorker.addEventListener = () => {}")
    broken.goto("/app/")
    expect(broken.locator("a.stop").first).to_be_visible(timeout=20_000)
    loads = broken.evaluate(LOADS)
    own_server.restart(SERVICE_WORKER="off")
    page.goto("/app/")  # any look for an update is enough, as the browser makes one at every start
    broken.wait_for_function(f"(before) => {LOADS} > before", arg=loads, timeout=30_000)
    expect(broken.locator("a.stop").first).to_be_visible(timeout=20_000)
    assert broken.evaluate(LOADS) == loads + 1
    assert broken.evaluate(f"async () => [await ({CACHES})(), await ({WORKERS})()]") == [[], 0]


def test_photos_are_kept_as_plain_bytes_and_no_browser_service_is_needed(
    open_context, own_server, server_app, watch
):
    """Without background sync, push and notices the work goes out all the same; nothing is kept as a Blob."""
    watch.expect(NETWORK_ERROR)
    context = open_context(**PHONE)
    context.add_init_script(
        """for (const name of ['SyncManager', 'PeriodicSyncManager', 'PushManager', 'Notification']) delete window[name];
        for (const name of ['sync', 'periodicSync', 'pushManager', 'backgroundFetch']) {
          if (window.ServiceWorkerRegistration) delete ServiceWorkerRegistration.prototype[name];
        }"""
    )
    job_id = a_job_for(server_app)
    page = context.new_page()
    sign_in_phone(page, own_server)
    assert not page.evaluate(
        "'SyncManager' in window || 'pushManager' in ServiceWorkerRegistration.prototype"
    )
    page.goto(f"/app/#/job/{job_id}/photos")
    expect(page.locator("photo-slot").first).to_be_visible()
    context.set_offline(True)
    shoot(page.locator("photo-slot").first, noise(640, 480))
    assert page.evaluate(BLOBS) == [True, []]
    page.goto(f"/app/#/job/{job_id}")
    press_next(page)
    assert unsent(page) == 2
    context.set_offline(False)
    page.wait_for_function("() => !document.querySelector('.nav .badge, .unsent')", timeout=30_000)
    assert ops_on_server(server_app, job_id) == [("add_photo", "applied"), ("take_step", "applied")]


def test_a_page_on_its_way_while_the_worker_comes_into_force_is_taken_care_of(phone, server):
    """Asked for before there was a worker, there after it claimed its pages: it would stay without one."""

    def hold(route):
        """The server is slow with the second page; the worker is done before it comes."""
        answer = route.fetch()
        other.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.state)")
        other.wait_for_function("() => navigator.serviceWorker.controller !== null")
        route.fulfill(response=answer)

    other = phone.context.new_page()
    phone.route("**/app/", hold)
    other.goto("/app/")
    phone.goto("/app/")
    expect(phone.locator("fieldservice-app h1")).to_be_visible()
    phone.wait_for_function("() => navigator.serviceWorker.controller !== null")
