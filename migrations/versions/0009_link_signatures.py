"""Signatures that customers give by the link of their case."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "link_signature",
        sa.Column("sign_off_id", sa.String(length=36), nullable=False),
        sa.Column("presented_sha256", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("signer_name", sa.String(length=60), nullable=False),
        sa.Column("signer_role", sa.String(length=10), nullable=False),
        sa.Column("consent", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("is_weak", sa.Boolean(), nullable=False),
        sa.Column("link_id", sa.String(length=36), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["sign_off_id"], ["sign_off.id"], name=op.f("fk_link_signature_sign_off_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_signature")),
        sa.UniqueConstraint("sign_off_id", name=op.f("uq_link_signature_sign_off_id")),
    )
