"""What customers are told about when we come."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "customer_message",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("window_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lead_id", sa.String(length=36), nullable=True),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("number_masked", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("kind IN ('later', 'ask_time')", name=op.f("ck_customer_message_kind")),
        sa.CheckConstraint(
            "state IN ('sending', 'sent', 'failed', 'told')", name=op.f("ck_customer_message_state")
        ),
        sa.CheckConstraint(
            "channel IN ('gateway', 'call', 'sms', 'wechat', 'other')",
            name=op.f("ck_customer_message_channel"),
        ),
        sa.CheckConstraint(
            "(kind = 'later') = (expected_at IS NOT NULL)", name=op.f("ck_customer_message_expected")
        ),
        sa.CheckConstraint(
            "(state IN ('sent', 'told')) = (told_at IS NOT NULL)",
            name=op.f("ck_customer_message_told_whole"),
        ),
        sa.CheckConstraint(
            "(channel = 'gateway') = (state <> 'told')", name=op.f("ck_customer_message_by_hand")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_customer_message_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_customer_message_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_message")),
    )
    op.create_index("ix_customer_message_job_id", "customer_message", ["job_id"])
