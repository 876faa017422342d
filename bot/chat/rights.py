"""Who may do what: the owners, who are in the settings, and those to whom one of them has given a role (/roles).

Everything that not everybody may do asks here, whenever it is done: commands by their `right`
(`bot/chat/commands.py`), buttons and answers by their router (`handlers/filters.py`), jobs that tell what not everybody
may know by `may_now`.
"""

from collections.abc import Mapping
from enum import StrEnum, auto

from sqlalchemy.ext.asyncio import AsyncSession

from bot.settings import Settings
from db.chats import Person
from db.errors import Refused
from db.roles import Role, get_role, list_roles


class Right(StrEnum):
    """MONEY: refunds, figures and news of payments, alarms, payments nobody claims. HISTORY: what others did; what one
    did oneself is told to everybody who has a role."""

    PEOPLE = auto()
    GRANTS = auto()
    PROMO = auto()
    SUPPORT = auto()
    LESSONS = auto()
    QUESTIONS = auto()
    MONEY = auto()
    CATALOGUE = auto()
    LINK = auto()
    ROLES = auto()
    HISTORY = auto()


class NotAllowed(Refused):
    """The person has not the right, or not any more."""


Rights = frozenset[Right]
ALL = frozenset(Right)
NONE: Rights = frozenset()
OF_ROLE: Mapping[str | None, frozenset[Right]] = {
    Role.MANAGER: frozenset({Right.PEOPLE, Right.GRANTS, Right.PROMO, Right.SUPPORT}),
    Role.TEACHER: frozenset({Right.LESSONS, Right.QUESTIONS, Right.SUPPORT}),
}


def rights_of(person: Person, settings: Settings) -> frozenset[Right]:
    return _rights(person.telegram_id, person.role, settings)


def _rights(telegram_id: int, role: str | None, settings: Settings) -> frozenset[Right]:
    if telegram_id in settings.admin_ids:
        return ALL
    return OF_ROLE.get(role, NONE)


def may(person: Person, settings: Settings, *rights: Right) -> bool:
    """Whether the person has one of these rights, or, where none is named, any."""
    has = rights_of(person, settings)
    return not has.isdisjoint(rights) if rights else bool(has)


async def may_now(session: AsyncSession, settings: Settings, telegram_id: int, right: Right) -> bool:
    """In a job: the right may have been taken since it was enqueued."""
    return right in await get_rights(session, settings, telegram_id)


async def get_rights(session: AsyncSession, settings: Settings, telegram_id: int) -> frozenset[Right]:
    return _rights(telegram_id, await get_role(session, telegram_id), settings)


async def list_rights(session: AsyncSession, settings: Settings) -> dict[int, frozenset[Right]]:
    """Of those who have any, by Telegram id; the owners first."""
    given = await list_roles(session)
    found = {one: _rights(one, given.get(one), settings) for one in (*settings.admin_ids, *given)}
    return {one: rights for one, rights in found.items() if rights}


async def list_with(session: AsyncSession, settings: Settings, right: Right) -> list[int]:
    """Telegram ids of those who have it; the owners first."""
    return [one for one, rights in (await list_rights(session, settings)).items() if right in rights]
