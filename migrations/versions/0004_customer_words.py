"""Portraits of people; what customers say by their link, and what the desk answers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "portrait",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_portrait_person_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f("fk_portrait_set_by_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_portrait")),
    )
    op.create_table(
        "customer_word",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("wish_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wish_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attitude", sa.Integer(), nullable=True),
        sa.Column("efficiency", sa.Integer(), nullable=True),
        sa.Column("skill", sa.Integer(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("kind = 'complaint' OR job_id IS NOT NULL", name=op.f("ck_customer_word_about")),
        sa.CheckConstraint(
            "kind IN ('confirmed', 'disputed', 'wish', 'rating', 'complaint')",
            name=op.f("ck_customer_word_kind"),
        ),
        sa.CheckConstraint(
            "(wish_start_at IS NULL) = (wish_end_at IS NULL)", name=op.f("ck_customer_word_wish_whole")
        ),
        sa.CheckConstraint("attitude BETWEEN 1 AND 5", name=op.f("ck_customer_word_attitude")),
        sa.CheckConstraint("efficiency BETWEEN 1 AND 5", name=op.f("ck_customer_word_efficiency")),
        sa.CheckConstraint("skill BETWEEN 1 AND 5", name=op.f("ck_customer_word_skill")),
        sa.CheckConstraint("wish_start_at < wish_end_at", name=op.f("ck_customer_word_wish_order")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_customer_word_case_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_customer_word_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_word")),
    )
    with op.batch_alter_table("customer_word", schema=None) as batch_op:
        batch_op.create_index("ix_customer_word_case", ["case_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_word_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_word_answer_by_at"), ["answer_by_at"], unique=False)

    op.create_table(
        "link_opening",
        sa.Column("link_id", sa.String(length=36), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_link_opening_link_id")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_link_opening")),
    )
    op.create_table(
        "word_answer",
        sa.Column("word_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("kind IN ('accepted', 'declined', 'noted')", name=op.f("ck_word_answer_kind")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_word_answer_by_id")),
        sa.ForeignKeyConstraint(["word_id"], ["customer_word.id"], name=op.f("fk_word_answer_word_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_answer")),
        sa.UniqueConstraint("word_id", name=op.f("uq_word_answer_word_id")),
    )
