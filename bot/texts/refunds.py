"""Wording of refunds: what one will do, before it is confirmed, and what became of the question."""

from datetime import datetime

from bot.texts import _, __
from bot.texts.access.grants import state
from bot.texts.format import cut, days, moment, money, person
from db.accounts.people import AccountSummary
from db.payments.methods import STARS
from db.refunds.requests import RefundPlan

DROP = __("Don't return")
WHOSE = __("↩️ Whose payment is to be returned?")
DROPPED = __("All right, nothing is returned.")


def description(refund_id: int, purchase_id: int) -> str:
    """As the provider's dashboard shows it; at most 250 characters."""
    return _("Refund #{refund} of payment #{purchase}").format(refund=refund_id, purchase=purchase_id)


def preview(plan: RefundPlan, learner: AccountSummary, now: datetime) -> str:
    purchase, currency = plan.purchase, plan.purchase.currency
    gone = plan.balance.refunded + plan.balance.pending
    lines = [
        _("↩️ <b>Refund of payment #{id}</b>").format(id=purchase.id),
        _("Who: {person}").format(person=person(learner)),
        _("Product: {product}").format(product=cut(purchase.product, 80)),
        _("Paid: {price}, {moment}").format(
            price=money(purchase.amount, currency), moment=moment(purchase.at or now)
        ),
    ]
    if gone:
        lines.append(_("Returned before: {price}").format(price=money(gone, currency)))
    lines += [
        "",
        _("To be returned: <b>{price}</b>").format(price=money(plan.amount, currency)),
        access(plan, now),
        _("The money goes back the way it was paid. This can't be undone."),
    ]
    return "\n".join(lines)


def access(plan: RefundPlan, now: datetime) -> str:
    balance, module = plan.balance, cut(plan.purchase.module, 80)
    if balance.endless:
        return _("Access to “{module}” is forever and stays so.").format(module=module)
    if plan.days == 0 or balance.access_end is None:
        return _("Access to “{module}” does not change.").format(module=module)
    return _("Access to “{module}” gets shorter by {days}: now {before}, then {after}.").format(
        module=module,
        days=days(plan.days),
        before=state(balance.access_end, now),
        after=state(plan.ends_at, now),
    )


def confirm(plan: RefundPlan) -> str:
    return _("Return {price}").format(price=money(plan.amount, plan.purchase.currency))


def asked(plan: RefundPlan) -> str:
    text = _("⏳ Refund of payment #{id}: {price} is being returned. I will tell you when it is done.")
    if plan.purchase.provider == STARS:
        text = _("⏳ Refund of payment #{id}: {price} go back to the payer. I will tell you when it is done.")
    return text.format(id=plan.purchase.id, price=money(plan.amount, plan.purchase.currency))
