"""The second act of a signature: the customer confirms or disputes, by link, the very sheet that was shown."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from fieldservice.audit.erasing import erase_customer
from fieldservice.core import audit, clock
from fieldservice.core.db import db
from fieldservice.jobs.models import Job
from fieldservice.portal import queries
from fieldservice.portal.gateways.webhook import Webhook
from fieldservice.portal.models import CustomerWord, SmsCode, WordOwner
from fieldservice.signoff.models import SignOff
from fieldservice.visits.models import JobClosure
from fieldservice.web.exceptions import Asked, find
from tests.builders import MOMENT, a_job
from tests.cast import Cast, sign_in
from tests.portal.visitor import Visitor, link_of
from tests.signoff.sheets import SHOWN_PHOTOS, register_key, sha256, signed_on, take_photos
from tests.support.forms import post_form
from tests.support.taker import taking


@pytest.fixture(autouse=True)
def _clock():
    with clock.frozen(MOMENT):
        yield


@pytest.fixture
def job(cast: Cast) -> Job:
    """A finished visit whose customer signed on site."""
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    take_photos(job, cast.technician)
    register_key(cast.technician)
    signed_on(job, cast.technician, work={})
    job.state = "finished"
    db.session.commit()
    return job


@pytest.fixture
def visitor(app, job) -> Visitor:
    visitor = Visitor(app.test_client(), link_of(job))
    visitor.let_in()
    return visitor


def sheet_of(job: Job, revision: int = 1) -> SignOff:
    return db.session.query(SignOff).filter_by(job_id=job.id, revision=revision).one()


def judged(visitor: Visitor, kind: str, job: Job, revision: int = 1, **given: str):  # type: ignore[no-untyped-def]
    row = sheet_of(job, revision)
    return visitor.say(kind, job, **{"sheet": row.id, "sha256": row.presented_sha256, "from": "judgement"} | given)


def words() -> list[CustomerWord]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(CustomerWord).order_by(CustomerWord.id)))


def matters(cast: Cast):  # type: ignore[no-untyped-def]
    found = find(Asked([cast.store.id], cast.dispatcher, clock.now(), cast.store.timezone))
    return [matter for matter in found.matters if matter.kind == "dispute"]


def test_the_whole_sheet_is_read_and_confirmed_with_what_was_shown(visitor: Visitor, job: Job) -> None:
    row = sheet_of(job)
    assert f"/visits/{job.id}/judgement" in visitor.get().text
    page = visitor.get(f"/visits/{job.id}/judgement").text
    for part in ("换板 4 片", "暖气管接头渗水", "上门费", "Checklist: 17 of 17", f"Photos: {len(SHOWN_PHOTOS)}",
                 "张伟", "the last four digits", row.presented_sha256):  # fmt: skip
        assert part in page, part
    assert "Send a code" not in page, "no gateway is set: nothing is offered that cannot work"
    assert judged(visitor, "confirmed", job).status_code == 303
    [word] = words()
    link = link_of(job)
    assert (word.sheet_id, word.presented_sha256, word.sheet_revision) == (row.id, sha256(row.presented), 1)
    assert (word.language, word.link_id, word.link_rotation, word.tied_by) == ("en", link.id, link.rotation, "digits")
    assert word.said_at == MOMENT
    assert "You confirmed the work today 10:00" in visitor.words


def test_a_sheet_that_was_not_read_is_not_judged(visitor: Visitor, job: Job, cast: Cast) -> None:
    other = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    foreign = signed_on(other, cast.technician, names={"$key": sheet_of(job).key_id}, work={})
    for given, words_ in (
        ({"sheet": "", "sha256": ""}, "read the sheet of this visit first"),
        ({"sha256": "0" * 64}, "newer sheet than the one you read"),
        ({"sheet": foreign.id, "sha256": foreign.presented_sha256}, "newer sheet than the one you read"),
        ({"sheet": "x" * 5000}, "newer sheet than the one you read"),
    ):
        for kind in ("confirmed", "disputed"):
            answer = judged(visitor, kind, job, words="不对", **given)
            assert answer.status_code == 422
            assert words_ in answer.text
    assert words() == []


def test_a_sheet_whose_text_was_changed_in_the_tables_is_not_confirmed(visitor: Visitor, job: Job) -> None:
    sent = {"sheet": sheet_of(job).id, "sha256": sheet_of(job).presented_sha256}
    sheet_of(job).presented = sheet_of(job).presented.replace("上门费", "上门赔")
    db.session.commit()
    assert visitor.say("confirmed", job, **sent).status_code == 422
    assert words() == []


def test_confirming_one_revision_says_nothing_of_the_next(visitor: Visitor, job: Job, cast: Cast, client) -> None:
    judged(visitor, "confirmed", job)
    job.state = "working"
    signed_on(job, cast.technician, revision=2, work={})
    job.state = "finished"
    db.session.commit()
    page = visitor.words
    assert "That was about an earlier sheet" in page
    assert "Read all of it, confirm it" in page
    assert judged(visitor, "confirmed", job, revision=1).status_code == 422
    with clock.frozen(MOMENT + timedelta(minutes=1)):
        assert judged(visitor, "confirmed", job, revision=2).status_code == 303
    assert [word.sheet_revision for word in words()] == [1, 2], "both answers are kept"
    acts = queries.second_acts([sheet_of(job, 1).id, sheet_of(job, 2).id])
    assert [len(found) for found in acts.values()] == [1, 1]


def test_what_has_changed_since_is_disputed_but_not_confirmed(visitor: Visitor, job: Job) -> None:
    job.amount_fen = 90000
    db.session.commit()
    page = visitor.get(f"/visits/{job.id}/judgement").text
    assert "has changed since this sheet (number 1)" in page
    assert "Everything is as it should be" not in page
    answer = judged(visitor, "confirmed", job)
    assert answer.status_code == 422
    assert "cannot be confirmed" in answer.text
    assert judged(visitor, "disputed", job, words="我没同意 900 元", about="amount").status_code == 303


def test_a_dispute_has_reason_owner_and_answer_and_a_second_one_stands_beside_it(
    visitor: Visitor, job: Job, cast: Cast, client: FlaskClient
) -> None:
    assert judged(visitor, "disputed", job, words=" ").status_code == 422
    judged(visitor, "disputed", job, words="不是我签的", about="signature")
    [matter] = matters(cast)
    assert matter.words == "这不是我签的，或者我没有同意：“不是我签的”"
    assert "沈店长 负责" in matter.detail
    assert matter.action.address == f"/words/{words()[0].id}/answer?next=/"
    desk = sign_in(client, cast.dispatcher)
    english = {"Accept-Language": "en"}
    form = desk.get(matter.action.address, headers=english).text
    for part in ("This is not my signature", "沈店长", "so this is a weak tie"):
        assert part in form, part
    word_id = words()[0].id
    for _ in range(2):
        assert post_form(desk, f"/words/{word_id}/owner", {}, page=f"/jobs/{job.id}").status_code == 303
    assert [row.owner.name for row in db.session.query(WordOwner).order_by(WordOwner.since_at)] == ["沈店长", "沈女士"]
    assert "沈女士 负责" in matters(cast)[0].detail
    page = desk.get(f"/jobs/{job.id}", headers=english).text
    assert "Disputes this sheet" in page
    assert "Looks after what the customer said" in page, "in the timeline"
    with clock.frozen(MOMENT + timedelta(minutes=2)):
        judged(visitor, "disputed", job, words="金额也不对", about="amount")
        post_form(desk, f"/words/{words()[1].id}/answer", {"words": "我们今天打给您"}, page=f"/words/{word_id}/answer")
    assert [(word.about, word.words) for word in words()] == [("signature", "不是我签的"), ("amount", "金额也不对")]
    assert "我们今天打给您" in visitor.words
    assert matters(cast) == []


def test_who_may_look_after_it(app, cast: Cast, visitor: Visitor, job: Job) -> None:
    judged(visitor, "disputed", job, words="有缝")
    address = f"/words/{words()[0].id}/owner"
    for person, status in ((cast.outsider, 404), (cast.finance, 403), (cast.technician, 403), (cast.service_desk, 303)):
        client = sign_in(app.test_client(), person)
        assert post_form(client, address, {}, page="/account").status_code == status, person.name


def test_staff_cannot_answer_and_a_stranger_sees_nothing(
    client: FlaskClient, app, job: Job, cast: Cast, visitor: Visitor
) -> None:
    path = f"/visits/{job.id}/judgement"
    stranger = Visitor(app.test_client(), link_of(job))
    assert stranger.get(path).status_code == 302, "without the digits"
    other = Visitor(app.test_client(), link_of(a_job(cast.store, cast.technician, state="finished")))
    other.let_in()
    assert other.get(path).status_code == 404, "by the link of another case"
    staff = Visitor(client, link_of(job))
    staff.let_in()
    sign_in(client, cast.branch_manager)
    answer = judged(staff, "confirmed", job)
    assert (answer.status_code, words()) == (403, [])
    planned = a_job(cast.store, cast.technician, state="accepted", site=job.site)
    assert visitor.get(f"/visits/{planned.id}/judgement").status_code == 404


def test_erasing_a_customer_takes_all_of_it_and_the_chain_stays_whole(
    app, visitor: Visitor, job: Job, cast: Cast
) -> None:
    with taking() as server:
        app.extensions["sms_gateway"] = Webhook(f"http://127.0.0.1:{server.server_port}/", "x" * 16, allow_private=True)
        visitor.post(f"/visits/{job.id}/code")
    judged(visitor, "disputed", job, words="不是我签的", about="signature")
    db.session.add(JobClosure(job_id=job.id, closed_at=clock.now(), closed_by_id=cast.dispatcher.id))
    db.session.commit()
    assert [db.session.query(model).count() for model in (CustomerWord, WordOwner, SmsCode)] == [1, 1, 1]
    customer = job.site.customer
    erase_customer(customer, typed=customer.name, reason="客户要求", by=cast.administrator, at=clock.now())
    db.session.commit()
    assert [db.session.query(model).count() for model in (CustomerWord, WordOwner, SmsCode)] == [0, 0, 0]
    assert audit.walk().wrong is None


@pytest.mark.parametrize("weak", [True, False])
def test_a_weak_mark_is_said_to_the_customer(app, cast: Cast, weak: bool) -> None:
    job = a_job(cast.store, cast.technician, state="working", amount_fen=18000)
    register_key(cast.technician)
    take_photos(job, cast.technician)
    mark = {"signed": {"strokes": [[[100, 100, 0, 500], [120, 110, 16, 500]]]}} if weak else {}
    signed_on(job, cast.technician, work={}, **mark)
    job.state = "finished"
    db.session.commit()
    visitor = Visitor(app.test_client(), link_of(job))
    visitor.let_in()
    for page in (visitor.get().text, visitor.get(f"/visits/{job.id}/judgement").text):
        assert bool(re.search("The mark is very short or small", page)) == weak
