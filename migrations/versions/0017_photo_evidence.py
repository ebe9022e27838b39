"""What pictures look like, what a person should look at about photos, and what was drawn on copies of them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_FLAGS = "kind IN ('same_file', 'alike', 'gallery', 'far', 'clock', 'before_arrival')"


def upgrade():
    op.add_column("blob", sa.Column("look", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_blob_look"), "blob", ["look"], unique=False)
    op.create_table(
        "picture_print",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("look", sa.String(length=32), nullable=False),
        *(sa.Column(f"band_{number}", sa.Integer(), nullable=False) for number in range(4)),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_picture_print_sha256")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_picture_print")),
    )
    for number in range(4):
        op.create_index(op.f(f"ix_picture_print_band_{number}"), "picture_print", [f"band_{number}"], unique=False)
    op.create_table(
        "photo_flag",
        sa.Column("evidence_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_by_id", sa.String(length=36), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(_FLAGS, name=op.f("ck_photo_flag_kind")),
        sa.CheckConstraint("(looked_at IS NULL) = (looked_by_id IS NULL)", name=op.f("ck_photo_flag_looked_whole")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_photo_flag_evidence_id")),
        sa.ForeignKeyConstraint(["looked_by_id"], ["person.id"], name=op.f("fk_photo_flag_looked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_flag")),
        sa.UniqueConstraint("evidence_id", "kind", name=op.f("uq_photo_flag_evidence_id_kind")),
    )
    op.create_index("ix_photo_flag_open", "photo_flag", ["looked_at", "kind"], unique=False)
    op.create_table(
        "photo_markup",
        sa.Column("evidence_id", sa.String(length=36), nullable=False),
        sa.Column("shapes", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by_id", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_photo_markup_by_id")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_photo_markup_evidence_id")),
        sa.ForeignKeyConstraint(["voided_by_id"], ["person.id"], name=op.f("fk_photo_markup_voided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_markup")),
    )
    op.create_index(op.f("ix_photo_markup_evidence_id"), "photo_markup", ["evidence_id"], unique=False)
    op.create_table(
        "photo_watch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_photo_watch_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_watch")),
    )
    # 2^40: core/versions.py. What came before is looked at when its job changes
    op.execute(
        "INSERT INTO photo_watch (id, seen_version) "
        "SELECT 1, epoch * 1099511627776 + counter FROM installation WHERE id = 1"
    )
