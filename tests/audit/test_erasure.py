"""Erasing a customer: nothing of them is left that can be reached, nobody else loses anything, the chain is whole."""

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa

from fieldservice.audit import erasing, tasks
from fieldservice.audit.models import Erasure
from fieldservice.core import audit, clock, files
from fieldservice.core.db import Base, db
from fieldservice.core.happening import Happening
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.customers.actions import CustomerDetails, SiteDetails, add_customer, add_site
from fieldservice.evidence.models import Evidence
from fieldservice.jobs.actions import add_office_note
from fieldservice.jobs.models import Job
from fieldservice.portal import actions as portal
from fieldservice.portal.rules import Said
from fieldservice.reports.actions import make_reports
from fieldservice.reports.models import Report
from fieldservice.visits import actions as visits
from fieldservice.visits.models import JobClosure
from tests.builders import MOMENT, a_case, a_job
from tests.cast import sign_in
from tests.portal.test_signing import ABSENT
from tests.signoff.sheets import register_key, signed_on, take_photos
from tests.support.media import keep_bytes
from tests.support.own_forms import send_form
from tests.sync.phone import Phone
from tests.visits.scene import planks, shoot

SECRETS = ("龚䶮秘", "13999990001", "隐私路", "绝密话")


def a_customer_with_all(cast, name: str, phone: str, road: str, words: str, photo: bytes) -> Job:
    """A customer with an ended, closed visit of which everything there is was kept."""
    details = CustomerDetails(name=name, phone=phone, address_form=name, remark=words)
    customer = add_customer(cast.store, details, by=cast.dispatcher, at=MOMENT)
    site = add_site(customer, SiteDetails(address=road, unit="3 单元", access_note=words), by=cast.dispatcher, at=MOMENT)
    job = a_job(cast.store, cast.technician, site=site, case=a_case(site, words=words), state="working", brief=words,
                amount_fen=18000, analysis=words)  # fmt: skip
    add_office_note(job, words, by=cast.dispatcher, at=MOMENT)
    shoot(job, cast.technician, photo, caption=words)
    take_photos(job, cast.technician)
    when = Happening(at=clock.now(), op_id=new_id())
    visits.report_incident(job, "damage", words, by=cast.technician, when=when)
    signed_on(job, cast.technician, signed=ABSENT, work={})
    job.state = "finished"
    db.session.add(JobClosure(job_id=job.id, closed_at=MOMENT, closed_by_id=cast.dispatcher.id))
    entry = {"kind": "add_note", "entity_type": "job", "entity_id": job.id, "body": f'{{"text":"{words}"}}'}
    when = {"happened_at": MOMENT, "received_at": MOMENT}
    db.session.add(LogEntry(origin="phone", result="applied", person_id=cast.technician.id, **entry, **when))
    sealed = keep_bytes(f"%PDF {words}".encode())
    made: dict[str, Any] = {"run": 1, "revision": 1, "language": "zh", "code": new_id()[-12:], "content_sha256": "0" * 64}
    made |= {"made_at": MOMENT, "sealed_at": MOMENT, "pdf_sha256": sealed, "sealed_sha256": sealed}
    db.session.add(Report(job_id=job.id, **made))
    link = portal.case_link(job.case_id, at=clock.now())
    portal.say(link, job, Said(kind="complaint", words=words), new_id(), at=clock.now())
    db.session.commit()
    return job


@pytest.fixture
def erased(cast, session) -> Job:
    register_key(cast.technician)
    return a_customer_with_all(cast, *SECRETS, planks(3))


@pytest.fixture
def other(erased, cast) -> Job:
    return a_customer_with_all(cast, "王小明", "13800000002", "公开路", "随便说", planks(9))


def everything(session) -> dict[str, set[str]]:
    """Every row of the database as text, by table."""
    session.expire_all()
    found = {}
    for table in Base.metadata.sorted_tables:
        found[table.name] = {repr(tuple(row)) for row in session.execute(sa.select(table))}
    session.rollback()
    return found


def row_of(session) -> Erasure:
    return session.scalars(sa.select(Erasure)).one()


def erase(desk, job: Job, **given: Any):
    data = {"typed": "龚䶮 秘", "reason": "来信要求"} | given
    return send_form(desk, f"/customers/{job.site.customer_id}/erasure", data)


