"""/delete: said what goes, confirmed by a word, and then a stranger."""

import asyncpg
import pytest

from bot.texts import LANGUAGES, errors
from bot.texts.accounts import deleting as words
from bot.texts.accounts import registration as registration_words
from db.account_errors import AccountChanged
from db.deleting.deleting import DeletionKind
from db.errors import PromoUsedByYou
from handlers.app import Application
from tests.app import update_of
from tests.chat.accounts.rows import account_of, counts
from tests.chat.rows import database
from tests.chat_user import ANNA, BEN, ChatUser

ROUBLES = "select min(id) from bot.offers where currency = 'RUB'"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_deleting_and_beginning_anew(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection, language: str
) -> None:
    person = anna if language == "ru" else ben
    await person.register()
    await person.send("/promo SPRING")
    await person.receives("SPRING")
    await person.send("/profile")
    await person.click(words.DELETE)
    assert person.words(words.WORD) in person.last_text
    await person.send(f" «{person.words(words.WORD).lower()}».")
    assert person.last_text == person.words(lambda: words.done(DeletionKind.ERASED))
    assert await sql.fetchval("select count(*) from bot.chats") == 0
    assert await counts(sql) == (1, 0, 0, 0, 0)
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
    for command in ("/status", "/profile", "/delete"):
        await person.send(command)
        assert person.last_text == person.words(registration_words.NOT_REGISTERED)
    await person.register()
    await person.send("/promo SPRING")
    used = await sql.fetchval("select used_at from promocodeusages")
    assert person.last_text == person.words(lambda: errors.say(PromoUsedByYou("SPRING", used)))


@pytest.mark.parametrize("said", ["нет", "удалить аккаунт", "delet", "🗑"])
async def test_another_word_deletes_nothing(anna: ChatUser, sql: asyncpg.Connection, said: str) -> None:
    await anna.register()
    await anna.send("/delete")
    before = await database(sql)
    await anna.send(said)
    assert anna.last_text == anna.words(words.wrong_word)
    await anna.send_sticker()
    assert anna.last_text == anna.words(words.wrong_word)
    assert await database(sql) == before
    await anna.send("/cancel")
    await anna.send(anna.words(words.WORD))
    assert await database(sql) == before


async def test_a_button_ends_the_question(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/delete")
    await anna.click(words.KEEP)
    await anna.send(anna.words(words.WORD))
    assert await sql.fetchval("select count(*) from bot.deleted_accounts") == 0


async def test_both_words_are_understood(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await anna.register()
    await anna.send("/delete")
    await anna.send("Delete")
    assert await sql.fetchval("select count(*) from bot.deleted_accounts") == 1


async def test_what_was_shown_is_what_is_agreed_to(anna: ChatUser, sql: asyncpg.Connection) -> None:
    """The account has got a password meanwhile: it is the site's as well."""
    await anna.register()
    await anna.send("/delete")
    await sql.execute("update users set password_hash = 'x'")
    await anna.send(anna.words(words.WORD))
    assert anna.last_text == anna.words(lambda: errors.say(AccountChanged(1)))
    assert await counts(sql) == (1, 1, 1, 1, 1)
    await anna.send("/delete")
    await anna.send(anna.words(words.WORD))
    assert anna.last_text == anna.words(lambda: words.done(DeletionKind.DISCONNECTED))
    assert await counts(sql) == (1, 0, 0, 0, 0)
    assert await sql.fetchval("select name from users") == "Анна Соколова"
    assert str(ANNA) not in await sql.fetchval("select email from users")
    await anna.send("/start")
    assert anna.words(registration_words.REGISTER) in anna.buttons


async def test_the_accounts_other_chats_are_told_in_their_language(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    await anna.register()
    await sql.execute(
        "update authidentities set user_id = $1 where providerkey = $2", await account_of(sql, ANNA), str(BEN)
    )
    await anna.send("/delete")
    await anna.send(anna.words(words.WORD))
    await ben.receives(lambda: words.done(DeletionKind.ERASED))
    await ben.send("/status")
    assert ben.last_text == ben.words(registration_words.NOT_REGISTERED)


@pytest.mark.errors_expected
async def test_an_order_that_is_paid_later_alarms_the_admins(
    anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await olga.send("/start")
    await anna.register()
    await anna.order(await sql.fetchval(ROUBLES))
    payment = await anna.open_checkout()
    await anna.send("/delete")
    await anna.send(anna.words(words.WORD))
    assert anna.links == []
    async with anna.http.post(f"{anna.origin}/sandbox/payments/{payment}/pay", json={}) as response:
        assert response.status == 200
    await olga.receives("плательщик удалил аккаунт")
    assert await sql.fetchval("select reason from bot.parked_payments") == "deleted"
    assert await sql.fetchval("select count(*) from usermoduleaccess") == 0


async def test_the_same_update_twice_deletes_once(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    """Telegram brings it again where the answer was lost; the second time nobody is asked for anything."""
    await anna.register()
    await anna.send("/delete")
    update = update_of(anna, text=anna.words(words.WORD))
    await app.processor.process(update)
    await anna.register()
    await app.processor.process(update)
    assert await sql.fetchval("select count(*) from bot.deleted_accounts") == 1
    assert await sql.fetchval("select count(*) from authidentities") == 1
