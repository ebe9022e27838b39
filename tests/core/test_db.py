"""The database module: which SQLite is safe, moments without a zone."""

import gc
import threading
import time
import traceback
from contextlib import nullcontext
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from fieldservice.accounts.models import Person
from fieldservice.core import db, holding
from fieldservice.core.db import Base
from fieldservice.core.ids import new_id
from fieldservice.core.versions import unversioned_writes
from fieldservice.jobs.models import Job, JobHelper
from tests.builders import a_customer, a_job


@pytest.mark.parametrize(
    ("version", "risky"),
    [("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.51.2", True), ("3.51.3", False), ("3.53.4", False)],
)
def test_it_knows_which_sqlite_can_damage_a_database(version, risky):
    assert db.is_sqlite_risky(version) == risky


def test_a_risky_sqlite_is_warned_of_at_start(monkeypatch, caplog):
    monkeypatch.setattr(db, "sqlite_version", lambda: "3.40.1")
    with caplog.at_level("WARNING", logger="fieldservice.database"):
        db._warn_of_risky_sqlite()
    assert "3.40.1" in caplog.text


def test_the_health_page_says_so(app, client, monkeypatch):
    monkeypatch.setattr(db, "sqlite_version", lambda: "3.40.1")
    found = client.get("/readyz").json["checks"]["sqlite"]
    uses_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    assert found["ok"]
    assert ("can damage" in found["found"]) == uses_sqlite


def test_a_moment_without_its_zone_is_refused(cast, session):
    with pytest.raises(StatementError, match="without its zone"):
        a_customer(cast.store, created_at=datetime(2026, 11, 21))
    session.rollback()


def test_an_error_shows_nobodys_number(cast, session):
    for staff_no in ("N76", "N77"):
        session.add(Person(staff_no=staff_no, name="Wang Fang", phone="13900001234", branch_id=cast.store.id))
    with pytest.raises(IntegrityError) as refused:
        session.commit()
    session.rollback()
    told = "".join(traceback.format_exception(refused.value))
    assert "phone" in told  # which rule it broke
    assert "13900001234" not in told
    assert "Wang Fang" not in told


def test_nor_does_one_about_rows_written_together(cast, session):
    row = {"id": new_id(), "staff_no": "N78", "name": "Wang Fang"}  # of no branch
    with unversioned_writes(), pytest.raises(IntegrityError) as refused:
        db.insert_rows(session.connection(), Base.metadata.tables["person"], [row])
    session.rollback()
    assert "Wang Fang" not in "".join(traceback.format_exception(refused.value))


@pytest.fixture
def writes_always(app, database):
    """Somebody who writes one transaction after the other with hardly a pause; how many so far."""
    if database.kind != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the database")
    count, ended, began = [0], threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context():
            while not ended.is_set():
                db.db.session.execute(sa.text("SELECT 1"))  # begins
                began.set()
                time.sleep(0.1)
                db.db.session.commit()
                count[0] += 1
                time.sleep(0.015)
            db.db.session.remove()

    thread = threading.Thread(target=write)
    thread.start()
    assert began.wait(5)
    yield lambda: count[0]
    ended.set()
    thread.join()


def test_who_waits_to_write_comes_next(session, writes_always):
    for _ in range(12):
        before = writes_always()
        session.execute(sa.text("SELECT 1"))
        assert writes_always() - before <= 10
        session.commit()


def test_who_waits_too_long_is_told(app, session, database, monkeypatch):
    if database.kind != "sqlite":
        pytest.skip("PostgreSQL locks rows, not the database")
    monkeypatch.setattr(db, "_WAIT_SECONDS", 1)
    session.execute(sa.text("SELECT 1"))
    with app.app_context():
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"):
            db.db.session.execute(sa.text("SELECT 1"))
        assert 0.9 < time.monotonic() - began < 5
        db.db.session.remove()
    session.commit()
    session.execute(sa.text("SELECT 1"))


def _points_rolled_back(session):
    point = session.begin_nested()
    session.scalars(sa.select(Job)).one().helper_rows[0].job.brief = "changed"
    session.flush()
    point.rollback()


