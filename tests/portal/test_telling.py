"""Telling customers when we come: only when somebody says so, once, and what was not sent is not said to be."""

import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.dispatch.models import CustomerMessage
from fieldservice.portal.gateways.webhook import Webhook
from tests.builders import MOMENT, a_job
from tests.cast import sign_in
from tests.portal.visitor import Visitor, link_of
from tests.support.html import form_token, text_of
from tests.support.taker import taking

ZH = {"Accept-Language": "zh-CN"}
EN = {"Accept-Language": "en"}
#: MOMENT is 10:00 in Shanghai; the window ends at 11:30
LATER = "12:10"


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


@pytest.fixture
def job(cast):
    job = a_job(cast.store, cast.technician, state="accepted")
    link_of(job)
    return job


@pytest.fixture
def desk(client, cast):
    return sign_in(client, cast.dispatcher)


@pytest.fixture
def gateway(app):
    with taking() as server:
        address = f"http://127.0.0.1:{server.server_port}/sms"
        app.extensions["sms_gateway"] = Webhook(address, "a secret that both sides know", allow_private=True)
        yield server


def opened(client, job, **headers):
    """The form as a browser has it."""
    answer = client.get(f"/jobs/{job.id}/message", headers=headers or EN)
    assert answer.status_code == 200
    names = ("csrf_token", "message_id", "after", "about")
    return {name: re.search(rf'name="{name}" value="([^"]*)"', answer.text)[1] for name in names}


def post(client, job, form, **given):
    data = {**form, "kind": "later", "expected": LATER, "language": "zh", "words": "约 12:10 到，抱歉", **given}
    return client.post(f"/jobs/{job.id}/message", data=data, headers=EN)


def rows():
    db.session.expire_all()
    return list(db.session.scalars(sa.select(CustomerMessage).order_by(CustomerMessage.begun_at)))


def test_it_is_sent_once_noted_and_then_stands_on_the_customers_page(app, desk, job, gateway) -> None:
    visitor = Visitor(app.test_client(), link_of(job))
    assert "12:10" not in visitor.words
    form = opened(desk, job)
    assert gateway.taken == []
    assert post(desk, job, form, act="send").status_code == 303
    again = post(desk, job, form, act="send")
    assert again.status_code == 409
    assert "told this customer something meanwhile" in text_of(again.text)
    (_path, _headers, body), = gateway.taken
    sent, row = json.loads(body), rows()[0]
    assert (sent["to"], sent["text"], sent["id"]) == ("13812342716", "约 12:10 到，抱歉", row.id)
    assert (row.state, row.number_masked, row.told_at) == ("sent", "138****2716", MOMENT)
    assert "comes about today 12:10" in visitor.words
    assert "later than agreed, and we are sorry" in visitor.words
    assert "Told the customer when we come" in text_of(desk.get(f"/jobs/{job.id}", headers=EN).text)


def test_of_two_dispatchers_the_second_learns_of_the_first(app, cast, desk, job, gateway) -> None:
    other = sign_in(app.test_client(), cast.branch_manager)
    mine, theirs = opened(desk, job), opened(other, job)
    assert post(desk, job, mine, act="told", channel="call").status_code == 303
    refused = post(other, job, theirs, act="send")
    assert refused.status_code == 409
    assert "沈女士" in refused.text
    assert gateway.taken == []
    assert [row.channel for row in rows()] == ["call"]
    # on purpose, having seen it, one more may follow
    assert post(other, job, opened(other, job), act="send", words="改到 12:30").status_code == 303
    assert len(gateway.taken) == 1


def test_what_the_gateway_did_not_take_is_not_sent_and_comes_again_under_its_id(app, desk, job, gateway) -> None:
    gateway.status = 500
    refused = post(desk, job, opened(desk, job), act="send")
    assert refused.status_code == 503
    assert "Nothing was sent" in text_of(refused.text)
    assert [row.state for row in rows()] == ["failed"]
    assert "12:10" not in Visitor(app.test_client(), link_of(job)).words
    gateway.status = 204
    assert post(desk, job, opened(desk, job), act="send").status_code == 303
    ids = {json.loads(body)["id"] for _path, _headers, body in gateway.taken}
    assert (len(gateway.taken), ids) == (2, {rows()[0].id})
    assert [row.state for row in rows()] == ["sent"]


