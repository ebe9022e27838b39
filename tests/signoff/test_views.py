"""The desk sees every sheet with what it is worth, and gets the proof of it; another branch sees nothing."""

import json

import pytest

from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.signoff.models import SignOff
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.signoff.sheets import KEY, VECTORS, register_key, signed_on, take_photos

REFUSED = next(case for case in VECTORS["cases"] if case["name"].startswith("refused, with"))["signed"]


@pytest.fixture
def job(cast: Cast) -> Job:
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    take_photos(job, cast.technician)
    register_key(cast.technician)
    return job


def page(client, cast, job) -> str:
    answer = sign_in(client, cast.dispatcher).get(f"/jobs/{job.id}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.text


def test_a_job_without_a_sheet_has_no_panel(client, cast, job):
    assert "Signatures" not in page(client, cast, job)


def test_it_shows_who_signed_what_and_the_mark(client, cast, job):
    signed_on(job, cast.technician, work={})
    text = page(client, cast, job)
    words = "Verified|张伟|the customer|in Chinese|换板 4 片|6.8%|暖气管接头渗水|上门费|Checklist: 17 of 17|Attitude 5"
    for part in (*words.split("|"), '<path d="M1000 2000L1150 2200', VECTORS["presented"]["statement"]):
        assert part in text, part
    assert "Weak mark" not in text


def test_it_says_why_a_sheet_does_not_count_and_what_to_do(client, cast, job):
    signed_on(job, cast.technician, queued={"signer.name": "李四"})
    text = page(client, cast, job)
    assert "Does not count" in text
    assert "something in it was changed after signing" in text


def test_it_says_that_a_sheet_was_replaced_and_that_a_mark_is_weak(client, cast, job):
    signed_on(job, cast.technician, signed={"strokes": [[[100, 100, 0, 500], [120, 110, 16, 500]]]})
    signed_on(job, cast.technician, revision=2)
    text = page(client, cast, job)
    assert "Verified, replaced or outdated since" in text
    assert "Weak mark" in text


def test_it_says_why_nobody_signed(client, cast, job):
    signed_on(job, cast.technician, signed=REFUSED)
    text = page(client, cast, job)
    assert "Refused to sign" in text
    assert "客户说颜色不一样" in text


@pytest.mark.parametrize("column", ["presented", "payload", "signature"])
def test_it_notices_that_somebody_changed_what_is_kept(client, cast, job, column):
    row = signed_on(job, cast.technician)
    setattr(row, column, getattr(row, column).replace("上门费", "上门赔").replace("张伟", "张三").replace("A", "B", 1))
    if column == "signature":
        row.signature = "A" * 86
    db.session.commit()
    assert "Does not verify any more" in page(client, cast, job)


def test_the_proof_holds_the_texts_byte_for_byte(client, cast, job):
    row = signed_on(job, cast.technician)
    answer = sign_in(client, cast.quality).get(f"/jobs/{job.id}/sheets/{row.id}/proof")
    content = json.loads(answer.text)
    assert (content["presented"], content["payload"], content["signature"]) == (row.presented, row.payload, row.signature)
    assert content["public_key_spki"] == KEY["spki"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_who_must_not_see_it_sees_nothing(client, cast, job):
    row = signed_on(job, cast.technician)
    address = f"/jobs/{job.id}/sheets/{row.id}/proof"
    other = a_job(cast.store, cast.technician)
    assert sign_in(client, cast.outsider).get(address).status_code == 404
    assert sign_in(client, cast.finance).get(address).status_code == 403
    assert sign_in(client, cast.technician).get(address).status_code == 403
    assert sign_in(client, cast.dispatcher).get(f"/jobs/{other.id}/sheets/{row.id}/proof").status_code == 404
    assert sign_in(client, cast.dispatcher).get(f"/jobs/{job.id}/sheets/nothing/proof").status_code == 404
    assert sign_in(client, cast.dispatcher).get(address).status_code == 200
    assert db.session.get(SignOff, row.id) is not None
