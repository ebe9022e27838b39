"""What the office sees of each phone, what became of a blocked one, and what an operation was based on."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_NOT_NULL = (("pending_photos", sa.Integer()), ("stuck_photos", sa.Integer()), ("quarantined_count", sa.Integer()))
_MAY_BE_NULL = (
    ("clock_off_ms", sa.BigInteger()),
    ("is_installed", sa.Boolean()),
    ("is_persistent", sa.Boolean()),
    ("used_bytes", sa.BigInteger()),
    ("free_bytes", sa.BigInteger()),
    ("wipe_told_at", sa.DateTime(timezone=True)),
    ("wiped_at", sa.DateTime(timezone=True)),
)


def upgrade():
    for name, kind in _NOT_NULL:
        op.add_column("device", sa.Column(name, kind, nullable=False, server_default="0"))
    for name, kind in _MAY_BE_NULL:
        op.add_column("device", sa.Column(name, kind, nullable=True))
    op.add_column("op_log", sa.Column("base_version", sa.BigInteger(), nullable=True))
