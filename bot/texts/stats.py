"""Wording of the admins' overview and of what they see of a person."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.format import cut, moment, zoned
from db.stats import HeldJobs, Overview
from db.tables import FailedUpdate

SHOWN = 15  # modules of a person

ALERTS = __("⚠️ Look into the alarms")


def overview(found: Overview, failed: Sequence[FailedUpdate], held: Sequence[HeldJobs], now: datetime) -> str:
    lines = [
        "<b>" + _("Administration") + f"</b>, {zoned(now)}",
        "",
        _("Learners: {people} · with access: {learning} · chats: {chats}").format(
            people=found.people, chats=found.chats, learning=found.learning
        ),
        _("On sale: {offers} offers · products: {products} · courses: {modules}").format(
            offers=found.offers, products=found.products, modules=found.modules
        ),
        _("Payments: {paid} · last 7 days: {lately} · waiting: {waiting}").format(
            paid=found.paid, lately=found.paid_lately, waiting=found.waiting
        ),
        "",
        *_troubles(found, failed, held),
    ]
    return "\n".join(lines)


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
