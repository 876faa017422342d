"""Buttons of certificates. `module`: of which course."""

from aiogram.filters.callback_data import CallbackData

from bot.chat.buttons import Form, Id


class ShowCertificate(CallbackData, prefix="certificate"):
    """The certificate, or what name it is to bear."""

    module: Id


class MakeCertificate(CallbackData, prefix="makecert"):
    """`form`: of the name that was shown when the button was drawn."""

    module: Id
    form: Form


class SendCertificate(CallbackData, prefix="sendcert"):
    module: Id


class RenameCertificate(CallbackData, prefix="namecert"):
    module: Id
