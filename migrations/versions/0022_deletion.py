"""Deleted accounts, the promo codes that their people have used, and the key by which these are told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deleted_accounts",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_deleted_accounts_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_deleted_accounts")),
        schema="bot",
    )
    op.create_table(
        "used_codes",
        sa.Column("code_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_id"], ["promocodes.id"], name=op.f("fk_used_codes_code_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_id", "person", name=op.f("pk_used_codes")),
        schema="bot",
    )
    op.create_table(
        "server_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_keys")),
        schema="bot",
    )


def downgrade() -> None:
    for table in ("server_keys", "used_codes", "deleted_accounts"):
        op.drop_table(table, schema="bot")
