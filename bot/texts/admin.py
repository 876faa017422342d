"""Wording of the admins' overview and of what they see of a person."""

from collections.abc import Sequence
from datetime import datetime

from bot.texts import _, __
from bot.texts.format import days, moment, money
from bot.texts.grants import state
from bot.texts.payments.purchases import status
from bot.texts.people import person, short
from db.access.changes import AccessPeriod
from db.accounts.people import AccountSummary, ChatContact
from db.payments.purchases import PurchaseSummary
from db.stats import FailedPaymentUpdate, HeldJobs, Overview

SHOWN = 15  # modules of a person

ALERTS = __("⚠️ Look into the alarms")


def overview(
    found: Overview, failed: Sequence[FailedPaymentUpdate], held: Sequence[HeldJobs], now: datetime
) -> str:
    lines = [
        "<b>" + _("Administration") + f"</b>, {moment(now)}",
        "",
        _("People: {people} registered, {chats} chats, {learning} with open access").format(
            people=found.people, chats=found.chats, learning=found.learning
        ),
        _("On sale: {offers} offers of {products} products in {modules} modules").format(
            offers=found.offers, products=found.products, modules=found.modules
        ),
        _("Payments: {paid} in all, {lately} in the last 7 days, {waiting} waiting for the payer").format(
            paid=found.paid, lately=found.paid_lately, waiting=found.waiting
        ),
        "",
        *_troubles(found, failed, held),
    ]
    return "\n".join(lines)


def _troubles(found: Overview, failed: Sequence[FailedPaymentUpdate], held: Sequence[HeldJobs]) -> list[str]:
    lines = []
    if found.alarms:
        lines.append(_("⚠️ Alarms not yet solved: {count}").format(count=found.alarms))
    if found.parked:
        lines.append(_("⚠️ Payments nobody claims: {count}").format(count=found.parked))
    if found.failed_updates:
        lines.append(_("⚠️ Payment updates that failed: {count}").format(count=found.failed_updates))
        lines += [_failed(one) for one in failed]
    if found.held_jobs:
        lines.append(_("⚠️ Jobs held after a day of failing: {count}").format(count=found.held_jobs))
        lines += [f"• {short(one.job)}: {one.count}" for one in held]
    return lines or [_("✅ Nothing waits for you: no alarms, no failed updates, no held jobs.")]


def _failed(one: FailedPaymentUpdate) -> str:
    return "• " + _("№{id} of {moment}, tries: {tries}: {error}").format(
        id=one.id, moment=moment(one.created_at), tries=one.tries, error=short(one.error, 120)
    )


def card(
    who: AccountSummary,
    contacts: Sequence[ChatContact],
    openings: Sequence[AccessPeriod],
    bought: Sequence[PurchaseSummary],
    sessions: int,
    now: datetime,
) -> str:
    nothing = "—"
    seen = moment(who.last_seen) if who.last_seen else nothing
    lines = [
        person(who),
        _("Phone: {phone}").format(phone=short(who.phone) or nothing),
        _("Registered: {moment}").format(moment=moment(who.created_at)),
        _("Last seen: {moment}").format(moment=seen),
        _("Live sessions: {count}").format(count=sessions),
        "",
        "<b>" + _("Chats") + "</b>",
        *([_contact(one) for one in contacts[:SHOWN]] or [nothing]),
        "",
        "<b>" + _("Access") + "</b>",
        *([_opening(one, now) for one in openings[:SHOWN]] or [nothing]),
        "",
        "<b>" + _("Last payments") + "</b>",
        *([_bought(one) for one in bought] or [nothing]),
    ]
    return "\n".join(lines)


def _contact(one: ChatContact) -> str:
    name = f" @{short(one.username)}" if one.username else ""
    note = "" if one.met else " " + _("(never wrote to this bot)")
    blocked = " " + _("(has blocked the bot)") if one.blocked else ""
    return f"<code>{short(one.telegram_id)}</code>{name}{note}{blocked}"


def _opening(one: AccessPeriod, now: datetime) -> str:
    found = _("open for ever") if one.ends_at is None else state(one.ends_at, now)
    return f"{short(one.module)}: {found}"


def _bought(one: PurchaseSummary) -> str:
    return _("№{id} of {moment}: {product}, {days}, {price}, {status} ({provider})").format(
        id=one.id,
        moment=moment(one.purchased_at or one.created_at),
        product=short(one.product),
        days=days(one.days),
        price=money(one.amount, one.currency),
        status=short(status(one.status)),
        provider=short(one.provider),
    )