def test_nothing_is_left_and_nobody_else_loses_anything(app, client, cast, session, erased, other):
    other_ids = {other.id, other.case_id, other.site_id, other.site.customer_id}
    other_ids |= set(session.scalars(sa.select(Evidence.id).filter_by(job_id=other.id)))
    photo = hashlib.sha256(planks(3)).hexdigest()
    kept_photo = hashlib.sha256(planks(9)).hexdigest()
    customer_id, job_id = erased.site.customer_id, erased.id
    before = everything(session)
    assert any("绝密话" in row for row in before["customer"])
    assert files.path_of(photo).exists()

    answer = erase(sign_in(client, cast.head_office_manager), erased)
    assert answer.status_code == 303, answer.text

    after = everything(session)
    for table, rows in after.items():
        for row in rows:
            assert not any(secret in row for secret in SECRETS), (table, row)
    for table, rows in before.items():
        for row in rows - after[table]:
            assert not any(one in row for one in other_ids), (table, row)
    assert session.scalars(sa.select(Report.job_id)).all() == [other.id]
    left = [path.name for path in files.media_dir().rglob("*") if path.is_file()]
    report = hashlib.sha256("%PDF 绝密话".encode()).hexdigest()
    assert not any(photo in name or report in name for name in left)
    assert any(kept_photo in name for name in left)
    found = audit.walk()
    assert found.wrong is None
    assert found.erased == row_of(session).counts["facts"] >= 10
    row = row_of(session)
    assert (row.customer_id, row.files, row.counts["jobs"]) == (customer_id, [], 1)
    # the desk still shows all of it, without words
    case = f"/cases/{session.get(Job, job_id).case_id}"
    own = f"/customers/{customer_id}"
    for address in (own, f"{own}/history", f"/jobs/{job_id}", case, "/customers?q=13999990001", "/jobs", "/"):
        page = client.get(address)
        assert page.status_code == 200, address
        assert not any(secret in page.text for secret in SECRETS[:1] + SECRETS[2:]), address
    assert client.get("/jobs?q=绝密话").text.count(job_id) == 0
    # again: nothing more to do, and no error
    again = erase(client, session.get(Job, job_id), typed=erasing.ERASED)
    assert again.status_code == 303
    assert audit.walk().wrong is None


def test_no_report_is_made_of_what_is_left(cast, session, erased):
    job_id = erased.id
    erasing.erase_customer(erased.site.customer, typed=SECRETS[0], reason="x", by=cast.administrator, at=clock.now())
    session.commit()
    assert make_reports(job_id, is_asked=True) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Report)) == 0


def test_phones_drop_it_with_their_next_sync(app, cast, session, erased):
    phone = Phone(sign_in(app.test_client(), cast.technician))
    phone.sync()
    assert "绝密话" in str(phone.jobs[erased.id])
    erasing.erase_customer(erased.site.customer, typed=SECRETS[0], reason="x", by=cast.administrator, at=clock.now())
    session.commit()
    phone.sync()
    assert not any(secret in str(phone.jobs) for secret in SECRETS)


def test_the_same_picture_of_another_customer_stays(cast, session, erased, other):
    shoot(other, cast.technician, planks(3))
    photo = hashlib.sha256(planks(3)).hexdigest()
    customer = erased.site.customer
    row = erasing.erase_customer(customer, typed=SECRETS[0], reason="x", by=cast.administrator, at=clock.now())
    assert photo not in row.files
    session.commit()
    erasing.remove_files(row.id)
    assert files.path_of(photo).exists()


def test_a_worker_removes_what_a_killed_server_left(cast, session, erased):
    photo = hashlib.sha256(planks(3)).hexdigest()
    erasing.erase_customer(erased.site.customer, typed=SECRETS[0], reason="x", by=cast.administrator, at=clock.now())
    session.commit()
    assert files.path_of(photo).exists()
    tasks.remove_erased_files()
    assert not files.path_of(photo).exists()
    assert session.scalars(sa.select(Erasure)).one().files == []


def test_only_head_office_may(app, cast, session, erased):
    for who in (cast.dispatcher, cast.branch_manager, cast.technician, cast.outsider):
        desk = sign_in(app.test_client(), who)
        address = f"/customers/{erased.site.customer_id}/erasure"
        assert (desk.get(address).status_code, desk.post(address).status_code) == (403, 403)


def test_it_must_be_confirmed_and_have_a_reason(client, cast, session, erased):
    desk = sign_in(client, cast.head_office_manager)
    for given in ({"typed": "别人"}, {"reason": " "}, {"typed": ""}, {"typed": "x" * 999}):
        assert erase(desk, erased, **given).status_code == 422, given
    assert session.get(Job, erased.id).brief == "绝密话"


def test_not_while_a_visit_is_open(client, cast, session, erased):
    coming = a_job(cast.store, cast.technician, site=erased.site, case=erased.case, state="working")
    desk = sign_in(client, cast.head_office_manager)
    for state in ("working", "finished"):
        coming.state = state
        answer = desk.post(f"/customers/{erased.site.customer_id}/erasure", data={
            "csrf_token": _token(desk), "typed": SECRETS[0], "reason": "x"})  # fmt: skip
        assert answer.status_code == 409, state
    assert session.get(Job, erased.id).brief == "绝密话"


def _token(desk) -> str:
    from tests.support.html import form_token

    return form_token(desk.get("/account").text)


def test_tables_that_stay_are_those_named(app):
    """Whoever adds a table about visits finds it erased, unless it is named here and in docs/audit.md."""
    assert set(erasing.KEPT) == {"customer", "site", "product", "case", "job", "job_step", "job_helper", "job_contact",
                                 "job_closure", "charge_statement"}  # fmt: skip
