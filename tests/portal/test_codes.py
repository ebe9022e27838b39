"""Codes by SMS: only where a gateway is set, only to the number on file, few tries, nothing of them kept or logged."""

import hashlib
import hmac
import json
import logging
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.portal import rules
from fieldservice.portal.gateways import BadGateway, _made
from fieldservice.portal.gateways.webhook import Webhook
from fieldservice.portal.models import CustomerWord, SmsCode
from fieldservice.signoff.models import LinkSignature
from tests.builders import MOMENT, a_job
from tests.cast import Cast, sign_in
from tests.portal.test_signing import ABSENT, fields
from tests.portal.visitor import Visitor, link_of
from tests.signoff.sheets import register_key, signed_on, take_photos
from tests.support.taker import taking

SECRET = "a secret that both sides know"


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


@pytest.fixture
def job(cast: Cast) -> Job:
    """A finished visit whose customer was not there."""
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    take_photos(job, cast.technician)
    register_key(cast.technician)
    signed_on(job, cast.technician, signed=ABSENT, work={})
    job.state = "finished"
    db.session.commit()
    return job


@pytest.fixture
def gateway(app: Flask):
    """A gateway of somebody else's on this machine: what it took."""
    with taking() as server:
        address = f"http://127.0.0.1:{server.server_port}/sms"
        app.extensions["sms_gateway"] = Webhook(address, SECRET, allow_private=True)
        yield server


@pytest.fixture
def required(app: Flask, gateway):
    app.config["SMS_CODE"] = "required"
    return gateway


@pytest.fixture
def visitor(app: Flask, job: Job) -> Visitor:
    visitor = Visitor(app.test_client(), link_of(job))
    visitor.let_in()
    return visitor


def ask(visitor: Visitor, job: Job, purpose: str = "judgement"):  # type: ignore[no-untyped-def]
    return visitor.post(f"/visits/{job.id}/code", **{"for": purpose})


def enter(visitor: Visitor, job: Job, code: str):  # type: ignore[no-untyped-def]
    return visitor.post(f"/visits/{job.id}/code/entry", code=code, **{"for": "judgement"})


