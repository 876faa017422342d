"""Groups and channels: members, bans, invite links and requests to join."""

import time

import pytest

from tests.sandbox.telegram_world import ANNA, BEN, OLGA, Bot, Json, World

ALL = ["message", "my_chat_member", "chat_member", "chat_join_request", "channel_post"]


class Group:
    """One group of a bot, made by Olga; `news` are the bot's updates of it."""

    def __init__(self, bot: Bot, shown: Json) -> None:
        self.bot, self.id = bot, shown["id"]

    async def ask(self, path: str, body: Json, status: int = 200) -> Json:
        answered, answer = await self.bot.world.ask("POST", f"/sandbox/{path}?bot={self.bot.id}", body)
        assert answered == status, answer
        found: Json = answer
        return found

    async def move(self, person: int, action: str, status: int = 200) -> Json:
        return await self.ask(f"groups/{self.id}/members", {"as": person, "action": action}, status)

    async def join(self, person: int, link: str, status: int = 200) -> Json:
        return await self.ask("invites", {"as": person, "link": link}, status)

    async def status(self, person: int) -> str:
        return str((await self.bot.ok("getChatMember", chat_id=self.id, user_id=person))["status"])

    async def link(self, **values: object) -> str:
        return str((await self.bot.ok("createChatInviteLink", chat_id=self.id, **values))["invite_link"])

    async def news(self, kind: str) -> list[Json]:
        return [update[kind] for update in await self.bot.updates() if kind in update]


async def made(bot: Bot, kind: str = "supergroup") -> Group:
    await bot.ok("getUpdates", allowed_updates=ALL)
    body = {"title": "Курс", "type": kind, "as": OLGA}
    return Group(bot, await bot.world.post(f"/sandbox/groups?bot={bot.id}", body))


async def test_the_bot_learns_where_it_is(bot: Bot) -> None:
    group = await made(bot)
    (change,) = await group.news("my_chat_member")
    assert (change["chat"]["id"], change["chat"]["type"], change["from"]["id"]) == (
        group.id,
        "supergroup",
        OLGA,
    )
    assert (change["old_chat_member"]["status"], change["new_chat_member"]["status"]) == (
        "left",
        "administrator",
    )
    assert change["new_chat_member"]["can_restrict_members"] is True
    assert await group.status(OLGA) == "creator"
    assert await group.status(bot.id) == "administrator"
    assert await group.status(ANNA) == "left"
    admins = await bot.ok("getChatAdministrators", chat_id=group.id)
    assert [one["user"]["id"] for one in admins] == [OLGA, bot.id]
    assert await bot.ok("getChatMemberCount", chat_id=group.id) == 2
    await group.ask(f"groups/{group.id}/bot", {"as": OLGA, "status": "kicked"})
    assert await bot.refused("sendMessage", chat_id=group.id, text="x") == (
        "Forbidden: bot was kicked from the supergroup chat"
    )


