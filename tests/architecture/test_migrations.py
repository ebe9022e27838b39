"""The migrations make exactly the tables the models speak of, in one line from the first to the last."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from tests.support.databases import ROOT, Database, app_on, close, empty_database


def history() -> ScriptDirectory:
    """The migrations as Alembic reads them."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config)


def test_there_is_one_line_of_migrations() -> None:
    revisions = list(history().walk_revisions())
    assert len(history().get_heads()) == 1
    assert len(history().get_bases()) == 1
    assert all(not isinstance(revision.down_revision, tuple) for revision in revisions), "a merge is no line"
    parents = [revision.down_revision for revision in revisions]
    assert len(parents) == len(set(parents)), "two migrations follow the same one"


def test_the_models_are_what_the_migrations_make(app: Flask) -> None:
    from fieldservice.core.db import db

    with app.app_context(), db.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _is_ours, "render_as_batch": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []
        assert context.get_current_revision() == history().get_current_head()


def test_indexes_written_by_hand_are_there(app: Flask, database: Database) -> None:
    from fieldservice.core.db import BY_HAND, db

    with app.app_context():
        found = sa.inspect(db.engine)
        wanted = [index for table in db.metadata.tables.values() for index in table.indexes if index.info == BY_HAND]
        made = {index["name"] for table in {index.table for index in wanted} for index in found.get_indexes(table.name)}
    # SQLite's inverted index is a table of its own
    left_out = {"ix_search_entry_grams"} if database.kind == "sqlite" else set()
    assert {index.name for index in wanted} - made == left_out


def test_the_tables_are_made_by_migrations_alone(app: Flask) -> None:
    from fieldservice.core.db import db

    with app.app_context():
        made = set(sa.inspect(db.engine).get_table_names())
        assert {name for name in made if not name.startswith("search_gram")} == {*db.metadata.tables, "alembic_version"}


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    from fieldservice.core.db import is_compared

    return is_compared(_object, name, kind, _reflected, _other) and not (kind == "table" and name == "alembic_version")


def test_a_phone_hears_of_what_a_migration_gave_its_jobs(database_kind: str, data_dir: Path) -> None:
    from fieldservice.core import audit
    from fieldservice.core.db import db
    from fieldservice.core.versions import EPOCH_STEP, unversioned_writes

    with empty_database(database_kind) as database:
        app = app_on(database, data_dir)
        with app.app_context():
            flask_migrate.upgrade(directory=str(ROOT / "migrations"), revision="0001")
            with unversioned_writes(), db.engine.begin() as connection:
                _fill(connection)
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
            with db.engine.connect() as connection:
                jobs = connection.execute(sa.text("SELECT version, sign_nonce FROM job")).all()
                assert connection.scalar(sa.text("SELECT count(*) FROM job_step")) == 2
                assert connection.scalar(sa.text("SELECT counter FROM installation")) == 7
                # of a person too: their own record has their days since then
                assert connection.scalars(sa.text("SELECT DISTINCT version FROM person")).all() == [EPOCH_STEP + 7]
                # what was there before the search index is found by it
                kinds = connection.scalars(sa.text("SELECT kind FROM search_entry ORDER BY kind")).all()
                assert kinds == ["case", "customer", "job", "job"]
                # and its steps stand in the audit chain, which says that they came before it
                chained = connection.scalars(sa.text("SELECT kind FROM audit ORDER BY seq")).all()
                assert chained == ["audit.began", "status.changed", "status.changed"]
            assert audit.walk().wrong is None
        close(app)
    assert [job.version for job in jobs] == [EPOCH_STEP + 6] * 2
    assert len({job.sign_nonce for job in jobs}) == 2
    assert {len(job.sign_nonce) for job in jobs} == {32}


def _fill(connection: sa.Connection) -> None:
    """Two jobs with a step each, as they stood before the visit was kept; the counter is at 5."""
    tables = sa.MetaData()
    tables.reflect(connection)

    def add(table: str, /, **values: Any) -> None:
        needed = [column for column in tables.tables[table].columns if not column.nullable]
        connection.execute(sa.insert(tables.tables[table]).values({one.name: _anything(one) for one in needed} | values))

    add("branch", id="b", code="BJ01", kind="store", timezone="Asia/Shanghai")
    add("person", id="p", staff_no="0217", branch_id="b")
    add("customer", id="c", branch_id="b", kind="person")
    add("site", id="s", customer_id="c")
    add("case", id="k", number="1", kind="repair", branch_id="b", customer_id="c")
    for name in ("x", "y"):
        add("job", id=name, number=name, case_id="k", branch_id="b", site_id="s", lead_id="p", type="repair", run=1,
            state="accepted", planned_minutes=60, priority="normal", version=3)  # fmt: skip
        add("job_step", id=name, job_id=name, by_id="p", position=1, run=1)
    connection.execute(sa.update(tables.tables["installation"]).values(counter=5))


def _anything(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.JSON):
        return []
    return datetime.now(UTC) if isinstance(column.type, sa.DateTime) else column.type.python_type()
