"""Migrations that are killed, meet each other, or meet a schema they do not know."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from fieldservice.core import search, start
from fieldservice.core.db import db
from fieldservice.core.versions import unversioned_writes
from tests.architecture.test_migrations import _fill
from tests.support.databases import ROOT, Database, app_on, close, copy_of, empty_database, migrated
from tests.support.dying import at_commit, at_statement, dies, in_child
from tests.support.pg_cluster import _binaries

LINE_END = re.compile(r",?\s*\n")
MIGRATIONS = str(ROOT / "migrations")


@pytest.fixture
def old(database_kind: str, data_dir: Path) -> Iterator[Database]:
    """A database with rows, at the first of all schemas."""
    with empty_database(database_kind) as database:
        app = app_on(database, data_dir)
        with app.app_context():
            flask_migrate.upgrade(directory=MIGRATIONS, revision="0001")
            with unversioned_writes(), db.engine.begin() as connection:
                _fill(connection)
        close(app)
        yield database


def upgrading(database: Database, data_dir: Path) -> Callable[[], None]:
    """What `flask db upgrade` does, in a process of its own."""

    def upgrade() -> None:
        app = app_on(database, data_dir)
        with app.app_context():
            flask_migrate.upgrade(directory=MIGRATIONS)
        close(app)

    return upgrade


def schema_of(database: Database) -> list[str]:
    """Every table, column, constraint and index as the database itself writes them down."""
    if database.kind == "postgresql":
        url = sa.make_url(database.url)
        program = str(_binaries() / "pg_dump")
        command = [program, "-s", "-h", str(url.query["host"]), "-U", str(url.username), str(url.database)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return [line for line in text.splitlines() if not line.startswith(("--", "\\"))]
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = connection.execute(sa.text("SELECT type, name, sql FROM sqlite_master ORDER BY type, name"))
        # a table that was built anew has its constraints in any order
        return [f"{row.type} {row.name} {sorted(LINE_END.split(row.sql or ''))}" for row in names]


def rows_of(database: Database) -> dict[str, Any]:
    """What a phone or the desk would miss."""
    engine = sa.create_engine(database.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = ("job", "job_step", "customer", '"case"', "alembic_version")
        return {name: connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in names} | {
            "at": connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        }


def rebuilding(_kinds: object = ()) -> dict[str, int]:
    """In place of the real one: dies when it is half done."""
    from tests.support.dying import die

    search._rebuild("customer")
    die()
    return {}


def at_search() -> None:
    search.rebuild = rebuilding  # type: ignore[assignment]


POINTS = {
    "before the first change": at_statement("CREATE TABLE"),
    "in the middle of the second": at_statement("CREATE TABLE checklist_version", done=True),
    "while a table is built anew": at_statement("ALTER TABLE", done=True),
    "between two migrations": at_statement("UPDATE alembic_version SET version_num='0004'", done=True),
    "when all is done but the commit": at_commit(),
    "after the commit, before the search index": at_commit(done=True),
    "while the search index is filled": at_search,
}


def test_a_migration_may_be_killed_anywhere(old: Database, data_dir: Path, database_kind: str) -> None:
    before = (schema_of(old), rows_of(old))
    for name, point in POINTS.items():
        if rows_of(old)["at"] != "0001" and point is not at_search:
            pytest.fail(f"it was over before {name}")
        dies(upgrading(old, data_dir), point)
        if "after" in name:
            break
        assert (schema_of(old), rows_of(old)) == before, name
    dies(upgrading(old, data_dir), POINTS["while the search index is filled"])
    again = in_child(upgrading(old, data_dir))
    again.join(60)
    assert again.exitcode == 0
    with copy_of(migrated(database_kind)) as clean:
        assert schema_of(old) == schema_of(clean)
    assert rows_of(old) == before[1] | {"at": max(start.known_revisions())}
    app = app_on(old, data_dir)
    with app.app_context(), db.engine.connect() as connection:
        kinds = connection.scalars(sa.text("SELECT kind FROM search_entry ORDER BY kind")).all()
        assert kinds == ["case", "customer", "job", "job"]
    close(app)


def test_of_three_migrators_one_works_and_the_others_wait(old: Database, data_dir: Path, database_kind: str) -> None:
    children = [in_child(upgrading(old, data_dir)) for _ in range(3)]
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0, 0]
    with copy_of(migrated(database_kind)) as clean:
        assert schema_of(old) == schema_of(clean)


@pytest.fixture
def newer(app: Flask) -> Flask:
    """Data that a newer version of the program has worked on."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    del app.extensions["may_work"]  # as a process that begins
    return app


def test_pages_are_refused_over_a_newer_schema_and_health_says_why(newer: Flask) -> None:
    client = newer.test_client()
    assert client.get("/sign-in").status_code == 503
    answer = client.get("/api/session")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "not_now")
    assert client.get("/livez").status_code == 200
    assert "9999" in client.get("/readyz").json["checks"]["schema"]["found"]
    with newer.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :at"), {"at": max(start.known_revisions())})
    assert client.get("/sign-in").status_code == 200


@pytest.mark.parametrize("command", [["worker"], ["search", "rebuild"], ["sample", "load"], ["first-admin"]])
def test_commands_and_the_worker_are_refused_over_a_newer_schema(newer: Flask, command: list[str]) -> None:
    done = newer.test_cli_runner().invoke(args=command)
    assert done.exit_code == 1
    assert "schema 9999, which this version of the program does not know" in done.output


def test_migrating_a_newer_schema_is_refused(newer: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with newer.app_context(), pytest.raises(SystemExit):
        flask_migrate.upgrade(directory=MIGRATIONS)
    assert "use the newer program" in caplog.text


def test_a_server_does_not_start_over_a_newer_schema(newer: Flask, database: Database, data_dir: Path) -> None:
    if database.kind == "postgresql":
        return  # it asks as the commands above do
    given = {"DATABASE_URL": database.url, "DATA_DIR": str(data_dir), "BIND": "127.0.0.1:0", "WORKERS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "tools/gunicorn.conf.py", "wsgi:app"], cwd=ROOT, timeout=60,
        env=os.environ | {f"FIELDSERVICE_{name}": value for name, value in given.items()}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "schema 9999, which this version of the program does not know" in done.stderr


def test_a_server_starts_while_the_database_is_away(app: Flask) -> None:
    away = app_on(Database("postgresql", "postgresql+psycopg://nobody@127.0.0.1:1/none"), Path(app.config["DATA_DIR"]))
    start.hold(away)
    close(away)
