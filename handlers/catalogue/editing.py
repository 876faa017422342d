"""One change of the catalogue at a time: asked for, shown, confirmed."""

from dataclasses import replace
from datetime import timedelta

from aiogram import F
from aiogram.types import CallbackQuery, Message

from bot.catalogue import edits
from bot.catalogue.errors import CatalogueError
from bot.catalogue.loading import load, record_load
from bot.chat import Text
from bot.chat.arguments import Arguments
from bot.chat.catalogue_buttons import (
    AddToCatalogue,
    ConfirmEdit,
    DropEdit,
    EditCatalogueRow,
    RestoreLesson,
    WithdrawRow,
)
from bot.chat.commands import OFFER
from bot.chat.conversation import CatalogueQuestion
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say, show, show_or_say
from bot.chat.rights import Right
from bot.context import Request
from bot.texts import catalogue as file_words
from bot.texts import catalogue_screens as words
from db.catalogue.exporting import export_catalogue
from db.catalogue.loading import CatalogueRefusedError
from db.errors import DraftGone
from db.locks import lock
from db.normal import clean_text
from handlers.catalogue.drafts import Draft, ask, check_right, get_draft, get_place, keep_for_preview, plan
from handlers.catalogue.screens import Screen, catalogue_screen, screen, sells
from handlers.filters import role_router

MOST = {"name": 128, "title": 128, "description": 1000}  # characters
MOST_TEXT = 50_000  # characters of a lesson
FULL = 2000  # characters: of messages as long as this the app makes several
AT_ONCE = timedelta(seconds=10)  # between them; nobody writes so much anew in that time
# What the app makes of marks; it finds links, names and the like in a text that it leaves as it is.
MARKED = {
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
    "code",
    "pre",
    "text_link",
    "blockquote",
    "expandable_blockquote",
}
ENDS = (".", "!", "?", "…", ":", ">")
ADDED_TO = {"lesson": "module", "product": "module", "offer": "product", "module": "module"}

router = role_router("catalogue_editing", Right.CATALOGUE, Right.LESSONS)


@router.callback_query(EditCatalogueRow.filter())
async def ask_value(query: CallbackQuery, callback_data: EditCatalogueRow, request: Request) -> Reply:
    if callback_data.field not in edits.FIELDS.get(callback_data.kind, ()):
        raise DraftGone
    draft = Draft("set", callback_data.kind, callback_data.id, callback_data.field)
    check_right(request, draft)
    _catalogue, place = await get_place(request, callback_data.kind, callback_data.id)
    if place.offer is not None:
        draft = replace(draft, currency=place.offer.currency)
    if place.lesson is not None:
        draft = replace(draft, markup=place.lesson.markup)
    await ask(request, draft)
    return say(query, words.ASK[callback_data.field], rows(press(words.DROP, DropEdit())))


@router.callback_query(AddToCatalogue.filter())
async def ask_added(query: CallbackQuery, callback_data: AddToCatalogue, request: Request) -> Reply:
    kind = callback_data.kind
    if kind not in ADDED_TO:
        raise DraftGone
    draft = Draft("add", ADDED_TO[kind], callback_data.to, kind)
    check_right(request, draft)
    if kind != "module":
        await get_place(request, ADDED_TO[kind], callback_data.to)
    await ask(request, draft)
    return say(query, words.ASK_ADDED[kind], rows(press(words.DROP, DropEdit())))


@router.message(CatalogueQuestion.value, F.text, ~F.text.startswith("/"))
async def take_value(message: Message, request: Request) -> Reply:
    """What can't be taken is said, and the question stays open."""
    return await _take_value(message, request, await get_draft(request))


async def _take_value(message: Message, request: Request, draft: Draft) -> Reply:
    written = clean_text(message.text or "")
    if draft.field == "price":
        draft = replace(draft, price=Arguments(OFFER, written).amount(draft.currency))
    elif draft.field == "offer":
        given = Arguments(OFFER, written)
        count, (price, currency) = given.days(), given.price()
        draft = replace(draft, days=count, price=price, currency=currency)
    elif draft.is_text:
        return await _take_text(message, request, replace(draft, value=""))
    elif len(written) > (most := MOST.get(draft.field, MOST["name"])):
        return say(message, words.too_long(most))
    elif draft.field == "lesson":
        await ask(request, replace(draft, title=" ".join(written.split())))
        return say(message, words.ASK_TEXT, rows(press(words.DROP, DropEdit())))
    else:
        value = written if draft.field == "description" else " ".join(written.split())
        draft = replace(draft, value=value)
    return await preview(message, request, draft)


