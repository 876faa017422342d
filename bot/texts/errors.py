"""What each refusal of the database says to the person, found by its class."""

from functools import singledispatch

from babel.support import LazyProxy

from bot.chat.arguments import WrongArguments
from bot.chat.commands import Command
from bot.chat.rights import NotAllowed
from bot.texts import _, __, arguments, roles
from bot.texts import lessons as lesson_words
from bot.texts.accounts import connect as connect_words
from bot.texts.accounts import people as people_words
from bot.texts.format import day, fill, money, safe
from bot.texts.payments import purchases as purchase_words
from db import account_errors, certificates, errors
from db.lessons.unlocking import LessonWaits
from db.payments.methods import XTR
from db.promo import PromoOff
from db.promo_codes import LimitBelowUses, PromoGone
from db.support import ThreadUnknown

# The fault is ours.
APOLOGY = __("Something went wrong on our side, and nothing was changed. Please try again in a minute.")
PAYMENT_NOT_NOW = __(
    "The payment can't be taken right now. No money was charged. Please try again in a minute."
)
TOO_FAST = __(
    "That was a lot at once: I leave out what comes now. Please write again in half a minute."
    " Payments are taken all the same."
)


# In braces: what `fill` makes of their own data.
SAID: dict[type[errors.Refused], LazyProxy] = {
    errors.OfferGone: __("This offer is no longer there."),
    errors.MethodNotOffered: __(
        "This way of paying is not available for this offer. Please choose another one."
    ),
    errors.AccessNotOwned: __("This person has no access to this course, so there is nothing to shorten."),
    errors.AccessForEver: __("This access is forever: it can't be shortened. Nothing was changed."),
    errors.GrantUnknown: __("This grant is no longer in the history, so there is nothing to undo."),
    errors.AlreadyUndone: __("This was undone already."),
    errors.UndoTooLate: __(
        "This can be undone for ten minutes. Please shorten or extend the access instead."
    ),
    errors.TooManyTries: __("Too many tries. Please try again after {until}."),
    errors.PromoUnknown: __("There is no promo code <b>{code}</b>. Please check the spelling."),
    errors.PromoUsedUp: __("The promo code <b>{code}</b> has run out: all places are taken."),
    PromoOff: __("The promo code <b>{code}</b> is not valid any more."),
    errors.PromoExists: __("There is a promo code <b>{code}</b> already."),
    errors.CurrencyNotTaken: __(
        "No way to pay that is set up takes {currency}, so the offer is not on sale. It is set up by: {settings}."
    ),
    errors.ProductUnknown: __("There is no product {product_id}. “Products” in /offers lists them."),
    errors.PersonUnknown: __(
        "I can't find “{who}”. Please send an e-mail, a <code>@username</code>, a Telegram id, or # and the account's"
        " number."
    ),
    errors.PersonNotRegistered: __("{who} has written to the bot, but has not registered yet."),
    errors.AccessTooFar: __(
        "{days} is out of range: from 1 to 36500 days, and no access ends after the year 9000."
    ),
    NotAllowed: roles.NOT_ALLOWED,
    errors.DraftGone: __("This question is over: nothing was changed by this button. Please begin anew."),
    errors.LessonUnknown: __("This lesson is no longer there."),
    errors.LessonLocked: __("🔒 This lesson is locked. Access opens it."),
    errors.AttemptUnknown: __("This question is no longer there. Your lessons: /lessons"),
    errors.NothingTicked: __("First mark at least one answer."),
    errors.AnswerEmpty: __("I can't see any answer in that. Please write it in words."),
    errors.AnswerNoNumber: __("I need just a number here, such as 12 or -0.5. Nothing was counted."),
    errors.PurchaseUnknown: __("There is no such payment."),
    certificates.CourseNotFinished: __(
        "The certificate comes with the last lesson: some are still to be done."
    ),
    certificates.CourseRefunded: __(
        "The payment for this course was returned, so there is no certificate for it. A mistake? Write to the school."
    ),
    certificates.NameNotDrawable: __(
        "I have no letters to write this with: {signs}. Please write the name in other ones."
    ),
    certificates.NameUnreadable: __("I can't see a name in that. Please write it in letters."),
    PromoGone: __("It is no longer there."),
    ThreadUnknown: __("This conversation is no longer there."),
    errors.PurchaseForeign: __(
        "Payment #{purchase_id} was not made here but in the other application. Please return it there."
    ),
    errors.AmountTooLarge: __(
        "{price} is more than one order can bear. Please return it in the provider's dashboard, or give the"
        " access with /grant."
    ),
    errors.RefundByHand: __(
        "I can't find payment #{purchase_id} (<code>{payment_id}</code>) at its provider. "
        "Please return the money in the provider's dashboard, and shorten the "
        "access with /revoke if it does not go by itself."
    ),
    errors.SessionUnknown: __("This session has ended already."),
    errors.ParkedGone: __("This payment is assigned already, or was never parked."),
    errors.RefundGone: __(
        "This question is too old, or was dropped. Nothing was returned. Please send /refund again."
    ),
    account_errors.AccountChanged: __(
        "Your account has changed meanwhile, so nothing was deleted. Please look at it again: /delete"
    ),
    account_errors.AccountDeleted: __("Account #{user_id} was deleted by its person."),
    account_errors.DeletionBlocked: __(
        "The account can't be deleted by itself: rows of the table <code>{table}</code> stand in the way."
        " Nothing was changed. Please tell the school, it can: /paysupport"
    ),
    errors.MergeBlocked: __(
        "The accounts can't be joined: rows of the table <code>{table}</code> can't be moved. Nothing was changed."
    ),
}


