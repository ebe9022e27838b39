"""Links that customers open without an account."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "link",
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scope IN ('case', 'badge')", name=op.f("ck_link_scope")),
        sa.CheckConstraint(
            "(scope = 'case') = (job_id IS NULL AND person_id IS NULL)", name=op.f("ck_link_about")
        ),
        sa.CheckConstraint("(job_id IS NULL) = (person_id IS NULL)", name=op.f("ck_link_badge_whole")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_link_case_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_link_job_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_link_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("job_id", "person_id", name=op.f("uq_link_job_id_person_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_token_hash")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_version"), ["version"], unique=False)
        batch_op.create_index(
            "uq_link_case",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("scope = 'case'"),
            postgresql_where=sa.text("scope = 'case'"),
        )
