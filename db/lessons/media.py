"""The files that lessons show."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class LessonMedia:
    """`source` is a URL or a Telegram file id of that kind; `lesson` as the catalogue file has it: module/lesson."""

    lesson: str
    kind: str
    source: str


LIST_MEDIA = text(
    """
    select coalesce(k.key, cast(l.module_id as text)) || '/' || l.key, l.media_kind, l.media
    from bot.lessons l left join bot.catalogue_keys k on k.module_id = l.module_id
    where l.active and l.media is not null order by l.module_id, l.position, l.id
    """
)


async def list_media(session: AsyncSession) -> list[LessonMedia]:
    """Of the lessons that are not withdrawn."""
    return [LessonMedia(*row) for row in await session.execute(LIST_MEDIA)]
