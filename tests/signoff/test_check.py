"""A signature checked again: each tampering has its own right answer; nobody sees what is not theirs."""

import base64
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fieldservice.accounts.models import DeviceKey
from fieldservice.core import clock
from fieldservice.core.db import db
from fieldservice.core.oplog import log_office_edit
from fieldservice.jobs.models import Job
from fieldservice.signoff import queries, recheck, remedies, verify, words
from fieldservice.signoff.changes import compared
from fieldservice.signoff.models import LinkSignature, SignOff
from fieldservice.visits.models import JobClosure
from fieldservice.web.exceptions import Asked, find
from fieldservice.web.words import REASONS
from tests.builders import a_job
from tests.cast import Cast, sign_in
from tests.portal.test_signing import ABSENT, fields, let_in, post
from tests.signoff.sheets import KEY, SHOWN_PHOTOS, VECTORS, register_key, signed_on, take_photos
from tests.support.html import text_of

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def job(cast: Cast) -> Job:
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    take_photos(job, cast.technician)
    register_key(cast.technician)
    return job


@pytest.fixture
def row(job: Job, cast: Cast) -> SignOff:
    return signed_on(job, cast.technician)


def bad(row: SignOff) -> set[str]:
    db.session.expire_all()
    return {step.code for step in recheck.recheck(db.session.get_one(SignOff, row.id)).bad}


def write(table: type, row_id: str, **values: object) -> None:
    """Past the product, as somebody with the database's password would."""
    db.session.execute(sa.update(table).where(table.id == row_id).values(**values))  # type: ignore[attr-defined]
    db.session.commit()


def page(client, cast: Cast, address: str) -> str:  # type: ignore[no-untyped-def]
    answer = sign_in(client, cast.dispatcher).get(address, headers=ENGLISH)
    assert answer.status_code == 200
    return answer.text


# ---- every part, verified again ----


def test_every_part_is_shown_and_every_step_fits(client, cast: Cast, row: SignOff, job: Job) -> None:
    text = page(client, cast, f"/jobs/{job.id}/sheets/{row.id}")
    assert bad(row) == set()
    shown = text_of(text)
    for part in (
        "Every step holds.", KEY["id"], KEY["spki"], job.sign_nonce, row.presented_sha256, row.signature, "张伟",
        VECTORS["presented"]["statement"], "116.30000,39.80000 WGS-84 ± 12 m", "corrected",
        json.loads(row.payload)["photos_sha256"], "Strokes: 1, points: 30", "¥180", "Place in the chain", row.presented,
        row.payload,
    ):  # fmt: skip
        assert part in shown, part
    assert "<path d=" in text
    steps = {step.code for step in recheck.recheck(row).steps}
    assert set(verify.FAULTS) - {"sign_wrong_state"} <= steps, "each check of the verification has its step"
    assert steps <= set(words.STEPS)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"payload": ("张伟", "李四")}, {"sign_invalid", "sign_row_changed", "sign_chain"}),
        ({"payload": ("[1150,2200,", "[1151,2200,")}, {"sign_invalid", "sign_chain"}),
        ({"presented": ("张伟", "张三")}, {"sign_presented_changed", "sign_row_changed", "sign_chain"}),
        ({"signature": ("", "A")}, {"sign_invalid", "sign_chain"}),
        ({"signer_name": ("张伟", "李四")}, {"sign_row_changed", "sign_chain"}),
        ({"payload": ("{", "[")}, {"sign_unreadable", "sign_chain"}),
    ],
)  # fmt: skip
def test_each_tampering_has_its_own_answer(row: SignOff, given: dict[str, tuple[str, str]], wanted: set[str]) -> None:
    [(column, (old, new))] = given.items()
    before = getattr(row, column)
    write(SignOff, row.id, **{column: before.replace(old, new, 1) if old else new * 86})
    assert bad(row) == wanted


def test_the_sheet_of_another_job_in_its_place_is_noticed(
    client, cast: Cast, row: SignOff, job: Job
) -> None:
    other = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    take_photos(other, cast.technician)
    theirs = signed_on(other, cast.technician)
    write(SignOff, row.id, payload=theirs.payload, presented=theirs.presented, signature=theirs.signature,
          presented_sha256=theirs.presented_sha256)  # fmt: skip
    assert bad(row) == {"sign_other_job", "sign_nonce_wrong", "sign_chain"}
    text = text_of(page(client, cast, f"/jobs/{job.id}/sheets/{row.id}"))
    for part in ("Does not hold", "signed for another job", "was edited afterwards",
                 "Look for the visit it was meant for", "the job has " + job.sign_nonce):  # fmt: skip
        assert part in text, part
    assert "signed for another job" in text_of(page(client, cast, f"/jobs/{job.id}")), "the page of the job says it, too"


