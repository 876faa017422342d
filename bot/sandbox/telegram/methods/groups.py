"""Members of groups and channels: looked up, banned, invited, let in."""

import secrets
from typing import Any

from bot.sandbox.telegram import membership
from bot.sandbox.telegram.accounts import Account
from bot.sandbox.telegram.chats import Chat
from bot.sandbox.telegram.context import Context
from bot.sandbox.telegram.errors import bad_request
from bot.sandbox.telegram.groups import INSIDE, INVITE, Group, Link
from bot.sandbox.telegram.methods.registry import method
from bot.sandbox.telegram.outbox import entered_chat
from bot.sandbox.telegram.params import Params
from bot.sandbox.telegram.people import Person

Json = dict[str, Any]
NAME_MAX, LIMIT_MAX = 32, 99_999
SHORTEST_BAN, LONGEST_BAN = 30, 366 * 86_400  # seconds; outside of them a ban is for ever


@method("getChatMember")
def get_chat_member(ctx: Context, bot: Account, params: Params) -> Json:
    chat, number = entered_chat(ctx, bot, params), _user_id(params)
    if chat.is_private:
        return _private_member(ctx, bot, chat, number)
    group = ctx.groups.get(bot.id, chat.id)
    if number == bot.id:
        return membership.bot_member(bot, chat, group)
    if chat.info["type"] == "channel" and group.bot_status != "administrator":
        raise bad_request("member list is inaccessible")
    return membership.person_member(ctx, group, _person(ctx, number))


def _private_member(ctx: Context, bot: Account, chat: Chat, number: int) -> Json:
    users = {bot.id: bot.as_user(), chat.id: _person(ctx, chat.id).as_user()}
    if number not in users:
        raise bad_request("user not found")
    return {"user": users[number], "status": "member"}


@method("getChatAdministrators")
def get_chat_administrators(ctx: Context, bot: Account, params: Params) -> list[Json]:
    chat, group = _group(ctx, bot, params, "there are no administrators in the private chat")
    people = [ctx.people.get(number) for number in group.inside(ctx.clock.time())]
    owners = [
        membership.person_member(ctx, group, one)
        for one in people
        if group.status(one.id, ctx.clock.time()) == "creator"
    ]
    is_admin = group.bot_status == "administrator"
    return owners + ([membership.bot_member(bot, chat, group)] if is_admin else [])


@method("getChatMemberCount")
def get_chat_member_count(ctx: Context, bot: Account, params: Params) -> int:
    chat = entered_chat(ctx, bot, params)
    if chat.is_private:
        return 2
    group = ctx.groups.get(bot.id, chat.id)
    return len(group.inside(ctx.clock.time())) + (group.bot_status in INSIDE)


@method("leaveChat")
def leave_chat(ctx: Context, bot: Account, params: Params) -> bool:
    _, group = _group(ctx, bot, params, "chat member status can't be changed in private chats")
    group.bot_status = "left"
    ctx.groups.save(group)
    ctx.hub.publish(bot.id, None, "groups")
    return True


@method("banChatMember")
def ban_chat_member(ctx: Context, bot: Account, params: Params) -> bool:
    chat, group = _group(ctx, bot, params, "can't ban members in private chats")
    person = _restricted(ctx, bot, group, params)
    until = params.integer("until_date", 0)
    lasting = SHORTEST_BAN <= until - ctx.clock.time() <= LONGEST_BAN
    membership.change(ctx, bot, chat, person, "kicked", bot.as_user(), until=until if lasting else 0)
    return True


@method("unbanChatMember")
def unban_chat_member(ctx: Context, bot: Account, params: Params) -> bool:
    """Without only_if_banned a member is removed too, and may come back."""
    chat, group = _group(ctx, bot, params, "can't unban members in private chats")
    person = _restricted(ctx, bot, group, params)
    if group.status(person.id, ctx.clock.time()) == "kicked" or not params.flag("only_if_banned"):
        membership.change(ctx, bot, chat, person, "left", bot.as_user())
    return True


def _restricted(ctx: Context, bot: Account, group: Group, params: Params) -> Person:
    number = _user_id(params)
    if number == bot.id:
        raise bad_request("can't restrict self")
    _check_admin(group, "not enough rights to restrict/unrestrict chat member")
    person = _person(ctx, number)
    if group.status(number, ctx.clock.time()) == "creator":
        raise bad_request("can't remove chat owner")
    return person


