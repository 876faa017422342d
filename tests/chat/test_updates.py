"""What really arrives: broken parts, service messages, albums, edited messages, money in whatever wrapping."""

from typing import Any

import asyncpg
import pytest
from aiogram.fsm.state import StatesGroup

from bot.chat import conversation
from bot.sandbox.app import Sandbox
from bot.texts import errors
from bot.updates import reading
from bot.updates.reading import UnreadableError
from handlers.app import Application
from tests.app import update_of
from tests.chat_user import ChatUser

Json = dict[str, Any]
OLD_FORWARD = {"type": "hidden_user", "date": 1_422_450_181}  # of 2015: without the name it must have
GROUP = {"id": -1001234567890, "type": "supergroup", "title": "Everybody"}
CHANNEL = {"id": -1009876543210, "type": "channel", "title": "News"}
BROKEN: dict[str, Any] = {
    "forward_origin": OLD_FORWARD,
    "reply_to_message": {"message_id": 3, "forward_origin": OLD_FORWARD},
    "external_reply": {"origin": OLD_FORWARD},
    "quote": {"is_manual": 1},
    "entities": [{"type": "bot_command", "offset": "?"}],
    "link_preview_options": 5,
    "via_bot": {"id": "x"},
    "sender_chat": {"id": None},
    "reply_markup": {"inline_keyboard": [[{"callback_data": 1}]]},
    "chat_owner_of_tomorrow": {"x": 1},
    "edit_date": "yesterday",
}
SERVICE: list[Json] = [
    {
        "pinned_message": {
            "message_id": 3,
            "date": 1_700_000_000,
            "chat": {"id": 1, "type": "private"},
            "text": "x",
        }
    },
    {"pinned_message": {"message_id": 3, "date": 0, "chat": {"id": 1, "type": "private"}}},
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
    {"write_access_allowed": {"from_request": True}},
    {"new_chat_members": [{"id": 1, "is_bot": False, "first_name": "B"}]},
    {"left_chat_member": {"id": 1, "is_bot": False, "first_name": "B"}},
    {"new_chat_title": "x"},
    {"delete_chat_photo": True},
    {"group_chat_created": True},
    {"forum_topic_created": {"name": "x", "icon_color": 7322096}},
    {"forum_topic_edited": {}},
    {"forum_topic_closed": {}},
    {"forum_topic_reopened": {}},
    {"chat_background_set": {"type": {"type": "chat_theme", "theme_name": "x"}}},
    {"users_shared": {"request_id": 1, "users": [{"user_id": 1}]}},
    {"chat_shared": {"request_id": 1, "chat_id": 1}},
    {"connected_website": "example.com"},
    {"boost_added": {"boost_count": 1}},
    {"video_chat_started": {}},
    {"proximity_alert_triggered": {}},
    {"gift": {"gift": {"id": "1"}}},
    {"unique_gift": {"gift": {}}},
    {"paid_message_price_changed": {"paid_message_star_count": 1}},
    {"checklist_tasks_done": {}},
    {"giveaway_created": {}},
    {"passport_data": {}},
    {"something_of_next_year": {"x": 1}},
    {},
]


QUESTIONS = [
    state.state
    for group in vars(conversation).values()
    if isinstance(group, type) and issubclass(group, StatesGroup)
    for state in group.__states__
]


async def bring(app: Application, sandbox: Sandbox, *updates: Json) -> list[Json]:
    """Lets the bot take updates as Telegram would send them; what it sends meanwhile, without asking for updates."""
    before = len(sandbox.telegram.context.calls)
    for update in updates:
        await app.processor.process(update)
    await app.processor.finish()
    calls = list(sandbox.telegram.context.calls)[before:]
    return [call for call in calls if call["method"].lower() != "getupdates"]


def sent(calls: list[Json]) -> list[str]:
    return [str(call["params"]["text"]) for call in calls if call["method"].lower() == "sendmessage"]


