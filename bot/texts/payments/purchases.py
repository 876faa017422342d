"""Wording of /purchases, and of a purchase's timeline."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum, auto

from bot.texts import _, __
from bot.texts.format import cut, day, days, money, safe, short, until
from db.payments.methods import YOOKASSA, PaymentMethod
from db.payments.purchases import PurchaseSummary
from db.payments.timeline import AccessOpened, AttemptEvents, Timeline

ALL_PAID = __("✅ Everything is paid.")
NOTHING_PAID = __("You have no payments yet.")
MY_ACCESS = __("My access")
TO_LESSONS = __("▶️ To the lessons")
CHECKING = __("Checking the payment…")


class CheckStage(Enum):
    """How far a check at the provider has come. PUSHED: it can't be asked, and notifies us by itself."""

    NOTHING = auto()
    ASKING = auto()
    UNAVAILABLE = auto()
    ANSWERED = auto()
    PUSHED = auto()


# Why a payment was canceled: YooKassa's `cancellation_details.reason`.
REASONS = {
    "expired_on_confirmation": __("the link has run out"),
    "insufficient_funds": __("not enough money on the card"),
    "card_expired": __("the card has expired"),
    "3d_secure_failed": __("the bank's confirmation failed"),
    "invalid_csc": __("the card's code was wrong"),
    "invalid_card_number": __("the card number was wrong"),
    "canceled_by_merchant": __("the school has canceled it"),
    "general_decline": __("it gave no reason"),
    "call_issuer": __("please call the bank"),
    "fraud_suspected": __("it suspects a fraud"),
    "issuer_unavailable": __("it does not answer right now"),
    "payment_method_limit_exceeded": __("the limit of payments is used up"),
    "payment_method_restricted": __("payments with this card are blocked"),
    "country_forbidden": __("cards of this country are not taken"),
}
NOT_THE_BANK = {"expired_on_confirmation", "canceled_by_merchant"}
STATUSES = {
    "pending": __("⏳ waiting for payment"),
    "succeeded": __("✅ paid"),
    "canceled": __("✖️ not paid"),
    "refunded": __("↩️ refunded"),
}
FOREIGN_STATUSES = {
    **dict.fromkeys(("paid", "success", "successful", "complete", "completed", "captured"), "succeeded"),
    **dict.fromkeys(("new", "created", "open", "processing", "waiting", "authorized"), "pending"),
    **dict.fromkeys(("cancelled", "failed", "declined", "rejected", "expired", "error"), "canceled"),
    **dict.fromkeys(("refund", "returned", "chargeback", "reversed"), "refunded"),
}
SAID = {
    "pending": __("not paid yet"),
    "waiting_for_capture": __("the bank has frozen the money, the school has to confirm the payment"),
    "mismatch": __("paid otherwise than ordered, the school looks into it"),
    "not credited": __("paid; the school has to open the access by hand"),
}


def status(name: str) -> str:
    """Statuses of the other application in our words where they mean the same, else as they are, on one line."""
    return str(STATUSES.get(FOREIGN_STATUSES.get(name.strip().lower(), name)) or cut(name))


def purchase(one: PurchaseSummary) -> str:
    at = one.purchased_at or one.created_at
    line = f"{title(one)} · {status(one.status)} {day(at)}"
    if one.refunded and one.status != "refunded":
        line += " · " + _("{price} returned").format(price=money(one.refunded, one.currency))
    return line


def title(one: PurchaseSummary) -> str:
    """Without its number in the database, which says how much the school sells."""
    return _("<b>{product}</b> · {days} · {price}").format(
        product=cut(one.product), days=days(one.days), price=money(one.amount, one.currency)
    )


def receipt(one: PurchaseSummary) -> Iterator[str]:
    """What the payer can show. Only YooKassa's registered one is a receipt in the sense of the law."""
    if one.status not in ("succeeded", "refunded") and not one.receipt:
        return
    number = one.receipt or one.payment_id
    if one.ours and one.provider == YOOKASSA:
        number = one.payment_id
        if one.receipt:
            yield _("🧾 The fiscal receipt is made out.")
    yield _("Transaction number: {number}").format(number=f"<code>{cut(number, 80)}</code>")


def purchases(found: list[PurchaseSummary]) -> str:
    if not found:
        return _("You have not bought anything yet.")
    listed = "\n\n".join(f"{place}. {purchase(one)}" for place, one in enumerate(found, 1))
    return _("🧾 <b>My payments</b>") + "\n\n" + listed + "\n\n" + _("Details by number:")


def check_number(place: int) -> str:
    """Begins as `orders.CHECK`. `place`: in the list above, from 1."""
    return _("🔎 Check payment {place}").format(place=place)


def details(place: int) -> str:
    return _("🧾 {place}").format(place=place)