async def test_members_come_write_and_go(bot: Bot) -> None:
    group = await made(bot)
    await bot.updates()
    await group.move(ANNA, "join")
    joined, service = await bot.updates()
    assert joined["chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["id"] == ANNA
    await group.ask(f"groups/{group.id}/messages", {"as": ANNA, "text": "hi"})
    (told,) = await group.news("message")
    assert (told["chat"]["id"], told["from"]["id"], told["text"]) == (group.id, ANNA, "hi")
    await bot.ok("sendMessage", chat_id=group.id, text="hello")
    await group.move(ANNA, "leave")
    assert [one["new_chat_member"]["status"] for one in await group.news("chat_member")] == ["left"]
    await group.ask(f"groups/{group.id}/messages", {"as": ANNA, "text": "hi"}, 403)
    await group.move(ANNA, "leave", 409)
    await group.move(ANNA, "fly", 400)


async def test_a_ban_and_its_end(bot: Bot) -> None:
    group = await made(bot)
    link = await group.link()
    await group.move(ANNA, "join")
    await bot.updates()
    here = {"chat_id": group.id, "user_id": ANNA}
    await bot.ok("banChatMember", **here)
    (change,) = await group.news("chat_member")
    assert (change["from"]["id"], change["new_chat_member"]["status"]) == (bot.id, "kicked")
    await group.join(ANNA, link, 403)
    await group.move(ANNA, "join", 409)
    await bot.ok("unbanChatMember", **here, only_if_banned=True)
    assert await group.status(ANNA) == "left"
    assert await group.join(ANNA, link) == {"status": "joined"}
    await bot.ok("unbanChatMember", **here, only_if_banned=True)
    assert await group.status(ANNA) == "member"
    until = int(time.time()) + 3600
    await bot.ok("banChatMember", **here, until_date=until)
    assert (await bot.ok("getChatMember", **here))["until_date"] == until


async def test_links_end(bot: Bot) -> None:
    group = await made(bot, "channel")
    single = await group.link(member_limit=1, name="one")
    assert (await group.join(ANNA, single))["status"] == "joined"
    (change,) = await group.news("chat_member")
    assert (change["invite_link"]["invite_link"], change["invite_link"]["name"]) == (single, "one")
    await group.join(ANNA, single, 409)
    await group.join(BEN, single, 410)
    revoked = await group.link()
    assert (await bot.ok("revokeChatInviteLink", chat_id=group.id, invite_link=revoked))["is_revoked"]
    await group.join(BEN, revoked, 410)
    first = await bot.ok("exportChatInviteLink", chat_id=group.id)
    second = await bot.ok("exportChatInviteLink", chat_id=group.id)
    await group.join(BEN, first, 410)
    assert (await group.join(BEN, second))["status"] == "joined"
    await group.join(BEN, "https://t.me/+nothing", 404)


async def test_a_request_to_join_is_decided(bot: Bot) -> None:
    group = await made(bot, "channel")
    link = await group.link(creates_join_request=True)
    newcomer = (await bot.world.post("/sandbox/people"))["id"]
    assert (await group.join(newcomer, link))["status"] == "requested"
    (request,) = await group.news("chat_join_request")
    assert (request["from"]["id"], request["user_chat_id"], request["chat"]["type"]) == (
        newcomer,
        newcomer,
        "channel",
    )
    assert request["invite_link"]["pending_join_request_count"] == 1
    await bot.ok("sendMessage", chat_id=newcomer, text="who are you?")
    events = await bot.world.events(person=newcomer, bot=bot.id)
    decide = {"chat_id": group.id, "user_id": newcomer}
    await bot.ok("approveChatJoinRequest", **decide)
    assert (await events.until("join_decided"))["approved"] is True
    events.close()
    assert await group.status(newcomer) == "member"
    (change,) = await group.news("chat_member")
    assert change["via_join_request"] is True
    assert await bot.refused("approveChatJoinRequest", **decide) == "Bad Request: USER_ALREADY_PARTICIPANT"
    await group.join(BEN, link)
    await bot.ok("declineChatJoinRequest", chat_id=group.id, user_id=BEN)
    assert await group.status(BEN) == "left"
    again = await bot.refused("declineChatJoinRequest", chat_id=group.id, user_id=BEN)
    assert again == "Bad Request: HIDE_REQUESTER_MISSING"


async def test_a_channel_is_written_in_by_administrators(bot: Bot) -> None:
    group = await made(bot, "channel")
    await bot.ok("sendMessage", chat_id=group.id, text="news")
    await group.ask(f"groups/{group.id}/bot", {"as": OLGA, "status": "member"})
    refusal = await bot.refused("sendMessage", chat_id=group.id, text="news")
    assert refusal == "Bad Request: need administrator rights in the channel chat"
    refusal = await bot.refused("getChatMember", chat_id=group.id, user_id=ANNA)
    assert refusal == "Bad Request: member list is inaccessible"
    assert await bot.ok("leaveChat", chat_id=group.id) is True
    refusal = await bot.refused("sendMessage", chat_id=group.id, text="news")
    assert refusal == "Forbidden: bot is not a member of the channel chat"


@pytest.mark.parametrize(
    ("method", "values", "refusal"),
    [
        ("banChatMember", {"user_id": OLGA}, "can't remove chat owner"),
        ("banChatMember", {"user_id": 0}, "invalid user_id specified"),
        ("banChatMember", {"user_id": 5}, "user not found"),
        ("banChatMember", {"chat_id": ANNA, "user_id": BEN}, "can't ban members in private chats"),
        ("createChatInviteLink", {"expire_date": 1}, "EXPIRE_DATE_INVALID"),
        ("createChatInviteLink", {"member_limit": -1}, "USAGE_LIMIT_INVALID"),
        (
            "createChatInviteLink",
            {"member_limit": 1, "creates_join_request": True},
            "member limit can't be specified for links requiring administrator approval",
        ),
        ("createChatInviteLink", {"chat_id": ANNA}, "can't invite members to a private chat"),
        ("approveChatJoinRequest", {"user_id": ANNA}, "HIDE_REQUESTER_MISSING"),
        ("getChatMember", {"chat_id": -5, "user_id": ANNA}, "chat not found"),
    ],
)
async def test_what_telegram_refuses(bot: Bot, method: str, values: Json, refusal: str) -> None:
    await bot.person().send()
    group = await made(bot)
    assert await bot.refused(method, **{"chat_id": group.id, **values}) == f"Bad Request: {refusal}"


async def test_rights_are_needed(bot: Bot) -> None:
    group = await made(bot)
    await group.ask(f"groups/{group.id}/bot", {"as": OLGA, "status": "member"})
    for method, values, words in (
        ("banChatMember", {"user_id": ANNA}, "not enough rights to restrict/unrestrict chat member"),
        ("createChatInviteLink", {}, "not enough rights to manage chat invite link"),
        ("approveChatJoinRequest", {"user_id": ANNA}, "CHAT_ADMIN_REQUIRED"),
    ):
        assert await bot.refused(method, chat_id=group.id, **values) == f"Bad Request: {words}"


async def test_a_private_chat_has_two_members(bot: Bot) -> None:
    await bot.person().send()
    here = {"chat_id": ANNA}
    for user in (ANNA, bot.id):
        assert (await bot.ok("getChatMember", **here, user_id=user))["status"] == "member"
    assert await bot.refused("getChatMember", **here, user_id=BEN) == "Bad Request: user not found"
    assert await bot.ok("getChatMemberCount", **here) == 2


async def test_groups_outlast_a_restart(kept_world: World) -> None:
    bot = await kept_world.new_bot()
    group = await made(bot)
    link = await group.link(creates_join_request=True)
    await group.join(ANNA, link)
    await kept_world.restart()
    await bot.ok("approveChatJoinRequest", chat_id=group.id, user_id=ANNA)
    (shown,) = await kept_world.get(f"/sandbox/groups?bot={bot.id}")
    assert (shown["title"], shown["members"][str(ANNA)], shown["requests"]) == ("Курс", "member", [])


@pytest.mark.parametrize("body", [{}, {"title": "x", "type": "forum"}, {"title": " "}])
async def test_groups_nobody_can_make(bot: Bot, body: Json) -> None:
    status, _ = await bot.world.ask("POST", f"/sandbox/groups?bot={bot.id}", {"as": OLGA, **body})
    assert status == 400


async def test_members_press_vote_and_react(bot: Bot) -> None:
    group = await made(bot)
    everything = [*ALL, "callback_query", "poll_answer", "message_reaction"]
    await bot.ok("getUpdates", offset=-1, allowed_updates=everything)
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    poll = {"question": "?", "options": ["a", "b"], "is_anonymous": False, "reply_markup": markup}
    number = (await bot.ok("sendPoll", chat_id=group.id, **poll))["message_id"]
    for person in (ANNA, BEN):
        await group.move(person, "join")
        await group.ask(f"chats/{group.id}/messages/{number}/vote", {"as": person, "options": [1]})
    await group.ask(f"chats/{group.id}/messages/{number}/reaction", {"as": ANNA, "emoji": "👍"})
    await group.ask(f"chats/{group.id}/callbacks", {"as": BEN, "message_id": number, "data": "x"})
    await group.ask(f"chats/{group.id}/callbacks", {"message_id": number, "data": "x"}, 404)
    updates = await bot.updates()
    voters = [one["poll_answer"]["user"]["id"] for one in updates if "poll_answer" in one]
    pressed = next(one["callback_query"] for one in updates if "callback_query" in one)
    reaction = next(one["message_reaction"] for one in updates if "message_reaction" in one)
    assert voters == [ANNA, BEN]
    assert (pressed["from"]["id"], pressed["message"]["chat"]["id"]) == (BEN, group.id)
    assert (reaction["user"]["id"], reaction["chat"]["id"]) == (ANNA, group.id)
