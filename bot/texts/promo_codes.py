"""Wording of promo codes for admins."""

from collections.abc import Sequence

from bot.texts import _, __, plural
from bot.texts.format import cut, day, days, label, moment, safe
from db.promo import PromoSummary
from db.promo_codes import BatchSummary, PromoUser, SwitchedCode

MAKE_ONE = __("➕ Make a promo code")
MAKE_MANY = __("🎟 Many for one use each")
ALL_CODES = __("← All promo codes")
ALL_BATCHES = __("← All batches")
SWITCH_OFF = __("⏸ Switch off")
SWITCH_ON = __("🟢 Switch on")
LIMIT = __("👥 Number of uses")
PICTURE = __("🔳 QR code")
FILE = __("📄 Codes as a file")
OFF_ALL = __("⏸ Switch off all codes")
ON_ALL = __("🟢 Switch on all codes")
SURE = __("⏸ Yes, all of them")
BACK = __("← Back")
ALREADY_OFF = __("It is off already.")
ALREADY_ON = __("It is on already.")
ON_ITS_WAY = __("On its way…")
ASK_CODE = __("What is the code? Send a word, or let me make one up.")
GENERATE = __("🎲 Make one up")
ASK_PRODUCT = __("Which course?")
NO_PRODUCTS = __("There are no courses yet.")
ASK_DAYS = __("For how many days? Choose, or send a number.")
ASK_PEOPLE = __("For how many people? Choose, or send a number.")
ASK_CODES = __("How many codes? Choose, or send a number, at most 1,000.")
CONFIRM = __("✅ Make it")
CONFIRM_MANY = __("✅ Make them")
DROP = __("✖️ Cancel")
DROPPED = __("All right, nothing was made.")
COLUMNS = (__("Code"), __("Link"), __("State"), __("Used by"), __("Used on"))
PICTURE_CAPTION = __("QR code of the promo code {code}: {link}")
OFF_STATE = __("switched off")
TITLE_ONE = __("🎟 <b>New promo code</b>")
TITLE_MANY = __("🎟 <b>Many codes for one use each</b>")


# --- lists ---


def promos(found: Sequence[PromoSummary]) -> str:
    title = "<b>" + _("Promo codes") + "</b>"
    if not found:
        return title + "\n\n" + _("None yet.")
    return title + "\n\n" + "\n".join(_line(promo) for promo in found)


def _line(promo: PromoSummary) -> str:
    return f"{_mark(promo)} " + _("{code}: {days} of “{product}”, used {used} of {most}").format(
        code=f"<code>{cut(promo.code, 64)}</code>",
        days=days(promo.days),
        product=cut(promo.product),
        used=promo.used,
        most=promo.most if promo.off_most is None else promo.off_most,
    )


def _mark(promo: PromoSummary) -> str:
    if promo.off_most is not None:
        return "⏸"
    return "🟢" if promo.used < promo.most else "✅"


def promo_button(promo: PromoSummary) -> str:
    return label(f"{_mark(promo)} {promo.code}", room=20)


def batches_button(count: int) -> str:
    return plural("🎟 {count} batch", "🎟 {count} batches", count)


def batches(found: Sequence[BatchSummary]) -> str:
    title = "<b>" + _("Batches of codes") + "</b>"
    if not found:
        return title + "\n\n" + _("None yet.")
    return title + "\n\n" + "\n".join(_batch_line(batch) for batch in found)


def _batch_line(batch: BatchSummary) -> str:
    return _("#{id}, {day}: {codes}, {days} of “{product}”, used {used}").format(
        id=batch.id,
        day=day(batch.created_at),
        codes=count_codes(batch.count),
        days=days(batch.days),
        product=cut(batch.product),
        used=batch.used,
    )


def batch_button(batch: BatchSummary) -> str:
    return f"#{batch.id}"


def count_codes(count: int) -> str:
    return plural("{count} code", "{count} codes", count)


# --- one code, one batch ---


def made(promo: PromoSummary, link: str | None) -> str:
    headline = _("✅ The promo code {code} is ready.").format(code=f"<code>{safe(promo.code)}</code>")
    return "\n".join([headline, *_facts(promo, link)])


def card(promo: PromoSummary, link: str | None) -> str:
    state = {"⏸": str(OFF_STATE), "✅": _("run out"), "🟢": _("works")}[_mark(promo)]
    lines = [f"🎟 <b>{safe(promo.code)}</b> · {_mark(promo)} {state}", *_facts(promo, link)]
    most = promo.most if promo.off_most is None else promo.off_most
    lines.insert(2, _("Used: {used} of {most}").format(used=promo.used, most=most))
    return "\n".join(lines)


