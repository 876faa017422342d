"""Who hears of what became of an account's sign-in: its other chats, and its proven address, so that nobody gets at an
account without its person knowing."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.context import AppContext
from bot.mail.wording import ADDRESS_CHANGED, CHAT_CONNECTED
from bot.notifications.events import ChatConnected, ChatConnectedBySchool, ChatSeparated
from bot.notifications.notify import notify_chats
from bot.texts.accounts.connect import name_of
from db import chats, outbox
from db.accounts import people
from db.outbox import Channel, Outgoing

TRIED_FOR = timedelta(days=1)


async def tell_connected(
    session: AsyncSession, context: AppContext, user_id: int, telegram_id: int, told: Collection[int] = ()
) -> None:
    """The chat signs in to the account now. `told`: chats that have heard of it."""
    name, username = await people.get_names(session, telegram_id)
    support = context.settings.support_contact
    event = ChatConnected(chat=name, username=username, support=support)
    heard = {telegram_id, *told}
    others = [one[0] for one in await chats.list_reachable(session, user_id) if one[0] not in heard]
    await notify_chats(session, others, event)
    known = (await people.get_account_summary(session, user_id)).email
    if known:
        said = {"chat": name, "username": username, "support": support}
        await _write(session, context, user_id, known, CHAT_CONNECTED, said)


async def tell_connected_by_school(
    session: AsyncSession, context: AppContext, user_id: int, telegram_ids: Sequence[int]
) -> None:
    """The chats, whose persons have done nothing themselves, sign in to the account now; who else has it hears, too."""
    who = await people.get_account_summary(session, user_id)
    event = ChatConnectedBySchool(account=name_of(who), support=context.settings.support_contact)
    await notify_chats(session, telegram_ids, event)
    for telegram_id in telegram_ids[:1]:
        await tell_connected(session, context, user_id, telegram_id, told=telegram_ids)


async def tell_separated(session: AsyncSession, context: AppContext, telegram_id: int) -> None:
    """The chat signs in to its own account again."""
    await notify_chats(session, [telegram_id], ChatSeparated(support=context.settings.support_contact))


async def tell_address_changed(session: AsyncSession, context: AppContext, user_id: int, before: str) -> None:
    """`before`: the address that was the account's."""
    said = {"support": context.settings.support_contact}
    await _write(session, context, user_id, before, ADDRESS_CHANGED, said)


async def _write(
    session: AsyncSession,
    context: AppContext,
    user_id: int,
    recipient: str,
    kind: str,
    said: dict[str, str | None],
) -> None:
    if not context.settings.sends_mail:
        return
    now = context.now()
    found = await chats.list_reachable(session, user_id)
    chosen, telegram = found[0][1:] if found else (None, None)
    letter = Outgoing(
        channel=Channel.MAIL,
        recipient=recipient,
        kind=kind,
        occasion=now.isoformat(),
        language=context.localizer.language(chosen, telegram),
        payload=said,
        expires_at=now + TRIED_FOR,
        user_id=user_id,
    )
    await outbox.put(session, letter, now)
