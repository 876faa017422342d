"""Batches of promo codes for one use each: their list, the file, who used them, all of them off and on at once."""

from aiogram.types import CallbackQuery, InlineKeyboardMarkup

from bot.chat.keyboards import in_rows, press, rows
from bot.chat.paging import Page
from bot.chat.promo_buttons import (
    SendBatchFile,
    ShowBatch,
    ShowBatches,
    ShowBatchUsers,
    ShowPromos,
    SwitchBatch,
)
from bot.chat.replies import Reply, show, toast
from bot.chat.rights import Right
from bot.context import Request
from bot.texts import promo_codes as words
from db import promo_codes
from db.acts import ActKind
from db.jobs import PromoBatchJob
from db.promo_codes import BatchSummary
from db.queue import enqueue
from handlers.filters import role_router
from handlers.promo_codes import A_PAGE, read_users, switch_codes, user_buttons

router = role_router("promo_batches", Right.PROMO)


@router.callback_query(ShowBatches.filter())
async def list_batches(query: CallbackQuery, callback_data: ShowBatches, request: Request) -> Reply:
    session = request.session
    page = Page(callback_data.page, await promo_codes.count_batches(session), A_PAGE)
    found = await promo_codes.list_batches(session, page.skip, A_PAGE)
    keyboard = rows(
        *in_rows([press(words.batch_button(one), ShowBatch(id=one.id)) for one in found], 4),
        page.navigation_buttons(lambda to: ShowBatches(page=to)),
        press(words.ALL_CODES, ShowPromos()),
    )
    return show(query, words.batches(found), keyboard)


async def show_batch(query: CallbackQuery, callback_data: ShowBatch | SwitchBatch, request: Request) -> Reply:
    """Raises PromoGone."""
    found = await promo_codes.get_batch(request.session, callback_data.id)
    return show(query, words.batch(found), batch_keyboard(found))


router.callback_query.register(show_batch, ShowBatch.filter())


def batch_keyboard(found: BatchSummary) -> InlineKeyboardMarkup:
    is_off = found.usable + found.used < found.count
    off = press(words.OFF_ALL, SwitchBatch(id=found.id, on=False)) if found.usable else None
    return rows(
        press(words.FILE, SendBatchFile(id=found.id)),
        press(words.users_button(found.used), ShowBatchUsers(id=found.id)) if found.used else None,
        off,
        press(words.ON_ALL, SwitchBatch(id=found.id, on=True)) if is_off else None,
        press(words.ALL_BATCHES, ShowBatches()),
    )


@router.callback_query(SendBatchFile.filter())
async def send_file(query: CallbackQuery, callback_data: SendBatchFile, request: Request) -> Reply:
    await send_later(request, callback_data.id)
    return toast(query, words.ON_ITS_WAY)


async def send_later(request: Request, batch_id: int) -> None:
    job = PromoBatchJob(batch=batch_id, telegram_id=request.person.telegram_id)
    await enqueue(request.session, job, key=f"promo_batch:{batch_id}:{job.telegram_id}")


@router.callback_query(ShowBatchUsers.filter())
async def show_users(query: CallbackQuery, callback_data: ShowBatchUsers, request: Request) -> Reply:
    ids = await promo_codes.list_ids_of_batch(request.session, callback_data.id)
    page, users = await read_users(request.session, ids, callback_data.page)
    turn = page.navigation_buttons(lambda to: ShowBatchUsers(id=callback_data.id, page=to))
    keyboard = rows(*user_buttons(users), turn, press(words.BACK, ShowBatch(id=callback_data.id)))
    return show(query, words.users(words.batch_title(callback_data.id), users, with_codes=True), keyboard)


@router.callback_query(SwitchBatch.filter())
async def switch(query: CallbackQuery, callback_data: SwitchBatch, request: Request) -> Reply:
    """Off only once it is sure. Raises PromoGone."""
    found = await promo_codes.get_batch(request.session, callback_data.id)
    if not callback_data.on and not callback_data.sure:
        sure = press(words.SURE, SwitchBatch(id=found.id, on=False, sure=True))
        return show(query, words.sure_off(found), rows(sure, press(words.BACK, ShowBatch(id=found.id))))
    ids = await promo_codes.list_ids_of_batch(request.session, found.id)
    done = [one for one in await switch_codes(request, ids, on=callback_data.on) if one.before != one.after]
    if done:
        kind = ActKind.PROMO_BATCH_ON if callback_data.on else ActKind.PROMO_BATCH_OFF
        await request.record_act(kind, batch=found.id, codes=[one.id for one in done])
    return await show_batch(query, callback_data, request)