@router.message(CatalogueQuestion.preview, F.text, ~F.text.startswith("/"), ~F.edit_date)
async def take_more(message: Message, request: Request) -> Reply:
    """Telegram's app makes several messages of a long text: what follows a full one at once goes on with it. Anything
    else is what was asked for, written anew."""
    draft = await get_draft(request)
    if draft.action not in ("set", "add"):
        return await preview(message, request, draft)
    if not draft.is_text:
        return await _take_value(message, request, draft)
    if draft.last < FULL or message.date.timestamp() - draft.sent > AT_ONCE.total_seconds():
        return await _take_text(message, request, replace(draft, value=""))
    return await _take_text(message, request, draft, words.JOINED)


async def _take_text(message: Message, request: Request, draft: Draft, note: Text = "") -> Reply:
    """Behind what there is of it."""
    if (text := _text(draft, message)) is None:
        return say(message, words.MARKDOWN)
    if draft.value:
        # The app cuts between paragraphs, where it can, and leaves out what stood between the parts.
        text = draft.value + ("\n\n" if draft.value.endswith(ENDS) else "\n") + text
    if len(text) > MOST_TEXT:
        return say(message, words.too_long(MOST_TEXT))
    draft = replace(draft, value=text, last=len(message.text or ""), sent=int(message.date.timestamp()))
    replies = await preview(message, request, draft, note)
    if draft.last >= FULL:  # whatever is wrong with it: the rest may be on its way
        await keep_for_preview(request, draft)
    return replies


def _text(draft: Draft, message: Message) -> str | None:
    """A lesson's, with what Telegram shows of it. Of one in Markdown as it is written; None where the app has made
    formatting of the marks, which are lost then."""
    if draft.markup == "markdown":
        return None if any(one.type in MARKED for one in message.entities or ()) else message.text
    return message.html_text


@router.callback_query(WithdrawRow.filter())
async def ask_withdraw(query: CallbackQuery, callback_data: WithdrawRow, request: Request) -> Reply:
    await get_place(request, callback_data.kind, callback_data.id)
    return await preview(query, request, Draft("withdraw", callback_data.kind, callback_data.id))


@router.callback_query(RestoreLesson.filter())
async def ask_restore(query: CallbackQuery, callback_data: RestoreLesson, request: Request) -> Reply:
    return await preview(
        query, request, Draft("restore", "module", callback_data.module, lesson=callback_data.id)
    )


async def preview(event: Message | CallbackQuery, request: Request, draft: Draft, note: Text = "") -> Reply:
    check_right(request, draft)
    try:
        found, stamp = await plan(request, draft)
    except (CatalogueError, CatalogueRefusedError) as refused:
        return say(event, file_words.errors(refused.lines), rows(press(words.DROP, DropEdit())))
    if not found.changes:
        await request.state.clear()
        return say(event, words.NOTHING)
    await keep_for_preview(request, draft)
    text = words.preview(file_words.changes(found.changes, found.catalogue))
    if draft.field == "price":
        text += f"\n\n{words.PRICE_NOTE}"
    keyboard = rows(press(words.CONFIRM, ConfirmEdit(stamp=stamp)), press(words.DROP, DropEdit()))
    return show_or_say(event, f"{note}\n\n{text}" if note else text, keyboard)


@router.callback_query(ConfirmEdit.filter())
async def carry_out(query: CallbackQuery, callback_data: ConfirmEdit, request: Request) -> Reply:
    """What the preview has shown; where that is not so any more, it is shown anew. Raises DraftGone."""
    draft = await get_draft(request)
    check_right(request, draft)
    await lock(
        request.session, "catalogue"
    )  # before it is read: what others load meanwhile is not to be undone
    try:
        found, stamp = await plan(request, draft)
    except (CatalogueError, CatalogueRefusedError) as refused:
        return show(query, file_words.errors(refused.lines))
    if stamp != callback_data.stamp:
        return await preview(query, request, draft, words.CHANGED_MEANWHILE)
    await request.state.clear()
    changes = await load(request.session, found.catalogue, request.context.settings, request.now)
    admin = request.person.telegram_id
    await record_load(request.session, admin, changes, found.catalogue, request.now)
    return show_or_say(query, *await _after(request, draft))


async def _after(request: Request, draft: Draft) -> Screen:
    """The row's screen, or the catalogue's where it is there no more or is new."""
    catalogue = await export_catalogue(request.session)
    place = edits.find(catalogue, draft.kind, draft.id)
    is_shop = sells(request)
    if place is None:
        text, keyboard = catalogue_screen(catalogue, 0, sells=is_shop)
    else:
        text, keyboard = screen(catalogue, place, sells=is_shop)
    return f"{words.DONE}\n\n{text}", keyboard


@router.callback_query(DropEdit.filter())
async def drop(query: CallbackQuery, request: Request) -> Reply:
    if (request.person.state or "").startswith("CatalogueQuestion:"):
        await request.state.clear()
    return show(query, words.DROPPED)
