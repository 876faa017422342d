"""Buttons of admins about people and their access. They carry ids, never days or a right."""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Id, Option, PageNumber


class ShowPerson(CallbackData, prefix="person"):
    """An admin's card of somebody, by account. `stays`: the message that bears the button is news."""

    id: Id
    page: PageNumber = 0
    stays: bool = False


class EndAllSessions(CallbackData, prefix="endall"):
    """Of somebody, everywhere, once it is `sure`."""

    user: Id
    sure: bool = False


class RefundPurchase(CallbackData, prefix="giveback"):
    """Shows what returning all of it would do."""

    purchase: Id


class BeginGrant(CallbackData, prefix="give"):
    """`action`: grant, extend or revoke."""

    action: str
    user: Id


class ChoosePerson(CallbackData, prefix="gwho"):
    """`draft`, here and in the next ones: which question the button belongs to."""

    draft: Id
    user: Id


class UseList(CallbackData, prefix="glist"):
    """Goes on with those of a list that were found."""

    draft: Id


class UndoMany(CallbackData, prefix="undomany"):
    """`act`: what gave access to many at once."""

    act: Id


class ChooseProduct(CallbackData, prefix="gwhat"):
    draft: Id
    product: Id


class ShowGrantProducts(CallbackData, prefix="gpage"):
    draft: Id
    page: PageNumber


class ChooseDays(CallbackData, prefix="gdays"):
    """`choice`: which of the numbers of days that are offered; the one behind the last is all that are left."""

    draft: Id
    choice: Option


class AskReason(CallbackData, prefix="gwhy"):
    draft: Id


class ConfirmGrant(CallbackData, prefix="gdo"):
    draft: Id


class DropGrant(CallbackData, prefix="gno"):
    draft: Id


class ShowWaiting(CallbackData, prefix="waiting"):
    """An admin's list of the lessons that still wait for somebody. `user`: the account."""

    user: Id


class UnlockLesson(CallbackData, prefix="unlock"):
    user: Id
    lesson: Id


class ShowConnections(CallbackData, prefix="connections"):
    """Chats that were connected to an account and can be separated again."""

    user: Id