@pytest.mark.parametrize("part", BROKEN)
async def test_a_part_that_cannot_be_read_is_dropped(
    anna: ChatUser, app: Application, sandbox: Sandbox, part: str
) -> None:
    await anna.register()
    calls = await bring(app, sandbox, update_of(anna, text="/status", **{part: BROKEN[part]}))
    assert len(sent(calls)) == 1
    assert anna.words(errors.APOLOGY) not in sent(calls)


@pytest.mark.parametrize("part", ["forward_origin", "reply_to_message", "date", "text"])
async def test_a_button_under_a_message_that_cannot_be_read_works(
    anna: ChatUser, app: Application, sandbox: Sandbox, part: str
) -> None:
    await anna.register()
    update = update_of(anna, text="x")
    message = update.pop("message") | {"forward_origin": OLD_FORWARD, part: BROKEN.get(part, {"no": 1})}
    update["callback_query"] = query(message, "go:courses")
    calls = await bring(app, sandbox, update)
    methods = [call["method"].lower() for call in calls]
    assert methods[0] == "answercallbackquery"
    assert methods[1] in ("sendmessage", "editmessagetext")


def query(message: Json, data: str) -> Json:
    return {"id": "77", "from": message["from"], "chat_instance": "1", "data": data, "message": message}


@pytest.mark.errors_expected("what can't be read is to be looked at")
async def test_what_is_unreadable_altogether_is_kept_and_whoever_waits_is_answered(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await anna.register()
    message = update_of(anna)["message"]
    button = query(message, "go:courses") | {"from": {"id": "nobody"}}
    checkout = {"id": "88", "from": {"id": anna.id}, "currency": 5}
    calls = await bring(
        app,
        sandbox,
        update_of(anna, date="never"),
        {"update_id": 10**9 + 1, "callback_query": button},
        {"update_id": 10**9 + 2, "pre_checkout_query": checkout},
    )
    assert [call["method"].lower() for call in calls if "admin" not in str(call)][:3] == [
        "sendmessage",
        "answercallbackquery",
        "answerprecheckoutquery",
    ]
    assert str(calls[2]["params"]["ok"]).lower() == "false"
    assert calls[2]["params"]["error_message"]
    kept = await sql.fetch("select body, solved_at is not null as solved from bot.failed_updates order by id")
    assert [row["solved"] for row in kept] == [True] * 3
    assert "never" in kept[0]["body"]
    assert await sql.fetchval("select count(*) from bot.alerts where kind = 'update_failed'") == 1


PAID = {
    "currency": "XTR",
    "total_amount": 5,
    "invoice_payload": "nobody's",
    "telegram_payment_charge_id": "charge-1",
    "provider_payment_charge_id": "p",
}


@pytest.mark.errors_expected("an alarm is an error")
@pytest.mark.parametrize("chat", [None, GROUP, CHANNEL])
@pytest.mark.parametrize("kind", reading.MESSAGES)
async def test_money_is_found_in_any_wrapping(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection, kind: str, chat: Json | None
) -> None:
    """Parked, since no order of ours explains it; it may be accompanied by whatever can't be read."""
    message = update_of(anna, successful_payment={**PAID}, **BROKEN)["message"]
    message["chat"] = chat or message["chat"]
    for name in ("date", "message_id"):  # neither says whose money it is
        del message[name]
    del message["successful_payment"]["provider_payment_charge_id"]
    await bring(app, sandbox, {"update_id": 10**9, kind: message})
    assert await sql.fetchval("select count(*) from bot.parked_payments where payment_id = 'charge-1'") == 1
    assert await sql.fetchval("select count(*) from bot.failed_updates") == 0


@pytest.mark.errors_expected("an alarm is an error")
@pytest.mark.parametrize(
    "wrong",
    [
        {"from": None, "chat": CHANNEL},
        {"successful_payment": PAID | {"total_amount": "much"}},
        {"successful_payment": PAID | {"currency": "RUB", "provider_payment_charge_id": None}},
    ],
)
async def test_money_that_cannot_be_read_is_kept_with_an_alarm(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection, wrong: Json
) -> None:
    update = update_of(anna, successful_payment=PAID)
    update["message"] |= wrong
    await bring(app, sandbox, update, update)
    assert await sql.fetchval("select count(*) from bot.failed_updates where solved_at is null") == 1
    assert await sql.fetchval("select count(*) from bot.alerts where kind = 'update_failed'") == 1
    assert await sql.fetchval("select body from bot.failed_updates") != ""


@pytest.mark.errors_expected("what can't be read is to be looked at")
async def test_what_is_kept_unread_is_bounded(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection
) -> None:
    await sql.execute(
        "insert into bot.failed_updates (bot_id, update_id, body, error, solved_at)"
        " select 1, n, '', '', now() from generate_series(1, 1000) n"
    )
    await bring(app, sandbox, {"update_id": 5, "message": {"chat": "nonsense"}})
    assert await sql.fetchval("select count(*) from bot.failed_updates") == 1000
    assert await sql.fetchval("select count(*) from bot.failed_updates where body <> ''") == 1


@pytest.mark.parametrize("question", [None, *QUESTIONS])
async def test_service_messages_are_nobodys_words(
    anna: ChatUser, app: Application, sandbox: Sandbox, sql: asyncpg.Connection, question: str | None
) -> None:
    await anna.register()
    opened = "update bot.chats set state = $1, asked_at = now() where telegram_id = $2"
    await sql.execute(opened, question, anna.id)
    calls = await bring(app, sandbox, *(update_of(anna, **said) for said in SERVICE))
    assert calls == []
    assert await sql.fetchval("select state from bot.chats where telegram_id = $1", anna.id) == question


async def test_an_album_gets_one_answer(anna: ChatUser, app: Application, sandbox: Sandbox) -> None:
    await anna.register()
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    pictures = [update_of(anna, photo=photo, media_group_id="a1") for _ in range(8)]
    assert len(sent(await bring(app, sandbox, *pictures))) == 1
    assert len(sent(await bring(app, sandbox, update_of(anna, photo=photo, media_group_id="a2")))) == 1
    assert len(sent(await bring(app, sandbox, update_of(anna, photo=photo)))) == 1


async def test_an_edited_message_corrects_the_answer_it_gave(anna: ChatUser, sql: asyncpg.Connection) -> None:
    await sql.execute(
        "insert into promocodes (code, max_usage_count, days, product_id) values ('GOOD', 9, 1, 1)"
    )
    await anna.register()
    await anna.send("/promo")
    await anna.send("GOOOD")
    await anna.edit("BAAD")
    assert "BAAD" in anna.last_text
    await anna.edit("GOOD")
    await anna.receives("GOOD")
    assert await sql.fetchval("select count(*) from promocodeusages") == 1
    await anna.edit("GOOD again")  # the question is closed
    assert anna.new_texts == []


async def test_an_edited_message_answers_no_question_that_came_later(
    anna: ChatUser, app: Application, sandbox: Sandbox
) -> None:
    await anna.register()
    old = update_of(anna, text="NEVER")
    await bring(app, sandbox, old)
    await anna.send("/promo")
    edited = {"update_id": 10**9, "edited_message": old["message"] | {"edit_date": 1_800_000_000}}
    assert await bring(app, sandbox, edited) == []


@pytest.mark.parametrize("update_id", [None, "1", 1.5, True, -1, 2**63, 2**64, 10**30, [], {}])
def test_what_has_no_number_is_no_update(update_id: Any) -> None:
    assert reading.get_update_id({"update_id": update_id}) is None
    assert reading.get_update_id(update_id) is None


def test_what_is_nested_too_deep_is_cut(app: Application, anna: ChatUser) -> None:
    update = update_of(anna, text="/status")
    at = update["message"]
    for _ in range(900):
        at["reply_to_message"] = {}
        at = at["reply_to_message"]
    read = reading.read(update, app.bot)
    assert read is not None
    assert read.update.message is not None
    assert read.update.message.text == "/status"
    with pytest.raises(UnreadableError):
        reading.read({"update_id": 1, "message": at | {"chat": update}}, app.bot)
