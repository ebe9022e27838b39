"""The jobs of a branch by state: what is open, among years of what has ended."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index("ix_job_branch_state", "job", ["branch_id", "state", "visit_on"])
