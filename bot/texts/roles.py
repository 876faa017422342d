"""Wording of roles: who has which, and what it lets them do."""

from collections.abc import Sequence

from babel.support import LazyProxy

from bot.texts import _, __
from bot.texts.format import cut, day, label, person
from db.accounts.people import AccountSummary, ChatContact
from db.roles import Role, RoleHolder

NOT_ALLOWED = __("This button is not for you: you don't have the rights for it, or not any more.")
NAMES = {None: __("no role"), Role.MANAGER.value: __("manager"), Role.TEACHER.value: __("teacher")}
# As people write them after /roles WHO.
WORDS = {
    "manager": Role.MANAGER, "менеджер": Role.MANAGER,
    "teacher": Role.TEACHER, "учитель": Role.TEACHER, "преподаватель": Role.TEACHER,
    "none": None, "no": None, "нет": None,
}  # fmt: skip
MAY = {
    Role.MANAGER.value: __(
        "Learners' cards and payments, access, promo codes, conversations with learners. No refunds, no catalogue."
    ),
    Role.TEACHER.value: __(
        "How learning goes; writing, withdrawing and unlocking lessons; conversations with learners. No payments, no"
        " prices."
    ),
}
GIVE = __("➕ Give a role")
CHOICES: tuple[tuple[Role | None, LazyProxy], ...] = (
    (Role.MANAGER, __("🗂 Manager")),
    (Role.TEACHER, __("🎓 Teacher")),
    (None, __("✖️ Take the role away")),
)
CONFIRM = __("✅ Confirm")
DROP = __("✖️ Cancel")
BACK = __("👥 All roles")
CHANGED = __("The role has changed meanwhile. This is how it is now:")
ASK_WHO = __(
    "Who is it? Send an e-mail, a <code>@username</code>, part of the name, or # and the account's number;"
    " or share their contact, or forward a message of theirs."
)
WHICH_CHAT = __("A role is for one Telegram. Which of theirs?")
NO_CHAT = __("They don't use this bot: a role is for who writes here from their own Telegram.")
OWNER = __(
    "An owner may do everything. Owners are in the setting ADMIN_IDS, which can't be changed from the chat."
)


def name(role: str | None) -> str:
    return str(NAMES.get(role, cut(role)))


def roles(owners: Sequence[str], holders: Sequence[RoleHolder]) -> str:
    lines = [
        "<b>" + _("Roles") + "</b>",
        "",
        _("Owners: {names}").format(names=", ".join(cut(one) for one in owners)),
    ]
    lines += [
        _("{person}: {role}, since {day}").format(
            person=f"{cut(one.name)} (#{one.user_id or '—'})", role=name(one.role), day=day(one.since)
        )
        for one in holders
    ]
    about = [f"<b>{name(role)}</b>: {may}" for role, may in MAY.items()]
    return "\n".join([*lines, "", *about])


def holder_button(one: RoleHolder) -> str:
    return label(one.name, f" · {name(one.role)}")


def chat_button(one: ChatContact) -> str:
    return label(f"@{one.username}" if one.username else one.telegram_id)


def _who(who: AccountSummary | None, telegram_id: int) -> str:
    return person(who) if who else f"Telegram <code>{telegram_id}</code>"


def card(who: AccountSummary | None, telegram_id: int, role: str | None, *, owner: bool) -> str:
    lines = [_who(who, telegram_id), f"Telegram: <code>{telegram_id}</code>"]
    lines.append(str(OWNER) if owner else _("Role: {role}").format(role=name(role)))
    if not owner and role in MAY:
        lines.append(str(MAY[role]))
    return "\n".join(lines)


def preview(who: AccountSummary | None, telegram_id: int, before: str | None, after: Role | None) -> str:
    lines = [
        _who(who, telegram_id),
        f"Telegram: <code>{telegram_id}</code>",
        _("Role: {before} → <b>{after}</b>").format(before=name(before), after=name(after)),
    ]
    lines.append(
        str(MAY[after.value]) if after else _("Buttons of admins that they have will not work any more.")
    )
    return "\n".join(lines)


def done(who: AccountSummary | None, telegram_id: int, role: Role | None) -> str:
    if role is None:
        return _("✅ {person} has no role any more.").format(person=_who(who, telegram_id))
    return _("✅ {person} is {role} now.").format(person=_who(who, telegram_id), role=name(role))


def told(role: str | None) -> str:
    """To who has it."""
    if role is None:
        return _("You don't have a role at the school any more: the admins' commands do not work for you.")
    return _("The school has given you a role: <b>{role}</b>.").format(role=name(role)) + (
        f"\n{MAY[role]}" if role in MAY else ""
    )
