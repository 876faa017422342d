"""Buttons of admins about promo codes."""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Id, Option, PageNumber


class ShowPromos(CallbackData, prefix="pcodes"):
    page: PageNumber = 0


class ShowPromo(CallbackData, prefix="pcode"):
    id: Id


class ShowBatches(CallbackData, prefix="pbatches"):
    page: PageNumber = 0


class ShowBatch(CallbackData, prefix="pbatch"):
    id: Id


class SwitchPromo(CallbackData, prefix="pswitch"):
    id: Id
    on: bool


class SwitchBatch(CallbackData, prefix="pswitchall"):
    """Every code of the batch, once it is `sure`."""

    id: Id
    on: bool
    sure: bool = False


class AskLimit(CallbackData, prefix="plimit"):
    id: Id


class ChooseLimit(CallbackData, prefix="psetlimit"):
    id: Id
    choice: Option


class ShowPromoUsers(CallbackData, prefix="pusers"):
    id: Id
    page: PageNumber = 0


class ShowBatchUsers(CallbackData, prefix="pbatchusers"):
    id: Id
    page: PageNumber = 0


class SendPromoPicture(CallbackData, prefix="pqr"):
    id: Id


class SendBatchFile(CallbackData, prefix="pfile"):
    id: Id


class BeginPromo(CallbackData, prefix="pnew"):
    """`batch`: many codes for one use each."""

    batch: bool


class GeneratePromo(CallbackData, prefix="pgen"):
    """`draft`, here and in the next ones: which question the button belongs to."""

    draft: Id


class ChoosePromoProduct(CallbackData, prefix="pwhat"):
    draft: Id
    product: Id


class ShowPromoProducts(CallbackData, prefix="ppage"):
    draft: Id
    page: PageNumber


class ChoosePromoDays(CallbackData, prefix="pdays"):
    draft: Id
    choice: Option


class ChoosePromoCount(CallbackData, prefix="pcount"):
    draft: Id
    choice: Option


class ConfirmPromo(CallbackData, prefix="pdo"):
    draft: Id


class DropPromo(CallbackData, prefix="pno"):
    draft: Id
