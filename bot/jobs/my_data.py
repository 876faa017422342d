"""All that is known of a person, sent to them as a JSON document."""

import json
from datetime import datetime

from bot.context import AppContext
from bot.sender import send_document
from bot.texts.accounts import my_data as words
from db import chats
from db.account_ids import get_current_id
from db.accounts.own_rows import OwnRows, get_own_rows
from db.accounts.sessions import is_signed_in
from db.engine import Pool
from db.jobs import MyDataJob


async def send_my_data(job: MyDataJob, context: AppContext) -> None:
    """To nobody where the chat has signed out meanwhile, or signs in to another account by now."""
    now = context.now()
    async with context.database.transaction(Pool.JOBS) as session:
        user_id = await get_current_id(session, job.user_id)
        if not await is_signed_in(session, user_id, job.telegram_id, now):
            return
        found = await get_own_rows(session, user_id)
        chosen, telegram = await chats.get_language(session, job.telegram_id)
    with context.localizer.use_language_of(chosen, telegram):
        caption = words.document(found)
    content = to_json(user_id, found, now)
    await send_document(context, job.telegram_id, f"my-data-{now:%Y-%m-%d}.json", content, caption)


def to_json(user_id: int, found: OwnRows, now: datetime) -> bytes:
    whole = {
        "account": user_id,
        "made_at": now.isoformat(),
        "tables": found.tables,
        "left_out": {"secrets": found.left_out, "tables_the_bot_may_not_read": found.unreadable},
    }
    # Not by orjson: the other application may keep numbers of more than 64 bits.
    return json.dumps(whole, ensure_ascii=False, indent=2).encode()
