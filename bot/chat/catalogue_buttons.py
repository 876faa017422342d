"""Buttons of the catalogue in the chat. They carry ids, never a name or a price."""

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

from bot.chat.buttons import Id, PageNumber


class ShowCatalogue(CallbackData, prefix="catalog"):
    page: PageNumber = 0


class ShowCatalogueRow(CallbackData, prefix="catrow"):
    """`kind`: module, lesson, product or offer; or lessons, those of a module, a page of them."""

    kind: str
    id: Id
    page: PageNumber = 0


class EditCatalogueRow(CallbackData, prefix="catset"):
    """Asks for another name, text or price."""

    kind: str
    id: Id
    field: str


class AddToCatalogue(CallbackData, prefix="catadd"):
    """`kind` of what is added (module, lesson, product, offer); `to`: the course or product that it belongs to, 0 for
    a course itself."""

    kind: str
    to: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0


class WithdrawRow(CallbackData, prefix="catoff"):
    """Of a lesson or an offer; of a product or a module, everything that is sold of it."""

    kind: str
    id: Id


class RestoreLesson(CallbackData, prefix="catback"):
    module: Id
    id: Id


class ConfirmEdit(CallbackData, prefix="catyes"):
    """`stamp`: of what the preview has shown."""

    stamp: Id


class DropEdit(CallbackData, prefix="catno"):
    pass


class DownloadCatalogue(CallbackData, prefix="catget"):
    pass


class AskForCatalogue(CallbackData, prefix="catput"):
    pass


class ConfirmCopy(CallbackData, prefix="catload"):
    copy_id: Id
    stamp: Id
    forced: bool = False


class DropCopy(CallbackData, prefix="catdrop"):
    copy_id: Id
