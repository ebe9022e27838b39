"""Signing by the link what was left unsigned on site."""

import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldservice.core import canonical, clock
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.portal import actions as portal
from fieldservice.signoff.models import LinkSignature, SignOff
from fieldservice.visits.queries import sheets_of
from fieldservice.visits.rules import has_customer_signed
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.signoff.sheets import VECTORS, register_key, sha256, signed_on, take_photos

ABSENT = next(case for case in VECTORS["cases"] if case["name"].startswith("refused, with"))["signed"] | {
    "outcome": "absent"}  # fmt: skip
MARK = [[[1000 + 150 * n, 2000 + 90 * (n % 7), 16 * n, 500] for n in range(40)]]
DIGITS = "2716"


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


def address_of(job: Job) -> str:
    link = portal.case_link(job.case_id, at=clock.now())
    address = portal.address_of(link)
    db.session.commit()
    return address[address.index("/c/") :]


def let_in(client: FlaskClient, job: Job) -> str:
    """Where it is signed; the digits are known."""
    address = address_of(job)
    answer = post(client, f"{address}/digits", {"digits": DIGITS}, page=address)
    assert answer.status_code == 303, answer.text
    return f"{address}/visits/{job.id}/signature"


def post(client: FlaskClient, address: str, fields: dict[str, str], page: str | None = None):  # type: ignore[no-untyped-def]
    text = client.get(page or address).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)[1]
    return client.post(address, data={"csrf_token": token, **fields}, headers={"Sec-Fetch-Site": "same-origin"})


def fields(job: Job, **given: str) -> dict[str, str]:
    row = db.session.query(SignOff).filter_by(job_id=job.id).one()
    return {"sheet": row.id, "sha256": row.presented_sha256, "consent": "1", "signer": "张丽华", "role": "customer",
            "strokes": json.dumps(MARK), "whole": "1"} | given  # fmt: skip


def test_it_is_read_signed_and_seen_by_everybody(client: FlaskClient, cast: Cast, job: Job) -> None:
    assert not has_customer_signed(sheets_of([job])[job.id])
    version = job.version
    where = let_in(client, job)
    assert where in client.get(where.split("/visits")[0]).text, "the page of the case leads to it"
    page = client.get(where, headers={"Accept-Language": "en"}).text
    for words in ("换板 4 片", "I agree to sign by hand on my own phone", "A typed name is no signature", "js/sign.js"):
        assert words in page, words
    assert post(client, where, fields(job)).status_code == 303
    row = db.session.query(LinkSignature).one()
    said = json.loads(row.payload)
    assert canonical.is_canonical(row.payload, said)
    assert said["presented_sha256"] == sha256(row.sign_off.presented)
    assert (said["signer"]["name"], said["strokes"], row.is_weak) == ("张丽华", MARK, False)
    assert said["statement"].startswith(("我看过了", "I have seen"))
    db.session.refresh(job)
    assert job.version > version, "phones and open pages learn of it"
    assert has_customer_signed(sheets_of([job])[job.id])
    seen = client.get(where.split("/visits")[0], headers={"Accept-Language": "en"}).text
    assert "Signed by 张丽华 by this link" in seen
    assert "Read and sign now" not in seen
    desk = sign_in(client, cast.dispatcher).get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text
    assert desk.count("Signed by the customer by link") == 2, "beside the sheet and in the timeline"
    assert "The same text as on site" in desk
    proof = client.get(f"/jobs/{job.id}/sheets/{row.sign_off_id}/proof").json
    assert sha256(proof["signed_by_link"]) == proof["signed_by_link_sha256"]


