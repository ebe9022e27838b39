"""The chain at the desk: its page and check, histories, and the commands."""

import json
from datetime import date, timedelta

import sqlalchemy as sa

from fieldservice.audit import checking, tasks
from fieldservice.audit.models import ChainCheck
from fieldservice.core import audit, clock
from fieldservice.core.audit import walking
from fieldservice.core.db import db
from fieldservice.core.oplog import LogEntry
from fieldservice.core.versions import unversioned_writes
from fieldservice.jobs.actions import add_office_note, cancel_job
from fieldservice.people import actions as people
from fieldservice.people.models import ShiftChange
from fieldservice.people.queries import known_changes
from fieldservice.people.rules import Held, PlanningEntry
from tests.builders import MOMENT, a_customer, a_job, a_site
from tests.cast import sign_in
from tests.support.html import text_of
from tests.support.own_forms import send_form


def noted_job(cast, words="门槛条没换"):
    job = a_job(cast.store, cast.technician)
    add_office_note(job, words, by=cast.dispatcher, at=MOMENT)
    db.session.commit()
    return job


def edit_log(session, statement):
    """Somebody with the database in their hands."""
    with unversioned_writes():
        session.execute(sa.text(statement))
        session.commit()


def test_check_now_tells_what_it_found_and_keeps_it(client, cast, session):
    noted_job(cast)
    client.set_cookie("lang", "en", domain="localhost")
    desk = sign_in(client, cast.administrator)
    assert "has not been checked" in text_of(desk.get("/audit").text)
    assert send_form(desk, "/audit/check", {}, page="/audit").status_code == 303
    assert "The chain is whole." in desk.get("/audit").text
    edit_log(session, "UPDATE op_log SET body = '{}'")
    assert "The chain is whole." in desk.get("/audit").text, "what was found then"
    send_form(desk, "/audit/check", {}, page="/audit")
    seq = audit.walk().wrong.seq
    assert f"What entry {seq} stands for was edited afterwards: op_log" in desk.get("/audit").text


def test_a_check_that_is_under_way_is_not_begun_twice(app, cast, session):
    first = checking.ask(by=cast.administrator, at=MOMENT)
    session.commit()
    assert checking.ask(by=cast.administrator, at=MOMENT).id == first.id
    session.commit()
    tasks.find_forgotten_checks()  # its worker is gone
    assert session.get(ChainCheck, first.id, populate_existing=True).state == "done"
    assert session.get(ChainCheck, first.id).found["entries"] == audit.size()


def test_progress_is_told_meanwhile(app, cast, session, monkeypatch):
    monkeypatch.setattr(walking, "BATCH", 1)
    monkeypatch.setattr(checking, "_TOLD_EVERY", 1)
    told = []
    tell = checking._tell
    monkeypatch.setattr(checking, "_tell", lambda check_id, done: (tell(check_id, done), told.append(done)))
    noted_job(cast)
    check = checking.ask(by=cast.administrator, at=clock.now())
    session.commit()
    checking.run(check.id)
    assert told == list(range(1, audit.size() + 1))


def test_only_an_administrator_sees_the_chain(app, client, cast):
    for who in (cast.dispatcher, cast.head_office_manager, cast.branch_manager):
        desk = sign_in(app.test_client(), who)
        assert desk.get("/audit").status_code == 403
        assert desk.get("/audit/head.json").status_code == 403
        assert '"/audit"' not in desk.get("/").text


def test_the_history_of_a_customer_tells_who_when_what_and_where(app, client, cast, session):
    job = noted_job(cast)
    cancel_job(job, "客户取消", expected_version=job.version, by=cast.branch_manager, at=MOMENT)
    session.commit()
    other = noted_job(cast)
    client.set_cookie("lang", "en", domain="localhost")
    desk = sign_in(client, cast.dispatcher)
    page = text_of(desk.get(f"/customers/{job.site.customer_id}/history").text)
    entry = session.execute(sa.text("SELECT id FROM op_log WHERE kind = 'office.cancel_job'")).scalar_one()
    seq = audit.position_of("op_log", entry).seq
    assert f"cancelled the job {cast.branch_manager.name} {job.number} Entry {seq} of the audit chain" in page
    assert cast.dispatcher.name in page
    assert other.number not in page
    # the visit's own line of time names the same place
    assert f"Entry {seq} of the audit chain" in desk.get(f"/jobs/{job.id}").text
    assert sign_in(app.test_client(), cast.outsider).get(f"/customers/{job.site.customer_id}/history").status_code == 404


def test_a_long_history_goes_on_below(client, cast, session):
    customer = a_customer(cast.store)
    a_site(customer)
    for number in range(60):
        audit.note("access.phone_opened", entity_type="customer", entity_id=customer.id, by_id=cast.dispatcher.id,
                   at=MOMENT, facts={"n": number})  # fmt: skip
    session.commit()
    desk = sign_in(client, cast.dispatcher)
    first = desk.get(f"/customers/{customer.id}/history").text
    assert first.count('id="entry-') == 50
    below = audit.size() - 49
    rest = desk.get(f"/customers/{customer.id}/history?below={below}").text
    assert rest.count('id="entry-') == 10
    assert desk.get(f"/customers/{customer.id}/history?below=x").status_code == 200


