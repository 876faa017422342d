"""/history: what admins did. Who has no right to see what others did is shown their own."""

from datetime import timedelta

from aiogram import F
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.chat.arguments import Arguments
from bot.chat.commands import HISTORY
from bot.chat.history_buttons import ALL, ChooseFilter, ShowHistory
from bot.chat.keyboards import in_rows, press, rows
from bot.chat.replies import Reply, show, show_or_say
from bot.chat.rights import NotAllowed, Right, may
from bot.context import Request
from bot.texts import history as words
from db import history as database
from db.accounts import people
from db.accounts.search import find_account
from db.history import Wanted
from handlers.filters import goes_to, is_, role_router

SHOWN = 8  # acts a page

router = role_router("history")


@router.message(is_(HISTORY))
@router.callback_query(goes_to(HISTORY))
async def begin(
    event: Message | CallbackQuery, request: Request, command: CommandObject | None = None
) -> Reply:
    """Raises PersonUnknown and its like."""
    if command is None or not command.args:
        return await show_acts(event, ShowHistory(), request)
    asked = Arguments(HISTORY, command.args)
    who = asked.who()
    asked.end()
    found = await find_account(request.session, who)
    return await show_acts(event, ShowHistory(user=found.id), request)


async def show_acts(event: Message | CallbackQuery, callback_data: ShowHistory, request: Request) -> Reply:
    shown = callback_data
    if shown.user and not may(request.person, request.context.settings, Right.HISTORY, Right.PEOPLE):
        raise NotAllowed  # its title says who that is
    shown = _own(request, shown)
    found = await database.list_acts(request.session, _wanted(request, shown), SHOWN + 1)
    who = await people.get_account_summary(request.session, shown.user) if shown.user else None
    filters = [str(words.GROUPS[shown.kind][0])] if shown.kind else []
    filters += [str(words.PERIODS[shown.period][0])] if shown.period else []
    name = ""
    if shown.admin != ALL and _sees_all(request):
        name, _username = await people.get_names(request.session, shown.admin)
        filters.append(words.admin_name(shown.admin, name))
    text = words.history(found[:SHOWN], who, filters)
    older = found[SHOWN - 1].id if len(found) > SHOWN else 0
    return show_or_say(event, text, _keyboard(request, shown, older, name))


router.callback_query.register(
    show_acts, ShowHistory.filter((F.kind < len(words.GROUPS)) & (F.period < len(words.PERIODS)))
)


def _sees_all(request: Request) -> bool:
    return may(request.person, request.context.settings, Right.HISTORY)


def _own(request: Request, shown: ShowHistory) -> ShowHistory:
    """Whatever a button says."""
    if _sees_all(request):
        return shown
    return shown.model_copy(update={"admin": request.person.telegram_id})


def _wanted(request: Request, shown: ShowHistory) -> Wanted:
    _title, kinds = words.GROUPS[shown.kind]
    _title, days = words.PERIODS[shown.period]
    return Wanted(
        user_id=shown.user or None,
        telegram_id=None if shown.admin == ALL else shown.admin,
        kinds=[kind.value for kind in kinds] or None,
        since=None if days is None else request.now - timedelta(days=days),
        before=shown.before or None,
    )


def _keyboard(request: Request, shown: ShowHistory, older: int, name: str) -> InlineKeyboardMarkup:
    """`name`: of the admin whose acts are shown."""
    facts = shown.model_dump(exclude={"before"})
    choices = [
        press(words.GROUPS[shown.kind][0], ChooseFilter(what="kind", **facts)),
        press(words.PERIODS[shown.period][0], ChooseFilter(what="period", **facts)),
    ]
    if _sees_all(request):
        title = words.ANYBODY if shown.admin == ALL else words.admin_label(shown.admin, name)
        choices.append(press(title, ChooseFilter(what="admin", **facts)))
    turns = [press(words.NEWEST, ShowHistory(**facts))] if shown.before else []
    turns += [press(words.OLDER, ShowHistory(**facts, before=older))] if older else []
    everybody = press(words.EVERYBODY, ShowHistory(**facts | {"user": 0})) if shown.user else None
    return rows(turns or None, *in_rows(choices, 2), everybody)


@router.callback_query(
    ChooseFilter.filter(
        F.what.in_({"kind", "period", "admin"})
        & (F.kind < len(words.GROUPS))
        & (F.period < len(words.PERIODS))
    )
)
async def choose(query: CallbackQuery, callback_data: ChooseFilter, request: Request) -> Reply:
    now = ShowHistory(**callback_data.model_dump(exclude={"what"}))
    match callback_data.what:
        case "kind":
            question, found = words.CHOOSE_KIND, {n: title for n, (title, _kinds) in enumerate(words.GROUPS)}
        case "period":
            question, found = (
                words.CHOOSE_PERIOD,
                {n: title for n, (title, _days) in enumerate(words.PERIODS)},
            )
        case _:
            admins = await database.list_admins(request.session) if _sees_all(request) else []
            question, found = words.CHOOSE_ADMIN, {ALL: words.ANYBODY}
            found |= {one: words.admin_label(one, name) for one, name in admins}
    buttons = [
        press(title, now.model_copy(update={callback_data.what: value})) for value, title in found.items()
    ]
    return show(query, question, rows(*in_rows(buttons, 2), press(words.BACK, now)))
