"""Buttons of admins about offers. They carry ids, never a price or days."""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Id, Option, PageNumber


class BeginOffer(CallbackData, prefix="offnew"):
    product: Id


class ShowOfferProducts(CallbackData, prefix="offwhat"):
    """Products that a new offer may sell."""

    page: PageNumber


class ChooseOfferDays(CallbackData, prefix="offdays"):
    """`choice`: which of the numbers of days that are offered."""

    product: Id
    choice: Option


class ShowOffers(CallbackData, prefix="offers"):
    """An admin's list of all offers."""

    page: PageNumber


class ShowProducts(CallbackData, prefix="products"):
    """An admin's list of all products."""

    page: PageNumber


class AskWithdrawOffer(CallbackData, prefix="offask"):
    offer: Id
    page: PageNumber = 0


class WithdrawOffer(CallbackData, prefix="withdraw"):
    offer: Id
    page: PageNumber = 0


class RestoreOffer(CallbackData, prefix="restore"):
    offer: Id
    page: PageNumber = 0


class SellOffer(CallbackData, prefix="sell"):
    """Puts a new offer on sale, as its price was shown."""

    offer: Id


class DropOffer(CallbackData, prefix="nosell"):
    """Deletes a new offer that was never on sale."""

    offer: Id
