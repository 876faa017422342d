"""A certificate's files, drawn once per name and sent to its person as often as they ask."""

import asyncio
from typing import Any

from aiogram.methods import SendDocument
from aiogram.types import BufferedInputFile, Message

from bot.certificates import draw
from bot.chat.certificate_buttons import RenameCertificate
from bot.chat.keyboards import open_url, press, rows
from bot.context import AppContext
from bot.sender import send_in_job
from bot.texts import certificates as words
from db import certificates, chats
from db.account_ids import get_current_id
from db.accounts.sessions import is_signed_in
from db.certificates import Certificate
from db.engine import Pool
from db.jobs import CertificateJob


async def send_certificate(job: CertificateJob, context: AppContext) -> None:
    """Nothing where it is void by now, or where the chat has signed out meanwhile."""
    async with context.database.transaction(Pool.JOBS) as session:
        found = await certificates.get_to_send(session, job.number, job.user_id)
        user_id = await get_current_id(session, job.user_id)
        if found is None or not await is_signed_in(session, user_id, job.telegram_id, context.now()):
            return
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        if not await _send_known(found, job.telegram_id, context):
            await _send_drawn(found, job.telegram_id, context)


async def _send_known(found: Certificate, chat_id: int, context: AppContext) -> bool:
    """The very files that were sent before; False where there are none that Telegram still knows."""
    if found.bot_id != context.bot.id or found.png is None or found.pdf is None:
        return False
    sent = await send_in_job(context, SendDocument(chat_id=chat_id, document=found.png), report=False)
    if sent is None:
        return False
    pdf = SendDocument(chat_id=chat_id, document=found.pdf, **_below(found, context))
    return await send_in_job(context, pdf, report=False) is not None


async def _send_drawn(found: Certificate, chat_id: int, context: AppContext) -> None:
    link = words.check_link(found.number, context.settings.public_url, context.username)
    files = await asyncio.to_thread(draw, words.page(found, link, context.username))
    png = BufferedInputFile(files.png, f"certificate-{found.number}.png")
    pdf = BufferedInputFile(files.pdf, f"certificate-{found.number}.pdf")
    sent = [
        await send_in_job(context, SendDocument(chat_id=chat_id, document=png)),
        await send_in_job(context, SendDocument(chat_id=chat_id, document=pdf, **_below(found, context))),
    ]
    ids = [one.document.file_id for one in sent if isinstance(one, Message) and one.document]
    if len(ids) == len(sent):
        async with context.database.transaction(Pool.JOBS) as session:
            await certificates.record_files(session, found, context.bot.id, *ids)


def _below(found: Certificate, context: AppContext) -> dict[str, Any]:
    """The caption and the buttons of the last file."""
    link = words.check_link(found.number, context.settings.public_url, context.username)
    share = words.share_url(found, link)
    keyboard = rows(
        open_url(words.SHARE, share) if share else None,
        press(words.RENAME, RenameCertificate(module=found.module_id)),
    )
    return {"caption": words.own(found, link), "reply_markup": keyboard}
