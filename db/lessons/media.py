"""The files that lessons show."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class RememberedFile:
    """`file_id`: by which Telegram knows what was sent from the address `source`."""

    kind: str
    source: str
    file_id: str


GET_FILE_ID = text(
    "select file_id from bot.sent_files where (bot_id, kind, source) = (:bot_id, :kind, :source)"
)
RECORD_FILE_ID = text(
    "insert into bot.sent_files (bot_id, kind, source, file_id) values (:bot_id, :kind, :source, :file_id)"
    " on conflict (bot_id, kind, source) do nothing"
)
FORGET_FILE_ID = text(
    "delete from bot.sent_files where bot_id = :bot_id and kind = :kind and file_id = :file_id returning source"
)


async def get_file_id(session: AsyncSession, bot_id: int, kind: str, source: str) -> str | None:
    """Telegram's, where this bot has sent the file of that address before."""
    values = {"bot_id": bot_id, "kind": kind, "source": source}
    return (await session.execute(GET_FILE_ID, values)).scalar_one_or_none()


async def record_file_id(session: AsyncSession, bot_id: int, file: RememberedFile) -> None:
    values = {"bot_id": bot_id, "kind": file.kind, "source": file.source, "file_id": file.file_id}
    await session.execute(RECORD_FILE_ID, values)


async def forget_file_id(session: AsyncSession, bot_id: int, kind: str, file_id: str) -> list[str]:
    """From which addresses it was sent; none where it was not remembered."""
    values = {"bot_id": bot_id, "kind": kind, "file_id": file_id}
    return list((await session.execute(FORGET_FILE_ID, values)).scalars())
