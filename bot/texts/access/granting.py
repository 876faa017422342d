"""Wording of giving and taking access step by step."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.access.grants import state
from bot.texts.access.many import count_people
from bot.texts.format import cut, person, safe
from bot.texts.format import days as in_days
from db.access.plans import GrantPlan
from db.accounts.people import AccountSummary

TITLES = {
    "grant": __("🎁 <b>Give access</b>"),
    "extend": __("➕ <b>Extend access</b>"),
    "revoke": __("✂️ <b>Shorten access</b>"),
}
ASK_WHO = __(
    "Who is it? Send an e-mail, a <code>@username</code>, part of the name, a phone, or # and the account's number;"
    " or share their contact, or forward a message of theirs. Of many: a line for each, or a CSV or text file."
)
WHICH = __("Which one is it?")
MORE = __("There are more: please say it more exactly.")
ASK_PRODUCT = __("Which course?")
NO_PRODUCTS = __("There are no courses yet.")
ASK_DAYS = __("For how many days? Choose, or send a number.")
ASK_DAYS_TAKEN = __("By how many days? Choose, or send a number.")
ASK_REASON = __("What is the reason? It is kept in the history; the learner does not see it.")
CHANGED = __("The access has changed meanwhile. This is how it is now:")
CONFIRM = __("✅ Confirm")
CLOSE = __("✂️ Close the access")
ALL_LEFT = __("All that are left")
REASON = __("✍️ Reason")
DROP = __("✖️ Cancel")
DROPPED = __("All right, nothing was changed.")


def so_far(action: str, who: AccountSummary | int | None, product: str | None, days: int | None) -> str:
    lines = [str(TITLES[action])]
    if isinstance(who, int):
        lines.append(_("Who: {person}").format(person=count_people(who)))
    elif who is not None:
        lines.append(_("Who: {person}").format(person=person(who)))
    if product is not None:
        lines.append(_("Product: {product}").format(product=cut(product, 80)))
    if days is not None:
        lines.append(_("Days: {days}").format(days=days))
    return "\n".join(lines)


def preview(action: str, plan: GrantPlan, who: AccountSummary, reason: str, now: datetime) -> str:
    endless = _("open forever")
    before = endless if plan.before and plan.before.ends_at is None else state(plan.end_before, now)
    after = endless if plan.ends_at is None else state(plan.ends_at, now)
    sign = "+" if plan.days > 0 else "−"
    lines = [
        so_far(action, who, plan.product, None),
        f"{sign}{in_days(abs(plan.days))}: {before} → <b>{after}</b>",
    ]
    if reason:
        lines.append(_("Reason: {reason}").format(reason=safe(reason)))
    if plan.is_too_much:
        lines.append("\n" + _("That is more than is left. Close the access altogether?"))
    return "\n".join(lines)


def people(found: Sequence[AccountSummary], *, more: bool) -> str:
    lines = [str(WHICH), *(f"• {person(one)}" for one in found)]
    return "\n".join([*lines, str(MORE)] if more else lines)
