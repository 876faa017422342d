"""A certificate's files, drawn once per name and sent to its person as often as they ask."""

import asyncio
from dataclasses import replace
from typing import Any

from aiogram.methods import SendDocument
from aiogram.types import BufferedInputFile, InputFile, Message

from bot.certificates import draw
from bot.chat.certificate_buttons import RenameCertificate
from bot.chat.keyboards import open_url, press, rows
from bot.context import AppContext
from bot.sender import send_in_job
from bot.texts import certificates as words
from db import certificates, chats
from db.accounts.sessions import is_signed_in
from db.certificates import Certificate
from db.engine import Pool
from db.jobs import CertificateJob
from db.queue import enqueue

PNG, PDF = "png", "pdf"


async def send_certificate(job: CertificateJob, context: AppContext) -> None:
    """Nothing where it is void by now, or where the chat has signed out meanwhile."""
    async with context.database.transaction(Pool.JOBS) as session:
        found = await certificates.get_to_send(session, job.number, job.user_id)
        if found is None or not await is_signed_in(session, found.user_id, job.telegram_id, context.now()):
            return
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        is_known = await _send_known(found, job, context)
        sent = None if is_known else await _send_drawn(found, job, context)
    async with context.database.transaction(Pool.JOBS) as session:
        if isinstance(sent, Message) and sent.document:
            await certificates.record_file(session, found, context.bot.id, job.file, sent.document.file_id)
        if job.file == PNG:
            key = f"certificate:{job.number}:{job.telegram_id}:{PDF}"
            await enqueue(session, replace(job, file=PDF), key=key)


async def _send_known(found: Certificate, job: CertificateJob, context: AppContext) -> Any:
    """The very file that was sent before; None where there is none that Telegram still knows."""
    known = found.png if job.file == PNG else found.pdf
    if found.bot_id != context.bot.id or known is None:
        return None
    return await send_in_job(context, _message(found, job, known, context), report=False)


async def _send_drawn(found: Certificate, job: CertificateJob, context: AppContext) -> Any:
    link = words.check_link(found.number, context.settings.public_url, context.username)
    drawn = await asyncio.to_thread(draw, words.page(found, link, context.username), job.file)
    file = BufferedInputFile(drawn, f"certificate-{found.number}.{job.file}")
    return await send_in_job(context, _message(found, job, file, context))


def _message(
    found: Certificate, job: CertificateJob, file: InputFile | str, context: AppContext
) -> SendDocument:
    below = _below(found, context) if job.file == PDF else {}
    return SendDocument(chat_id=job.telegram_id, document=file, **below)


def _below(found: Certificate, context: AppContext) -> dict[str, Any]:
    """The caption and the buttons of the last file."""
    link = words.check_link(found.number, context.settings.public_url, context.username)
    share = words.share_url(found, link)
    keyboard = rows(
        open_url(words.SHARE, share) if share else None,
        press(words.RENAME, RenameCertificate(module=found.module_id)),
    )
    return {"caption": words.own(found, link), "reply_markup": keyboard}
