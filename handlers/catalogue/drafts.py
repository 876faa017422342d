"""A change of the catalogue that is being asked for; it is kept with the conversation, and ends with it."""

from dataclasses import dataclass

from bot.catalogue import copies, edits, writing
from bot.catalogue.edits import Place
from bot.chat.conversation import CatalogueQuestion
from bot.chat.rights import NotAllowed, Right, may
from bot.context import Request
from db.catalogue.entries import Catalogue
from db.catalogue.exporting import export_catalogue, export_withdrawn_lessons
from db.catalogue.merging import LoadPlan, Merge, stamp_of
from db.errors import DraftGone
from handlers.conversation import Drafts


@dataclass(frozen=True, slots=True)
class Draft:
    """`action`: set, add, withdraw or restore; of the row `kind` and `id`, or in it (`field`: what is set there, or the
    kind of what is added). `title` of a lesson whose text is still to come, `lesson`: one that is restored; `price` in
    the smallest unit of `currency`. `last`: how long the message was that ended a text, in characters; `sent`: when, in
    seconds since 1970. `markup`: of the lesson whose text is written anew."""

    action: str
    kind: str
    id: int = 0
    field: str = ""
    value: str = ""
    title: str = ""
    days: int = 0
    price: int = 0
    currency: str = ""
    lesson: int = 0
    last: int = 0
    sent: int = 0
    markup: str = ""

    @property
    def is_text(self) -> bool:
        """Of a lesson."""
        return self.field == "text" or bool(self.title)

    @property
    def right(self) -> Right:
        """What it needs: teachers write lessons, and sell nothing."""
        is_lesson = self.kind == "lesson" or self.field == "lesson" or self.action == "restore"
        return Right.LESSONS if is_lesson else Right.CATALOGUE


DRAFTS = Drafts(Draft, CatalogueQuestion)
get_draft = DRAFTS.get


async def ask(request: Request, draft: Draft) -> None:
    await DRAFTS.save(request, draft, CatalogueQuestion.value)


async def keep_for_preview(request: Request, draft: Draft) -> None:
    await DRAFTS.save(request, draft, CatalogueQuestion.preview)


async def get_place(request: Request, kind: str, row_id: int) -> tuple[Catalogue, Place]:
    """Raises DraftGone where the row is there no more."""
    catalogue = await export_catalogue(request.session)
    place = edits.find(catalogue, kind, row_id)
    if place is None:
        raise DraftGone
    return catalogue, place


def check_right(request: Request, draft: Draft) -> None:
    """Raises NotAllowed."""
    if not may(request.person, request.context.settings, draft.right):
        raise NotAllowed


async def plan(request: Request, draft: Draft) -> tuple[LoadPlan, int]:
    """What it would change, and a stamp that is equal as long as it would change the same. Raises DraftGone,
    CatalogueError, CatalogueRefusedError."""
    catalogue = await export_catalogue(request.session)
    changed = await _changed(request, catalogue, draft)
    for module in changed.modules:
        if module not in catalogue.modules or _sold(changed, module.key) != _sold(catalogue, module.key):
            writing.check_course(changed, module)
    found = await copies.plan(request.session, request.context, Merge(changed))
    before = edits.find(catalogue, draft.kind, draft.id)
    return found, stamp_of(found.changes if draft.action != "add" else draft, before)


def _sold(catalogue: Catalogue, module: str) -> list[object]:
    return [one for one in catalogue.products if one.module == module]


async def _changed(request: Request, catalogue: Catalogue, draft: Draft) -> Catalogue:
    if (draft.action, draft.field) == ("add", "module"):
        return edits.add_module(catalogue, draft.value)
    place = edits.find(catalogue, draft.kind, draft.id)
    if place is None:
        raise DraftGone
    match draft.action, draft.field:
        case "set", "price":
            return edits.set_field(catalogue, place, "price", draft.price)
        case "set", _:
            return edits.set_field(catalogue, place, draft.field, draft.value)
        case "add", "lesson":
            return edits.add_lesson(catalogue, place, draft.title, draft.value)
        case "add", "product":
            return edits.add_product(catalogue, place, draft.value)
        case "add", "offer":
            return edits.add_offer(catalogue, place, draft.days, draft.price, draft.currency)
        case "restore", _:
            withdrawn = await export_withdrawn_lessons(request.session, draft.id)
            lesson = next((one for one in withdrawn if one.id == draft.lesson), None)
            if lesson is None:
                raise DraftGone
            return edits.restore_lesson(catalogue, place, lesson)
        case _:
            return edits.withdraw(catalogue, place)
