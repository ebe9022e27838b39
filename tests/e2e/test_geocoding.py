"""An address of a new job finds its place: asked for over HTTP, doubted, put right by hand, and when nobody answers."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.customers.models import Site
from fieldservice.routing import lookups
from fieldservice.routing.geocoders import base
from fieldservice.routing.geocoders.nominatim import Nominatim
from tests.e2e.trip import sign_in_desk
from tests.support.browser import assert_accessible
from tests.support.geocoder import Geocoder, geocoder
from tests.support.server import Server, running_server, with_sample_data


@pytest.fixture
def service() -> Iterator[Geocoder]:
    with geocoder() as made:
        yield made


@pytest.fixture
def own_server(server_kind: str, tmp_path_factory: pytest.TempPathFactory, service: Geocoder) -> Iterator[Server]:
    """The product with its geocoder set."""
    folder = tmp_path_factory.mktemp("geocoding") / "data"
    settings = {"GEOCODER": "nominatim", "GEOCODER_URL": service.url, "OUTBOUND_PRIVATE": "1"}
    with running_server(with_sample_data(server_kind), folder, **settings) as started:
        yield started


class Worker:
    """The worker's minute, at a moment the test names: the pauses after a failure are minutes to an hour."""

    def __init__(self, app: Flask, service: Geocoder) -> None:
        app.config.update(GEOCODER="nominatim", GEOCODER_URL=service.url, OUTBOUND_PRIVATE=True)
        self._app = app
        self._at = clock.now()
        with app.app_context():  # all others have been asked for before
            service.answer = lambda: (200, b"[]")
            while lookups.look_up_due(self._at):
                self._at += timedelta(minutes=1)
        service.answer = "nominatim_house"
        service.asked.clear()

    def works(self, later: timedelta = timedelta(minutes=1)) -> datetime:
        """One round, so much later than the one before."""
        self._at += later
        with self._app.app_context(), clock.frozen(self._at):
            lookups.look_up_due(self._at)
        return self._at


@pytest.fixture
def worker(own_server: Server, server_app: Flask, service: Geocoder, monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setattr(Nominatim, "pause_seconds", 0.0)
    monkeypatch.setattr(base, "SECONDS", 0.5)
    return Worker(server_app, service)


def enter_job(page: Page, name: str, address: str) -> str:
    """A job of a new customer, by the form and without a pin; the address of its page."""
    page.goto("/jobs/new?new=1")
    page.locator("[name=customer_name]").fill(name)
    page.locator("[name=customer_phone]").fill("13812342716")
    page.locator("[name=site_address]").fill(address)
    page.locator("[name=brief]").fill("地板起拱")
    page.locator("[name=case_words]").fill("客厅靠窗鼓起来了")
    page.locator("main form .form-actions button").first.click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}$"))
    return page.url


def site_of(app: Flask, address: str) -> Site:
    with app.app_context():
        return db.session.query(Site).filter_by(address=address).one()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_an_address_typed_at_intake_finds_its_place_or_is_put_right(
    desk: Page, own_server: Server, server_app: Flask, service: Geocoder, worker: Worker, language: str
) -> None:
    sign_in_desk(desk, own_server)
    words = {"en": ("no position", "position doubtful", "found by address"),
             "zh-CN": ("没有位置", "位置存疑", "按地址查到")}  # fmt: skip
    missing, doubtful, sure = words[language]
    job = enter_job(desk, "欧阳䶮", "望京西园四区 9 号楼")
    note = desk.locator(".position-trouble")
    expect(note).to_contain_text(missing)
    assert_accessible(desk)

    worker.works()
    assert service.asked == ["北京市 望京西园四区 9 号楼"], "the town of the branch and the address, nothing else"
    desk.reload()
    expect(note).to_have_count(0)
    expect(desk.locator("main")).to_contain_text(sure)

    service.answer = "nominatim_several"
    job = enter_job(desk, "司马光", "建设路 3 号")
    worker.works()
    desk.reload()
    expect(note).to_contain_text(doubtful)
    expect(note).to_contain_text({"en": "looked up in 北京市, assumed", "zh-CN": "按北京市查找"}[language])
    assert_accessible(desk)
    desk.set_viewport_size({"width": 360, "height": 640})
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.set_viewport_size({"width": 1366, "height": 768})

    # by keyboard to the form, the pin by a click, and back to where one was
    note.locator("a.btn").focus()
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile("/sites/"))
    desk.locator(".map-box").click(position={"x": 200, "y": 150})
    desk.locator("main form .form-actions button").first.click()
    desk.wait_for_url(job)
    expect(note).to_have_count(0)
    put = site_of(server_app, "建设路 3 号")
    assert put.position_source == "pin"
    service.answer = "nominatim_house"
    worker.works(timedelta(days=1))
    kept = site_of(server_app, "建设路 3 号")
    assert (kept.lat, kept.lng) == (put.lat, put.lng), "a pin is nobody's but whose set it"


@pytest.mark.parametrize("language", ["en"])
def test_a_service_that_is_down_slow_confused_or_has_had_enough_is_told_and_asked_again(
    desk: Page, own_server: Server, server_app: Flask, service: Geocoder, worker: Worker
) -> None:
    sign_in_desk(desk, own_server)
    job = enter_job(desk, "诸葛亮", "卧龙岗 1 号")
    note = desk.locator(".position-trouble")
    faults = {
        "it does not answer": service.slowly(2),
        "its answer was not understood": lambda: (200, b"<html>portal</html>"),
        "its quota is used up": lambda: (429, b""),
    }
    for number, (words, answer) in enumerate(faults.items()):
        service.answer = answer
        worker.works(timedelta(hours=2))
        assert len(service.asked) == number + 1, "asked once in a round, not again and again"
        desk.goto("/positions")
        expect(desk.locator("main")).to_contain_text(f"Nominatim, {words}")
        expect(desk.locator("tr", has_text="卧龙岗 1 号")).to_contain_text("no position")
        desk.goto(job)
        expect(note).to_contain_text("could not be asked, is tried again")
        worker.works(timedelta(seconds=20))
        assert len(service.asked) == number + 1, "it pauses"

    gone, server_app.config["GEOCODER_URL"] = service.url, "http://127.0.0.1:9"  # nothing listens there
    worker.works(timedelta(hours=2))
    desk.goto("/positions")
    expect(desk.locator("main")).to_contain_text("Nominatim, it does not answer")

    server_app.config["GEOCODER_URL"], service.answer = gone, "nominatim_house"
    worker.works(timedelta(hours=2))
    desk.goto(job)
    expect(note).to_have_count(0)
    desk.goto("/positions")
    expect(desk.locator("main")).not_to_contain_text("are not looked up")
    assert site_of(server_app, "卧龙岗 1 号").position_source == "geocoder"
