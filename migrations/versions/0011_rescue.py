"""Files of unsent work that were brought, and who brought an operation."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "rescue_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("brought_by_id", sa.String(length=36), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=True),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("format_version", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("state IN ('open', 'taken', 'kept')", name=op.f("ck_rescue_file_state")),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_rescue_file_author_id")),
        sa.ForeignKeyConstraint(["brought_by_id"], ["person.id"], name=op.f("fk_rescue_file_brought_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescue_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_rescue_file_sha256")),
    )
    op.create_index(op.f("ix_rescue_file_author_id"), "rescue_file", ["author_id"])
    op.create_index(op.f("ix_rescue_file_brought_at"), "rescue_file", ["brought_at"])
    op.create_index(op.f("ix_rescue_file_brought_by_id"), "rescue_file", ["brought_by_id"])
    op.add_column("op_log", sa.Column("brought_by_id", sa.String(length=36), nullable=True))
