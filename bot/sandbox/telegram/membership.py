"""Who comes into a group or channel and who leaves it, and what the bot and the chat learn of it."""

from typing import Any

from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import PageError
from bot.sandbox.telegram.groups import INSIDE, Group, Link
from bot.sandbox.telegram.people import Person

Json = dict[str, Any]
KINDS = ("supergroup", "group", "channel")
RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")


def create_group(ctx: Context, bot: Account, owner: Person, given: Json) -> Chat:
    """A new group or channel of that person, the bot its administrator; raises PageError 400."""
    title, kind = str(given.get("title") or "").strip(), given.get("type") or "supergroup"
    if not 1 <= len(title) <= 128 or kind not in KINDS:
        raise PageError(400, f"a title of 1 to 128 characters and a type of {', '.join(KINDS)} are wanted")
    chat = ctx.chats.group(bot, {"id": ctx.groups.new_id(), "type": kind, "title": title})
    group = ctx.groups.get(bot.id, chat.id)
    group.bot_status, group.members = "left", {str(owner.id): {"status": "creator"}}
    ctx.groups.save(group)
    set_bot_status(ctx, bot, owner, chat, "administrator")
    return chat


def set_bot_status(ctx: Context, bot: Account, by: Person, chat: Chat, status: Any) -> int | None:
    """A person makes the bot administrator or member, or removes it; the bot learns of it."""
    if status not in ("administrator", "member", "left", "kicked"):
        raise PageError(400, "status is one of administrator, member, left, kicked")
    group = ctx.groups.get(bot.id, chat.id)
    old = bot_member(bot, chat, group)
    group.bot_status = status
    ctx.groups.save(group)
    head = {"chat": chat.info, "from": by.as_user(), "date": int(ctx.clock.time())}
    change = {"old_chat_member": old, "new_chat_member": bot_member(bot, chat, group)}
    ctx.hub.publish(bot.id, None, "groups")
    return ctx.updates.push(bot, "my_chat_member", head | change)


def bot_member(bot: Account, chat: Chat, group: Group) -> Json:
    member: Json = {"user": bot.as_user(), "status": group.bot_status}
    if group.bot_status == "administrator":
        rights = RIGHTS + (CHANNEL_RIGHTS if chat.info.get("type") == "channel" else ("can_pin_messages",))
        member |= dict.fromkeys(rights, True)
        member |= {"can_be_edited": False, "is_anonymous": False, "can_promote_members": False}
    return member | ({"until_date": 0} if group.bot_status == "kicked" else {})


def person_member(ctx: Context, group: Group, person: Person) -> Json:
    status = group.status(person.id, ctx.clock.time())
    extra: dict[str, Json] = {
        "creator": {"is_anonymous": False},
        "kicked": {"until_date": group.until(person.id)},
    }
    return {"user": person.as_user(), "status": status, **extra.get(status, {})}


def change(
    ctx: Context,
    bot: Account,
    chat: Chat,
    person: Person,
    status: str,
    by: Json,
    *,
    until: int = 0,
    **how: Any,
) -> None:
    """A new status of a person, `by` a user of the Bot API; `how` are further members of the chat_member update."""
    group = ctx.groups.get(bot.id, chat.id)
    old = person_member(ctx, group, person)
    group.members[str(person.id)] = {"status": status, "until": until}
    group.requests.pop(str(person.id), None)
    ctx.groups.save(group)
    new = person_member(ctx, group, person)
    ctx.hub.publish(bot.id, None, "groups")
    if old == new:
        return
    head = {"chat": chat.info, "from": by, "date": int(ctx.clock.time())}
    ctx.updates.push(bot, "chat_member", head | {"old_chat_member": old, "new_chat_member": new} | how)
    if chat.info.get("type") != "channel":
        _tell_chat(ctx, bot, chat, person, by, old["status"] in INSIDE, new["status"] in INSIDE)


