"""The visit: checklists, evidence, charges, incidents, signatures."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("picture", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("picture IN ('unchecked', 'usable', 'unusable')", name=op.f("ck_blob_picture")),
        sa.CheckConstraint("state IN ('announced', 'receiving', 'verified')", name=op.f("ck_blob_state")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blob")),
    )
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blob_picture"), ["picture"], unique=False)

    op.create_table(
        "checklist_template",
        sa.Column("scope", sa.String(length=36), nullable=False),
        sa.Column("branch_id", sa.String(length=36), nullable=True),
        sa.Column("job_type", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_checklist_template_branch_id")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_checklist_template_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_template")),
        sa.UniqueConstraint("scope", "job_type", name=op.f("uq_checklist_template_scope_job_type")),
    )
    op.create_table(
        "checklist_version",
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.String(length=36), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.String(length=36), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'retired')", name=op.f("ck_checklist_version_state")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_checklist_version_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["person.id"], name=op.f("fk_checklist_version_published_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["checklist_template.id"], name=op.f("fk_checklist_version_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_version")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_checklist_version_template_id_number")),
    )
    with op.batch_alter_table("checklist_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_checklist_version_template_id"), ["template_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_checklist_version_version"), ["version"], unique=False)

    op.create_table(
        "device_key",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("spki", sa.String(length=200), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_key_device_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_device_key_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_key")),
    )
    with op.batch_alter_table("device_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_key_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_key_person_id"), ["person_id"], unique=False)

    op.create_table(
        "upload",
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("evidence_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_upload_device_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upload_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint(
            "device_id", "evidence_id", "sha256", name=op.f("uq_upload_device_id_evidence_id_sha256")
        ),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upload_evidence_id"), ["evidence_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_upload_sha256"), ["sha256"], unique=False)

    op.create_table(
        "charge_statement",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("total_fen", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_charge_statement_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_charge_statement_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge_statement")),
    )
    with op.batch_alter_table("charge_statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_charge_statement_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_charge_statement_op_id"), ["op_id"], unique=False)

    op.create_table(
        "checklist_answer",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("checklist_id", sa.String(length=36), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_checklist_answer_by_id")),
        sa.ForeignKeyConstraint(
            ["checklist_id"], ["checklist_version.id"], name=op.f("fk_checklist_answer_checklist_id")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_checklist_answer_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_answer")),
    )
    with op.batch_alter_table("checklist_answer", schema=None) as batch_op:
        batch_op.create_index("ix_checklist_answer_item", ["job_id", "run", "item"], unique=False)
        batch_op.create_index(batch_op.f("ix_checklist_answer_op_id"), ["op_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=10), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("caption", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("declared_time", sa.String(length=40), nullable=False),
        sa.Column("declared_lat", sa.Double(), nullable=True),
        sa.Column("declared_lng", sa.Double(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("replaces_id", sa.String(length=36), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by_id", sa.String(length=36), nullable=True),
        sa.Column("void_reason", sa.String(length=500), nullable=False),
        sa.Column("waived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waived_by_id", sa.String(length=36), nullable=True),
        sa.Column("waive_reason", sa.String(length=500), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("no_place", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "slot IN ('before', 'during', 'after', 'damage', 'voucher', 'paper')",
            name=op.f("ck_evidence_slot"),
        ),
        sa.CheckConstraint("source IN ('camera', 'gallery')", name=op.f("ck_evidence_source")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_evidence_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_evidence_job_id")),
        sa.ForeignKeyConstraint(["sha256"], ["blob.sha256"], name=op.f("fk_evidence_sha256")),
        sa.ForeignKeyConstraint(["voided_by_id"], ["person.id"], name=op.f("fk_evidence_voided_by_id")),
        sa.ForeignKeyConstraint(["waived_by_id"], ["person.id"], name=op.f("fk_evidence_waived_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index("ix_evidence_job", ["job_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_op_id"), ["op_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_sha256"), ["sha256"], unique=False)

    op.create_table(
        "incident",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.CheckConstraint(
            "kind IN ('damage', 'injury', 'dispute', 'refused_gift', 'out_of_scope', 'other')",
            name=op.f("ck_incident_kind"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_incident_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_incident_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incident_op_id"), ["op_id"], unique=False)

    op.create_table(
        "job_closure",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_job_closure_closed_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_closure_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_closure")),
        sa.UniqueConstraint("job_id", name=op.f("uq_job_closure_job_id")),
    )
    op.create_table(
        "sign_off",
        sa.Column("job_id", sa.String(length=36), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.String(length=36), nullable=False),
        sa.Column("presented", sa.Text(), nullable=False),
        sa.Column("presented_sha256", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=90), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("signer_name", sa.String(length=60), nullable=False),
        sa.Column("signer_role", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("attitude", sa.Integer(), nullable=True),
        sa.Column("efficiency", sa.Integer(), nullable=True),
        sa.Column("skill", sa.Integer(), nullable=True),
        sa.Column("rating_words", sa.String(length=500), nullable=False),
        sa.Column("total_fen", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("fault", sa.String(length=40), nullable=False),
        sa.Column("revision_key", sa.String(length=80), nullable=True),
        sa.Column("is_weak", sa.Boolean(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertainty_ms", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("no_place", sa.String(length=12), nullable=False),
        sa.CheckConstraint("kind IN ('sign_off', 'agreement')", name=op.f("ck_sign_off_kind")),
        sa.CheckConstraint(
            "outcome IN ('signed', 'refused', 'absent', 'neighbour', 'paper')",
            name=op.f("ck_sign_off_outcome"),
        ),
        sa.CheckConstraint("state IN ('valid', 'quarantined')", name=op.f("ck_sign_off_state")),
        sa.CheckConstraint("attitude BETWEEN 1 AND 5", name=op.f("ck_sign_off_attitude")),
        sa.CheckConstraint("efficiency BETWEEN 1 AND 5", name=op.f("ck_sign_off_efficiency")),
        sa.CheckConstraint("skill BETWEEN 1 AND 5", name=op.f("ck_sign_off_skill")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_sign_off_by_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_sign_off_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_off")),
        sa.UniqueConstraint("revision_key", name=op.f("uq_sign_off_revision_key")),
    )
    with op.batch_alter_table("sign_off", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_off_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_off_op_id"), ["op_id"], unique=False)

    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("stops_supply", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("checklist_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("sign_nonce", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_job_checklist_id"), "checklist_version", ["checklist_id"], ["id"]
        )
    _give_nonces()
    _send_jobs_again()
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.alter_column("sign_nonce", existing_type=sa.String(length=32), nullable=False)


def _send_jobs_again():
    """Phones hold jobs without what is new in them: each takes the next version, or no phone would hear of it."""
    op.execute("UPDATE installation SET counter = counter + 1")
    # a version is epoch · 2^40 + counter (docs/sync-protocol.md)
    op.execute("UPDATE job SET version = (SELECT epoch * 1099511627776 + counter FROM installation)")


def _give_nonces():
    """Each job there is gets the nonce its signature must carry."""
    connection = op.get_bind()
    job = sa.table("job", sa.column("id"), sa.column("sign_nonce"))
    for job_id in connection.scalars(sa.select(job.c.id)).all():
        connection.execute(sa.update(job).where(job.c.id == job_id).values(sign_nonce=secrets.token_hex(16)))
