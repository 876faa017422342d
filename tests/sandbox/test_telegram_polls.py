"""Polls and quizzes: sent, voted in, stopped; what the bot hears of each vote."""

import pytest

from tests.sandbox.telegram_world import ANNA, BEN, Bot, Json, World

QUIZ: Json = {"question": "2 + 2?", "options": ["3", "4"], "type": "quiz", "correct_option_id": 1}


async def sent(bot: Bot, **values: object) -> Json:
    """A message with a poll in Anna's chat, nothing of it heard yet."""
    await bot.person().send()
    poll = {"question": "Which?", "options": ["A", {"text": "<b>B</b>", "text_parse_mode": "HTML"}, "C"]}
    message: Json = await bot.ok("sendPoll", chat_id=ANNA, **{**poll, **values})
    await bot.updates()
    return message


async def vote(bot: Bot, message: Json, *options: int) -> Json:
    answer = await bot.person().give(f"/messages/{message['message_id']}/vote", {"options": list(options)})
    poll: Json = answer["poll"]
    return poll


async def test_a_vote_is_counted_and_told(bot: Bot) -> None:
    message = await sent(bot, is_anonymous=False)
    poll = message["poll"]
    assert [option["text"] for option in poll["options"]] == ["A", "B", "C"]
    assert poll["options"][1]["text_entities"] == [{"type": "bold", "offset": 0, "length": 1}]
    assert (poll["type"], poll["is_closed"], poll["total_voter_count"]) == ("regular", False, 0)
    assert [one["voter_count"] for one in (await vote(bot, message, 1))["options"]] == [0, 1, 0]
    counted, answer = await bot.updates()
    assert counted["poll"]["total_voter_count"] == 1
    assert answer["poll_answer"]["poll_id"] == poll["id"]
    assert (answer["poll_answer"]["user"]["id"], answer["poll_answer"]["option_ids"]) == (ANNA, [1])
    shown = (await bot.person().chat())["messages"][-1]
    assert (shown["voted"], shown["poll"]["options"][1]["voter_count"]) == ([1], 1)
    assert (await vote(bot, message))["total_voter_count"] == 0
    assert (await bot.updates())[-1]["poll_answer"]["option_ids"] == []


async def test_an_anonymous_poll_names_nobody(bot: Bot) -> None:
    message = await sent(bot, allows_multiple_answers=True)
    await vote(bot, message, 2, 0)
    (update,) = await bot.updates()
    assert [one["voter_count"] for one in update["poll"]["options"]] == [1, 0, 1]


async def test_a_quiz_takes_one_vote(bot: Bot) -> None:
    message = await sent(bot, **QUIZ, explanation="*Count*", explanation_parse_mode="Markdown")
    quiz = message["poll"]
    assert (quiz["type"], quiz["correct_option_id"], quiz["explanation"]) == ("quiz", 1, "Count")
    await vote(bot, message, 0)
    path = f"/messages/{message['message_id']}/vote"
    assert (await bot.person().refused(path, {"options": [1]}))[0] == 409
    assert (await bot.person().refused(path, {"options": []}))[0] == 409


async def test_a_stopped_poll_takes_no_votes(bot: Bot) -> None:
    message = await sent(bot, reply_markup={"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]})
    here = {"chat_id": ANNA, "message_id": message["message_id"]}
    await vote(bot, message, 0)
    stopped = await bot.ok("stopPoll", **here)
    assert (stopped["is_closed"], stopped["total_voter_count"]) == (True, 1)
    assert (await bot.updates())[-1]["poll"]["is_closed"]
    path = f"/messages/{message['message_id']}/vote"
    assert (await bot.person().refused(path, {"options": [1]}))[0] == 409
    assert "reply_markup" not in (await bot.person().chat())["messages"][-1]
    assert await bot.refused("stopPoll", **here) == "Bad Request: poll has already been closed"


async def test_a_forwarded_poll_is_the_same_poll_a_copy_is_not(bot: Bot) -> None:
    message = await sent(bot)
    await bot.person(BEN).send()
    there = {"chat_id": BEN, "from_chat_id": ANNA, "message_id": message["message_id"]}
    forwarded = await bot.ok("forwardMessage", **there)
    copied = await bot.ok("copyMessage", **there)
    path = f"/messages/{forwarded['message_id']}/vote"
    assert (await bot.person(BEN).give(path, {"options": [2]}))["poll"]["id"] == message["poll"]["id"]
    assert (await bot.person().chat())["messages"][-1]["poll"]["total_voter_count"] == 1
    shown = {one["message_id"]: one for one in (await bot.person(BEN).chat())["messages"]}
    assert shown[copied["message_id"]]["poll"]["total_voter_count"] == 0
    assert shown[copied["message_id"]]["poll"]["id"] != message["poll"]["id"]


async def test_a_person_sends_a_poll(bot: Bot) -> None:
    anna = bot.person()
    await anna.give("/messages", {"poll": QUIZ})
    (update,) = await bot.updates()
    poll = update["message"]["poll"]
    assert (poll["type"], poll["correct_option_id"], len(poll["options"])) == ("quiz", 1, 2)
    status, error = await anna.refused("/messages", {"poll": {"question": "?", "options": []}})
    assert (status, error) == (400, "poll must have at least 1 option")


async def test_votes_outlast_a_restart(kept_world: World) -> None:
    bot = await kept_world.new_bot()
    message = await sent(bot)
    await vote(bot, message, 0)
    await kept_world.restart()
    assert (await vote(bot, message, 2))["total_voter_count"] == 1
    assert (await bot.person().chat())["messages"][-1]["voted"] == [2]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"question": " "}, "poll question must be non-empty"),
        ({"question": "x" * 301}, "poll question length must not exceed 300"),
        ({"options": []}, "poll must have at least 1 option"),
        ({"options": ["x"] * 13}, "poll can't have more than 12 options"),
        ({"options": ["x" * 101]}, "poll options length must not exceed 100"),
        ({"options": [7]}, "expected an option to be of type String"),
        ({"type": "riddle"}, "unsupported poll type specified"),
        ({"type": "quiz"}, "wrong correct option ID specified"),
        ({"type": "quiz", "correct_option_id": 3}, "wrong correct option ID specified"),
        ({"type": "quiz", "correct_option_ids": [0, 1]}, "quiz can have only one correct answer"),
    ],
)
async def test_polls_telegram_refuses(bot: Bot, changes: Json, refusal: str) -> None:
    await bot.person().send()
    poll = {"chat_id": ANNA, "question": "Which?", "options": ["A", "B", "C"], **changes}
    assert await bot.refused("sendPoll", **poll) == f"Bad Request: {refusal}"


@pytest.mark.parametrize(
    ("options", "status"), [([3], 400), ([0, 1], 400), (["x"], 400), (5, 400), (None, 400)]
)
async def test_votes_nobody_can_give(bot: Bot, options: object, status: int) -> None:
    message = await sent(bot)
    path = f"/messages/{message['message_id']}/vote"
    assert (await bot.person().refused(path, {"options": options}))[0] == status