def test_a_persons_history_is_for_those_who_help_people(app, cast, session):
    noted_job(cast)
    address = f"/people/{cast.dispatcher.id}/history"
    seen = {}
    for who in ("administrator", "branch_manager", "dispatcher", "outsider", "technician"):
        desk = sign_in(app.test_client(), getattr(cast, who))
        desk.set_cookie("lang", "en", domain="localhost")
        answer = desk.get(address)
        seen[who] = answer.status_code
        assert ("wrote a note" in answer.text) == (answer.status_code == 200)
    assert seen["administrator"] == seen["branch_manager"] == 200
    assert {seen["dispatcher"], seen["technician"]} == {403}
    assert seen["outsider"] in (403, 404)


def test_a_persons_history_says_what_changed_in_the_planning_and_nothing_of_home_or_sickness(client, cast, session):
    entry = PlanningEntry(skills=(Held("electrician", date(2027, 1, 31), "京 A 1"),), week={0: (540, 1050)},
                          start_from="home", home=(39.9, 116.4), home_address="望京 3 号", van_m2=60)  # fmt: skip
    people.save_planning(cast.technician, entry, by=cast.dispatcher, at=MOMENT)
    people.change_days(cast.technician, [date(2026, 11, 25)], "sick", None, "发烧", by=cast.dispatcher, at=MOMENT)
    session.commit()
    desk = sign_in(client, cast.administrator)
    desk.set_cookie("lang", "en", domain="localhost")
    page = text_of(desk.get(f"/people/{cast.technician.id}/history").text)
    assert "Skills: Electrician's certificate until 31 Jan 2027; Week: Monday 09:00–17:30" in page
    assert "The day begins: at home; Load of the van: 60 m² of boards; Home" in page
    assert "25 Nov 2026: away" in page
    assert not [word for word in ("望京", "发烧", "39.9", "京 A 1", "Sick") if word in page]
    assert cast.technician.name in text_of(desk.get(f"/people/{cast.dispatcher.id}/history").text)


def test_who_plans_reads_in_the_history_whether_somebody_was_sick_or_off(app, client, cast, session):
    days = [date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27)]
    for day, kind in zip(days, ("sick", "off", "sick"), strict=True):
        people.change_days(cast.technician, [day], kind, None, "发烧", by=cast.dispatcher, at=MOMENT)
    later = MOMENT + timedelta(hours=1)
    people.change_days(cast.technician, days[2:], "off", None, "", by=cast.dispatcher, at=later)
    session.commit()
    seen = {}
    for who in ("branch_manager", "head_office_manager", "administrator"):
        desk = sign_in(app.test_client(), getattr(cast, who))
        desk.set_cookie("lang", "en", domain="localhost")
        seen[who] = text_of(desk.get(f"/people/{cast.technician.id}/history").text)
        assert "发烧" not in seen[who]
    for who in ("branch_manager", "head_office_manager"):
        assert "25 Nov 2026: Sick" in seen[who]
        assert "26 Nov 2026: Day off" in seen[who]
        assert "27 Nov 2026: Day off" in seen[who], "the second word of a day"
        assert "27 Nov 2026: away" in seen[who], "what was said before it is in the log no more than that"
    assert seen["administrator"].count("Nov 2026: away") == 4
    bodies = session.scalars(sa.select(LogEntry.body).where(LogEntry.kind == "office.change_days")).all()
    assert not [body for body in bodies if "sick" in body], "nobody could take it out of the log"
    with app.test_request_context():
        plain = known_changes(cast.outsider, [(cast.technician.id, day) for day in days])
    assert plain == {}, "planners of another branch"
    change = session.scalars(sa.select(ShiftChange).where(ShiftChange.on_day == days[0])).one()
    people.take_back_days(cast.technician, [change], by=cast.dispatcher, at=later)
    session.commit()
    desk = sign_in(app.test_client(), cast.branch_manager)
    desk.set_cookie("lang", "en", domain="localhost")
    page = text_of(desk.get(f"/people/{cast.technician.id}/history").text)
    assert "25 Nov 2026: away" in page
    assert "Sick" not in page


def test_the_commands_check_and_give_a_head_out(runner, cast, session, tmp_path):
    noted_job(cast)
    head = tmp_path / "head.json"
    made = runner.invoke(args=["fieldservice", "audit-head", "--to", str(head)])
    assert made.exit_code == 0, made.output
    assert json.loads(head.read_text())["installation"]
    good = runner.invoke(args=["fieldservice", "audit-verify", "--head", str(head)])
    assert (good.exit_code, f"{audit.size()} entries" in good.output) == (0, True), good.output
    said = json.loads(head.read_text())
    said["head"] = said["head"].replace('"root":"', '"root":"0')
    head.write_text(json.dumps(said))
    bad = runner.invoke(args=["fieldservice", "audit-verify", "--head", str(head)])
    assert bad.exit_code == 1
    assert "was computed anew" in bad.output
    head.write_text("[]")
    assert runner.invoke(args=["fieldservice", "audit-verify", "--head", str(head)]).exit_code == 1


def test_the_newest_head_can_be_taken_at_the_desk(client, cast, session):
    desk = sign_in(client, cast.administrator)
    assert desk.get("/audit/head.json").json == {}
    noted_job(cast)
    audit.make_head(MOMENT)
    session.commit()
    answer = desk.get("/audit/head.json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.json["head"])["size"] <= audit.size()
