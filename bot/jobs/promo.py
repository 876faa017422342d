"""Promo codes as files: the QR code of one, the codes of a batch."""

import asyncio
from collections import defaultdict
from io import BytesIO

from bot.chat.promo_links import promo_link
from bot.chat.rights import Right, may_now
from bot.context import AppContext
from bot.csv_files import to_csv
from bot.sender import send_document
from bot.texts import promo_codes as words
from bot.texts.format import safe
from db import chats, promo_codes
from db.engine import Pool
from db.jobs import PromoBatchJob, PromoPictureJob
from db.promo_codes import PromoGone, PromoUser

DOTS = 16  # pixels of the picture for each of the QR code's squares


async def send_promo_picture(job: PromoPictureJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        try:
            found = await promo_codes.get_code(session, job.code)
        except PromoGone:
            return
        if not await may_now(session, context.settings, job.telegram_id, Right.PROMO):
            return
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    link = promo_link(found.code, context.username)
    if link is None:
        return
    picture = await asyncio.to_thread(draw_qr, link)
    with context.localizer.use_language_of(chosen, telegram):
        caption = str(words.PICTURE_CAPTION).format(code=f"<b>{safe(found.code)}</b>", link=link)
    await send_document(context, job.telegram_id, f"promo-{found.code}.png", picture, caption)


def draw_qr(link: str) -> bytes:
    """A PNG that can be printed."""
    import segno  # takes a moment, which a start need not wait for

    target = BytesIO()
    segno.make(link, error="m", micro=False).save(target, kind="png", scale=DOTS)
    return target.getvalue()


async def send_batch(job: PromoBatchJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        try:
            batch = await promo_codes.get_batch(session, job.batch)
        except PromoGone:
            return
        codes = await promo_codes.list_batch(session, job.batch)
        users = await promo_codes.list_all_users(session, [code.id for code in codes])
        if not await may_now(session, context.settings, job.telegram_id, Right.PROMO):
            return
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    by_code: dict[str, list[PromoUser]] = defaultdict(list)
    for user in users:
        by_code[user.code].append(user)
    with context.localizer.use_language_of(chosen, telegram):
        titles = [str(title) for title in words.COLUMNS]
        rows = [
            words.cells(code, promo_link(code.code, context.username), by_code[code.code]) for code in codes
        ]
        caption = words.file_caption(batch)
    table = to_csv([titles, *rows])
    await send_document(context, job.telegram_id, f"promo-codes-{batch.id}.csv", table, caption)
