"""The migrations make exactly the tables the models speak of, in one line from the first to the last."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

ROOT = Path(__file__).resolve().parents[2]


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


def test_the_tables_are_made_by_migrations_alone(app: Flask) -> None:
    from fieldservice.core.db import db

    with app.app_context():
        made = set(sa.inspect(db.engine).get_table_names())
        assert made == {*db.metadata.tables, "alembic_version"}


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    return not (kind == "table" and name == "alembic_version")
