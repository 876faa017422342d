"""The e-mail and the phone of /profile: given, changed, removed; neither is proven by that."""

import asyncpg

from bot.chat.buttons import AskContact, DeleteContact, ShowContact
from bot.texts.accounts import contacts as words
from bot.texts.accounts import registration as registration_words
from tests.chat.accounts.rows import account_of
from tests.chat.test_input import NASTY, PIXEL
from tests.chat_user import ANNA, BEN, ChatUser, Json, Said

EMAIL = "select value from bot.contacts where kind = 'email' and proven_at is null"


async def begin(person: ChatUser, button: Said) -> None:
    await person.register()
    await person.send("/profile")
    await person.click(button)


async def test_an_email_is_given_changed_and_removed(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await begin(anna, words.EMAIL)
    await anna.send("Anna@Example.com")
    await anna.receives(words.SAVED)
    assert "anna@example.com (не подтверждён)" in anna.last_text
    assert await sql.fetchval("select email from users") == f"telegram-{ANNA}@telegram.invalid"
    await anna.click(words.EMAIL)
    await anna.click(words.CHANGE)
    await anna.send("other@example.com")
    assert await sql.fetchval(EMAIL) == "other@example.com"
    await anna.click(words.EMAIL)
    await anna.click(words.REMOVE)
    assert anna.toast == anna.words(words.REMOVED)
    assert await sql.fetchval("select count(*) from bot.contacts") == 0
    assert "example.com" not in anna.last_text


async def test_two_people_may_type_the_same_address(
    anna: ChatUser, ben: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    for person in (anna, ben):
        await begin(person, words.EMAIL)
        await person.send("eva@example.com")
        await person.receives(words.SAVED)
    both = [await account_of(sql, who) for who in (ANNA, BEN)]
    refused = await olga.send("/user eva@example.com")
    assert all(f"#{account}" in refused for account in both)
    await sql.execute("insert into users (name, email, created_at) values ('Eva', 'eva@example.com', now())")
    assert "Eva" in await olga.send("/user eva@example.com")


async def test_an_admin_sees_that_an_address_is_not_proven(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await begin(anna, words.EMAIL)
    await anna.send("anna@example.com")
    await olga.register()
    for text in (f"/user {ANNA}", "/user anna@example.com"):
        card = await olga.send(text)
        assert "anna@example.com, не подтверждён" in card
        assert ".invalid" not in card
    account = await account_of(sql, ANNA)
    for command in ("/grant anna@example.com 1 30", "/revoke anna@example.com 1 30"):
        refused = await olga.send(command)
        assert "не подтверждён" in refused
        assert f"#{account}" in refused
    assert await sql.fetchval("select count(*) from adminaccesshistory") == 0


async def test_a_typed_address_is_not_lost_where_the_account_has_one(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    """As the other application, or a code of ours, has proven it."""
    await begin(anna, words.EMAIL)
    await sql.execute("update users set email = 'proven@example.com'")
    await anna.send("typed@example.com")
    assert await sql.fetchval("select email from users") == "proven@example.com"
    assert await sql.fetchval(EMAIL) == "typed@example.com"


NO_EMAIL = (*NASTY, "anna", "anna@", "@example.com", "a b@example.com", "x@telegram.invalid")


async def test_what_is_no_email_is_asked_again(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await begin(anna, words.EMAIL)
    for text in NO_EMAIL:
        await anna.send(text)
        assert len(anna.new_texts) == 1, text
        assert await sql.fetchval(EMAIL) is None, text
    await anna.send_photo(PIXEL)
    assert anna.new_texts == [anna.words(words.EMAIL_WRONG)]
    await anna.send("anna@")
    await anna.edit("o'brien+tag@example.com")
    await anna.receives(words.SAVED)
    assert await sql.fetchval(EMAIL) == "o'brien+tag@example.com"


PASTED = (
    "anna@example.com\u200b",
    "\ufeffanna@example.com",
    "“Anna@Example.com”",
    "\u2068anna@example.com\u2069",
)


async def test_an_email_is_taken_as_it_was_pasted(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    for email in PASTED:
        await sql.execute("delete from bot.contacts")
        await anna.send("/profile")
        await anna.click(words.EMAIL)
        await anna.send(email)
        assert await sql.fetchval(EMAIL) == "anna@example.com"


LOOK_ALIKE = {
    "anna@exаmple.com": "exаmple",
    "аnna@example.com": "аnna",
    "anna@сосо.com": "сосо.com",
    "anna@school": "school",
}


async def test_an_email_that_is_not_what_it_looks_like_is_refused_by_its_part(
    anna: ChatUser, sql: asyncpg.Connection
) -> None:
    await begin(anna, words.EMAIL)
    for email, part in LOOK_ALIKE.items():
        assert f"«{part}»" in await anna.send(email)
    assert await sql.fetchval(EMAIL) is None


async def test_a_phone_is_shared_typed_and_removed(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await begin(anna, words.PHONE)
    await anna.click(words.SHARE)
    await anna.receives(words.SAVED)
    assert anna.reply_keyboard is None
    phone = await sql.fetchval("select phone from users")
    assert phone.startswith("+7900")
    assert phone in anna.last_text
    await anna.click(words.PHONE)
    await anna.click(words.CHANGE)
    await anna.send("8 (912) 345-67-89")
    assert await sql.fetchval("select phone from users") == "+79123456789"
    await anna.click(words.PHONE)
    await anna.click(words.REMOVE)
    assert await sql.fetchval("select phone from users") is None


OTHERS: tuple[Json, ...] = (
    {"phone_number": "+79990000000", "first_name": "Ben", "user_id": BEN},
    {"phone_number": "+79990000000", "first_name": "Nobody"},
)


async def test_only_ones_own_contact_is_taken(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await begin(anna, words.PHONE)
    for contact in OTHERS:
        await anna.share_contact(contact)
        await anna.receives(words.OWN_CONTACT_ONLY)
    assert await sql.fetchval("select phone from users") is None
    await anna.click(words.SHARE)
    await anna.receives(words.SAVED)


NO_PHONE = (*NASTY, "12", "+0 123 456 78 90", "+1234567890123456", "anna@example.com")


async def test_what_is_no_phone_is_asked_again(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await begin(anna, words.PHONE)
    for text in NO_PHONE:
        await anna.send(text)
        assert anna.new_texts == [anna.words(words.PHONE_WRONG)], text
    await anna.send_sticker()
    assert anna.new_texts == [anna.words(words.PHONE_WRONG)]
    assert await sql.fetchval("select phone from users") is None


async def test_skipping_in_either_language(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    for skip in ("Skip", "пропустить ", "SKIP", "«Пропустить».", "Ｓｋｉｐ"):
        await anna.send("/profile")
        await anna.click(words.PHONE)
        await anna.send(skip)
        await anna.receives(words.UNCHANGED)
        assert anna.reply_keyboard is None
    assert await sql.fetchval("select phone from users") is None


async def test_a_strangers_button_asks_nothing(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.send("/start")
    for kind in ("email", "phone", "address", ""):
        for button in (ShowContact(kind=kind), AskContact(kind=kind), DeleteContact(kind=kind)):
            await anna.press(button.pack())
            assert anna.toast == anna.words(registration_words.STALE_BUTTON)
    assert await sql.fetchval("select state from bot.chats where telegram_id = $1", ANNA) is None
