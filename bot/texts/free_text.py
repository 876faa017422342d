"""What is said to words that nobody has asked for."""

from bot.texts import _, __
from bot.texts.format import cut, day, label, money, safe
from db.payments.purchases import PurchaseSummary

CHECK_PAYMENT = __("🔎 Check payment")
ANOTHER_ORDER = __("Did you pay another order?")
MY_PAYMENTS = __("🧾 My payments")
EMAIL = __("That looks like an e-mail address. Your account's address is set in your profile.")
EMAIL_UNREGISTERED = __("That looks like an e-mail address. I shall ask for one when it is needed.")
QUESTION_ENDED = __("The question before is closed: I no longer wait for its answer.")


def i_am_a_bot(contact: str | None, *, unpaid: bool) -> str:
    parts = [_("I am a bot and understand buttons.")]
    if unpaid:
        parts.append(_("If it is about your payment, press “Check payment”."))
    return " ".join([*parts, *_human(contact)])


def order(one: PurchaseSummary) -> str:
    return label(f"🔎 {one.product}", f" · {money(one.amount, one.currency)}")


def nothing_open(last: PurchaseSummary | None, contact: str | None) -> str:
    """To who asks for their money or access, where no order is open."""
    if last is None:
        said = _(
            "I see no payment of yours. If you paid from another Telegram account, write to me from there."
        )
    else:
        said = _("No order is open. Your last payment: {product}, {price}, {day}.").format(
            product=cut(last.product),
            price=money(last.amount, last.currency),
            day=day(last.purchased_at or last.created_at),
        )
    return " ".join([said, *_human(contact)])


def _human(contact: str | None) -> list[str]:
    return [_("To reach a human: {contact}").format(contact=safe(contact))] if contact else []
