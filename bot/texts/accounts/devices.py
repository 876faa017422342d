"""Wording of where one is signed in, and of signing out."""

from collections.abc import Sequence

from bot.texts import _, __, plural
from bot.texts.format import cut, moment
from db.accounts.sessions import LiveSession

DEVICES = __("💻 Active sessions")
LOGOUT = __("🚪 Sign out")
END_OWN = __("Sign out here")
ENDED = __("The session is ended.")
END_OTHERS = __("End all other sessions")
END_OTHERS_SURE = __("Yes, end them")
KEEP = __("Leave them")
NO_OTHERS = __("There are no other sessions.")
SIGNED_OUT = __(
    "You are signed out in this chat: nothing of your account is shown here any more."
    " Your access stays yours. To come back, press the button or send /start."
)


def devices(found: Sequence[LiveSession], skip: int, total: int, own_device: int | None) -> str:
    """Numbered from `skip` on, as the buttons are."""
    lines = [_device(number, one, own_device) for number, one in enumerate(found, skip + 1)]
    return "💻 <b>" + _("Active sessions: {total}").format(total=total) + "</b>\n\n" + "\n\n".join(lines)


def _device(number: int, one: LiveSession, own_device: int | None) -> str:
    mine = one.device_id == own_device
    here = " — <b>" + _("this chat") + "</b>" if mine else ""
    lines = [f"{number}. {platform(one)}{here}"]
    if one.used_at is not None and not mine:
        lines.append(_("last used {moment}").format(moment=moment(one.used_at)))
    lines.append(_("signed in {moment}").format(moment=moment(one.created_at)))
    lines.append(_("valid until {moment}").format(moment=moment(one.expires_at)))
    return "\n".join(lines)


def platform(one: LiveSession) -> str:
    """The other application's own words are shown as they are."""
    if one.platform != "telegram":
        return cut(one.platform, 60)
    return f"Telegram, @{cut(one.username)}" if one.username else "Telegram"


def end(number: int) -> str:
    return _("End {number}").format(number=number)


def ask_end_others(count: int) -> str:
    sessions = plural("{count} other session", "{count} other sessions", count)
    return _(
        "End {sessions} of your account, on the school's site and in other chats? Only this chat stays signed in."
    ).format(sessions=sessions)


def others_ended(count: int) -> str:
    return plural("{count} session is ended.", "{count} sessions are ended.", count)
