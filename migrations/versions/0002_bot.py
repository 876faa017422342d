"""The bot's own tables and the job queue, in schema `bot`."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEUE = Path(__file__).parents[1] / "queue"


def upgrade() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS bot")
    op.create_table(
        "callbacks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        schema="bot",
    )
    op.create_index(
        "ix_callbacks_open",
        "callbacks",
        ["received_at"],
        unique=False,
        schema="bot",
        postgresql_where=sa.text("handled_at is null"),
    )
    op.create_table(
        "chats",
        sa.Column("telegram_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("telegram_language", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("start", sa.Text(), nullable=True),
        sa.Column("referral", sa.Text(), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("telegram_id", name=op.f("pk_chats")),
        schema="bot",
    )
    op.create_index(
        "ix_chats_lower_username", "chats", [sa.literal_column("lower(username)")], unique=False, schema="bot"
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint(
            "telegram_id", "document", "version", name=op.f("uq_consents_telegram_id_document_version")
        ),
        schema="bot",
    )
    op.create_table(
        "failed_updates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_updates")),
        sa.UniqueConstraint("bot_id", "update_id", name=op.f("uq_failed_updates_bot_id_update_id")),
        schema="bot",
    )
    op.create_table(
        "results",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("key", name=op.f("uq_results_key")),
        schema="bot",
    )
    op.create_table(
        "updates",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("bot_id", "update_id", name=op.f("pk_updates")),
        schema="bot",
    )
    op.create_index("ix_updates_handled_at", "updates", ["handled_at"], unique=False, schema="bot")
    op.create_table(
        "access_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_access_changes_module_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_access_changes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_changes")),
        sa.UniqueConstraint("source", "source_id", name=op.f("uq_access_changes_source_source_id")),
        schema="bot",
    )
    op.create_index(
        op.f("ix_access_changes_user_id"), "access_changes", ["user_id"], unique=False, schema="bot"
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media_kind", sa.Text(), nullable=True),
        sa.Column("media", sa.Text(), nullable=True),
        sa.Column("preview", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_lessons_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        sa.UniqueConstraint("module_id", "key", name=op.f("uq_lessons_module_id_key")),
        schema="bot",
    )
    op.create_table(
        "catalogue_keys",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("module_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("num_nonnulls(module_id, product_id) = 1", name=op.f("ck_catalogue_keys_one_row")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_catalogue_keys_module_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.product_id"],
            name=op.f("fk_catalogue_keys_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_catalogue_keys")),
        sa.UniqueConstraint("module_id", name=op.f("uq_catalogue_keys_module_id")),
        sa.UniqueConstraint("product_id", name=op.f("uq_catalogue_keys_product_id")),
        schema="bot",
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("methods", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("days between 1 and 36500", name=op.f("ck_offers_days")),
        sa.CheckConstraint("price > 0", name=op.f("ck_offers_price")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.product_id"], name=op.f("fk_offers_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("key", name=op.f("uq_offers_key")),
        schema="bot",
    )
    op.create_index(op.f("ix_offers_product_id"), "offers", ["product_id"], unique=False, schema="bot")
    op.create_table(
        "questions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lesson_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("options", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"], ["bot.lessons.id"], name=op.f("fk_questions_lesson_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("lesson_id", "key", name=op.f("uq_questions_lesson_id_key")),
        schema="bot",
    )
    op.create_table(
        "payment_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("purchase_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("offer_id", sa.BigInteger(), nullable=True),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("link_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("charge_id", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["bot.offers.id"], name=op.f("fk_payment_attempts_offer_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["purchase_id"],
            ["purchases.id"],
            name=op.f("fk_payment_attempts_purchase_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_payment_attempts_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attempts")),
        sa.UniqueConstraint("key", name=op.f("uq_payment_attempts_key")),
        sa.UniqueConstraint("purchase_id", name=op.f("uq_payment_attempts_purchase_id")),
        schema="bot",
    )
    op.create_index(
        "ix_payment_attempts_next_ask_at",
        "payment_attempts",
        ["next_ask_at"],
        unique=False,
        schema="bot",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index(
        op.f("ix_payment_attempts_offer_id"), "payment_attempts", ["offer_id"], unique=False, schema="bot"
    )
    op.create_index(
        "uq_payment_attempts_open",
        "payment_attempts",
        ["user_id", "offer_id", "method"],
        unique=True,
        schema="bot",
        postgresql_where=sa.text("closed_at is null"),
    )
    for statement in (QUEUE / "install.sql").read_text(encoding="utf-8").split("\n--\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in (QUEUE / "uninstall.sql").read_text(encoding="utf-8").split("\n--\n"):
        op.execute(statement)
    op.drop_index(
        "uq_payment_attempts_open",
        table_name="payment_attempts",
        schema="bot",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.drop_index(op.f("ix_payment_attempts_offer_id"), table_name="payment_attempts", schema="bot")
    op.drop_index(
        "ix_payment_attempts_next_ask_at",
        table_name="payment_attempts",
        schema="bot",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.drop_table("payment_attempts", schema="bot")
    op.drop_table("questions", schema="bot")
    op.drop_index(op.f("ix_offers_product_id"), table_name="offers", schema="bot")
    op.drop_table("offers", schema="bot")
    op.drop_table("catalogue_keys", schema="bot")
    op.drop_table("lessons", schema="bot")
    op.drop_index(op.f("ix_access_changes_user_id"), table_name="access_changes", schema="bot")
    op.drop_table("access_changes", schema="bot")
    op.drop_index("ix_updates_handled_at", table_name="updates", schema="bot")
    op.drop_table("updates", schema="bot")
    op.drop_table("results", schema="bot")
    op.drop_table("failed_updates", schema="bot")
    op.drop_table("consents", schema="bot")
    op.drop_index("ix_chats_lower_username", table_name="chats", schema="bot")
    op.drop_table("chats", schema="bot")
    op.drop_index(
        "ix_callbacks_open",
        table_name="callbacks",
        schema="bot",
        postgresql_where=sa.text("handled_at is null"),
    )
    op.drop_table("callbacks", schema="bot")
