"""What may not be kept longer goes on an administrator's word, nothing else does, and the chain stays whole."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from fieldservice.accounts.models import AccessEntry
from fieldservice.audit import checking, erasing, holds, retention, tasks
from fieldservice.audit.models import RetentionRun
from fieldservice.core import audit, clock
from fieldservice.core.db import db
from fieldservice.core.errors import Conflict
from fieldservice.core.happening import Happening, Place
from fieldservice.core.ids import new_id
from fieldservice.core.oplog import LogEntry
from fieldservice.jobs import actions as job_actions
from fieldservice.jobs.actions import StepGiven
from fieldservice.jobs.models import Job, JobStep
from fieldservice.visits.models import JobClosure
from tests.builders import a_job
from tests.cast import sign_in
from tests.support.own_forms import send_form

LATER = timedelta(days=3 * 366)


def a_closed_visit(cast, *, is_closed: bool = True) -> Job:
    """Ended, with the place of a step, which came by the log."""
    job = a_job(cast.store, cast.technician, state="accepted")
    when = Happening(at=clock.now(), op_id=new_id(), device_at=clock.now())
    entry = {"kind": "take_step", "entity_type": "job", "entity_id": job.id, "person_id": cast.technician.id}
    body = '{"step":"depart","place":{"lat":39.9,"lng":116.4,"accuracy_m":9}}'
    db.session.add(LogEntry(id=when.op_id, origin="phone", result="applied", body=body, happened_at=when.at,
                            received_at=when.at, **entry))  # fmt: skip
    place = Place(39.9, 116.4, 9)
    job_actions.take_step(job, StepGiven(step="depart", place=place), by=cast.technician, when=when)
    job.state = "finished"
    if is_closed:
        db.session.add(JobClosure(job_id=job.id, closed_at=clock.now(), closed_by_id=cast.dispatcher.id))
    db.session.commit()
    return job


@pytest.fixture
def later(app, session, cast):
    """Three years on, with every kind of thing to be removed after two years, and the chain found whole."""
    app.config.update(KEEP_CUSTOMER_YEARS=2, KEEP_ACCESS_YEARS=2, KEEP_PLACE_DAYS=90)

    def go() -> None:
        check = checking.ask(by=cast.administrator, at=clock.now())
        db.session.commit()
        checking.run(check.id)

    with clock.frozen(clock.now() + LATER):
        yield go


def dues() -> dict[str, int]:
    return {due.kind: due.count for due in retention.due_now(clock.now())}


def whole() -> audit.Found:
    db.session.commit()
    found = audit.walk()
    assert found.wrong is None, found.wrong and found.wrong.what
    return found


def test_what_is_due_goes_and_nothing_else(app, session, cast, later, monkeypatch) -> None:
    with clock.frozen(clock.now() - LATER):
        old, running, open_one, held = (a_closed_visit(cast, is_closed=number < 2 or number == 3) for number in range(4))
        holds.hold(held.case, "律师函", by=cast.dispatcher, at=clock.now())
        job_actions.log_office_edit("edit_job", open_one, by=cast.dispatcher, at=clock.now())
        db.session.commit()
    young = a_job(cast.store, cast.technician, site=running.site, case=running.case, state="finished")
    db.session.add(JobClosure(job_id=young.id, closed_at=clock.now(), closed_by_id=cast.dispatcher.id))
    db.session.commit()
    later()
    assert dues() == {"customers": 1, "access": 0, "places": 2}
    [first] = retention.due_now(clock.now())[0].first
    assert first.id == old.site.customer_id
    removed = {}
    for kind in ("places", "customers"):
        run = retention.ask(kind, seen=2, by=cast.administrator, at=clock.now())
        db.session.commit()
        tasks.remove_what_is_due(run.id)
        tasks.remove_what_is_due(run.id)
        removed[kind] = session.get_one(RetentionRun, run.id).removed
        whole()
    assert removed == {"places": 2, "customers": 1}
    assert dues() == {"customers": 0, "access": 0, "places": 0}
    places = dict(session.execute(sa.select(JobStep.job_id, JobStep.lat)).all())
    assert places == {old.id: None, running.id: None, open_one.id: 39.9, held.id: 39.9}
    bodies = session.execute(sa.select(LogEntry.entity_id, LogEntry.body).filter_by(kind="take_step")).all()
    assert {job_id for job_id, body in bodies if "39.9" in body} == {open_one.id, held.id}
    erased = [job.site.customer.erased_at is not None for job in (old, running, open_one, held)]
    assert erased == [True, False, False, False]
    assert erasing.erasure_of(old.site.customer).by_id == cast.administrator.id
    kinds = set(session.scalars(sa.select(audit.Entry.kind)))
    assert {"retention.asked", "retention.done", "hold.set", "audit.erased"} <= kinds
    # and nobody erases by hand what is kept
    with pytest.raises(Conflict) as refused:
        erasing.erase_customer(held.site.customer, typed=held.site.customer.name, reason="x", by=cast.administrator,
                               at=clock.now())  # fmt: skip
    assert refused.value.code == "case_held"
    session.rollback()
    holds.release(held.case, by=cast.dispatcher, at=clock.now())
    session.commit()
    assert dues()["customers"] == 1


def test_the_access_log_is_kept_as_long_as_a_case_that_is_held(app, session, cast, later) -> None:
    with clock.frozen(clock.now() - LATER):
        session.add(AccessEntry(at=clock.now(), person_id=cast.dispatcher.id, act="signed_in"))
        session.commit()
    with clock.frozen(clock.now() - LATER + timedelta(days=1)):
        job = a_closed_visit(cast)
        job.case.opened_at = clock.now()
        hold = holds.hold(job.case, "律师函", by=cast.dispatcher, at=clock.now())
        session.add_all(AccessEntry(at=clock.now(), person_id=cast.dispatcher.id, act="signed_in") for _ in range(3))
        session.commit()
    before = session.scalar(sa.select(sa.func.count()).select_from(AccessEntry))
    later()
    count = dues()["access"]
    assert count == before - 3 == 1
    run = retention.ask("access", seen=count, by=cast.administrator, at=clock.now())
    session.commit()
    tasks.remove_what_is_due(run.id)
    assert session.scalar(sa.select(sa.func.count()).select_from(AccessEntry)) == 3
    assert whole().erased == count
    hold.released_at, hold.released_by_id = clock.now(), cast.dispatcher.id
    session.commit()
    assert dues()["access"] == 3


@pytest.mark.one_database
def test_only_what_was_seen_by_who_may_and_after_the_chain_was_found_whole(app, session, cast, later) -> None:
    with clock.frozen(clock.now() - LATER):
        job = a_closed_visit(cast)
        a_closed_visit(cast)
    desk = sign_in(app.test_client(), cast.administrator)
    desk.set_cookie("lang", "en", domain="localhost")
    form = {"sure": "1", "seen": "1"}

    def asked(kind: str, **form: str) -> int:
        return send_form(desk, f"/audit/retention/{kind}", form, page="/account").status_code

    assert "was not checked within the last 7 days" in desk.get("/audit/retention").text
    assert asked("customers", **form) == 303
    later()
    assert "Would go now" in (page := desk.get("/audit/retention").text)
    assert job.site.customer.name in page
    for refused in ({"seen": "2"}, {"sure": "1", "seen": "x"}, form):  # not said; cannot be; two are due, one was seen
        assert asked("customers", **refused) == 303
    assert asked("secrets", **form) == 404
    assert session.scalar(sa.select(RetentionRun.id)) is None
    assert asked("customers", sure="1", seen="2") == 303
    run = session.scalars(sa.select(RetentionRun)).one()
    assert (run.due, run.asked_by_id) == (2, cast.administrator.id)
    for person in (cast.dispatcher, cast.finance):
        other = sign_in(app.test_client(), person)
        assert other.get("/audit/retention").status_code == 403
        assert send_form(other, f"/cases/{job.case_id}/hold", {"reason": "x"}, page="/account").status_code == 403
    app.config.update(KEEP_CUSTOMER_YEARS=0)
    assert "kept for ever" in desk.get("/audit/retention").text


@pytest.mark.one_database
def test_a_case_is_kept_on_its_page(app, session, cast) -> None:
    job = a_job(cast.store, cast.technician)
    session.commit()
    desk, address = sign_in(app.test_client(), cast.branch_manager), f"/cases/{job.case_id}"
    desk.set_cookie("lang", "en", domain="localhost")
    assert "Keep this case" in desk.get(address).text
    assert send_form(desk, f"{address}/hold", {"reason": " "}, page=address).status_code == 303
    assert holds.hold_of(job.case) is None
    for _ in range(2):
        assert send_form(desk, f"{address}/hold", {"reason": "<b>诉讼</b>"}, page=address).status_code == 303
    page = desk.get(address).text
    assert "&lt;b&gt;诉讼" in page
    assert "This case is kept." in page
    assert "诉讼" in sign_in(app.test_client(), cast.finance).get(address).text
    cast.outsider.role_rows[0].role = "branch_manager"
    outside = sign_in(app.test_client(), cast.outsider)
    assert send_form(outside, f"{address}/hold/end", {}, page="/account").status_code == 404
    assert len(holds.all_held()) == 1
    for _ in range(2):
        assert send_form(desk, f"{address}/hold/end", {}, page=address).status_code == 303
    assert holds.all_held() == []
