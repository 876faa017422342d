"""What the school says of itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.sql import text

SAID = text("select language, name, description from bot.school")


@dataclass(frozen=True, slots=True)
class SchoolText:
    """Either may be missing from the catalogue file. Plain text."""

    name: str | None
    description: str | None


async def get_school(session: AsyncSession, language: str) -> SchoolText:
    """In that language where it is translated, else as it is for all."""
    return (await list_school_texts(session, [language]))[language]


async def list_school_texts(session: AsyncSession, languages: Iterable[str]) -> dict[str, SchoolText]:
    """As `get_school`, by language."""
    said = {row.language: row for row in await session.execute(SAID)}
    return {language: _text_in(language, said) for language in languages}


def _text_in(language: str, said: Mapping[str, Any]) -> SchoolText:
    rows = [said[key] for key in (language, "") if key in said]
    return SchoolText(
        name=next((row.name for row in rows if row.name), None),
        description=next((row.description for row in rows if row.description), None),
    )
