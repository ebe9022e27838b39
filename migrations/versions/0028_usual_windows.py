"""Windows in which a branch offers new appointments."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "branch_planning", sa.Column("usual_windows", sa.String(length=200), nullable=False, server_default="")
    )
