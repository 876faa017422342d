"""A list of people to whom access is to be given: who is in it, and who is not found."""

from collections.abc import Sequence

from aiogram import F
from aiogram.types import CallbackQuery, Message

from bot.chat.admin_buttons import UseList
from bot.chat.conversation import Granting
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.chat.rights import Right
from bot.context import Request
from bot.texts.access import many as words
from db.errors import PersonUnknown
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
        return await ask_who_again(message, request, draft, PersonUnknown(lines[0]))
    return await take_list(message, request, draft, lines)


async def take_list(message: Message, request: Request, draft: Draft, lines: Sequence[str]) -> Reply:
    """Where nobody is missing or guessed at, the course is asked for at once."""
    found = await many.find_all(request.session, lines)
    draft.user_id, draft.people = None, many.people_of(found)
    problems, guesses = many.problems_of(found), many.guesses_of(found)
    if not problems and not guesses:
        return await ask_next(message, request, draft)
    await save(request, draft, Granting.who)
    go_on = press(words.go_on(len(draft.people)), UseList(draft=draft.id)) if draft.people else None
    return say(message, words.checked(len(draft.people), problems, guesses), rows(go_on, drop_button(draft)))


@router.callback_query(UseList.filter())
async def use_list(query: CallbackQuery, callback_data: UseList, request: Request) -> Reply:
    return await ask_next(query, request, await get_draft(request, callback_data.draft))
