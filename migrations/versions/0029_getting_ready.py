"""A proposal tells that it waits until the search is compiled."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column(
        "proposal", sa.Column("is_getting_ready", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
