"""python-telegram-bot's examples of what goes beyond a chat: polls, payments with delivery, members of a group."""

import pytest
from telegram import (
    KeyboardButton,
    KeyboardButtonPollType,
    LabeledPrice,
    Poll,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ShippingOption,
    Update,
)
from telegram.ext import (
    ChatJoinRequestHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    PollAnswerHandler,
    PollHandler,
    PreCheckoutQueryHandler,
    ShippingQueryHandler,
    filters,
)

from tests.sandbox.ptb_world import Context, polling, said
from tests.sandbox.telegram_world import ANNA, BEN, OLGA, Bot, Json

# What the library will change in its own next release says nothing of the sandbox.
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
ADDRESS = {"country_code": "DE", "city": "Berlin", "street_line1": "Allee 1", "post_code": "10115"}


async def test_a_poll_is_answered_by_name_and_stopped(bot: Bot) -> None:
    words = ["Good", "Really good", "Fantastic"]

    async def poll(update: Update, context: Context) -> None:
        assert update.effective_chat
        await context.bot.send_poll(
            update.effective_chat.id, "How are you?", words, is_anonymous=False, allows_multiple_answers=True
        )

    async def answered(update: Update, context: Context) -> None:
        answer = update.poll_answer
        assert answer
        assert answer.user
        feelings = " and ".join(words[at] for at in answer.option_ids)
        await context.bot.send_message(ANNA, f"{answer.user.mention_html()} feels {feelings}!", "HTML")

    anna = bot.person()
    events = await bot.world.events(person=ANNA, bot=bot.id)
    async with polling(bot, CommandHandler("poll", poll), PollAnswerHandler(answered)) as app:
        (message,) = await said(anna, "/poll")
        await anna.give(f"/messages/{message['message_id']}/vote", {"options": [0, 2]})
        while (said_last := (await events.until("message"))["message"]).get("text", "")[-1:] != "!":
            pass
        stopped = await app.bot.stop_poll(ANNA, message["message_id"])
    events.close()
    assert said_last["text"] == "Анна Соколова feels Good and Fantastic!"
    assert [option.voter_count for option in stopped.options] == [1, 0, 1]


async def test_a_quiz_closes_after_two_took_it(bot: Bot) -> None:
    async def quiz(update: Update, context: Context) -> None:
        assert update.effective_message
        message = await update.effective_message.reply_poll(
            "How many eggs?", ["1", "2", "4"], type=Poll.QUIZ, correct_option_ids=[2]
        )
        assert message.poll
        context.bot_data[message.poll.id] = message

    async def taken(update: Update, context: Context) -> None:
        assert update.poll
        if not update.poll.is_closed and update.poll.total_voter_count == 2:
            await context.bot_data[update.poll.id].stop_poll()

    anna = bot.person()
    events = await bot.world.events(person=ANNA, bot=bot.id)
    async with polling(bot, CommandHandler("quiz", quiz), PollHandler(taken)):
        (message,) = await said(anna, "/quiz")
        assert (message["poll"]["type"], message["poll"]["correct_option_id"]) == ("quiz", 2)
        for voter, option in ((ANNA, 0), (BEN, 2)):
            body = {"options": [option], "as": voter}
            await anna.give(f"/messages/{message['message_id']}/vote", body)
        while not (await events.until("edited"))["message"]["poll"]["is_closed"]:
            pass
    events.close()


async def test_a_persons_poll_is_shown_closed(bot: Bot) -> None:
    async def preview(update: Update, context: Context) -> None:
        assert update.effective_message
        button = KeyboardButton("Make one", request_poll=KeyboardButtonPollType())
        await update.effective_message.reply_text("?", reply_markup=ReplyKeyboardMarkup([[button]]))

    async def received(update: Update, context: Context) -> None:
        assert update.effective_message
        poll = update.effective_message.poll
        assert poll
        options = [option.text for option in poll.options]
        await update.effective_message.reply_poll(
            poll.question, options, is_closed=True, reply_markup=ReplyKeyboardRemove()
        )

    anna = bot.person()
    async with polling(bot, CommandHandler("preview", preview), MessageHandler(filters.POLL, received)):
        await said(anna, "/preview")
        own = {"poll": {"question": "Mine?", "options": ["yes", "no"]}}
        answer = await anna.give("/messages", own, wait=20, replies=1)
    (shown,) = answer["replies"]
    assert (shown["poll"]["question"], shown["poll"]["is_closed"]) == ("Mine?", True)