def test_sent_twice_it_is_kept_once(client: FlaskClient, job: Job) -> None:
    where, sent = let_in(client, job), fields(job)
    assert post(client, where, sent).status_code == 303
    token_page = where.split("/visits")[0]
    assert post(client, where, sent | {"signer": "李四"}, page=token_page).status_code == 303
    assert [row.signer_name for row in db.session.query(LinkSignature)] == ["张丽华"]
    assert client.get(where).status_code == 410, "there is nothing to sign any more"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"strokes": ""}, "Please sign in the field"), ({"strokes": "[]"}, "Please sign in the field"),
        ({"strokes": "[[[1,2"}, "Please sign in the field"),
        ({"strokes": "[[[1,2,3,99999]]]"}, "Please sign in the field"),
        ({"strokes": '[[["1",2,3,4]]]'}, "Please sign in the field"), ({"strokes": "null"}, "Please sign in the field"),
        ({"strokes": json.dumps([[[1, 1, n, 0] for n in range(4001)]])}, "more points than a signature"),
        ({"signer": "  "}, "Please write your name"), ({"consent": ""}, "Please tick"),
        ({"consent": "9"}, "Please tick"), ({"sha256": "0" * 64}, "not the one we have now"),
        ({"role": "neighbour"}, "Choose from the list"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_what_was_given_stays(
    client: FlaskClient, job: Job, given: dict[str, str], words: str
) -> None:
    where = let_in(client, job)
    client.set_cookie("lang", "en", domain="localhost")
    answer = post(client, where, fields(job, **given))
    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.query(LinkSignature).count() == 0
    if "signer" not in given:
        assert 'value="张丽华"' in answer.text


def test_a_weak_mark_is_taken_and_said(client: FlaskClient, cast: Cast, job: Job) -> None:
    post(client, let_in(client, job), fields(job, strokes="[[[5,5,0,500]]]"))
    assert db.session.query(LinkSignature).one().is_weak
    assert "Weak mark" in sign_in(client, cast.quality).get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text


def test_a_body_cut_short_keeps_nothing(client: FlaskClient, job: Job) -> None:
    where = let_in(client, job)
    sent = fields(job)
    del sent["whole"]
    assert post(client, where, sent).status_code == 400
    assert db.session.query(LinkSignature).count() == 0


def test_without_the_digits_or_by_another_link_nothing_is_shown_or_signed(
    client: FlaskClient, cast: Cast, job: Job
) -> None:
    address = address_of(job)
    where = f"{address}/visits/{job.id}/signature"
    assert client.get(where).status_code == 302
    assert post(client, where, fields(job), page=address).status_code == 403
    other = a_job(cast.store, cast.technician, state="finished")
    let_in(client, other)
    foreign = address_of(other)
    assert client.get(f"{foreign}/visits/{job.id}/signature").status_code == 404
    assert post(client, f"{foreign}/visits/{job.id}/signature", fields(job), page=foreign).status_code == 404
    assert post(client, f"{foreign}/visits/{other.id}/signature", fields(job), page=foreign).status_code == 404
    assert client.get(f"/c/{'x' * 32}/visits/{job.id}/signature").status_code == 404
    assert db.session.query(LinkSignature).count() == 0


@pytest.mark.parametrize("why", ["working", "paper", "signed", "amount", "newer"])
def test_what_cannot_be_signed_says_so_and_what_to_do(client: FlaskClient, cast: Cast, job: Job, why: str) -> None:
    sent, where = fields(job), let_in(client, job)
    if why == "working":
        job.state = "working"
    elif why == "paper":
        job.stops_supply = True
    elif why == "amount":
        job.amount_fen = 90000
    else:
        job.state = "working"
        signed_on(job, cast.technician, revision=2, work={}, **({"signed": ABSENT} if why == "newer" else {}))
        job.state = "finished"
    db.session.commit()
    client.set_cookie("lang", "en", domain="localhost")
    if why != "newer":
        answer = client.get(where)
        assert answer.status_code == 410
        assert "There is nothing to sign" in answer.text
    answer = post(client, where, sent, page=where.split("/visits")[0])
    assert answer.status_code == 422
    assert "There is nothing to sign here any more" in answer.text
    assert db.session.query(LinkSignature).count() == 0


def test_changed_after_signing_it_does_not_verify(client: FlaskClient, cast: Cast, job: Job) -> None:
    post(client, let_in(client, job), fields(job))
    row = db.session.query(LinkSignature).one()
    row.payload = row.payload.replace("张丽华", "张丽花")
    db.session.commit()
    text = sign_in(client, cast.dispatcher).get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text
    assert "Does not verify any more" in text.split('id="by-link-')[1]


def test_it_stands_only_as_long_as_the_sheet(client: FlaskClient, cast: Cast, job: Job) -> None:
    post(client, let_in(client, job), fields(job))
    job.amount_fen = 90000
    db.session.commit()
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        text = sign_in(client, cast.dispatcher).get(f"/jobs/{job.id}", headers={"Accept-Language": "en"}).text
    assert "Of a sheet that does not stand any more" in text
    assert not has_customer_signed(sheets_of([job])[job.id])
