"""When people work, what they can do, where their day begins; what a visit needs of whoever goes."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_SKILLS = (
    ("hardwood", "实木地板", "Hardwood floors", False),
    ("laminate", "强化复合地板", "Laminate floors", False),
    ("vinyl", "石塑与 PVC 地板", "Vinyl floors", False),
    ("carpet", "地毯", "Carpets", False),
    ("tile", "瓷砖", "Tiles", False),
    ("repair", "维修", "Repairs", False),
    ("survey", "勘查", "Surveys", False),
    ("floor_heating", "地暖施工证", "Underfloor heating certificate", True),
    ("electrician", "低压电工证", "Electrician's certificate", True),
    ("heights", "高处作业证", "Work at heights certificate", True),
)
_SPAN = "start_minute BETWEEN 0 AND 1439 AND start_minute < end_minute AND end_minute <= 1440"


def upgrade():
    skill = op.create_table(
        "skill",
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=40), nullable=False),
        sa.Column("is_certificate", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_skill")),
    )
    op.bulk_insert(
        skill,
        [
            {"code": code, "name_zh": zh, "name_en": en, "is_certificate": paper, "is_active": True, "position": place}
            for place, (code, zh, en, paper) in enumerate(_SKILLS, 1)
        ],
    )
    op.create_table(
        "person_planning",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("start_from", sa.String(length=8), server_default="branch", nullable=False),
        sa.Column("ends", sa.String(length=8), server_default="branch", nullable=False),
        sa.Column("home_lat", sa.Double(), nullable=True),
        sa.Column("home_lng", sa.Double(), nullable=True),
        sa.Column("home_address", sa.String(length=200), server_default="", nullable=False),
        sa.Column("van_m2", sa.Integer(), nullable=True),
        sa.Column("has_own_week", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("lunch_earliest", sa.Integer(), nullable=True),
        sa.Column("lunch_latest", sa.Integer(), nullable=True),
        sa.Column("lunch_minutes", sa.Integer(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("start_from IN ('branch', 'home')", name=op.f("ck_person_planning_start_from")),
        sa.CheckConstraint("ends IN ('branch', 'home', 'open')", name=op.f("ck_person_planning_ends")),
        sa.CheckConstraint("(home_lat IS NULL) = (home_lng IS NULL)", name=op.f("ck_person_planning_home_whole")),
        sa.CheckConstraint(
            "home_lat BETWEEN -90 AND 90 AND home_lng BETWEEN -180 AND 180", name=op.f("ck_person_planning_home_range")
        ),
        sa.CheckConstraint("van_m2 BETWEEN 0 AND 9999", name=op.f("ck_person_planning_van")),
        sa.CheckConstraint("lunch_minutes BETWEEN 0 AND 240", name=op.f("ck_person_planning_lunch")),
        sa.CheckConstraint("lunch_earliest <= lunch_latest", name=op.f("ck_person_planning_lunch_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_planning_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_planning")),
        sa.UniqueConstraint("person_id", name=op.f("uq_person_planning_person_id")),
    )
    op.create_index(op.f("ix_person_planning_version"), "person_planning", ["version"], unique=False)
    op.create_table(
        "person_skill",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("skill", sa.String(length=24), nullable=False),
        sa.Column("certified_until", sa.Date(), nullable=True),
        sa.Column("certificate_no", sa.String(length=40), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_skill_person_id")),
        sa.ForeignKeyConstraint(["skill"], ["skill.code"], name=op.f("fk_person_skill_skill")),
        sa.PrimaryKeyConstraint("person_id", "skill", name=op.f("pk_person_skill")),
    )
    op.create_index(op.f("ix_person_skill_certified_until"), "person_skill", ["certified_until"], unique=False)
    op.create_table(
        "shift",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_shift_weekday")),
        sa.CheckConstraint(_SPAN, name=op.f("ck_shift_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_shift_person_id")),
        sa.PrimaryKeyConstraint("person_id", "weekday", name=op.f("pk_shift")),
    )
    op.create_table(
        "shift_change",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=True),
        sa.Column("end_minute", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('off', 'sick', 'shift')", name=op.f("ck_shift_change_kind")),
        sa.CheckConstraint("(kind = 'shift') = (start_minute IS NOT NULL)", name=op.f("ck_shift_change_start")),
        sa.CheckConstraint("(start_minute IS NULL) = (end_minute IS NULL)", name=op.f("ck_shift_change_whole")),
        sa.CheckConstraint(_SPAN, name=op.f("ck_shift_change_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_shift_change_person_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_shift_change_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_change")),
        sa.UniqueConstraint("person_id", "on_day", name=op.f("uq_shift_change_person_id_on_day")),
    )
    op.create_index("ix_shift_change_day", "shift_change", ["on_day", "person_id"], unique=False)
    op.create_index(op.f("ix_shift_change_version"), "shift_change", ["version"], unique=False)
    op.create_table(
        "branch_planning",
        sa.Column("branch_id", sa.String(length=36), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("lunch_earliest", sa.Integer(), nullable=False),
        sa.Column("lunch_latest", sa.Integer(), nullable=False),
        sa.Column("lunch_minutes", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(lat IS NULL) = (lng IS NULL)", name=op.f("ck_branch_planning_position_whole")),
        sa.CheckConstraint(
            "lat BETWEEN -90 AND 90 AND lng BETWEEN -180 AND 180", name=op.f("ck_branch_planning_position_range")
        ),
        sa.CheckConstraint(_SPAN, name=op.f("ck_branch_planning_order")),
        sa.CheckConstraint("lunch_minutes BETWEEN 0 AND 240", name=op.f("ck_branch_planning_lunch")),
        sa.CheckConstraint("lunch_earliest <= lunch_latest", name=op.f("ck_branch_planning_lunch_order")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_branch_planning_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_planning")),
        sa.UniqueConstraint("branch_id", name=op.f("uq_branch_planning_branch_id")),
    )
    op.create_index(op.f("ix_branch_planning_version"), "branch_planning", ["version"], unique=False)
    # what stands there needs nothing of whoever goes, as before; a window that was agreed was promised
    op.add_column("job", sa.Column("skills", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("job", sa.Column("load_m2", sa.Integer(), nullable=True))
    op.add_column("job", sa.Column("pinned_lead", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("job", sa.Column("is_promised", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE job SET is_promised = (1 = 1) WHERE window_start_at IS NOT NULL")
