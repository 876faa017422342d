"""Wording of deleting one's account: what goes, what stays, and the word that confirms it."""

from collections.abc import Iterator

from bot.texts import LANGUAGES, _, __, i18n, plural
from bot.texts.format import cut, until
from db.deleting.deleting import DeletionKind, DeletionPlan
from db.normal import clean_text

DELETE = __("🗑 Delete account")
KEEP = __("Keep my account")
WORD = __("DELETE")
SHOWN = 10  # courses


def ask(plan: DeletionPlan) -> str:
    lines = _erased(plan) if plan.kind is DeletionKind.ERASED else _disconnected(plan)
    return "\n".join((*lines, "", *_last(plan)))


def _erased(plan: DeletionPlan) -> Iterator[str]:
    yield "🗑 <b>" + _("Delete the account?") + "</b>"
    yield ""
    yield _("Gone for good:")
    yield _("• your name, e-mail and phone, your progress and answers, and all sign-ins")
    if plan.certificates:
        yield _("• your certificates: whoever checks their numbers is told that they are void")
    for one in plan.access[:SHOWN]:
        yield _("• access to “{module}”, open {until}").format(
            module=cut(one.module), until=until(one.ends_at)
        )
    if len(plan.access) > SHOWN:
        yield _("• and more courses: {count}").format(count=len(plan.access) - SHOWN)
    if plan.payments or plan.codes:
        yield ""
        yield _("Kept, without your name:")
    if plan.payments:
        payments = plural("{count} payment", "{count} payments", plan.payments)
        yield _("• {payments} and their receipts: the law requires it").format(payments=payments)
    if plan.codes:
        yield _("• that a promo code was used: it does not work a second time, in a new account either")


def _disconnected(plan: DeletionPlan) -> Iterator[str]:
    yield "🗑 <b>" + _("Disconnect this chat?") + "</b>"
    yield ""
    yield _(
        "You also sign in to this account elsewhere, on the school's site for one. So the account stays there, with its"
        " access, payments and progress; there it can be deleted, too."
    )
    yield ""
    yield _("Gone for good: the sign-in from Telegram, and what you have written in this chat.")


def _last(plan: DeletionPlan) -> Iterator[str]:
    if plan.chats > 1:
        yield plural(
            "It concerns {count} chat of yours.", "It concerns all {count} chats of yours.", plan.chats
        )
    if plan.orders:
        yield _("Open orders are closed.")
    yield _("This can't be undone. To confirm, send the word <code>{word}</code>.").format(word=WORD)


def wrong_word() -> str:
    return _(
        "Nothing was deleted. To confirm, send the word <code>{word}</code>;"
        " anything else is left as it is with /cancel."
    ).format(word=WORD)


def done(kind: DeletionKind) -> str:
    if kind is DeletionKind.ERASED:
        return _("Your account is deleted. Thank you for having been here. With /start you begin anew.")
    return _(
        "This chat is disconnected: nothing of the account is shown here any more."
        " The account stays on the school's site. With /start you begin anew."
    )


def is_word(text: str) -> bool:
    """In whatever language it was shown, and however it is quoted."""
    said = clean_text(text).strip(" .!«»\"'“”„").casefold()
    return any(said == i18n.gettext("DELETE", locale=language).casefold() for language in LANGUAGES)
