"""A payment's story and the buttons below it."""

import asyncpg
import pytest

from bot.chat.buttons import CheckPayment, DropOrder
from bot.payments import timelines
from bot.texts.payments import orders as order_words
from bot.texts.payments import purchases as words
from bot.texts.payments.purchases import CheckStage
from db.engine import Pool
from db.payments.timeline import get_timeline
from handlers.app import Application
from tests.chat_user import ChatUser


async def test_a_check_stays_in_the_message_that_tells_the_story(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
    purchase = await sql.fetchval("select id from purchases")
    await anna.press(DropOrder(purchase=purchase).pack())  # an order's own message has other buttons
    await anna.press(CheckPayment(purchase=purchase).pack())
    await anna.sees(lambda key: key.get("text") == anna.words(order_words.CHECK))
    count = len(anna.messages)
    await anna.click(order_words.CHECK)
    assert len(anna.messages) == count


FOREIGN = (
    "insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days, currency,"
    " created_at) select user_id, 1, 5000, 'appstore', 'succeeded', 'x-1', 30, 'USD', now() from bot.telegram_accounts"
)


@pytest.mark.parametrize("ours", [True, False])
async def test_lessons_are_offered_where_it_gave_access(
    anna: ChatUser, app: Application, sql: asyncpg.Connection, ours: bool
) -> None:
    """What the other application's purchases gave is not known."""
    await anna.register()
    if ours:
        await anna.order(await sql.fetchval("select min(id) from bot.offers where currency = 'RUB'"))
        await anna.pay()
        await anna.receives("✅ ")
    else:
        await sql.execute(FOREIGN)
    async with app.database.transaction(Pool.JOBS) as session:
        account = await sql.fetchval("select user_id from purchases")
        found = await get_timeline(session, await sql.fetchval("select id from purchases"), account)
    with app.context.localizer.use_locale("ru"):
        _text, keyboard = timelines.shown(found, CheckStage.ANSWERED, app.context.now(), None)
        assert keyboard is not None
        labels = [button.text for row in keyboard.inline_keyboard for button in row]
        assert labels == [str(words.TO_LESSONS)] * ours + [str(words.MY_ACCESS)]
