"""Connections to PostgreSQL that keep what they have prepared."""

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import scoped_session

from fieldservice.core import postgresql
from fieldservice.core.db import db, transaction_mode
from fieldservice.core.versions import Installation, current

pytestmark = pytest.mark.usefixtures("on_postgresql")

_PREPARED = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%installation%'")
_OPTION = sa.text("SELECT current_setting(:name)")


@pytest.fixture(name="on_postgresql")
def _on_postgresql(session: scoped_session) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite prepares by itself")


def ask_often() -> None:
    for _ in range(postgresql.PREPARED_AFTER + 1):
        current()


def test_what_is_prepared_outlives_a_rollback() -> None:
    db.session.connection().connection.driver_connection.execute("DEALLOCATE ALL")
    for _ in range(postgresql.PREPARED_AFTER + 1):
        current()
        db.session.rollback()
    assert db.session.scalar(_PREPARED) == 1


def test_what_was_written_does_not() -> None:
    before = current()
    db.session.execute(sa.update(Installation).values(counter=Installation.counter + 1))
    assert current() != before
    db.session.rollback()
    assert current() == before


def test_a_transaction_that_failed_is_rolled_back_and_the_next_one_works() -> None:
    ask_often()
    with pytest.raises(sa.exc.ProgrammingError):
        db.session.execute(sa.text("SELECT nothing_of_that_name"))
    with pytest.raises(sa.exc.SQLAlchemyError):
        current()
    db.session.rollback()
    assert current()
    assert db.session.scalar(_PREPARED) == 1


def test_a_question_planned_anew_is_never_prepared() -> None:
    query = sa.text("SELECT epoch AS planned_anew FROM installation").execution_options(
        **postgresql.PLANNED_ANEW
    )
    for _ in range(postgresql.PREPARED_AFTER + 2):
        db.session.execute(query)
    found = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT epoch AS planned_anew%'"
    assert db.session.scalar(sa.text(found)) == 0


def test_a_snapshot_is_one_and_the_next_transaction_is_not() -> None:
    wanted = {"transaction_isolation": "repeatable read", "transaction_read_only": "on"}
    with transaction_mode("snapshot"):
        assert {name: db.session.scalar(_OPTION, {"name": name}) for name in wanted} == wanted
    usual = {"transaction_isolation": "read committed", "transaction_read_only": "off"}
    assert {name: db.session.scalar(_OPTION, {"name": name}) for name in usual} == usual


@pytest.mark.parametrize("rested", [0.0, postgresql.RESTED_SECONDS + 1])
def test_a_connection_that_was_cut_while_it_rested_is_replaced(
    rested: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just now, or long ago: either is noticed before somebody gets it."""
    pid = db.session.scalar(sa.text("SELECT pg_backend_pid()"))
    db.session.remove()
    address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)
    began = postgresql.time.monotonic()
    monkeypatch.setattr(postgresql.time, "monotonic", lambda: began + rested)
    assert current()
    assert db.session.scalar(sa.text("SELECT pg_backend_pid()")) != pid


def test_a_connection_that_was_cut_in_a_transaction_says_so() -> None:
    pid = db.session.scalar(sa.text("SELECT pg_backend_pid()"))
    address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(sa.exc.OperationalError):
        current()
    db.session.rollback()
    assert current()
