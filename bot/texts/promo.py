"""Wording of promo codes, for who redeems them and for admins."""

from collections.abc import Sequence

from bot.texts import _, __, plural
from bot.texts.format import cut, days, safe
from db.promo import PromoSummary

ASK = __("Send me the promo code as a message. /cancel stops this.")
TEXT_PLEASE = __("A promo code is a word: please send it as text. /cancel stops this.")
MAKE_ONE = __("Make a promo code")


def made(promo: PromoSummary, link: str | None) -> str:
    lines = [
        _("✅ The promo code {code} is ready.").format(code=f"<code>{safe(promo.code)}</code>"),
        _("{days} of “{product}”, {people}, once each.").format(
            days=days(promo.days),
            product=cut(promo.product, 80),
            people=plural("up to {count} person", "up to {count} people", promo.most),
        ),
    ]
    if link is not None:
        lines.append(_("Link: {link}").format(link=safe(link)))
    else:
        lines.append(
            _(
                "There is no link to it: a link takes only letters A-Z, digits, _ and -, 58 at most."
                " It is typed: <code>/promo {code}</code>"
            ).format(code=safe(promo.code))
        )
    return "\n".join(lines)


def promos(promos: Sequence[PromoSummary], more: bool) -> str:
    title = "<b>" + _("Promo codes") + "</b>"
    if not promos:
        return title + "\n\n" + _("None yet. /promo_new makes one.")
    text = title + "\n\n" + "\n".join(_line(promo) for promo in promos)
    return text + "\n\n" + _("Older ones are not shown.") if more else text


def _line(promo: PromoSummary) -> str:
    mark = "🟢" if promo.used < promo.most else "⏸"
    return f"{mark} " + _("{code}: {days} of “{product}”, used {used} of {most}").format(
        code=f"<code>{cut(promo.code, 64)}</code>",
        days=days(promo.days),
        product=cut(promo.product),
        used=promo.used,
        most=promo.most,
    )
