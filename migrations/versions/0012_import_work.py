"""The index of an import's lines holds their order: the next ones are found without reading those that are done."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.drop_index("ix_import_line_work", table_name="import_line")
    op.create_index("ix_import_line_work", "import_line", ["import_id", "kind", "outcome", "number"], unique=False)