@method("createChatInviteLink")
def create_chat_invite_link(ctx: Context, bot: Account, params: Params) -> Json:
    _, group = _group(ctx, bot, params, "can't invite members to a private chat")
    _check_admin(group, "not enough rights to manage chat invite link")
    expires, limit = params.integer("expire_date", 0), params.integer("member_limit", 0)
    asks, name = params.flag("creates_join_request"), params.text("name")
    if len(name) > NAME_MAX:
        raise bad_request("INVITE_LINK_NAME_INVALID")
    if expires and expires <= ctx.clock.time():
        raise bad_request("EXPIRE_DATE_INVALID")
    if not 0 <= limit <= LIMIT_MAX:
        raise bad_request("USAGE_LIMIT_INVALID")
    if asks and limit:
        raise bad_request("member limit can't be specified for links requiring administrator approval")
    return _new_link(ctx, bot, group, Link(_new_url(), name, expires, limit, asks))


@method("exportChatInviteLink")
def export_chat_invite_link(ctx: Context, bot: Account, params: Params) -> str:
    """The bot's primary link; the one before is revoked."""
    _, group = _group(ctx, bot, params, "can't invite members to a private chat")
    _check_admin(group, "not enough rights to manage chat invite link")
    for link in group.links:
        link.revoked = link.revoked or link.primary
    return str(_new_link(ctx, bot, group, Link(_new_url(), primary=True))["invite_link"])


@method("revokeChatInviteLink")
def revoke_chat_invite_link(ctx: Context, bot: Account, params: Params) -> Json:
    _, group = _group(ctx, bot, params, "can't invite members to a private chat")
    _check_admin(group, "not enough rights to manage chat invite link")
    link = group.link(params.text("invite_link"))
    if link is None:
        raise bad_request("INVITE_HASH_EXPIRED")
    link.revoked = True
    ctx.groups.save(group)
    ctx.hub.publish(bot.id, None, "groups")
    return membership.link_object(bot, group, link)


def _new_url() -> str:
    return INVITE + secrets.token_urlsafe(12)


def _new_link(ctx: Context, bot: Account, group: Group, link: Link) -> Json:
    group.links.append(link)
    ctx.groups.save(group)
    ctx.hub.publish(bot.id, None, "groups")
    return membership.link_object(bot, group, link)


@method("approveChatJoinRequest")
def approve_chat_join_request(ctx: Context, bot: Account, params: Params) -> bool:
    return _decide(ctx, bot, params, approved=True)


@method("declineChatJoinRequest")
def decline_chat_join_request(ctx: Context, bot: Account, params: Params) -> bool:
    return _decide(ctx, bot, params, approved=False)


def _decide(ctx: Context, bot: Account, params: Params, *, approved: bool) -> bool:
    chat, group = _group(ctx, bot, params, "can't process join requests in private chats")
    _check_admin(group, "CHAT_ADMIN_REQUIRED")
    person = _person(ctx, _user_id(params))
    if group.status(person.id, ctx.clock.time()) in INSIDE:
        raise bad_request("USER_ALREADY_PARTICIPANT")
    if str(person.id) not in group.requests:
        raise bad_request("HIDE_REQUESTER_MISSING")
    membership.decide(ctx, bot, chat, group, person, approved)
    return True


def _group(ctx: Context, bot: Account, params: Params, otherwise: str) -> tuple[Chat, Group]:
    """The group or channel a call names, where the bot is; raises 400 for a private chat, in these words."""
    chat = entered_chat(ctx, bot, params)
    if chat.is_private:
        raise bad_request(otherwise)
    return chat, ctx.groups.get(bot.id, chat.id)


def _check_admin(group: Group, otherwise: str) -> None:
    if group.bot_status != "administrator":
        raise bad_request(otherwise)


def _user_id(params: Params) -> int:
    number = params.integer("user_id", 0)
    if number <= 0:
        raise bad_request("invalid user_id specified")
    return number


def _person(ctx: Context, number: int) -> Person:
    person = ctx.people.find(number)
    if person is None:
        raise bad_request("user not found")
    return person
