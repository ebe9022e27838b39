"""When the plan has a visit begin."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("job", sa.Column("planned_start_at", sa.DateTime(timezone=True), nullable=True))
