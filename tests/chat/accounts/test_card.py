"""Somebody's card, as admins see it."""

import asyncpg
import pytest

from bot.chat.admin_buttons import EndAllSessions, ShowPerson
from bot.texts.accounts import people as words
from bot.texts.accounts import registration
from bot.texts.roles import NOT_ALLOWED
from tests.chat.accounts.rows import account_of
from tests.chat_user import ANNA, BEN, ChatUser


@pytest.fixture
async def account(anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection) -> int:
    await anna.register()
    await olga.register()
    return await account_of(sql, ANNA)


async def test_every_page_says_what_is_known(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, account: int
) -> None:
    await anna.send("/promo SPRING")
    await anna.receives("SPRING")
    await olga.send(f"/grant {ANNA} 1 30 в подарок")
    await sql.execute("update users set password_hash = 'x' where id = $1", account)
    await sql.execute(
        "insert into authidentities (user_id, loginprovider, providerkey) values ($1, 'vk', '5')", account
    )
    await olga.send("/user соколова")
    for part in (str(ANNA), f"#{account}", "vk", "пароль на сайте"):
        assert part in olga.last_text
    await olga.click(words.PAGES[2])
    assert "SPRING" in olga.last_text
    assert "+30" in olga.last_text
    await olga.click(words.PAGES[3])
    assert "Python" in olga.last_text
    await olga.click(words.PAGES[1])
    await olga.click(words.PAGES[0])
    assert "vk" in olga.last_text


async def test_a_payment_is_returned_from_the_card(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, account: int
) -> None:
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    await anna.pay()
    await anna.receives("✅")
    await olga.send(f"/user {ANNA}")
    await olga.click(words.PAGES[1])
    await olga.click("↩️")
    assert "990" in olga.last_text
    await olga.click("990")
    await olga.receives("↩️")
    act = await sql.fetchrow("select * from bot.acts where kind = 'refund'")
    assert act["user_id"] == account
    assert (
        act["facts"] == '{"amount": 99000, "product": "Курс Python с нуля", "currency": "RUB", "purchase": 1}'
    )


async def test_signing_somebody_out_everywhere(
    anna: ChatUser, olga: ChatUser, ben: ChatUser, sql: asyncpg.Connection, account: int
) -> None:
    await ben.register()
    await olga.send(f"/user {ANNA}")
    await olga.click(words.END_SESSIONS)
    await olga.click(words.KEEP)
    live = "select count(*) from sessions where user_id = $1 and revoked_at is null"
    assert await sql.fetchval(live, account) == 1
    await olga.click(words.END_SESSIONS)
    await olga.click(words.END_SURE)
    assert await sql.fetchval(live, account) == 0
    assert await sql.fetchval(live, await account_of(sql, BEN)) == 1
    await anna.send("/status")
    assert anna.words(registration.SIGN_IN) in anna.buttons
    assert await sql.fetchval("select count(*) from bot.acts where kind = 'sign_out'") == 1


async def test_a_learner_sees_no_card(anna: ChatUser, ben: ChatUser, account: int) -> None:
    await ben.register()
    for button in (ShowPerson(id=account), EndAllSessions(user=account, sure=True)):
        await ben.press(button.pack())
        assert ben.toast == ben.words(NOT_ALLOWED)
    await anna.send("/status")
    assert anna.words(registration.SIGN_IN) not in anna.buttons
