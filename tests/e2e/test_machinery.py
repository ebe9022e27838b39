"""The machinery of the browser tests itself: it must see every complaint, and servers and browsers must really die."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from fieldservice.branches.models import Branch
from fieldservice.core.db import db
from tests.support.browser import LastingBrowser, Watch, assert_accessible, offline
from tests.support.server import Server

INLINE_STYLE = """
const style = document.createElement('style');
style.textContent = 'p { color: red }';
document.head.append(style);
"""


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("console.error('lamp')", "lamp"),
        ("setTimeout(() => { throw new Error('fell over') })", "fell over"),
        (INLINE_STYLE, "CSP violation: style-src-elem"),
    ],
)
def test_it_sees_what_a_page_complains_about(
    server: Server, phone: Page, watch: Watch, script: str, complaint: str
) -> None:
    phone.goto("/")
    phone.evaluate(script)
    phone.wait_for_timeout(200)
    assert any(complaint in found for found in watch.complaints())
    watch.expect(r"lamp|fell over|style-src")


def test_it_finds_what_some_people_cannot_use(server: Server, phone: Page) -> None:
    phone.goto("/")
    phone.evaluate("document.body.append(document.createElement('button'))")
    with pytest.raises(AssertionError, match="button-name"):
        assert_accessible(phone)


@pytest.mark.both_databases
def test_a_killed_server_comes_back_with_its_data(bare_server: Server, server_app: Flask) -> None:
    with server_app.app_context():
        db.session.add(
            Branch(code="BJ01", name="丰台店", kind="store", timezone="Asia/Shanghai", phone="01087654321")
        )
        db.session.commit()
    bare_server.kill()
    assert not bare_server.answers()
    bare_server.start()
    with server_app.app_context():
        assert db.session.query(Branch).one().name == "丰台店"


def test_without_network_nothing_comes_through(server: Server, phone: Page) -> None:
    phone.goto("/")
    with offline(phone.context):
        assert phone.evaluate("fetch('/livez').catch(() => 'nothing')") == "nothing"
    with server.stopped():
        assert phone.evaluate("fetch('/livez').catch(() => 'nothing')") == "nothing"
    assert phone.evaluate("fetch('/livez').then((answer) => answer.status)") == 200


def test_a_killed_browser_comes_back_with_its_data(server: Server, persistent_phone: LastingBrowser) -> None:
    page = persistent_phone.open().new_page()
    page.goto("/")
    page.evaluate(
        """() => new Promise((done) => {
          const asked = indexedDB.open('kept', 1);
          asked.onupgradeneeded = () => asked.result.createObjectStore('all');
          asked.onsuccess = () => {
            const change = asked.result.transaction('all', 'readwrite', { durability: 'strict' });
            change.objectStore('all').put('here', 'where');
            change.oncomplete = () => done();
          };
        })"""
    )
    persistent_phone.kill()
    again = persistent_phone.open().new_page()
    again.goto("/")
    found = again.evaluate(
        """() => new Promise((done) => {
          const asked = indexedDB.open('kept', 1);
          asked.onsuccess = () => {
            const read = asked.result.transaction('all').objectStore('all').get('where');
            read.onsuccess = () => done(read.result);
          };
        })"""
    )
    assert found == "here"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_the_browser_has_the_persons_language_and_colours(
    server: Server, small_phone: object, phone: Page, language: str, colour_scheme: str
) -> None:
    phone.goto("/")
    assert phone.evaluate("navigator.language") == language
    assert phone.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is (colour_scheme == "dark")
