"""How somebody wants the desk: the tour left, the first steps put away, single keys off."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "desk_habit",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("tour_left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_steps_left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keys_off", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_desk_habit_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_desk_habit")),
    )
