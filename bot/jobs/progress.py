"""A learner's progress, drawn and sent to them."""

import asyncio

from aiogram.methods import SendPhoto
from aiogram.types import BufferedInputFile

from bot.chat.buttons import DrawProgress
from bot.chat.keyboards import open_url, press, rows
from bot.context import AppContext
from bot.pictures import draw
from bot.sender import send_in_job
from bot.texts import progress as words
from db import chats
from db.account_ids import get_current_id
from db.accounts.sessions import is_signed_in
from db.engine import Pool
from db.jobs import DrawProgressJob
from db.lessons.days import get_learning_days
from db.lessons.progress import list_progress
from db.reminders.people import get_zones


async def send_picture(job: DrawProgressJob, context: AppContext) -> None:
    """To nobody where the chat has signed out meanwhile, or signs in to another account by now."""
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        user_id = await get_current_id(session, job.user_id)
        if not await is_signed_in(session, user_id, job.telegram_id, now):
            return
        found = await list_progress(session, user_id, now)
        zone, moves = await get_zones(session, user_id, context.settings.zone)
        days = await get_learning_days(session, user_id, now, zone, moves)
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        picture = words.picture(found, days, context.username, dark=job.dark)
        caption, share = words.caption(days), words.share_url(context.username)
        keyboard = rows(
            open_url(words.SHARE, share) if share else None,
            press(words.LIGHT if job.dark else words.DARK, DrawProgress(dark=not job.dark)),
        )
    file = BufferedInputFile(await asyncio.to_thread(draw, picture), "progress.png")
    photo = SendPhoto(chat_id=job.telegram_id, photo=file, caption=caption, reply_markup=keyboard)
    await send_in_job(context, photo)
