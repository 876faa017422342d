"""Where the receipt goes to (54-FZ): asked once, before the first payment by link, which then goes on by itself."""

import asyncpg
import orjson
import pytest

from bot.chat.buttons import Pay
from bot.sandbox.app import Sandbox
from bot.settings import Settings
from bot.texts import shop as shop_words
from bot.texts.accounts import contacts as words
from bot.texts.accounts import registration
from tests.app import origin_of, settings_for
from tests.callbacks import becomes
from tests.chat.refunds.steps import ROUBLES, STARS, at_provider
from tests.chat_user import ANNA, ChatUser

CUSTOMER = "select request from bot.payment_attempts where method = 'link' order by id desc limit 1"

OPEN_FOREVER = (
    "insert into usermoduleaccess (user_id, module_id, ends_at)"
    " select u.id, m.id, 'infinity' from users u, modules m"
)


@pytest.fixture
def tax_system() -> int | None:
    """Of a cash register of one's own, which takes a phone number as well."""
    return None


@pytest.fixture
def app_settings(sandbox: Sandbox, tax_system: int | None) -> Settings:
    return settings_for(origin_of(sandbox), yookassa_vat_code=1, yookassa_tax_system=tax_system)


async def choose(person: ChatUser, sql: asyncpg.Connection, own_register: bool = False) -> None:
    """In a shop that demands receipts."""
    demands = {"receipts_required": True, "own_register": own_register}
    await at_provider(person, "/yookassa", demands, "PUT")
    await person.send(f"/start buy_{await sql.fetchval(ROUBLES)}")


async def customer(sql: asyncpg.Connection) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(await sql.fetchval(CUSTOMER))["receipt"]["customer"]
    return found


async def test_one_answer_and_the_payment_goes_on(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await choose(anna, sql)
    assert anna.last_text == anna.words(lambda: words.ask_for_receipt(False))
    assert await sql.fetchval("select count(*) from purchases") == 0
    await anna.send("+79123456789")  # “Чеки от ЮKassa” take an e-mail only
    await anna.receives(words.EMAIL_WRONG)
    await anna.edit("anna@example.com")
    await anna.gets_link()
    assert await customer(sql) == {"email": "anna@example.com"}
    assert await sql.fetchval("select email from users") == f"telegram-{ANNA}@telegram.invalid"
    await anna.pay()
    await anna.receives("✅")
    await choose(anna, sql)
    await anna.gets_link()
    assert anna.words(lambda: words.ask_for_receipt(False)) not in anna.new_texts


@pytest.mark.parametrize("tax_system", [2])
async def test_a_register_of_ones_own_takes_a_phone(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await choose(anna, sql, own_register=True)
    assert anna.last_text == anna.words(lambda: words.ask_for_receipt(True))
    await anna.send("hello")
    await anna.receives(words.NEITHER)
    await anna.send("8 912 345-67-89")
    await anna.gets_link()
    assert await customer(sql) == {"phone": "79123456789"}
    assert await sql.fetchval("select phone from users") == "+79123456789"


async def test_an_address_that_is_known_is_not_asked_for(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """As the other application, or a code of ours, has proven it."""
    await anna.register()
    await sql.execute("update users set email = 'Proven@example.com'")
    await choose(anna, sql)
    await anna.gets_link()
    assert await customer(sql) == {"email": "proven@example.com"}


async def test_an_address_that_nobody_can_be_mailed_at_is_asked_for(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """The other application writes what it likes."""
    await anna.register()
    await sql.execute("delete from bot.telegram_accounts")
    for email in (f"telegram-{ANNA}@telegram.invalid", "nobody"):
        await sql.execute("update users set email = $1", email)
        await choose(anna, sql)
        assert anna.last_text == anna.words(lambda: words.ask_for_receipt(False))


async def test_stars_ask_for_nothing(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send(f"/start buy_{await sql.fetchval(STARS)}")
    await anna.choose("stars")
    assert any("invoice" in one for one in anna.messages)


async def test_an_offer_withdrawn_while_it_was_asked(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await choose(anna, sql)
    await sql.execute("update bot.offers set active = false")
    await anna.send("anna@example.com")
    await anna.receives(shop_words.GONE)
    assert await sql.fetchval("select value from bot.contacts") == "anna@example.com"
    assert await sql.fetchval("select count(*) from purchases") == 0
    assert await sql.fetchval("select state from bot.chats where telegram_id = $1", ANNA) is None


async def test_whoever_is_new_registers_answers_and_pays(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send(f"/start buy_{await sql.fetchval(ROUBLES)}")
    await anna.click(registration.REGISTER)
    assert anna.last_text == anna.words(lambda: words.ask_for_receipt(False))
    await anna.send("anna@example.com")
    await anna.gets_link()
    await anna.pay()

    async def paid() -> bool:
        return bool(await sql.fetchval("select status = 'succeeded' from purchases"))

    await becomes(paid)


async def test_a_button_of_earlier_releases_asks_as_well(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.press(Pay(offer=await sql.fetchval(ROUBLES), method="link").pack())
    assert anna.last_text == anna.words(lambda: words.ask_for_receipt(False))
    assert await sql.fetchval("select count(*) from purchases") == 0


async def test_what_was_opened_forever_while_it_was_asked_is_not_sold(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await anna.register()
    await choose(anna, sql)
    await sql.execute(OPEN_FOREVER)
    await anna.send("anna@example.com")
    assert "навсегда" in anna.last_text
    assert await sql.fetchval("select count(*) from purchases") == 0