def test_a_key_put_into_the_place_of_another_is_noticed(row: SignOff) -> None:
    """Even by somebody who signs the changed text with it."""
    mine = ec.generate_private_key(ec.SECP256R1()).public_key()
    spki = base64.b64encode(mine.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    write(DeviceKey, KEY["id"], spki=spki)
    assert {"sign_key_unknown", "sign_invalid"} <= bad(row)


def test_a_key_blocked_later_was_good_then_and_one_blocked_before_was_not(
    client, cast: Cast, row: SignOff, job: Job
) -> None:
    write(DeviceKey, KEY["id"], revoked_at=row.happened_at + timedelta(hours=1))
    assert bad(row) == set()
    assert "after the signing: it was good then" in page(client, cast, f"/jobs/{job.id}/sheets/{row.id}")
    write(DeviceKey, KEY["id"], revoked_at=row.happened_at - timedelta(hours=1))
    assert bad(row) == {"sign_key_revoked"}


def test_what_the_office_changed_since_is_no_forgery(client, cast: Cast, row: SignOff, job: Job) -> None:
    job.amount_fen = 30000
    db.session.commit()
    done = recheck.recheck(row)
    assert {step.code for step in done.steps if step.state == "changed"} == {"sign_agreed_differs"}
    assert done.is_good
    assert "It fitted when it came" in page(client, cast, f"/jobs/{job.id}/sheets/{row.id}")


def test_a_signature_by_link_has_its_own_steps(client, cast: Cast, app, job: Job) -> None:
    sheet = signed_on(job, cast.technician, signed=ABSENT, work={})
    job.state = "finished"
    db.session.commit()
    browser = app.test_client()
    post(browser, let_in(browser, job), fields(job))
    address, signature = f"/jobs/{job.id}/sheets/{sheet.id}", db.session.query(LinkSignature).one()
    text = text_of(page(client, cast, address))
    own = "What was signed comes to its own digest"
    for part in ("Every step holds.", own, "so this is a weak tie", signature.payload):
        assert part in text, part
    for given, wanted in (
        ({"payload": signature.payload.replace("张丽华", "张丽花")}, {"link_digest", "link_row", "link_chain"}),
        ({"signer_name": "李四"}, {"link_row", "link_chain"}),
        ({"tied_by": "code"}, {"link_row", "link_chain"}),
        ({"payload": "{"}, {"link_unreadable", "link_chain"}),
    ):  # fmt: skip
        before = {name: getattr(signature, name) for name in given}
        write(LinkSignature, signature.id, **given)
        db.session.expire_all()
        found = {step.code for step in recheck.recheck_link(db.session.get_one(LinkSignature, signature.id)).bad}
        assert found == {code.replace("link_chain", "sign_chain") for code in wanted}
        write(LinkSignature, signature.id, **before)
    write(SignOff, sheet.id, presented=sheet.presented.replace("上门费", "上门赔"))
    db.session.expire_all()
    found = {step.code for step in recheck.recheck_link(db.session.get_one(LinkSignature, signature.id)).bad}
    assert found == {"link_presented"}


def test_who_must_not_see_it_sees_nothing(app, cast: Cast, row: SignOff, job: Job) -> None:
    other = a_job(cast.store, cast.technician)
    check, changes = f"/jobs/{job.id}/sheets/{row.id}", f"/jobs/{job.id}/sheets/{row.id}/changes"
    for person, statuses in (
        (cast.outsider, (404, 404)), (cast.finance, (403, 200)), (cast.technician, (403, 403)),
        (cast.service_desk, (403, 200)), (cast.branch_manager, (200, 200)), (cast.quality, (200, 200)),
        (cast.head_office_manager, (200, 200)),
    ):  # fmt: skip
        client = sign_in(app.test_client(), person)
        assert tuple(client.get(address).status_code for address in (check, changes)) == statuses, person.name
    desk = sign_in(app.test_client(), cast.dispatcher)
    for address in (f"/jobs/{other.id}/sheets/{row.id}", f"/jobs/{job.id}/sheets/nothing", f"{changes}?with={other.id}"):
        assert desk.get(address).status_code == 404
    assert app.test_client().get(check).status_code == 302


# ---- what to do ----


@pytest.mark.parametrize("code", [*verify.FAULTS, "sign_row_changed"])
def test_every_reason_has_words_and_advice_of_its_own(code: str) -> None:
    advice = [str(remedy.words) for remedy in remedies.REMEDIES.values()]
    assert code in REASONS
    assert str(remedies.REMEDIES[code].words) not in ("", code)
    assert len(set(advice)) == len(advice), "each has its own"
    for state in ("working", "finished", "assigned", "cancelled"):
        acts = remedies.acts_for(code, state, has_link=state == "finished")
        assert acts, f"nothing is offered about {code} of a visit that is {state}"
        assert not (state == "working" and "ask_by_link" in acts), "it is signed again on the spot"
        assert set(acts) <= set(words.ACTS) | {"decide"}


def test_the_desk_offers_what_helps(client, cast: Cast, job: Job) -> None:
    cast.technician.phone = "13700000217"
    row = signed_on(job, cast.technician, queued={"signer.name": "李四"})
    text = page(client, cast, f"/jobs/{job.id}").split(f'id="sheet-{row.id}"')[1]
    for part in ("Treat it as changed", f"/jobs/{job.id}/sheets/{row.id}", "tel:13700000217"):
        assert part in text, part
    assert "Ask the customer by the link" not in text, "the visit goes on"
    job.state = "finished"
    db.session.commit()
    text = page(client, cast, f"/jobs/{job.id}").split(f'id="sheet-{row.id}"')[1]
    assert 'href="#customer-link"' in text


# ---- what changed ----


def test_two_versions_side_by_side_each_with_its_signature(client, cast: Cast, row: SignOff, job: Job) -> None:
    line = {"text": "换板", "quantity_milli": 2000, "unit": "片", "unit_price_fen": 6000, "amount_fen": 12000}
    shown = {"lines": [line], "total_fen": 12000}
    newer = signed_on(job, cast.technician, revision=2, signed={"signer.name": "李四"}, shown=shown)
    address = f"/jobs/{job.id}/sheets/{row.id}/changes"
    text = text_of(page(client, cast, address))
    assert newer.state == "valid"
    for part in ("Sign-off · number 1 → number 2", "张伟", "李四", "换板 2 片 × ¥60 ¥120", "Total changed ¥180 ¥120"):
        assert part in text, part
    assert "Nobody has signed this version" in text_of(page(client, cast, f"{address}?with=now"))
    assert f"/jobs/{job.id}/sheets/{row.id}/changes" in page(client, cast, f"/jobs/{job.id}")


def test_a_signed_version_that_is_not_the_current_one_is_a_matter(client, cast: Cast, row: SignOff, job: Job) -> None:
    def matters():  # type: ignore[no-untyped-def]
        with pytest.MonkeyPatch.context() as cheap:  # every page of the desk counts them: no whole visit is read
            cheap.delattr(queries, "visits_of")
            found = find(Asked([cast.store.id], cast.dispatcher, clock.now(), cast.store.timezone))
        return [matter for matter in found.matters if matter.kind == "signature"]

    job.state, job.visit_on = "finished", clock.now().date()
    db.session.commit()
    assert matters() == []
    log_office_edit("edit_job", job, by=cast.dispatcher, at=clock.now())
    db.session.commit()
    assert matters() == [], "the office wrote to the job, and what was signed still stands"
    job.amount_fen = 90000
    db.session.commit()
    [matter] = matters()
    assert matter.action.address == f"/jobs/{job.id}/sheets/{row.id}/changes"
    assert "Agreed amount changed ¥180 ¥900" in text_of(page(client, cast, matter.action.address))
    assert find(Asked([cast.other_store.id], cast.outsider, clock.now(), "UTC")).matters == []
    job.amount_fen = 18000
    db.session.query(SignOff).filter_by(id=row.id).one().is_current = False
    db.session.commit()
    assert len(matters()) == 1, "marked when something that was shown changed"
    db.session.add(JobClosure(job_id=job.id, closed_at=clock.now(), closed_by_id=cast.dispatcher.id))
    db.session.commit()
    assert matters() == []


def test_differences_are_named_one_by_one() -> None:
    photo = {"sha256": "a" * 64, "slot": "after", "caption": "", "at_ms": 1}
    before = {"found": ["原因：受潮", "墙角有水"], "photos": [photo], "total_fen": 100,
              "results": [{"label": "含水率", "value": "6%"}],
              "checklist": {"id": None, "done": 3, "of": 3, "not_done": []}}  # fmt: skip
    after = {"found": ["原因：起拱"], "photos": [photo | {"at_ms": 9}], "total_fen": 100,
             "results": [{"label": "含水率", "value": "9%"}, {"label": "平整度", "value": "2 mm"}],
             "checklist": {"id": None, "done": 2, "of": 3, "not_done": [{"words": "清扫", "why": "没电"}]}}  # fmt: skip
    found = {
        one.name: [(change.kind, change.before, change.after) for change in one.changes]
        for one in compared(before, after)
    }
    assert found["found"] == [("edited", "原因：受潮", "原因：起拱"), ("removed", "墙角有水", None)]
    assert found["photos"] == found["total_fen"] == []
    assert [kind for kind, *_ in found["results"]] == ["edited", "added"]
    assert [kind for kind, *_ in found["checklist"]] == ["edited", "added"]
    assert all(one.is_same for one in compared(before, before))
    assert len(SHOWN_PHOTOS) == 2
