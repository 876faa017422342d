"""@names are found whatever the database's locale: Turkish makes another letter of a capital I."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index('lower(username COLLATE "C")')


def downgrade() -> None:
    _index("lower(username)")


def _index(expression: str) -> None:
    op.drop_index("ix_chats_lower_username", "chats", schema="bot")
    op.create_index(
        "ix_chats_lower_username", "chats", [sa.literal_column(expression)], unique=False, schema="bot"
    )
