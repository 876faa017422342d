"""What is taught and sold, as the owner looks at it: courses, their lessons, products and offers."""

from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.catalogue import edits
from bot.catalogue.edits import Place
from bot.chat.catalogue_buttons import (
    AddToCatalogue,
    AskForCatalogue,
    DownloadCatalogue,
    EditCatalogueRow,
    RestoreLesson,
    ShowCatalogue,
    ShowCatalogueRow,
    WithdrawRow,
)
from bot.chat.commands import CATALOG
from bot.chat.keyboards import press, rows
from bot.chat.paging import Page
from bot.chat.replies import Reply, say, show, show_or_say
from bot.chat.rights import NotAllowed, Right, may
from bot.context import Request
from bot.texts import catalogue_screens as words
from db.catalogue.entries import Catalogue, LessonEntry, ModuleEntry
from db.catalogue.exporting import export_catalogue, export_withdrawn_lessons
from handlers.catalogue.drafts import get_place
from handlers.filters import goes_to, is_, role_router

A_PAGE = 8
Screen = tuple[str, InlineKeyboardMarkup]

router = role_router("catalogue", Right.CATALOGUE, Right.LESSONS)


@router.message(is_(CATALOG))
@router.callback_query(goes_to(CATALOG))
async def show_catalogue(event: Message | CallbackQuery, request: Request) -> Reply:
    return say(event, *catalogue_screen(await export_catalogue(request.session), 0, sells=sells(request)))


def sells(request: Request) -> bool:
    """Who may not sees courses and lessons only."""
    return may(request.person, request.context.settings, Right.CATALOGUE)


@router.callback_query(ShowCatalogue.filter())
async def turn(query: CallbackQuery, callback_data: ShowCatalogue, request: Request) -> Reply:
    found = await export_catalogue(request.session)
    return show(query, *catalogue_screen(found, callback_data.page, sells=sells(request)))


def catalogue_screen(catalogue: Catalogue, number: int, *, sells: bool) -> Screen:
    page = Page(number, len(catalogue.modules), A_PAGE)
    courses = [
        press(words.course_button(one), ShowCatalogueRow(kind="module", id=one.id))
        for one in catalogue.modules[page.slice]
        if one.id
    ]
    turn = page.navigation_buttons(lambda number: ShowCatalogue(page=number))
    add = press(words.ADD_COURSE, AddToCatalogue(kind="module"))
    files = (press(words.DOWNLOAD, DownloadCatalogue()), press(words.UPLOAD, AskForCatalogue()))
    keyboard = rows(*courses, turn, add, files) if sells else rows(*courses, turn)
    return words.catalogue(catalogue), keyboard


@router.callback_query(ShowCatalogueRow.filter())
async def show_row(query: CallbackQuery, callback_data: ShowCatalogueRow, request: Request) -> Reply:
    """Raises DraftGone where it is there no more, NotAllowed."""
    kind = "module" if callback_data.kind == "lessons" else callback_data.kind
    if kind in ("product", "offer") and not sells(request):
        raise NotAllowed
    catalogue, place = await get_place(request, kind, callback_data.id)
    if callback_data.kind == "lessons":
        withdrawn = await export_withdrawn_lessons(request.session, callback_data.id)
        return show(query, *lessons_screen(place.module, withdrawn, callback_data.page))
    return show_or_say(query, *screen(catalogue, place, sells=sells(request)))


def screen(catalogue: Catalogue, place: Place, *, sells: bool) -> Screen:
    if place.lesson is not None:
        return lesson_screen(place.module, place.lesson)
    if place.offer is not None:
        return offer_screen(place)
    if place.product is not None:
        return product_screen(place)
    return module_screen(catalogue, place) if sells else course_screen(place.module)


def course_screen(module: ModuleEntry) -> Screen:
    """For who writes its lessons and sells nothing."""
    lessons = press(words.lessons_button(module), ShowCatalogueRow(kind="lessons", id=_id(module)))
    return words.module(module, ()), rows(lessons, press(words.TO_CATALOGUE, ShowCatalogue()))


