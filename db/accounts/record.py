"""What else is known of an account, as admins see it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class SignInWays:
    """Beside Telegram: `providers` by name; `has_password`: at the school's site."""

    has_password: bool
    providers: list[str]


@dataclass(frozen=True, slots=True)
class MergeEntry:
    """Another account (`other_id`) was joined to this one, or (`away`) this one to the other."""

    other_id: int
    away: bool
    created_at: datetime
    undone_at: datetime | None


GET_WAYS = text(
    """
    select password_hash is not null,
           array(select distinct loginprovider from authidentities
                 where user_id = users.id and lower(loginprovider) <> 'telegram' order by 1)
    from users where id = :user_id
    """
)
LIST_MERGES = text(
    """
    select case when from_user_id = :user_id then into_user_id else from_user_id end, from_user_id = :user_id,
           created_at, undone_at
    from bot.merges
    where id in (
        select id from bot.merges where from_user_id = :user_id
        union all select id from bot.merges where into_user_id = :user_id)
    order by id desc limit 5
    """
)


async def get_sign_in_ways(session: AsyncSession, user_id: int) -> SignInWays:
    return SignInWays(*(await session.execute(GET_WAYS, {"user_id": user_id})).one())


async def list_merges(session: AsyncSession, user_id: int) -> list[MergeEntry]:
    """The newest first, those that were undone among them."""
    return [MergeEntry(*row) for row in await session.execute(LIST_MERGES, {"user_id": user_id})]
