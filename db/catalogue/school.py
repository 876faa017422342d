"""What the school says of itself."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from db.sql import text


@dataclass(frozen=True, slots=True)
class SchoolText:
    """Either may be missing from the catalogue file. Plain text."""

    name: str | None
    description: str | None


async def get_school(session: AsyncSession, language: str) -> SchoolText:
    """In that language where it is translated, else as it is for all."""
    query = text("select language, name, description from bot.school where language in ('', :language)")
    said = {row.language: row for row in await session.execute(query, {"language": language})}
    rows = [said[key] for key in (language, "") if key in said]
    return SchoolText(
        name=next((row.name for row in rows if row.name), None),
        description=next((row.description for row in rows if row.description), None),
    )