async def send_bill(update: Update, context: Context) -> None:
    assert update.message
    prices = [LabeledPrice("Test", 100)]
    await context.bot.send_invoice(
        update.message.chat_id,
        "Example",
        "Payment example",
        "custom-payload",
        "USD",
        prices,
        provider_token="1:TEST:1",
        need_name=True,
        need_phone_number=True,
        need_email=True,
        need_shipping_address=True,
        is_flexible=True,
    )


async def offer_delivery(update: Update, context: Context) -> None:
    query = update.shipping_query
    assert query
    known = query.invoice_payload == "custom-payload"
    options = [
        ShippingOption("1", "Option A", [LabeledPrice("A", 100)]),
        ShippingOption("2", "Option B", [LabeledPrice("B1", 150), LabeledPrice("B2", 200)]),
    ]
    await query.answer(ok=known, shipping_options=options)


async def agree(update: Update, context: Context) -> None:
    query = update.pre_checkout_query
    assert query
    await query.answer(ok=query.invoice_payload == "custom-payload")


async def say_thanks(update: Update, context: Context) -> None:
    assert update.message
    await update.message.reply_text("Thank you!")


async def test_a_payment_with_delivery(bot: Bot) -> None:
    anna = bot.person()
    handlers = (
        CommandHandler("buy", send_bill),
        ShippingQueryHandler(offer_delivery),
        PreCheckoutQueryHandler(agree),
        MessageHandler(filters.SUCCESSFUL_PAYMENT, say_thanks),
    )
    events = await bot.world.events(person=ANNA, bot=bot.id)
    async with polling(bot, *handlers):
        (invoice,) = await said(anna, "/buy")
        bill = {"message_id": invoice["message_id"]}
        offered = await anna.give("/invoices", {**bill, "action": "ship", "address": ADDRESS})
        assert [option["title"] for option in offered["options"]] == ["Option A", "Option B"]
        paid = await anna.give("/invoices", {**bill, "action": "pay", "shipping_option": "2"})
        assert paid["status"] == "paid"
        while (await events.until("message"))["message"].get("text") != "Thank you!":
            pass
    events.close()
    payments = [one for one in (await anna.chat())["messages"] if "successful_payment" in one]
    told = payments[-1]["successful_payment"]
    assert (told["total_amount"], told["shipping_option_id"]) == (450, "2")
    assert set(told["order_info"]) == {"name", "phone_number", "email", "shipping_address"}


async def test_members_are_greeted_and_chats_tracked(bot: Bot) -> None:
    async def track(update: Update, context: Context) -> None:
        change = update.my_chat_member
        assert change
        old, new = change.difference()["status"]
        context.bot_data[change.chat.title] = (old, new)

    async def greet(update: Update, context: Context) -> None:
        change = update.chat_member
        assert change
        inside = change.new_chat_member.status == "member"
        name = change.new_chat_member.user.mention_html()
        text = f"Welcome, {name}" if inside else f"{name} is no longer with us"
        await change.chat.send_message(text, parse_mode="HTML")

    async def let_in(update: Update, context: Context) -> None:
        request = update.chat_join_request
        assert request
        await request.approve()

    handlers = (
        ChatMemberHandler(track, ChatMemberHandler.MY_CHAT_MEMBER),
        ChatMemberHandler(greet, ChatMemberHandler.CHAT_MEMBER),
        ChatJoinRequestHandler(let_in),
    )
    async with polling(bot, *handlers) as app:
        made = {"title": "Club", "type": "supergroup", "as": OLGA}
        group = await bot.world.post(f"/sandbox/groups?bot={bot.id}", made)
        events = await bot.world.events(person=group["id"], bot=bot.id)
        link = await app.bot.create_chat_invite_link(group["id"], creates_join_request=True)
        await bot.world.post(f"/sandbox/invites?bot={bot.id}", {"as": ANNA, "link": link.invite_link})
        greeting = (await events.until("message"))["message"]
        assert await app.bot.ban_chat_member(group["id"], ANNA)
        farewell: Json = {}
        while "longer" not in farewell.get("text", ""):
            farewell = (await events.until("message"))["message"]
        events.close()
        assert (await app.bot.get_chat_member(group["id"], ANNA)).status == "kicked"
        assert app.bot_data["Club"] == ("left", "administrator")
    assert greeting["text"] == "Welcome, Анна Соколова"
