"""Buttons carry ids, never a price, days or a right."""

from aiogram.filters.callback_data import CallbackData


class Register(CallbackData, prefix="register"):
    """Starts registration."""


class Agree(CallbackData, prefix="agree"):
    """Consent to the terms and the privacy policy."""


class SignIn(CallbackData, prefix="signin"):
    """Signs a known person in again."""


class Go(CallbackData, prefix="go"):
    """To a place that has a command of its own, by the command's name."""

    command: str


class ChooseLanguage(CallbackData, prefix="lang"):
    language: str


class ShowModule(CallbackData, prefix="module"):
    """A module's products and offers."""

    id: int


class ShowProduct(CallbackData, prefix="product"):
    id: int


class ShowOffer(CallbackData, prefix="offer"):
    id: int


class Pay(CallbackData, prefix="pay"):
    """`method`: link, invoice or stars."""

    offer: int
    method: str


class CheckPayment(CallbackData, prefix="check"):
    purchase: int


class ShowLessons(CallbackData, prefix="lessons"):
    """The lessons of a module."""

    module: int
    page: int = 0


class ShowLesson(CallbackData, prefix="lesson"):
    id: int


class FinishLesson(CallbackData, prefix="done"):
    lesson: int


class EndSession(CallbackData, prefix="end"):
    session: int


class Undo(CallbackData, prefix="undo"):
    """Undoes a change of access."""

    change: int


class WithdrawOffer(CallbackData, prefix="withdraw"):
    offer: int
