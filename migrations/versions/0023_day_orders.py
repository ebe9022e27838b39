"""How technicians chose to go through a day."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "day_order",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("job_ids", sa.JSON(), nullable=False),
        sa.Column("pinned", sa.JSON(), nullable=False),
        sa.Column("estimates", sa.JSON(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_day_order_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_order")),
        sa.UniqueConstraint("person_id", "day", name=op.f("uq_day_order_person_id_day")),
    )
    op.create_index(op.f("ix_day_order_op_id"), "day_order", ["op_id"], unique=False)
    op.create_index(op.f("ix_day_order_version"), "day_order", ["version"], unique=False)
    # a person's own record says since now when and from where they work: it is sent again, as a version newer than all
    # (epoch · 2^40 + counter: docs/sync-protocol.md)
    op.execute("UPDATE installation SET counter = counter + 1")
    op.execute("UPDATE person SET version = (SELECT epoch * 1099511627776 + counter FROM installation)")
