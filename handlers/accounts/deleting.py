"""/delete: what goes and what stays, a word that confirms it, and then the account is gone."""

from aiogram import F
from aiogram.methods import SendMessage
from aiogram.types import CallbackQuery, Message

from bot.chat.commands import DELETE, MYDATA, PROFILE
from bot.chat.conversation import DeletionQuestion
from bot.chat.keyboards import go, rows
from bot.chat.replies import Reply, say, without_buttons
from bot.context import Request
from bot.packing import pack
from bot.texts.accounts import deleting as words
from bot.texts.accounts import my_data as my_data_words
from db.chats import list_reachable
from db.deleting import deleting
from db.deleting.deleting import DeletionKind
from db.jobs import SendJob, SetMenuJob
from db.queue import enqueue
from handlers.filters import SignedIn, goes_to, is_, router_for

router = router_for("deleting", SignedIn())


@router.message(is_(DELETE))
@router.callback_query(goes_to(DELETE))
async def ask(event: Message | CallbackQuery, request: Request) -> Reply:
    user_id = request.person.user_id
    plan = await deleting.get_plan(request.session, user_id, request.now)
    await request.ask(DeletionQuestion.word, account=user_id, kind=plan.kind.value)
    keyboard = rows(go(my_data_words.MY_DATA, MYDATA), go(words.KEEP, PROFILE))
    return say(event, words.ask(plan), keyboard)


@router.message(DeletionQuestion.word, F.text, ~F.text.startswith("/"))
async def confirm(message: Message, request: Request) -> Reply:
    """What was shown is what is agreed to. Raises AccountChanged, DeletionBlocked."""
    if not words.is_word(message.text or ""):
        return say(message, words.wrong_word())
    session, person = request.session, request.person
    shown = await request.state.get_data()
    others = [
        chat for chat in await list_reachable(session, shown["account"]) if chat[0] != person.telegram_id
    ]
    done = await deleting.delete_account(
        session, shown["account"], person.telegram_id, DeletionKind(shown["kind"]), request.now
    )
    if person.role is not None:  # gone with the account
        await enqueue(session, SetMenuJob(telegram_id=person.telegram_id))
    await request.state.clear()
    person.account = person.session_id = person.device_id = None
    await tell_others(request, others, done.kind)
    return [*(without_buttons(*copy) for copy in done.copies), say(message, words.done(done.kind))]


async def tell_others(
    request: Request, others: list[tuple[int, str | None, str | None]], kind: DeletionKind
) -> None:
    """Worded now: nothing is known of these chats any more when they are told."""
    for telegram_id, chosen, telegram in others:
        with request.context.localizer.use_language_of(chosen, telegram):
            told = SendMessage(chat_id=telegram_id, text=words.done(kind))
        await enqueue(request.session, SendJob(methods=[pack(told)]))


@router.message(DeletionQuestion.word, ~F.text)
async def no_text(message: Message) -> Reply:
    return say(message, words.wrong_word())
