"""Who was given what, as a table for the admin who gave it."""

from bot.chat.rights import Right, may_now
from bot.context import AppContext
from bot.csv_files import to_csv
from bot.sender import send_document
from bot.texts.access import many as words
from db import acts, chats
from db.access.many import list_granted
from db.acts import ActKind
from db.engine import Pool
from db.jobs import GrantReportJob, SendTableJob


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
        caption = str(words.REPORT)
    await send_document(context, job.telegram_id, name, table, caption)


async def send_table(job: SendTableJob, context: AppContext) -> None:
    async with context.database.transaction(Pool.JOBS) as session:
        if not await may_now(session, context.settings, job.telegram_id, Right.GRANTS):
            return
    await send_document(context, job.telegram_id, job.file, to_csv(job.table), job.caption)
