"""The frame of every desk page: what of it a person sees, and in which language."""

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from fieldservice.core.db import db
from fieldservice.core.permissions import signed_in
from fieldservice.web.addresses import local_address
from fieldservice.web.notices import say
from tests.cast import Cast, a_cast, sign_in

PAGE = """{% extends "base_desk.html" %}
{% block title %}A page{% endblock %}{% block content %}<p>Inside</p>{% endblock %}"""
BROWSERS = [("zh-CN,zh;q=0.9", "zh-CN"), ("en-GB,en;q=0.8", "en"), ("fr", "zh-CN")]
FOREIGN = ["https://a.example", "//a.example", "/\\a.example", "/a\r\nX: y", "", None, "a"]


@pytest.fixture
def cast(session: object) -> Cast:
    return a_cast()


@pytest.fixture
def page(app: Flask, client: FlaskClient, cast: Cast) -> FlaskClient:
    """A client of the dispatcher, with a page in the frame at /framed."""

    @signed_in
    def framed() -> str:
        return render_template_string(PAGE)

    @signed_in
    def spoken() -> str:
        say("Saved.")
        return ""

    app.add_url_rule("/framed", "framed", framed)
    app.add_url_rule("/spoken", "spoken", spoken)
    return sign_in(client, cast.dispatcher)


def token_of(text: str) -> str:
    return text.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.mark.parametrize(("header", "tag"), BROWSERS)
def test_the_frame_speaks_the_language_of_the_browser(page: FlaskClient, header: str, tag: str) -> None:
    text = page.get("/framed", headers={"Accept-Language": header}).text
    assert f'<html lang="{tag}"' in text
    assert "沈女士" in text
    assert "丰台店" in text


def test_it_shows_only_what_the_person_may_open(app: Flask, page: FlaskClient, cast: Cast) -> None:
    assert 'href="/branches"' not in page.get("/framed").text
    assert 'href="/customers"' in page.get("/framed").text
    technician = sign_in(app.test_client(), cast.technician)
    assert 'href="/customers"' not in technician.get("/framed").text


def test_a_chosen_language_stays_with_browser_and_person(page: FlaskClient, cast: Cast) -> None:
    token = token_of(page.get("/framed").text)
    answer = page.post("/language", data={"csrf_token": token, "language": "en", "next": "/framed?a=1"})
    assert (answer.status_code, answer.location) == (303, "/framed?a=1")
    assert '<html lang="en"' in page.get("/framed", headers={"Accept-Language": "zh"}).text
    db.session.refresh(cast.dispatcher)
    assert cast.dispatcher.language == "en"


def test_an_unknown_language_changes_nothing(page: FlaskClient, cast: Cast) -> None:
    token = token_of(page.get("/framed").text)
    assert page.post("/language", data={"csrf_token": token, "language": "xx"}).status_code == 422
    db.session.refresh(cast.dispatcher)
    assert cast.dispatcher.language is None


def test_the_switch_sends_nobody_to_another_site(page: FlaskClient) -> None:
    token = token_of(page.get("/framed").text)
    data = {"csrf_token": token, "language": "zh", "next": "//elsewhere.example/x"}
    assert page.post("/language", data=data).location == "/"


@pytest.mark.parametrize("address", FOREIGN)
def test_only_paths_of_this_site_are_followed(address: str | None) -> None:
    assert local_address(address) == "/"


def test_a_notice_is_said_once(page: FlaskClient) -> None:
    page.get("/spoken")
    assert "Saved." in page.get("/framed").text
    assert "Saved." not in page.get("/framed").text
