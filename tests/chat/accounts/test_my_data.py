"""/mydata: everything that is stored about a person, as a file in their chat."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from bot.jobs.moving import ClockMover
from bot.jobs.my_data import send_my_data
from bot.texts.accounts import my_data as words
from bot.texts.accounts import registration as registration_words
from db.accounts.own_rows import OwnRows
from db.jobs import MyDataJob
from handlers.app import Application
from tests.chat.accounts.rows import account_of
from tests.chat_user import ANNA, BEN, ChatUser

Json = dict[str, Any]
LATER = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def gets_file(person: ChatUser) -> Json:
    """Opens the newest file as the page does."""
    await person.receives(lambda: words.document(OwnRows()).split(":")[0])
    sent = next(one["document"] for one in reversed(person.messages) if "document" in one)
    assert sent["file_name"].endswith(".json")
    async with person.http.get(f"{person.origin}/sandbox/files/{sent['file_id']}") as response:
        whole: Json = json.loads(await response.read())
    return whole


async def test_everything_about_a_person_comes_as_a_file(
    anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection
) -> None:
    await ben.register()
    await anna.register()
    for person in (anna, ben):
        await person.send("/promo SPRING")
        await person.receives("SPRING")
    await anna.send("/mydata")
    whole = await gets_file(anna)
    tables = whole["tables"]
    assert whole["account"] == await account_of(sql, ANNA)
    assert [row["name"] for row in tables["users"]] == ["Анна Соколова"]
    assert {"bot.chats", "devices", "sessions", "promocodeusages", "usermoduleaccess"} <= tables.keys()
    assert "sessions.refresh_token_hash" in whole["left_out"]["secrets"]
    for secret in await sql.fetch("select refresh_token_hash from sessions"):
        assert secret[0] not in json.dumps(whole)
    assert str(BEN) not in json.dumps(whole)


async def test_it_is_made_once_in_a_while(anna: ChatUser, ben: ChatUser, mover: ClockMover) -> None:
    await anna.register()
    await ben.register()
    await anna.send("/profile")
    await anna.click(words.MY_DATA)
    await gets_file(anna)
    await anna.send("/mydata")
    assert anna.last_text.split(".")[0] == anna.words(lambda: words.again_at(LATER)).split(".")[0]
    await ben.send("/mydata")
    await gets_file(ben)
    await mover.advance(timedelta(minutes=10))
    await anna.send("/mydata")
    await gets_file(anna)


async def test_who_has_signed_out_meanwhile_is_sent_nothing(
    anna: ChatUser, app: Application, sql: asyncpg.Connection
) -> None:
    await anna.register()
    job = MyDataJob(user_id=await account_of(sql, ANNA), telegram_id=ANNA)
    await anna.send("/logout")
    await send_my_data(job, app.context)
    await anna.send("/mydata")
    assert anna.words(registration_words.SIGN_IN) in anna.buttons
    assert not any("document" in one for one in anna.messages)
    # Nor is another account's data sent here.
    await anna.click(registration_words.SIGN_IN)
    await gets_file(anna)
    await send_my_data(MyDataJob(user_id=job.user_id + 1, telegram_id=ANNA), app.context)
    await anna.refresh()
    assert sum("document" in one for one in anna.messages) == 1


async def test_a_stranger_is_asked_to_come_in(anna: ChatUser) -> None:
    await anna.send("/mydata")
    assert anna.last_text == anna.words(registration_words.NOT_REGISTERED)