def _flush_failed(session):
    session.scalars(sa.select(Job)).one().helper_rows[0].job.number = None
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def _new_ones_rolled_back(session):
    job = session.scalars(sa.select(Job)).one()
    new = job.helper_rows[0]
    session.expunge(job)
    session.rollback()
    fresh = Job(id="01", number="new", brief="")
    fresh.helper_rows.append(JobHelper(person_id=new.person_id))
    with session.no_autoflush:
        session.add(fresh)
    del fresh, job, new
    session.rollback()


def _deleted_ones_committed(session):
    job = session.scalars(sa.select(Job)).one()
    assert job.helper_rows[0].job is job
    row = job.helper_rows[0]
    session.delete(row)
    session.flush()
    del job, row
    session.commit()


ENDS = {
    "close": Session.close, "reset": Session.reset, "expunge_all": Session.expunge_all, "expire_all": Session.expire_all,
    "commit": Session.commit, "rollback": Session.rollback, "savepoint": _points_rolled_back, "flush": _flush_failed,
    "new": _new_ones_rolled_back, "deleted": _deleted_ones_committed,
}  # fmt: skip


@pytest.fixture
def no_collection():
    """Garbage is collected when the test says so, of what the test made: all else would be looked through each time."""
    gc.disable()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ["of the application", "plain"])
def test_nothing_dies_while_its_session_writes_to_what_it_knows_of_it(
    cast, session, monkeypatch, no_collection, end, kind
):
    """Python 3.11 frees memory twice when garbage is collected in the middle of that."""
    a_job(cast.store, cast.technician, helpers=(cast.dispatcher,))
    session.commit()
    with Session(db.db.engine) if kind == "plain" else nullcontext(session()) as tried, monkeypatch.context() as patch:
        job = tried.scalars(sa.select(Job)).one()
        assert job.helper_rows[0].job is job  # they refer to each other: only a collection takes them away
        del job
        alive = []

        def watched(write, states):
            living = [state for state in states if state.obj() is not None and state.class_ in (Job, JobHelper)]
            if living:
                gc.collect()
            write()
            alive.extend(state.obj() is not None for state in living)

        detach, expire = holding._detach_states, holding._expire

        def detach_states(cls, states, *rest):
            watched(lambda: detach(cls, states, *rest), states)

        def expire_state(state, *rest):
            watched(lambda: expire(state, *rest), [state])

        patch.setattr(holding, "_detach_states", detach_states)
        patch.setattr(holding, "_expire", expire_state)
        ENDS[end](tried)
        assert alive
        assert all(alive)


@pytest.mark.parametrize("names", [[], ["a"], ["b", "c"], ['"', "一", "a' OR 1=1"]])
def test_a_question_about_some_finds_those_that_are_named(session, names):
    words = ("a", "b", "c", '"', "一")
    known = sa.union_all(*(sa.select(sa.literal(word).label("name")) for word in words)).subquery()
    question = sa.select(known.c.name).where(db.among(known.c.name, "names"))
    assert set(db.ask(question, names=names).scalars()) == {"a", "b", "c", '"', "一"} & set(names)


def test_a_question_finds_what_the_session_has_not_written_yet(cast, session):
    known = db.table_of(Person).c
    question = sa.select(known.name).where(known.id == cast.technician.id)
    cast.technician.name = "李师傅"
    assert db.ask(question).scalar() == "李师傅"
    with session.no_autoflush:
        cast.technician.name = "王师傅"
        assert db.ask(question).scalar() == "李师傅"



def test_a_question_about_some_finds_them_by_the_index(session):
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL's planner reads tables as small as these whole")
    question = sa.select(Person.name).where(db.among(Person.id, "ids"), Person.is_active)
    asked = str(question.compile(session.get_bind()))
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", ("[]",)).all()
    assert plan[0].detail.startswith("SEARCH person USING INDEX")


def test_a_question_about_none_that_is_given_finds_nothing(session, cast):
    query = sa.select(Person).where(db.among(Person.id, "ids"))
    assert session.scalars(query, {"ids": [new_id()]}).all() == []
    assert session.scalars(query, {"ids": [cast.technician.id, new_id()]}).all() == [cast.technician]