def slip(wrong: errors.Refused, command: Command | None = None) -> str:
    """What was wrong of what was written, and how the `command` is; what was right of it is shown below, and kept."""
    what = arguments.problem(wrong) if isinstance(wrong, WrongArguments) else say(wrong)
    return f"⚠️ {what}" + (f"\n<code>{safe(arguments.pattern(command))}</code>" if command else "")


@singledispatch
def say(refused: errors.Refused) -> str:
    if type(refused) in SAID:
        return fill(SAID[type(refused)], refused)
    raise NotImplementedError(f"no words for {type(refused).__name__}")


@say.register
def _limit_below_uses(refused: LimitBelowUses) -> str:
    return _("The least is {least}: so many uses <b>{code}</b> has had already.").format(
        code=safe(refused.code), least=max(refused.used, 1)
    )


@say.register
def _promo_used_by_you(refused: errors.PromoUsedByYou) -> str:
    return _("You have already used the promo code <b>{code}</b>, on {day}.").format(
        code=safe(refused.code), day=day(refused.used_at)
    )


@say.register
def _price_not_taken(refused: errors.PriceNotTaken) -> str:
    return _(
        "No way to pay takes {price}: it has to be from {least} to {most}. The offer is not on sale."
    ).format(
        price=money(refused.amount, refused.currency),
        least=money(refused.least, refused.currency),
        most=money(refused.most, refused.currency),
    )


@say.register
def _name_too_long(refused: certificates.NameTooLong) -> str:
    return _(
        "That is {length} characters, and a certificate has room for {most}. Please write it shorter."
    ).format(length=refused.length, most=certificates.MAX_NAME)


@say.register
def _lesson_waits(refused: LessonWaits) -> str:
    return _("🔒 This lesson is still locked.") + " " + lesson_words.waits(refused.lock)


@say.register
def _name_unconfirmed(refused: errors.NameUnconfirmed) -> str:
    return people_words.not_confirmed(refused.who.removeprefix("@"))


@say.register
def _person_ambiguous(refused: errors.PersonAmbiguous) -> str:
    text = _("Several people match {who}. Please name the account by its id: #12").format(
        who=safe(refused.who[:64])
    )
    if not refused.user_ids:
        return text
    found = ", ".join(f"#{user_id}" for user_id in refused.user_ids[:10])
    return text + "\n" + _("These match: {accounts}").format(accounts=found)


@say.register
def _person_unproven(refused: errors.PersonUnproven) -> str:
    return _(
        "{who} is unproven: it was only typed, by {accounts}. If that is who you mean, name the account by its number."
    ).format(
        who=safe(refused.who[:64]), accounts=", ".join(f"#{user_id}" for user_id in refused.user_ids[:10])
    )


@say.register
def _wrong_arguments(wrong: WrongArguments) -> str:
    return arguments.wrong(wrong)


@say.register
def _not_refundable(refused: errors.NotRefundable) -> str:
    return _("Payment #{id} can't be returned: {status}.").format(
        id=refused.purchase_id, status=purchase_words.status(refused.status)
    )


@say.register
def _refund_too_much(refused: errors.RefundTooMuch) -> str:
    if refused.left == 0:
        return _("All of payment #{id} is returned already, or on its way.").format(id=refused.purchase_id)
    return _("Of payment #{id}, no more than {price} can be returned.").format(
        id=refused.purchase_id, price=money(refused.left, refused.currency)
    )


@say.register
def _stars_in_full_only(refused: errors.StarsInFullOnly) -> str:
    return _("Stars go back in full only: {price}. Please send /refund {id} without an amount.").format(
        price=money(refused.amount, XTR), id=refused.purchase_id
    )


@say.register
def _refund_asked(refused: errors.RefundAsked) -> str:
    match refused.status:
        case "succeeded":
            return _("This refund is done already.")
        case "canceled":
            return _("This refund was tried, and did not come about. Please send /refund again.")
        case _:
            return _("This refund is on its way already. I will tell you when it is done.")


@say.register
def _link_invalid(refused: errors.LinkInvalid) -> str:
    return str(connect_words.LINK_INVALID.get(refused.reason, connect_words.LINK_WRONG))


@say.register
def _not_connectable(refused: errors.NotConnectable) -> str:
    return str(connect_words.OBSTACLES.get(refused.reason, connect_words.OTHER_ACCOUNT))


@say.register
def _code_too_soon(refused: errors.CodeTooSoon) -> str:
    return connect_words.code_too_soon(refused.until)


@say.register
def _not_mergeable(refused: errors.NotMergeable) -> str:
    account = f"#{refused.user_id}"
    match refused.reason:
        case "same account":
            return _("Both are the same account: there is nothing to join.")
        case "merged":
            return _("Account {account} has been joined to another one already.").format(account=account)
        case "deleted":
            return fill(SAID[account_errors.AccountDeleted], refused)
        case "site account":
            return _(
                "Account {account} was not made in Telegram, so it can't be joined to another one."
            ).format(account=account)
        case _:
            return _(
                "Account {account} is used outside Telegram as well, so it can't be joined to another one."
            ).format(account=account)


@say.register
def _merge_not_undoable(refused: errors.MergeNotUndoable) -> str:
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
