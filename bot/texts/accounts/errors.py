"""What is said where accounts can't be joined, separated or deleted."""

from collections.abc import Callable
from typing import Any

from bot.texts import _
from bot.texts.format import safe
from db import account_errors as deletion
from db import errors


def account_changed(_refused: deletion.AccountChanged) -> str:
    return _("Your account has changed meanwhile, so nothing was deleted. Please look at it again: /delete")


def account_deleted(refused: deletion.AccountDeleted) -> str:
    return _("Account {account} was deleted by its person.").format(account=f"#{refused.user_id}")


def deletion_blocked(refused: deletion.DeletionBlocked) -> str:
    return _(
        "The account can't be deleted by itself: rows of the table <code>{table}</code> stand in the way."
        " Nothing was changed. Please tell the school, it can: /paysupport"
    ).format(table=safe(refused.table))


def not_mergeable(refused: errors.NotMergeable) -> str:
    account = f"#{refused.user_id}"
    match refused.reason:
        case "same account":
            return _("Both are the same account: there is nothing to join.")
        case "merged":
            return _("Account {account} has been joined to another one already.").format(account=account)
        case "deleted":
            return _("Account {account} was deleted by its person.").format(account=account)
        case "site account":
            return _(
                "Account {account} was not made in Telegram, so it can't be joined to another one."
            ).format(account=account)
        case _:
            return _(
                "Account {account} is used outside Telegram as well, so it can't be joined to another one."
            ).format(account=account)


def merge_blocked(refused: errors.MergeBlocked) -> str:
    return _(
        "The accounts can't be joined: rows of the table <code>{table}</code> can't be moved. Nothing was changed."
    ).format(table=safe(refused.table))


def merge_not_undoable(refused: errors.MergeNotUndoable) -> str:
    match refused.reason:
        case "unknown" | "undone":
            return _("These accounts are not joined any more.")
        case "too late":
            return _("Joined accounts can be separated for 30 days. That is over.")
        case "merged again":
            return _("The account was joined to another one since. Please separate these first.")
        case "deleted":
            return _("The account was deleted by its person since, so it can't be separated any more.")
        case "moved":
            return _("The chat signs in to another account since, so it can't be separated any more.")
        case _:
            return _(
                "The days of access were changed outside the bot since, so they can't be divided any more."
            )


# Each is found by the type of its argument.
WORDINGS: tuple[Callable[[Any], str], ...] = (
    account_changed,
    account_deleted,
    deletion_blocked,
    not_mergeable,
    merge_blocked,
    merge_not_undoable,
)
