"""A list of people to whom access is to be given: who is in it, and who is not found."""

from collections.abc import Sequence

from aiogram import F
from aiogram.types import CallbackQuery, Document, Message, Update

from bot.chat.admin_buttons import UseList
from bot.chat.conversation import Granting
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.chat.rights import Right
from bot.context import Request
from bot.csv_files import MAX_BYTES, MAX_PEOPLE, ListFault
from bot.texts.access import many as words
from bot.updates.names import head_of
from db.errors import PersonUnknown
from db.jobs import PeopleListJob
from db.queue import enqueue
from handlers.access import many
from handlers.access.drafts import Action, Draft, drop_button, get_draft, save
from handlers.access.granting import ask_next, ask_who_again
from handlers.filters import role_router

router = role_router("lists", Right.GRANTS)


@router.message(Granting.who, F.func(many.read_lines), ~F.text.startswith("/"))
async def take_lines(message: Message, request: Request) -> Reply:
    draft = await get_draft(request)
    lines = many.read_lines(message)
    if draft.action is not Action.GRANT:
        return await ask_who_again(message, request, draft, PersonUnknown(lines[0][1]))
    return await take_list(message, request, draft, lines)


async def take_list(
    message: Message, request: Request, draft: Draft, lines: Sequence[tuple[int, str]]
) -> Reply:
    """Where nobody is missing or guessed at, the course is asked for at once."""
    found = await many.find_all(request.session, lines)
    draft.user_id, draft.people = None, many.people_of(found)
    if len(draft.people) > MAX_PEOPLE:
        return say(message, words.FAULTS[ListFault.TOO_MANY], rows(drop_button(draft)))
    problems, guesses = many.problems_of(found), many.guesses_of(found)
    if not problems and not guesses:
        return await ask_next(message, request, draft)
    await save(request, draft, Granting.who)
    if max(len(problems), len(guesses)) > words.MAX_SHOWN:
        table = words.checked_table(problems, guesses)
        await many.send_table(request, "list.csv", words.CHECKED_FILE, table)
    go_on = press(words.go_on(len(draft.people)), UseList(draft=draft.id)) if draft.people else None
    return say(message, words.checked(len(draft.people), problems, guesses), rows(go_on, drop_button(draft)))


@router.message(Granting.who, F.document)
async def take_file(message: Message, request: Request, event_update: Update) -> Reply:
    assert message.document is not None
    return await read_file(message, request, event_update, await get_draft(request), message.document)


async def read_file(
    message: Message, request: Request, update: Update, draft: Draft, document: Document
) -> Reply:
    """A job fetches it, and answers the question about who with it."""
    if draft.action is not Action.GRANT:
        return say(message, words.ONLY_GIVEN, rows(drop_button(draft)))
    await save(request, draft, Granting.who)
    if (document.file_size or 0) > MAX_BYTES:
        return say(message, words.FAULTS[ListFault.REFUSED], rows(drop_button(draft)))
    job = PeopleListJob(
        telegram_id=request.person.telegram_id,
        draft=draft.id,
        file_id=document.file_id,
        update_id=update.update_id,
        message=head_of(message),
    )
    await enqueue(request.session, job)
    return say(message, words.READING)


@router.callback_query(UseList.filter())
async def use_list(query: CallbackQuery, callback_data: UseList, request: Request) -> Reply:
    return await ask_next(query, request, await get_draft(request, callback_data.draft))
