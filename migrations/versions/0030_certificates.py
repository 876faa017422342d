"""Courses that were done to their end, and certificates for them."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finished_courses",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_finished_courses_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_finished_courses_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "module_id", name=op.f("pk_finished_courses")),
        schema="bot",
    )
    op.create_table(
        "certificate_numbers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certificate_numbers")),
        schema="bot",
    )
    op.create_table(
        "certificates",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("finished_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=True),
        sa.Column("png", sa.Text(), nullable=True),
        sa.Column("pdf", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["number"], ["bot.certificate_numbers.number"], name=op.f("fk_certificates_number")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_certificates_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_certificates_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certificates")),
        schema="bot",
    )
    op.create_index(
        "ix_certificates_user_id_module_id", "certificates", ["user_id", "module_id"], schema="bot"
    )
    op.create_index("ix_certificates_module_id", "certificates", ["module_id"], schema="bot")


def downgrade() -> None:
    op.drop_table("certificates", schema="bot")
    op.drop_table("certificate_numbers", schema="bot")
    op.drop_table("finished_courses", schema="bot")