def module_screen(catalogue: Catalogue, place: Place) -> Screen:
    module, products = place.module, edits.products_of(catalogue, place.module)
    number = _id(module)
    offers = [
        press(words.offer_button(product, offer, alone=len(products) == 1), _row("offer", offer.id))
        for product in products
        for offer in product.offers
    ]
    goods = [press(words.product_button(one), _row("product", one.id)) for one in products]
    keyboard = rows(
        (
            _edit("module", number, "name", words.RENAME),
            _edit("module", number, "description", words.DESCRIBE),
        ),
        press(words.lessons_button(module), ShowCatalogueRow(kind="lessons", id=number)),
        *offers,
        *goods,
        press(words.ADD_PRODUCT, AddToCatalogue(kind="product", to=number)),
        press(words.WITHDRAW_ALL, WithdrawRow(kind="module", id=number)) if offers else None,
        press(words.TO_CATALOGUE, ShowCatalogue()),
    )
    return words.module(module, products), keyboard


def product_screen(place: Place) -> Screen:
    assert place.product is not None
    product, number = place.product, place.product.id or 0
    offers = [
        press(words.offer_button(product, one, alone=True), _row("offer", one.id)) for one in product.offers
    ]
    keyboard = rows(
        _edit("product", number, "name", words.RENAME),
        *offers,
        press(words.ADD_OFFER, AddToCatalogue(kind="offer", to=number)),
        press(words.WITHDRAW_ALL, WithdrawRow(kind="product", id=number)) if offers else None,
        _back(place.module),
    )
    return words.product(place.module, product), keyboard


def offer_screen(place: Place) -> Screen:
    assert place.product is not None
    assert place.offer is not None
    number = place.offer.id or 0
    keyboard = rows(
        _edit("offer", number, "price", words.PRICE),
        press(words.WITHDRAW, WithdrawRow(kind="offer", id=number)),
        _back(place.module),
    )
    return words.offer(place.module, place.product, place.offer), keyboard


def lessons_screen(module: ModuleEntry, withdrawn: list[LessonEntry], number: int) -> Screen:
    page = Page(number, len(module.lessons), A_PAGE)
    lessons = [press(words.lesson_button(one), _row("lesson", one.id)) for one in module.lessons[page.slice]]
    turn = page.navigation_buttons(
        lambda number: ShowCatalogueRow(kind="lessons", id=_id(module), page=number)
    )
    back = [
        press(words.restore_button(one), RestoreLesson(module=_id(module), id=one.id))
        for one in withdrawn[:A_PAGE]
        if one.id
    ]
    add = press(words.ADD_LESSON, AddToCatalogue(kind="lesson", to=_id(module)))
    return words.lessons(module, len(withdrawn)), rows(*lessons, turn, add, *back, _back(module))


def lesson_screen(module: ModuleEntry, lesson: LessonEntry) -> Screen:
    number = lesson.id or 0
    keyboard = rows(
        (_edit("lesson", number, "title", words.RENAME), _edit("lesson", number, "text", words.REWRITE)),
        press(words.WITHDRAW, WithdrawRow(kind="lesson", id=number)),
        press(words.BACK, ShowCatalogueRow(kind="lessons", id=_id(module))),
    )
    return words.lesson(module, lesson), keyboard


def _id(module: ModuleEntry) -> int:
    return module.id or 0


def _row(kind: str, number: int | None) -> ShowCatalogueRow:
    return ShowCatalogueRow(kind=kind, id=number or 0)


def _edit(kind: str, number: int, field: str, label: object) -> InlineKeyboardButton:
    return press(str(label), EditCatalogueRow(kind=kind, id=number, field=field))


def _back(module: ModuleEntry) -> InlineKeyboardButton:
    return press(words.BACK, ShowCatalogueRow(kind="module", id=_id(module)))