def _facts(promo: PromoSummary, link: str | None) -> list[str]:
    most = promo.most if promo.off_most is None else promo.off_most
    gives = _("{days} of “{product}”, {people}, once each.").format(
        days=days(promo.days),
        product=cut(promo.product, 80),
        people=plural("up to {count} person", "up to {count} people", most),
    )
    if link is not None:
        return [gives, _("Link: {link}").format(link=safe(link))]
    typed = _(
        "There is no link to it: a link takes only letters A-Z, digits, _ and -, 58 at most."
        " It is typed: <code>/promo {code}</code>"
    )
    return [gives, typed.format(code=safe(promo.code))]


def users_button(count: int) -> str:
    return plural("👤 {count} use", "👤 {count} uses", count)


def batch_title(batch_id: int) -> str:
    return _("Batch #{id}").format(id=batch_id)


def batch(one: BatchSummary) -> str:
    facts = _("Used: {used}, still to be used: {usable}.").format(used=one.used, usable=one.usable)
    off = one.count - one.used - one.usable
    gives = _("{codes}: {days} of “{product}”, one person each.").format(
        codes=count_codes(one.count), days=days(one.days), product=cut(one.product, 80)
    )
    lines = [f"🎟 <b>{batch_title(one.id)}</b> · {day(one.created_at)}", gives, facts]
    return "\n".join([*lines, _("Switched off: {count}.").format(count=off)] if off > 0 else lines)


def made_batch(one: BatchSummary) -> str:
    return _("✅ {codes} are ready; the file comes in a moment.").format(codes=count_codes(one.count))


def sure_off(one: BatchSummary) -> str:
    return _("Nobody will be able to use {codes} of this batch. They can be switched on again.").format(
        codes=count_codes(one.usable)
    )


def file_caption(one: BatchSummary) -> str:
    return _("Codes of batch #{id}: {days} of “{product}”, one person each.").format(
        id=one.id, days=days(one.days), product=cut(one.product)
    )


def cells(promo: PromoSummary, link: str | None, users: Sequence[PromoUser]) -> list[str]:
    """Of a code of a batch in its file; the columns are COLUMNS."""
    state = _("used") if users else str(OFF_STATE) if promo.used >= promo.most else _("free")
    names = ", ".join(_name(user) for user in users)
    return [promo.code, link or "", state, names, ", ".join(f"{user.used_at:%Y-%m-%d}" for user in users)]


def _name(user: PromoUser) -> str:
    name = _("deleted account") if user.deleted else user.name or ""
    return f"{name} #{user.user_id}".strip()


def users(title: str, found: Sequence[PromoUser], *, with_codes: bool) -> str:
    lines = [f"<b>{safe(title)}</b>", ""]
    for user in found:
        code = f" · <code>{safe(user.code)}</code>" if with_codes else ""
        lines.append(f"• {cut(_name(user), 60)} — {moment(user.used_at)}{code}")
    return "\n".join(lines if found else [*lines, _("Nobody has used it yet.")])


def user_button(user: PromoUser) -> str:
    return label(_name(user))


# --- the number of uses ---


def ask_limit(promo: PromoSummary) -> str:
    return _(
        "Used by {used} so far. How many people in all may use <b>{code}</b>? Choose, or send a number."
    ).format(used=promo.used, code=safe(promo.code))


def switched(code: SwitchedCode, *, on: bool) -> str:
    text = (
        _("🟢 On: up to {after} uses.")
        if on
        else _("⏸ Off: nobody can use it, uses so far stay as they are.")
    )
    return text.format(after=code.after)


# --- making ---


def so_far(
    code: str | None, product: str | None, in_days: int | None, count: int | None, *, batch: bool
) -> str:
    lines = [str(TITLE_MANY if batch else TITLE_ONE)]
    if code is not None:
        lines.append(_("Code: {code}").format(code=f"<code>{safe(code)}</code>"))
    if product is not None:
        lines.append(_("Product: {product}").format(product=cut(product, 80)))
    if in_days is not None:
        lines.append(_("Days: {days}").format(days=in_days))
    if count is not None:
        lines.append((_("Codes: {count}") if batch else _("People: {count}")).format(count=count))
    return "\n".join(lines)
