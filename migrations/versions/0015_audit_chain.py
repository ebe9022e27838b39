"""The audit chain: entries, their facts, tree heads; append-only by triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

#: also against INSERT OR REPLACE, which deletes without asking a trigger
SQLITE = (
    "CREATE TRIGGER audit_kept BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_in_order BEFORE INSERT ON audit "
    "WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit) "
    "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_fact_kept BEFORE UPDATE ON audit_fact "
    "BEGIN SELECT RAISE(ABORT, 'facts of the audit chain are never changed'); END",
    "CREATE TRIGGER audit_fact_once BEFORE INSERT ON audit_fact "
    "WHEN EXISTS (SELECT 1 FROM audit_fact WHERE seq = NEW.seq) "
    "BEGIN SELECT RAISE(ABORT, 'facts of the audit chain are never changed'); END",
    "CREATE TRIGGER tree_head_kept BEFORE UPDATE ON tree_head "
    "WHEN OLD.sent_at IS NOT NULL OR NEW.sent_at IS NULL OR NEW.size IS NOT OLD.size "
    "OR NEW.entry_hash IS NOT OLD.entry_hash OR NEW.root IS NOT OLD.root OR NEW.peaks IS NOT OLD.peaks "
    "OR NEW.at IS NOT OLD.at OR NEW.signature IS NOT OLD.signature "
    "BEGIN SELECT RAISE(ABORT, 'tree_head is append-only'); END",
    "CREATE TRIGGER tree_head_never_deleted BEFORE DELETE ON tree_head "
    "BEGIN SELECT RAISE(ABORT, 'tree_head is append-only'); END",
    "CREATE TRIGGER tree_head_once BEFORE INSERT ON tree_head "
    "WHEN EXISTS (SELECT 1 FROM tree_head WHERE size = NEW.size) "
    "BEGIN SELECT RAISE(ABORT, 'tree_head is append-only'); END",
)

POSTGRESQL = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$",
    "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_fact_kept BEFORE UPDATE ON audit_fact FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_fact_not_emptied BEFORE TRUNCATE ON audit_fact EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tree_head_kept BEFORE UPDATE ON tree_head FOR EACH ROW "
    "WHEN (OLD.sent_at IS NOT NULL OR NEW.sent_at IS NULL "
    "OR (NEW.size, NEW.entry_hash, NEW.root, NEW.peaks::text, NEW.at, NEW.signature) IS DISTINCT FROM "
    "(OLD.size, OLD.entry_hash, OLD.root, OLD.peaks::text, OLD.at, OLD.signature)) EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tree_head_never_deleted BEFORE DELETE ON tree_head FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER tree_head_not_emptied BEFORE TRUNCATE ON tree_head EXECUTE FUNCTION audit_refuse()",
)


def upgrade():
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_fact",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("entity_type", sa.String(length=20), nullable=False),
        sa.Column("entity_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=True),
        sa.Column("source_table", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit.seq"], name=op.f("fk_audit_fact_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_fact")),
    )
    op.create_index("ix_audit_fact_entity", "audit_fact", ["entity_type", "entity_id"])
    op.create_index("ix_audit_fact_source", "audit_fact", ["source_table", "source_id"])
    op.create_index(op.f("ix_audit_fact_person_id"), "audit_fact", ["person_id"])
    op.create_table(
        "tree_head",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("peaks", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_tree_head")),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
