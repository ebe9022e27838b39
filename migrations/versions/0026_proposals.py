"""Proposals for a day, their lines, and how somebody asked for them the last time."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_UNDER_WAY = sa.text("state IN ('waiting', 'working')")


def upgrade():
    op.create_table(
        "proposal",
        sa.Column("branch_id", sa.String(length=36), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("asked_by_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("with_undated", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("iterations", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("worker_key", sa.String(length=36), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=40), nullable=False),
        sa.Column("figures_before", sa.JSON(), nullable=False),
        sa.Column("figures_after", sa.JSON(), nullable=False),
        sa.Column("routes", sa.JSON(), nullable=False),
        sa.Column("unplaced", sa.JSON(), nullable=False),
        sa.Column("accepted_by_id", sa.String(length=36), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("mode IN ('fill', 'replan', 'full')", name=op.f("ck_proposal_mode")),
        sa.CheckConstraint(
            "state IN ('waiting', 'working', 'done', 'cancelled', 'failed', 'outdated')", name=op.f("ck_proposal_state")
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1000", name=op.f("ck_proposal_progress")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_proposal_branch_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_proposal_asked_by_id")),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["person.id"], name=op.f("fk_proposal_accepted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index("ix_proposal_day", "proposal", ["branch_id", "on_day", "id"])
    op.create_index("uq_proposal_under_way", "proposal", ["branch_id", "on_day"], unique=True,
                    sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY)  # fmt: skip
    op.create_table(
        "proposal_line",
        sa.Column("proposal_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("job_version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("from_lead_id", sa.String(length=36), nullable=True),
        sa.Column("to_lead_id", sa.String(length=36), nullable=False),
        sa.Column("from_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sets_day", sa.Boolean(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("applied_by_id", sa.String(length=36), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('give', 'change', 'time')", name=op.f("ck_proposal_line_kind")),
        sa.CheckConstraint("outcome IN ('', 'applied', 'refused', 'undone')", name=op.f("ck_proposal_line_outcome")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposal.id"], name=op.f("fk_proposal_line_proposal_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_proposal_line_job_id")),
        sa.ForeignKeyConstraint(["from_lead_id"], ["person.id"], name=op.f("fk_proposal_line_from_lead_id")),
        sa.ForeignKeyConstraint(["to_lead_id"], ["person.id"], name=op.f("fk_proposal_line_to_lead_id")),
        sa.ForeignKeyConstraint(["applied_by_id"], ["person.id"], name=op.f("fk_proposal_line_applied_by_id")),
        sa.PrimaryKeyConstraint("proposal_id", "number", name=op.f("pk_proposal_line")),
        sa.UniqueConstraint("proposal_id", "job_id", name=op.f("uq_proposal_line_proposal_id_job_id")),
    )
    op.create_index(op.f("ix_proposal_line_job_id"), "proposal_line", ["job_id"])
    op.create_table(
        "planning_habit",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("with_undated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_planning_habit_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_planning_habit")),
    )
