"""Accounts born in Telegram are marked; the e-mails typed for them, which nobody has proven, become contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Born in Telegram: no other way to sign in, none that was ever used (a site may sign people in by a code sent to their
# address), and the chat, which the bot had met before, was linked when the account was made. The other
# application's own accounts are none of these, whatever their address is.
MARK = """
insert into bot.telegram_accounts (user_id, telegram_id, created_at)
select u.id, c.telegram_id, u.created_at
from users u
join authidentities a on a.user_id = u.id and a.loginprovider = 'telegram'
join bot.chats c on c.telegram_id::text = a.providerkey and c.created_at <= u.created_at + interval '1 second'
join devices d on d.device_key = 'telegram:' || a.providerkey
join users_devices l on l.device_id = d.id and l.user_id = u.id
where u.password_hash is null
  and l.linked_at between u.created_at - interval '1 second' and u.created_at + interval '1 second'
  and not exists (select from authidentities other where other.user_id = u.id and other.id <> a.id)
  and not exists (select from sessions s where s.user_id = u.id and s.device_id <> d.id)
  and not exists (select from users_devices other where other.user_id = u.id and other.device_id <> d.id)
on conflict do nothing
"""
KEEP = """
insert into bot.contacts (user_id, kind, value, created_at)
select u.id, 'email', btrim(u.email), u.created_at from bot.telegram_accounts t join users u on u.id = t.user_id
where u.email not like 'telegram-%@telegram.invalid'
on conflict do nothing
"""
# Random hex behind the id where the address is taken.
REPLACE = """
update users u set email = 'telegram-' || t.telegram_id || coalesce(taken.suffix, '') || '@telegram.invalid'
from bot.telegram_accounts t
left join lateral (
    select '-' || substr(md5(random()::text), 1, 8) as suffix from users other
    where lower(btrim(other.email)) = 'telegram-' || t.telegram_id || '@telegram.invalid' and other.id <> t.user_id
    limit 1
) taken on true
where t.user_id = u.id and u.email not like 'telegram-%@telegram.invalid'
"""
# Nobody is asked for an e-mail in the middle of registering any more; a wish is the button that was pressed.
RENEW_CHATS = """
update bot.chats
set state = case when state like 'Registration:%' then null else state end,
    data = case when state like 'Registration:%' then '{}' else data end,
    start = case when start = 'purchases' then 'press:go:purchases'
                 when start ~ '^check_[0-9]+$' then 'press:check:' || substr(start, 7) || ':' || '0' else start end
where state like 'Registration:%' or start = 'purchases' or start ~ '^check_[0-9]+$'
"""
# Two people may have typed the same address; only one can have it.
RETURN = """
update users u set email = c.value
from bot.contacts c
where c.user_id = u.id and c.kind = 'email' and c.proven_at is null
  and u.email like 'telegram-%@telegram.invalid'
  and exists (select from bot.telegram_accounts t where t.user_id = u.id)
  and not exists (select from users other where other.email = c.value)
  and not exists (select from bot.contacts other where other.value = c.value and other.user_id < c.user_id)
"""


def upgrade() -> None:
    op.create_table(
        "telegram_accounts",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_telegram_accounts_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_telegram_accounts")),
        schema="bot",
    )
    op.create_table(
        "contacts",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_contacts_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_contacts")),
        schema="bot",
    )
    op.create_index("ix_contacts_value", "contacts", ["value"], schema="bot")
    for statement in (MARK, KEEP, REPLACE, RENEW_CHATS):
        op.execute(statement)


def downgrade() -> None:
    op.execute(RETURN)
    op.drop_table("contacts", schema="bot")
    op.drop_table("telegram_accounts", schema="bot")
