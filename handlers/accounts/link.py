"""/link: the account that a Telegram chat has made is joined to another one of the same person, after a preview; a
button separates them again."""

from datetime import datetime

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.arguments import MAX_ID, Arguments
from bot.chat.buttons import JoinAccounts, SeparateAccounts
from bot.chat.commands import LINK
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say, show
from bot.texts.accounts import link as words
from db.accounts import people
from db.chats import Person
from db.merging import merging, undoing
from handlers.filters import Admin, is_

router = Router(name="link")
router.message.filter(Admin())
router.callback_query.filter(Admin())


@router.message(is_(LINK))
async def ask(message: Message, command: CommandObject, session: AsyncSession, now: datetime) -> Reply:
    asked = Arguments(LINK, command.args)
    who, telegram_id = asked.who(), asked.whole("TELEGRAM_ID", 1, MAX_ID)
    asked.end()
    target = await people.find_account(session, who, to_change=True)
    source = await people.find_account(session, str(telegram_id))
    preview = await merging.preview(session, source.id, target.id, now)
    button = press(words.JOIN, JoinAccounts(source=source.id, target=target.id))
    return say(message, words.preview(source, target, preview, now), rows(button))


@router.callback_query(JoinAccounts.filter())
async def join(
    query: CallbackQuery, callback_data: JoinAccounts, session: AsyncSession, person: Person, now: datetime
) -> Reply:
    done = await merging.merge(
        session, callback_data.source, callback_data.target, now, merged_by=person.telegram_id
    )
    target = await people.get_account_summary(session, done.into_id)
    button = press(words.SEPARATE, SeparateAccounts(merge=done.merge_id))
    return show(query, words.joined(target, done, now), rows(button))


@router.callback_query(SeparateAccounts.filter())
async def separate(
    query: CallbackQuery, callback_data: SeparateAccounts, session: AsyncSession, now: datetime
) -> Reply:
    access = await undoing.undo_merge(session, callback_data.merge, now)
    return show(query, words.separated(access, now))
