"""Imports of jobs: the file on its way, its lines, and which job is known by what."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = "('columns', 'checking', 'checked', 'applying', 'stopped', 'applied', 'undoing', 'undone')"


def upgrade():
    op.create_table(
        "job_import",
        sa.Column("branch_id", sa.String(length=36), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("acting_id", sa.String(length=36), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("heading_line", sa.Integer(), nullable=True),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("headings_key", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("worker_key", sa.String(length=36), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=40), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_job_import_state")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_job_import_branch_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_job_import_by_id")),
        sa.ForeignKeyConstraint(["acting_id"], ["person.id"], name=op.f("fk_job_import_acting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_import")),
    )
    for column in ("branch_id", "headings_key", "state", "touched_at"):
        op.create_index(op.f(f"ix_job_import_{column}"), "job_import", [column])

    op.create_table(
        "import_line",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("known_by", sa.String(length=80), nullable=False),
        sa.Column("content_key", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("has_remarks", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint("kind IN ('new', 'changed', 'same', 'conflict', 'bad')", name=op.f("ck_import_line_kind")),
        sa.CheckConstraint(
            "outcome IN ('', 'created', 'updated', 'known', 'failed', 'taken_back', 'left')",
            name=op.f("ck_import_line_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["job_import.id"], name=op.f("fk_import_line_import_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_import_line_job_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_line")),
    )
    op.create_index("ix_import_line_work", "import_line", ["import_id", "kind", "outcome"])
    op.create_index(op.f("ix_import_line_job_id"), "import_line", ["job_id"])

    op.create_table(
        "imported_job",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("branch_id", sa.String(length=36), nullable=False),
        sa.Column("known_by", sa.String(length=80), nullable=False),
        sa.Column("content_key", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("identity", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("became", sa.JSON(), nullable=False),
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("last_import_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_imported_job_branch_id")),
        sa.ForeignKeyConstraint(["last_import_id"], ["job_import.id"], name=op.f("fk_imported_job_last_import_id")),
        sa.ForeignKeyConstraint(["import_id"], ["job_import.id"], name=op.f("fk_imported_job_import_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_imported_job_job_id")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_imported_job")),
        sa.UniqueConstraint("branch_id", "known_by", name=op.f("uq_imported_job_branch_id_known_by")),
    )
    op.create_index("ix_imported_job_content", "imported_job", ["branch_id", "content_key"])
    op.create_index(op.f("ix_imported_job_import_id"), "imported_job", ["import_id"])