def code_of(gateway) -> str:  # type: ignore[no-untyped-def]
    return re.search(r"[0-9]{6}", json.loads(gateway.taken[-1][2])["text"])[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def confirm(visitor: Visitor, job: Job):  # type: ignore[no-untyped-def]
    given = fields(job)
    return visitor.say("confirmed", job, sheet=given["sheet"], sha256=given["sha256"])


def test_without_a_gateway_nothing_is_offered(visitor: Visitor, job: Job) -> None:
    for path in (f"/visits/{job.id}/judgement", f"/visits/{job.id}/signature", ""):
        assert "code" not in visitor.get(path).text.lower().replace('data-code', "").replace("</code>", "")
    answer = ask(visitor, job)
    assert answer.status_code == 422
    assert "No code can be sent" in answer.text
    assert confirm(visitor, job).status_code == 303


def test_the_code_goes_to_the_number_on_file_signed_and_stays_nowhere(
    gateway, visitor: Visitor, job: Job, caplog: pytest.LogCaptureFixture, app: Flask
) -> None:
    caplog.set_level(logging.DEBUG)
    page = visitor.get(f"/visits/{job.id}/judgement").text
    assert "138****2716" in page
    assert "13812342716" not in page
    answer = ask(visitor, job, "signature")
    assert answer.location.endswith(f"/visits/{job.id}/signature")
    [(path, headers, body)] = gateway.taken
    said, code = json.loads(body), code_of(gateway)
    assert (path, said["to"], said["v"]) == ("/sms", "13812342716", 1)
    assert "丰台店" in said["text"]
    wanted = hmac.digest(SECRET.encode(), headers["X-Fieldservice-Time"].encode() + b"." + body, hashlib.sha256).hex()
    assert headers["X-Fieldservice-Signature"] == wanted
    row = db.session.scalars(sa.select(SmsCode)).one()
    assert (row.id, row.sent_at, row.number_masked) == (said["id"], MOMENT, "138****2716")
    kept = " ".join(str(value) for value in vars(row).values())
    plain = [hashlib.sha256(text.encode()).hexdigest() for text in (code, row.id + code, "13812342716")]
    assert not [text for text in (code, "13812342716", *plain) if text in kept]
    assert code not in caplog.text
    assert "13812342716" not in caplog.text
    assert "is on its way to 138****2716" in visitor.words


def test_entered_rightly_it_ties_what_is_said_and_signed_for_a_while(
    required, app: Flask, visitor: Visitor, job: Job, cast: Cast
) -> None:
    for answer in (confirm(visitor, job), visitor.post(f"/visits/{job.id}/signature", **fields(job))):
        assert answer.status_code == 422
        assert "Please have a code sent" in answer.text
    page = visitor.get(f"/visits/{job.id}/judgement").text
    assert "Everything is as it should be" not in page
    ask(visitor, job)
    assert enter(visitor, job, f" {code_of(required)[:3]} {code_of(required)[3:]} ").status_code == 303
    assert "You entered the code that went to 138****2716" in visitor.get(f"/visits/{job.id}/judgement").text
    stranger = Visitor(app.test_client(), link_of(job))
    stranger.let_in()
    assert confirm(stranger, job).status_code == 422, "another browser knows no code"
    with clock.frozen(MOMENT + timedelta(minutes=31)):
        assert confirm(visitor, job).status_code == 422
    assert confirm(visitor, job).status_code == 303
    assert visitor.post(f"/visits/{job.id}/signature", **fields(job)).status_code == 303
    row, word = db.session.query(SmsCode).one(), db.session.query(CustomerWord).one()
    signature = db.session.query(LinkSignature).one()
    assert (word.tied_by, word.code_id) == (signature.tied_by, signature.code_id) == ("code", row.id)
    assert json.loads(signature.payload)["tied"] == {"by": "code", "code": row.id}
    desk = sign_in(app.test_client(), cast.dispatcher).get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text
    assert desk.count("sent by SMS to 138****2716 and entered") >= 2


def test_a_code_is_good_once_for_ten_minutes_and_five_tries(gateway, visitor: Visitor, job: Job, app: Flask) -> None:
    ask(visitor, job)
    first = code_of(gateway)
    ask(visitor, job)
    second = code_of(gateway)
    if first != second:
        assert enter(visitor, job, first).status_code == 422, "the newer one stands in its place"
    for _ in range(5):
        enter(visitor, job, wrong(second))
    answer = enter(visitor, job, second)
    assert answer.status_code == 422
    assert "Have a new one sent" in answer.text
    ask(visitor, job)
    assert enter(visitor, job, code_of(gateway)).status_code == 303
    assert enter(visitor, job, code_of(gateway)).status_code == 422, "used"
    with clock.frozen(MOMENT + timedelta(hours=1, minutes=1)):
        ask(visitor, job)
    with clock.frozen(MOMENT + timedelta(hours=1, minutes=11)):
        assert "too old" in enter(visitor, job, code_of(gateway)).text


@pytest.mark.one_database
@pytest.mark.parametrize("given", ["", "12345", "1234567", "12345x", "１２３４５", "' OR 1"])
def test_what_is_no_code_costs_no_try(gateway, visitor: Visitor, job: Job, given: str) -> None:
    ask(visitor, job)
    assert enter(visitor, job, given).status_code == 422
    assert db.session.query(SmsCode).one().tries == 0


def test_sending_slows_down_for_link_and_number_and_ends_for_the_day(
    gateway, visitor: Visitor, job: Job, app: Flask, cast: Cast
) -> None:
    assert [ask(visitor, job).status_code for _ in range(4)] == [303, 303, 303, 429]
    other = a_job(cast.store, cast.technician, state="finished", site=job.site)
    beside = Visitor(app.test_client(), link_of(other))
    beside.let_in()
    assert ask(beside, other).status_code == 429, "the same number by another link"
    for hours in range(1, 8):
        with clock.frozen(MOMENT + timedelta(hours=2 * hours)):
            visitor.let_in()
            assert ask(visitor, job).status_code == 303
    with clock.frozen(MOMENT + timedelta(hours=17)):
        visitor.let_in()
        answer = ask(visitor, job)
    assert (answer.status_code, len(gateway.taken)) == (429, rules.MOST_CODES_A_DAY)
    assert "no more are" in answer.text


def test_another_number_on_file_and_another_address_end_a_code(gateway, visitor: Visitor, job: Job, app: Flask) -> None:
    ask(visitor, job)
    code = code_of(gateway)
    job.site.customer.phone = "13999992716"
    db.session.commit()
    assert enter(visitor, job, code).status_code == 422
    job.site.customer.phone = "13812342716"
    db.session.commit()
    assert enter(visitor, job, code).status_code == 303
    job.site.customer.phone = "13999992716"
    db.session.commit()
    confirm(visitor, job)
    assert db.session.query(CustomerWord).one().tied_by == "digits", "what was known of the old number ties no longer"


def test_a_gateway_that_fails_is_said_and_keeps_nothing(
    gateway, visitor: Visitor, job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.status = 500
    answer = ask(visitor, job)
    assert answer.status_code == 503
    assert "could not be sent" in answer.text
    assert "the gateway answered 500" in caplog.text
    code = code_of(gateway)
    assert enter(visitor, job, code).status_code == 422, "what was not sent cannot be entered"


def test_a_number_that_takes_no_messages_is_asked_for_none(required, visitor: Visitor, job: Job) -> None:
    job.site.customer.phone = "01065432716"
    db.session.commit()
    visitor.let_in()
    assert "Send a code" not in visitor.get(f"/visits/{job.id}/judgement").text
    assert ask(visitor, job).status_code == 422
    assert confirm(visitor, job).status_code == 303


def test_staff_and_strangers_have_no_code_sent(gateway, app: Flask, job: Job, cast: Cast, client) -> None:
    assert ask(Visitor(app.test_client(), link_of(job)), job).status_code == 403
    staff = Visitor(client, link_of(job))
    staff.let_in()
    sign_in(client, cast.dispatcher)
    assert ask(staff, job).status_code == 403
    assert gateway.taken == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SMS_GATEWAY": "pigeon"}, "expected one of webhook"), ({"SMS_URL": "http://sms.example/"}, "https"),
        ({"SMS_URL": ""}, "https"), ({"SMS_SECRET": "short"}, "at least 16"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_work_is_told_at_start(given: dict[str, str], said: str) -> None:
    good = {"SMS_GATEWAY": "webhook", "SMS_URL": "https://sms.example/", "SMS_SECRET": SECRET, "OUTBOUND_PRIVATE": False}
    assert _made(good) is not None
    assert _made(good | {"SMS_GATEWAY": ""}) is None
    with pytest.raises(BadGateway, match=said):
        _made(good | given)


@pytest.mark.parametrize(
    ("phone", "takes", "masked"),
    [("13812345678", True, "138****5678"), ("+8613812345678", True, "+86138****5678"),
     ("01087654321", False, "010****4321"),
     ("+4915112345678", True, "+49151****5678"), ("12", False, "12"), ("", False, "")],
)  # fmt: skip
def test_numbers_that_take_messages(phone: str, takes: bool, masked: str) -> None:
    assert (rules.takes_sms(phone), rules.masked_middle(phone)) == (takes, masked)
