"""What ways are like, what road services and geocoders said, who shows where he is."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("person", sa.Column("shares_position_since", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "travel_setting",
        sa.Column("branch_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("how", sa.String(length=12), nullable=False),
        sa.Column("detour_far", sa.Double(), nullable=False),
        sa.Column("detour_near", sa.Double(), nullable=False),
        sa.Column("detour_km", sa.Double(), nullable=False),
        sa.Column("speed_slow", sa.Double(), nullable=False),
        sa.Column("speed_gain", sa.Double(), nullable=False),
        sa.Column("speed_km", sa.Double(), nullable=False),
        sa.Column("parking_seconds", sa.Integer(), nullable=False),
        sa.Column("factor_per_mille", sa.JSON(), nullable=False),
        sa.Column("basis", sa.JSON(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.CheckConstraint("how IN ('typed', 'calibrated', 'taken_back')", name=op.f("ck_travel_setting_how")),
        sa.CheckConstraint(
            "speed_slow > 0 AND speed_gain >= 0 AND speed_km > 0 AND detour_km > 0",
            name=op.f("ck_travel_setting_speeds"),
        ),
        sa.CheckConstraint(
            "detour_far >= 1 AND detour_near >= 0 AND parking_seconds >= 0", name=op.f("ck_travel_setting_ways")
        ),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_travel_setting_branch_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_travel_setting_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_travel_setting")),
    )
    op.create_index("ix_travel_setting_branch", "travel_setting", ["branch_id", "at", "id"])
    op.create_table(
        "road_row",
        sa.Column("provider", sa.String(length=12), nullable=False),
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "origin", name=op.f("pk_road_row")),
    )
    op.create_table(
        "road_service",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("trouble", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_road_service")),
    )
    op.create_table(
        "site_lookup",
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("asked_for", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("geocoder", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('found', 'doubtful', 'none', 'failed', 'confirmed')", name=op.f("ck_site_lookup_outcome")
        ),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["person.id"], name=op.f("fk_site_lookup_confirmed_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_lookup_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_lookup")),
    )
    op.create_index(op.f("ix_site_lookup_outcome"), "site_lookup", ["outcome"])