def heard(status: str, stage: CheckStage) -> str:
    """In a moment's words, on the button that was pressed."""
    if status == "succeeded":
        return _("✅ Paid")
    match stage:
        case CheckStage.ASKING:
            return str(CHECKING)
        case CheckStage.UNAVAILABLE:
            return _("YooKassa does not answer right now")
        case _:
            return _("Not paid yet")


def declined(reason: str | None) -> str:
    """Why a payment did not come about, as a sentence."""
    known = REASONS.get(reason or "")
    if known is None:
        return _("The payment did not go through.")
    if reason in NOT_THE_BANK:
        return _("The payment did not go through: {why}.").format(why=known)
    return _("The bank declined: {why}.").format(why=known)


def timeline(found: Timeline, stage: CheckStage, now: datetime, support: str | None) -> str:
    """What happened, oldest first, and what to do now."""
    one = found.purchase
    events = "\n".join(
        f"{short(at)} — {what}" for at, what in sorted(_events(found), key=lambda event: event[0])
    )
    parts = [f"{title(one)}\n{status(one.status)}", events]
    if numbers := list(receipt(one)):
        parts.append("\n".join(numbers))
    parts += _now(found, stage, now)
    if support and one.status == "pending" and stage is not CheckStage.ASKING:
        parts.append(_("Takes too long? Write to {contact}").format(contact=safe(support)))
    return "\n\n".join(parts)


def _events(found: Timeline) -> Iterator[tuple[datetime, str]]:
    one = found.purchase
    yield one.created_at, _("order made")
    if found.attempt is not None:
        yield from _attempt(found.attempt, one)
    if one.purchased_at is not None:
        yield one.purchased_at, _("paid")
    if found.access is not None:
        yield found.access.at, _access(found.access)
    for refund in found.refunds:
        amount = money(refund.amount, one.currency)
        if not refund.done:
            yield refund.at, _("{price} is on its way back to you").format(price=amount)
        elif refund.days:
            yield (
                refund.at,
                _("{price} returned; access shorter by {days}").format(price=amount, days=days(refund.days)),
            )
        else:
            yield refund.at, _("{price} returned").format(price=amount)


def _attempt(attempt: AttemptEvents, one: PurchaseSummary) -> Iterator[tuple[datetime, str]]:
    if attempt.linked_at is not None:
        link = attempt.method is PaymentMethod.LINK
        yield attempt.linked_at, _("the payment link sent") if link else _("the invoice sent")
    if attempt.said_at is not None and one.purchased_at is None:
        yield (
            attempt.said_at,
            _("check: {answer}").format(answer=_said(attempt.said, one.status)),
        )


def _said(said: str | None, status: str) -> str:
    if status != "canceled":
        return str(SAID.get(said or "", safe(said)))
    return _("not paid") + in_brackets(said)


def in_brackets(reason: str | None) -> str:
    """Reasons are an open set (docs/facts.md#payment-life): unknown ones are left out."""
    known = REASONS.get(reason or "")
    return f" ({known})" if known else ""


def _access(opened: AccessOpened) -> str:
    return _("access opened: {days}, {until}").format(days=days(opened.days), until=until(opened.until))


def _now(found: Timeline, stage: CheckStage, now: datetime) -> Iterator[str]:
    """What comes next, and what the payer can do."""
    one = found.purchase
    match stage:
        case CheckStage.ASKING:
            yield f"⏳ {CHECKING}"
            return
        case CheckStage.UNAVAILABLE:
            yield _(
                "YooKassa does not answer right now. I keep checking, and tell you as soon as the payment arrives."
                " What you have paid is not lost."
            )
        case CheckStage.PUSHED if one.status == "pending":
            yield _(
                "This order is paid in Telegram: as soon as it is, Telegram tells me, and access opens at once."
            )
    match one.status:
        case "succeeded":
            return
        case "canceled":
            yield _("No money was charged.")
        case "pending" if found.attempt is not None:
            yield from _pending(found, stage, now)


def _pending(found: Timeline, stage: CheckStage, now: datetime) -> Iterator[str]:
    one, attempt = found.purchase, found.attempt
    assert attempt is not None
    if attempt.said in ("mismatch", "not credited"):
        yield _("The school knows of it. What you have paid is not lost.")
        return
    if attempt.method is PaymentMethod.LINK and one.link_ends_at is None:
        yield _("YooKassa has not confirmed the order yet. I keep trying; nothing can be charged twice.")
    elif one.link_ends_at is not None and one.link_ends_at <= now:
        yield _("The link can't be paid any more.")
    elif stage is CheckStage.ANSWERED:
        yield _("Not paid yet. I keep checking, and tell you at once.")
    if one.link_ends_at is not None and one.link_ends_at > now:
        yield _("The payment link works until {moment}.").format(moment=short(one.link_ends_at))