def test_while_one_is_being_sent_nobody_sends_another(desk, cast, job, gateway) -> None:
    form = opened(desk, job)
    sending = CustomerMessage(id=new_id(), job_id=job.id, kind="ask_time", words="…", language="zh", channel="gateway",
                              state="sending", by_id=cast.branch_manager.id, begun_at=MOMENT,
                              window_start_at=job.window_start_at, lead_id=job.lead_id)  # fmt: skip
    db.session.add(sending)
    assert post(desk, job, form, act="send").status_code == 409
    assert post(desk, job, opened(desk, job), act="told").status_code == 409
    assert gateway.taken == []
    with clock.frozen(MOMENT + timedelta(minutes=3)):  # the worker was killed: nobody knows, and may say so
        assert "It is not known what became of it" in text_of(desk.get(f"/jobs/{job.id}/message", headers=EN).text)
        assert post(desk, job, opened(desk, job), act="told").status_code == 303


def test_without_a_gateway_the_words_are_copied_and_the_number_is_logged(desk, job) -> None:
    page = desk.get(f"/jobs/{job.id}/message", headers=EN).text
    assert 'value="send"' not in page
    assert post(desk, job, opened(desk, job), act="send").status_code == 422
    assert "13812342716" not in page
    shown = post(desk, job, opened(desk, job), act="number", words="晚 40 分钟 & <b>抱歉</b>")
    assert 'href="tel:13812342716"' in shown.text
    assert f'href="sms:13812342716?body={quote("晚 40 分钟 & <b>抱歉</b>", safe="/")}"' in shown.text.replace("+", "%20")
    assert "<b>抱歉" not in shown.text
    assert rows() == []


def test_words_for_another_technician_or_a_time_that_is_over_are_not_sent(desk, cast, job, gateway) -> None:
    form = opened(desk, job)
    job.lead_id = cast.second_technician.id
    assert post(desk, job, form, act="send").status_code == 409
    assert post(desk, job, opened(desk, job), act="send", expected="09:00").status_code == 422
    assert post(desk, job, opened(desk, job), act="send", expected="").status_code == 422
    assert post(desk, job, opened(desk, job), act="send", words="  ").status_code == 422
    assert post(desk, job, opened(desk, job), act="send", expected="25:99").status_code == 422
    assert post(desk, job, opened(desk, job), act="send", words="长" * 501).status_code == 422
    assert post(desk, job, opened(desk, job), act="send", kind="x", channel="y", language="fr").status_code == 422
    job.state = "working"
    assert post(desk, job, opened(desk, job), act="send").status_code == 422
    assert gateway.taken == []
    assert rows() == []


def test_what_is_said_has_no_letters_that_are_none(desk, job, gateway) -> None:
    assert post(desk, job, opened(desk, job), act="send", words="到\u202e了\x07\x1b[31m\nhttps://a").status_code == 303
    assert json.loads(gateway.taken[0][2])["text"] == "到了[31m\nhttps://a"


def test_asking_for_another_time_stands_on_the_page_until_the_window_changes(app, desk, job) -> None:
    assert post(desk, job, opened(desk, job), act="told", kind="ask_time", expected="").status_code == 303
    visitor = Visitor(app.test_client(), link_of(job))
    assert "We cannot come at the time agreed" in visitor.words
    job.window_start_at, job.window_end_at = MOMENT + timedelta(hours=3), MOMENT + timedelta(hours=5)
    assert "cannot come" not in visitor.words


@pytest.mark.one_database
def test_the_words_are_polite_short_and_whole_in_both_languages(desk, job) -> None:
    form = opened(desk, job)
    zh = text_of(post(desk, job, form, act="prepare").text)
    for part in ("张女士", "丰台店", "12:10", "抱歉", "王建国", "B217", "01087654321", "/c/"):
        assert part in zh
    en = text_of(post(desk, job, form, act="prepare", language="en").text)
    assert "agreed for today 10:00–11:30 will be later, and we are sorry: we expect to come about 12:10." in en
    assert rows() == []


@pytest.mark.parametrize(("who", "status"), [("technician", 403), ("finance", 403), ("outsider", 404)])
@pytest.mark.one_database
def test_it_is_for_the_desk_of_the_branch(client, cast, job, who, status) -> None:
    sign_in(client, getattr(cast, who))
    assert client.get(f"/jobs/{job.id}/message").status_code == status
    token = form_token(client.get("/account").text)
    answer = client.post(f"/jobs/{job.id}/message", data={"csrf_token": token, "act": "told", "words": "x"})
    assert answer.status_code == status
    assert rows() == []


@pytest.mark.one_database
def test_looking_changes_nothing(desk, job) -> None:
    before = db.session.scalar(sa.select(sa.func.count()).select_from(LogEntry))
    opened(desk, job)
    assert rows() == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) == before
