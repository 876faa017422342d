"""Wording of the admins' overview and of what they see of a person."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.format import cut, moment, money, zoned
from bot.texts.roles import name as role_name
from db.stats import Figures, HeldJobs, Overview
from db.tables import FailedUpdate

PERIODS = (__("💰 Paid today"), __("7 days"), __("30 days"))

# Two in a row, on a phone.
BUTTONS = {
    "grant": __("Give access"),
    "revoke": __("Shorten it"),
    "promo_new": __("New promo code"),
    "promos": __("Promo codes"),
    "offer": __("New offer"),
    "offers": __("Offers"),
    "user": __("Find a person"),
    "link": __("Join accounts"),
    "refund": __("Give money back"),
    "support": __("Conversations"),
    "history": __("History"),
    "questions": __("Learning"),
    "catalog": __("Catalogue"),
    "roles": __("Helpers"),
}
ALERTS = __("⚠️ Look into the alarms")


def overview(
    found: Overview,
    figures: Figures,
    failed: Sequence[FailedUpdate],
    held: Sequence[HeldJobs],
    now: datetime,
) -> str:
    lines = [
        "<b>" + _("Administration") + f"</b>, {zoned(now)}",
        "",
        *_money(figures),
        _("Access ends within a week: {count} · waiting for payment: {waiting}").format(
            count=figures.ending, waiting=found.waiting
        ),
        "",
        _("Learners: {people} · with access: {learning} · chats: {chats}").format(
            people=found.people, chats=found.chats, learning=found.learning
        ),
        _("On sale: {offers} offers · products: {products} · courses: {modules}").format(
            offers=found.offers, products=found.products, modules=found.modules
        ),
        "",
        *_troubles(found, failed, held),
    ]
    return "\n".join(lines)


def helpers_overview(role: str | None, now: datetime) -> str:
    """Of who helps the owners."""
    return (
        "<b>"
        + _("Administration")
        + f"</b>, {zoned(now)}\n"
        + _("Your role: {role}").format(role=role_name(role))
    )


def _money(figures: Figures) -> list[str]:
    return [f"{period}: {_period(figures, at)}" for at, period in enumerate(PERIODS)]


def _period(figures: Figures, at: int) -> str:
    """How many paid, how much, of whom for the first time, and what was returned."""
    count = sum(sums[at][0] for sums in figures.paid.values())
    parts = [str(count), *(money(sums[at][1], one) for one, sums in figures.paid.items() if sums[at][0])]
    if figures.newcomers[at]:
        parts.append(_("for the first time: {count}").format(count=figures.newcomers[at]))
    returned = [money(sums[at], one) for one, sums in figures.returned.items() if sums[at]]
    if returned:
        parts.append(_("returned: {price}").format(price=", ".join(returned)))
    return " · ".join(parts)


def _troubles(found: Overview, failed: Sequence[FailedUpdate], held: Sequence[HeldJobs]) -> list[str]:
    lines = []
    if found.alarms:
        lines.append(_("⚠️ Alarms not yet solved: {count}").format(count=found.alarms))
    if found.parked:
        lines.append(_("⚠️ Unmatched payments: {count}").format(count=found.parked))
    if found.failed_updates:
        lines.append(_("⚠️ Payment updates that failed: {count}").format(count=found.failed_updates))
        lines += [_failed(one) for one in failed]
    if found.held_jobs:
        lines.append(_("⚠️ Jobs held after a day of failing: {count}").format(count=found.held_jobs))
        lines += [f"• {cut(one.job)}: {one.count}" for one in held]
    return lines or [_("✅ All clear: no alarms, no failures.")]


def _failed(one: FailedUpdate) -> str:
    return "• " + _("#{id} of {moment}, tries: {tries}: {error}").format(
        id=one.id, moment=moment(one.created_at), tries=one.tries, error=cut(one.error, 120)
    )
