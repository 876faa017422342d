"""The request of a refund as it is frozen: its receipt where the sale had none, and who has to do it by hand."""

import asyncpg
import orjson
import pytest

from bot.payments.provider import NoProviderError
from bot.payments.refunding import fetch_refunds
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import errors
from db.errors import RefundByHand
from handlers.app import Application
from tests.app import origin_of, settings_for
from tests.chat.refunds.steps import confirm, stands
from tests.chat_user import ChatUser


class TestReceipts:
    @pytest.fixture
    def app_settings(self, sandbox: Sandbox) -> Settings:
        return settings_for(origin_of(sandbox), yookassa_vat_code=4)

    @pytest.mark.parametrize("known", [True, False])
    async def test_of_a_sale_without_one(
        self, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, known: bool
    ) -> None:
        """The VAT code was set afterwards: a part has a receipt where it is known to whom it goes."""
        email = "anna@example.com"
        await olga.send("/start")
        await anna.register()
        await sql.execute(
            "insert into bot.contacts (user_id, kind, value, created_at)"
            " select user_id, 'email', $1, now() from bot.telegram_accounts",
            email,
        )
        await anna.order(1)
        await anna.pay()
        await anna.receives("✅ ")
        await sql.execute("update bot.payment_attempts set request = (request::jsonb - 'receipt')::text")
        if not known:
            await sql.execute("delete from bot.contacts")
        await olga.send("/refund 1 330")
        assert olga.words(confirm(33_000)) in olga.buttons
        receipt = orjson.loads(await sql.fetchval("select request from bot.refunds")).get("receipt")
        assert (receipt is not None) == known
        if known:
            assert receipt["customer"] == {"email": email}
            [item] = receipt["items"]
            assert (item["amount"]["value"], item["vat_code"]) == ("330.00", 4)


async def test_without_the_provider_it_is_done_by_hand(
    anna: ChatUser, olga: ChatUser, bought: str, app: Application, sql: asyncpg.Connection
) -> None:
    """The shop's id was taken out of the settings while its payments are there."""
    app.context.provider = None
    await olga.send("/refund 1 330")
    assert olga.last_text == olga.words(lambda: errors.say(RefundByHand(1, bought)))
    assert (await stands(sql))[2] == []
    with pytest.raises(NoProviderError):
        await fetch_refunds(app.context, bought)
