"""What an admin has said so far of a grant or a revocation; it is kept with the conversation, and ends with it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.chat.admin_buttons import AskReason, ConfirmGrant, DropGrant
from bot.chat.buttons import Register
from bot.chat.commands import GRANT, REVOKE, Command
from bot.chat.conversation import Granting
from bot.chat.keyboards import press, rows
from bot.chat.replies import Reply, say
from bot.context import Request
from bot.texts.access import granting as words
from bot.texts.access import grants as grant_words
from bot.texts.accounts import registration as registration_words
from db.access import changes
from db.access.plans import GrantPlan, plan_grant, plan_revocation
from db.shop import offers
from db.shop.offers import ProductSummary
from db.timestamps import FOR_EVER
from handlers.conversation import Drafts, new_draft_id

DAYS = (7, 14, 30, 90, 180, 365)


class Action(StrEnum):
    GRANT = "grant"
    EXTEND = "extend"
    REVOKE = "revoke"

    @property
    def command(self) -> Command:
        return REVOKE if self is Action.REVOKE else GRANT


@dataclass(slots=True)
class Draft:
    """`id`: which question a button belongs to. `whole`: all days that are left are to be taken. `shown`: when the
    access ends, as the preview has shown it. `people`: instead of one, with `stamp` of when theirs end."""

    action: Action
    user_id: int | None = None
    product_id: int | None = None
    days: int | None = None
    whole: bool = False
    reason: str = ""
    shown: datetime | None = None
    people: tuple[int, ...] = ()
    stamp: str = ""
    id: int = field(default_factory=new_draft_id)


DRAFTS = Drafts(Draft, Granting)
save, get_draft = DRAFTS.save, DRAFTS.get


async def make_plan(request: Request, draft: Draft) -> GrantPlan:
    """Of a draft that says all. Raises what `db.access.plans` raises."""
    assert draft.user_id is not None
    assert draft.product_id is not None
    if draft.action is Action.REVOKE:
        days = None if draft.whole else draft.days
        return await plan_revocation(request.session, draft.user_id, draft.product_id, days, request.now)
    assert draft.days is not None
    return await plan_grant(request.session, draft.user_id, draft.product_id, draft.days, request.now)


def shown_end(plan: GrantPlan) -> datetime | None:
    """As it is kept: None where there is no access."""
    return (plan.before.ends_at or FOR_EVER) if plan.before else None


async def list_fitting_products(request: Request, draft: Draft) -> list[ProductSummary]:
    """Of a revocation, those whose course is open; of an extension too, where there is any."""
    found = await offers.list_all_products(request.session)
    if draft.action is Action.GRANT or draft.user_id is None:
        return found
    access = await changes.list_access(request.session, draft.user_id)
    is_open = {one.module for one in access if one.ends_at is None or one.ends_at > request.now}
    return [one for one in found if one.module in is_open]


def drop_button(draft: Draft) -> InlineKeyboardButton:
    return press(words.DROP, DropGrant(draft=draft.id))


def preview_keyboard(draft: Draft, *, closes: bool = False) -> InlineKeyboardMarkup:
    return rows(
        press(words.CLOSE if closes else words.CONFIRM, ConfirmGrant(draft=draft.id)),
        (press(words.REASON, AskReason(draft=draft.id)), drop_button(draft)),
    )


def register_first(event: Message | CallbackQuery) -> Reply:
    return say(event, grant_words.REGISTER_FIRST, rows(press(registration_words.REGISTER, Register())))
