"""A database that served a test is as new for the next one, or is not used again."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa

from fieldservice.core.db import db
from tests.cast import a_cast
from tests.support.databases import Database, app_on, close, migrated
from tests.support.reused import reused_copy_of


@pytest.fixture
def source(pytestconfig: pytest.Config):
    if pytestconfig.getoption("--db") == "sqlite":
        pytest.skip("SQLite copies a file")
    return migrated("postgresql")


def connect(database: Database) -> psycopg.Connection:
    address = sa.make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


def held(database: Database) -> list[tuple]:
    with connect(database) as other:
        return [
            other.execute("SELECT count(*) FROM branch").fetchone(),
            other.execute("SELECT count(*), min(name_zh), max(name_zh) FROM skill").fetchone(),
            other.execute("SELECT id FROM installation").fetchone(),
            other.execute("SELECT is_called, last_value FROM search_entry_id_seq").fetchone(),
        ]


def test_what_a_test_wrote_is_gone_what_it_took_is_back(source, tmp_path):
    with reused_copy_of(source) as database:
        first, at_first = database.url, held(database)
        app = app_on(database, tmp_path)
        with app.app_context():
            a_cast()
            for statement in (
                "SELECT set_config('work_mem', '1MB', false), pg_advisory_lock(7)",
                "SET session_replication_role = replica",
                "UPDATE skill SET name_zh = '别的'",
                "DELETE FROM installation",
                "SELECT nextval('search_entry_id_seq')",
            ):
                db.session.execute(sa.text(statement))
        close(app)
        assert held(database) != at_first
    with reused_copy_of(source) as database:
        assert database.url == first, "it is used again"
        assert held(database) == at_first
        app = app_on(database, tmp_path)
        with app.app_context():
            asked = "SELECT current_setting('work_mem'), current_setting('session_replication_role')"
            assert tuple(db.session.execute(sa.text(asked)).one()) == ("4MB", "origin")
            assert (
                db.session.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) == 0
            )
        close(app)


def changes_a_table(database: Database) -> None:
    with connect(database) as other:
        other.execute("ALTER TABLE job DISABLE TRIGGER ALL")


def stays_connected(database: Database) -> Iterator[None]:
    with connect(database):
        yield


def leaves_a_thread(_database: Database) -> Iterator[None]:
    done = threading.Event()
    threading.Thread(target=done.wait, daemon=True).start()
    yield
    done.set()


@pytest.mark.parametrize("act", [changes_a_table, stays_connected, leaves_a_thread])
def test_what_cannot_be_cleared_is_not_used_again(source, act):
    with reused_copy_of(source) as database:
        name = database.url
        left = act(database)
        next(left or iter(()), None)
    with reused_copy_of(source) as other:
        assert other.url != name
    next(left or iter(()), None)


def test_a_connection_goes_from_one_application_to_the_next(source, tmp_path):
    asked = sa.text("SELECT pg_backend_pid()")
    processes = []
    with reused_copy_of(source) as database:
        for _time in range(2):
            app = app_on(database, tmp_path)
            with app.app_context():
                processes.append(db.session.scalar(asked))
            close(app)
    assert processes[0] == processes[1]
