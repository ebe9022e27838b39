"""Long lists: the search index, and indexes that fit the orders of lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: index, table, columns; those of a day stand in the order in which undated jobs come first
INDEXES = (
    ("ix_job_day", "job", "{day}, id, branch_id, state, type, lead_id"),
    ("ix_job_branch_list", "job", "branch_id, {day}, id, state, type, lead_id"),
    ("ix_job_age", "job", "id, branch_id, state, type, lead_id, visit_on"),
    ("ix_job_state_age", "job", "state, id, branch_id, type, lead_id, visit_on"),
    ("ix_job_type_age", "job", "type, id, branch_id, state, lead_id, visit_on"),
    ("ix_customer_name_list", "customer", "name, id, branch_id, kind"),
    ("ix_customer_age", "customer", "id, branch_id, kind"),
    ("ix_case_age", "case", "id, branch_id, kind"),
    ("ix_case_kind_age", "case", "kind, id, branch_id"),
)

#: the inverted index holds only pieces, its rows stand in search_entry; whatever is not ASCII belongs to a piece
FTS = (
    "CREATE VIRTUAL TABLE search_gram USING fts5("
    "grams, content='search_entry', content_rowid='id', tokenize='ascii', detail=none, columnsize=0)",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_gram(rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_gram(search_gram, rowid, grams) VALUES ('delete', old.id, old.grams); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_gram(search_gram, rowid, grams) VALUES ('delete', old.id, old.grams); "
    "INSERT INTO search_gram(rowid, grams) VALUES (new.id, new.grams); END",
)


def upgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("row_id", sa.String(length=36), nullable=False),
        sa.Column("branch_id", sa.String(length=36), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("facets", sa.String(length=80), nullable=False),
        sa.Column("grams", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("kind", "row_id", name=op.f("uq_search_entry_kind_row_id")),
    )
    op.create_index("ix_search_entry_place", "search_entry", ["id", "row_id"])
    if is_sqlite:
        for statement in FTS:
            op.execute(statement)
    else:
        op.create_index("ix_search_entry_grams", "search_entry", ["grams"], postgresql_using="gin")
    op.drop_index("ix_job_branch_day", "job")
    op.drop_index("ix_job_visit_on", "job")
    op.drop_index("ix_job_state", "job")
    op.drop_index("ix_customer_name", "customer")
    day = "visit_on, window_start_at" if is_sqlite else "visit_on NULLS FIRST, window_start_at NULLS FIRST"
    for name, table, columns in INDEXES:
        op.execute(f'CREATE INDEX {name} ON "{table}" ({columns.format(day=day)})')
