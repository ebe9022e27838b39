"""Which sheet a customer confirmed or disputed, what ties the person, who looks after it; codes by SMS."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    for name, length in (("about", 10), ("presented_sha256", 64), ("language", 8), ("tied_by", 8)):
        op.add_column(
            "customer_word", sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        )
    for name, kind in (
        ("sheet_id", sa.String(length=36)),
        ("sheet_revision", sa.Integer()),
        ("link_id", sa.String(length=36)),
        ("link_rotation", sa.Integer()),
        ("code_id", sa.String(length=36)),
    ):
        op.add_column("customer_word", sa.Column(name, kind, nullable=True))
    op.create_index("ix_customer_word_sheet_id", "customer_word", ["sheet_id"])
    op.add_column(
        "link_signature", sa.Column("tied_by", sa.String(length=8), nullable=False, server_default="digits")
    )
    op.add_column("link_signature", sa.Column("code_id", sa.String(length=36), nullable=True))
    op.create_table(
        "word_owner",
        sa.Column("word_id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=True),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["word_id"], ["customer_word.id"], name=op.f("fk_word_owner_word_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_word_owner_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_owner")),
    )
    op.create_index("ix_word_owner_word_id", "word_owner", ["word_id"])
    op.create_table(
        "sms_code",
        sa.Column("link_id", sa.String(length=36), nullable=False),
        sa.Column("link_rotation", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("number_hash", sa.String(length=64), nullable=False),
        sa.Column("number_masked", sa.String(length=30), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["link.id"], name=op.f("fk_sms_code_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_code")),
    )
    op.create_index("ix_sms_code_link_id", "sms_code", ["link_id"])
    op.create_index("ix_sms_code_number_hash", "sms_code", ["number_hash"])
