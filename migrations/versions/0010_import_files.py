"""When the file of an import was removed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("job_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("file_removed_at", sa.DateTime(timezone=True), nullable=True))