def _tell_chat(
    ctx: Context, bot: Account, chat: Chat, person: Person, by: Json, was_in: bool, is_in: bool
) -> None:
    """The service message of a group; the bot hears of it unless it was the cause."""
    if was_in == is_in:
        return
    user = person.as_user()
    body = {"new_chat_members": [user], "new_chat_member": user} if is_in else {"left_chat_member": user}
    entry = ctx.chats.add(chat, by, body, outgoing=not by["is_bot"])
    if not by["is_bot"]:
        ctx.updates.push(bot, "message", entry.body)


def join(ctx: Context, bot: Account, person: Person, url: str) -> Json:
    """By an invite link: a member at once, or a request that the bot decides. Raises PageError."""
    chat, group, link = by_link(ctx, bot, url)
    status = group.status(person.id, ctx.clock.time())
    if status in INSIDE:
        raise PageError(409, "already there")
    if status == "kicked":
        raise PageError(403, "banned there")
    if not link.is_open(ctx.clock.time()):
        raise PageError(410, "the link has expired")
    shown = link_object(bot, group, link)
    if link.asks:
        _ask(ctx, bot, chat, group, person, link)
        return {"status": "requested"}
    link.used += 1
    ctx.groups.save(group)
    change(ctx, bot, chat, person, "member", person.as_user(), invite_link=shown)
    return {"status": "joined"}


def by_link(ctx: Context, bot: Account, url: str) -> tuple[Chat, Group, Link]:
    group = ctx.groups.by_link(bot.id, url)
    link = group.link(url) if group else None
    chat = ctx.chats.find(bot.id, group.chat) if group else None
    if group is None or link is None or chat is None:
        raise PageError(404, "there is no such invite link")
    return chat, group, link


def _ask(ctx: Context, bot: Account, chat: Chat, group: Group, person: Person, link: Link) -> None:
    """The bot may write to who asks, even if they never wrote to it."""
    group.requests[str(person.id)] = link.url
    ctx.groups.save(group)
    private = ctx.chats.private(bot, person)
    private.started = True
    ctx.chats.save(private)
    request = {
        "chat": chat.info,
        "from": person.as_user(),
        "user_chat_id": person.id,
        "date": int(ctx.clock.time()),
        "invite_link": link_object(bot, group, link),
    }
    ctx.hub.publish(bot.id, None, "groups")
    ctx.updates.push(bot, "chat_join_request", request)


def decide(ctx: Context, bot: Account, chat: Chat, group: Group, person: Person, approved: bool) -> None:
    """Ends a join request that is there."""
    link = group.link(group.requests.pop(str(person.id)))
    if link is not None and approved:
        link.used += 1
    ctx.groups.save(group)
    if approved:
        how: Json = {"invite_link": link_object(bot, group, link)} if link else {}
        change(ctx, bot, chat, person, "member", person.as_user(), via_join_request=True, **how)
    ctx.hub.publish(bot.id, person.id, "join_decided", title=chat.info.get("title", ""), approved=approved)
    ctx.hub.publish(bot.id, None, "groups")


def link_object(bot: Account, group: Group, link: Link) -> Json:
    waiting = sum(url == link.url for url in group.requests.values())
    optional = {
        "name": link.name,
        "expire_date": link.expires,
        "member_limit": link.limit,
        "pending_join_request_count": waiting,
    }
    return {
        "invite_link": link.url,
        "creator": bot.as_user(),
        "creates_join_request": link.asks,
        "is_primary": link.primary,
        "is_revoked": link.revoked,
    } | {name: value for name, value in optional.items() if value}


def as_shown(ctx: Context, bot: Account, group: Group) -> Json:
    """For the page: the chat, the bot's status, everybody's, and the links that are open."""
    chat = ctx.chats.find(bot.id, group.chat)
    info = chat.info if chat else {"id": group.chat, "title": "", "type": ""}
    people = {str(person.id): group.status(person.id, ctx.clock.time()) for person in ctx.people.all()}
    return {
        "id": group.chat,
        "title": info.get("title", ""),
        "type": info.get("type", ""),
        "bot_status": group.bot_status,
        "members": people,
        "requests": [int(number) for number in group.requests],
        "links": [link_object(bot, group, link) for link in group.links if link.is_open(ctx.clock.time())],
    }
