"""Who was given what, as a table for the admin who gave it."""

import csv
from collections.abc import Sequence
from io import StringIO

from aiogram.methods import SendDocument
from aiogram.types import BufferedInputFile

from bot.chat.rights import Right, may_now
from bot.context import AppContext
from bot.sender import send_in_job
from bot.texts.access import many as words
from db import acts, chats
from db.access.grants import list_granted
from db.acts import ActKind
from db.engine import Pool
from db.jobs import GrantReportJob

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute


async def send_grant_report(job: GrantReportJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        act = await acts.get_act(session, job.act, ActKind.GRANT_MANY)
        allowed = await may_now(session, context.settings, job.telegram_id, Right.GRANTS)
        if act is None or not allowed:
            return
        found = await list_granted(session, act.facts["changes"])
        chosen, telegram = await chats.get_language(session, job.telegram_id)
        name = f"access-{act.created_at:%Y-%m-%d}-{act.id}.csv"
    with context.localizer.use_language_of(chosen, telegram):
        table = to_csv([[str(title) for title in words.COLUMNS], *found])
        caption = words.report()
    document = BufferedInputFile(table, name)
    await send_in_job(context, SendDocument(chat_id=job.telegram_id, document=document, caption=caption))


def to_csv(table: Sequence[Sequence[str]]) -> bytes:
    """As spreadsheets of Russia read it: UTF-8 with its mark, semicolons. No cell is ever a formula."""
    written = StringIO()
    writer = csv.writer(written, delimiter=";")
    writer.writerows([[f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row] for row in table])
    return written.getvalue().encode("utf-8-sig")
