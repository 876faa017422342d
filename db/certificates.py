"""Certificates of courses that were done to their end: who may have one, in which name, and whether it is still valid.

One per person and course; a name that is corrected changes what its number says, so that a number stands for one name
at a time. It is void once what was paid for the course is back, unless another payment stays, or the school has given
the course since; and once its account was deleted.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.account_ids import get_current_id, lock_account
from db.errors import Refused
from db.lessons.finishing import record_finished_course
from db.locks import lock
from db.normal import MINUS, PLAIN_SIGNS, clean_text
from db.tables import Module

LENGTH, GROUP = 12, 4  # 59 bits: nobody finds a number by trying
# Of the Russian alphabet, as they are typed from paper; on it they look the same.
LOOK_ALIKE = str.maketrans("АВЕКМНРСТУХ", "ABEKMHPCTYX")
MAX_NAME = 200  # characters


class CourseNotFinished(Refused):
    module_id: int


class CourseRefunded(Refused):
    """What was paid for the course is back."""

    module_id: int


class NameUnreadable(Refused):
    """Nothing that is a name can be seen in what was typed."""


class NameTooLong(Refused):
    """`length` in characters, more than MAX_NAME."""

    length: int


class NameNotDrawable(Refused):
    """`signs`: letters that no picture can be written with."""

    signs: str


@dataclass(frozen=True, slots=True)
class Course:
    """What a certificate would say. `finished_at`: when its last lesson was passed; `own`: the certificate there is."""

    module_id: int
    name: str
    finished_at: datetime
    own: "Certificate | None"


@dataclass(frozen=True, slots=True)
class Certificate:
    """`png` and `pdf`: Telegram's ids of its files for the bot `bot_id`; None until they were sent as it is now."""

    number: str
    user_id: int
    module_id: int
    name: str
    course: str
    school: str
    finished_on: date
    is_void: bool
    bot_id: int | None
    png: str | None
    pdf: str | None


@dataclass(frozen=True, slots=True)
class Void:
    """There was such a certificate; it is not valid any more."""


def new_number() -> str:
    signs = "".join(secrets.choice(PLAIN_SIGNS) for _ in range(LENGTH))
    return "-".join(signs[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def number_form(typed: str) -> str:
    """As it is stored, however it was typed. Empty for what can be no number."""
    signs = clean_text(typed).upper().translate(LOOK_ALIKE).translate(MINUS).replace("-", "").replace(" ", "")
    if len(signs) != LENGTH or not set(signs) <= set(PLAIN_SIGNS):
        return ""
    return "-".join(signs[at : at + GROUP] for at in range(0, LENGTH, GROUP))


# What of the person `c.user_id` was paid for `c.module_id` until `c.issued_at` is back.
REFUNDED = """
exists (
    select from purchases p join products sold using (product_id)
    where p.user_id = c.user_id and sold.module_id = c.module_id and p.status = 'refunded'
      and coalesce(p.purchased_at, p.created_at) <= c.issued_at
      and coalesce((
          select sum(a.days) from adminaccesshistory a join products given using (product_id)
          where a.target_user_id = c.user_id and given.module_id = c.module_id
            and a.created_at > coalesce(p.purchased_at, p.created_at)), 0) <= 0
) and not exists (
    select from purchases p join products sold using (product_id)
    where p.user_id = c.user_id and sold.module_id = c.module_id and p.status = 'succeeded'
)
"""
COLUMNS = "c.number, c.user_id, c.module_id, c.name, c.course, c.school, c.finished_on"
FILES = "c.bot_id, c.png, c.pdf"
FIND = text(
    f"""
    select {COLUMNS}, {REFUNDED} as is_void, {FILES}
    from bot.certificate_numbers n left join bot.certificates c using (number) where n.number = :number
    """
)
GET_OWN = text(
    f"""
    select {COLUMNS}, {REFUNDED} as is_void, {FILES}
    from bot.certificates c where c.user_id = :user_id and c.module_id = :module_id
    order by c.issued_at, c.number limit 1
    """
)
IS_REFUNDED = text(
    f"""
    select {REFUNDED} from (
        select cast(:user_id as bigint) as user_id, cast(:module_id as bigint) as module_id,
               cast(:now as timestamptz) as issued_at
    ) c
    """
)


async def find_certificate(session: AsyncSession, typed: str) -> Certificate | Void | None:
    """None where no such number was ever given. What can be no number is looked for all the same: it takes as long."""
    row = (await session.execute(FIND, {"number": number_form(typed)})).one_or_none()
    if row is None:
        return None
    return Void() if row.user_id is None or row.is_void else _certificate(row)


async def get_own(session: AsyncSession, user_id: int, module_id: int) -> Certificate | None:
    """Of two, after a merge, the older one."""
    row = (await session.execute(GET_OWN, {"user_id": user_id, "module_id": module_id})).one_or_none()
    return _certificate(row) if row else None


def _certificate(row: Row[tuple[object, ...]]) -> Certificate:
    return Certificate(**row._mapping)


async def get_course(session: AsyncSession, user_id: int, module_id: int, now: datetime) -> Course:
    """A course whose certificate this person may have. Raises CourseNotFinished, CourseRefunded."""
    name = await session.scalar(select(Module.name).where(Module.id == module_id))
    finished_at = await record_finished_course(session, user_id, module_id, now) if name else None
    if name is None or finished_at is None:
        raise CourseNotFinished(module_id)
    known = await get_own(session, user_id, module_id)
    values = {"user_id": user_id, "module_id": module_id, "now": now}
    if (known is None or known.is_void) and await session.scalar(IS_REFUNDED, values):
        raise CourseRefunded(module_id)
    return Course(module_id, name, finished_at, known)


ISSUE = text(
    """
    with given as (insert into bot.certificate_numbers (number) values (:number) returning number)
    insert into bot.certificates (number, user_id, module_id, name, course, school, finished_on, issued_at)
    select number, :user_id, :module_id, :name, :course, :school, :finished_on, :now from given
    """
)
RENAME = text(
    """
    update bot.certificates set name = :name, bot_id = null, png = null, pdf = null
    where number = :number and name <> :name
    """
)


async def issue(
    session: AsyncSession,
    user_id: int,
    module_id: int,
    name: str,
    school: str,
    zone: tzinfo,
    number: str,
    now: datetime,
) -> str:
    """The number of the person's certificate, in that name from now on: a new one has the `number`, one that is there
    keeps its own. `zone`: the person's. Raises CourseNotFinished, CourseRefunded."""
    user_id = await lock_account(session, user_id)
    await lock(session, f"certificate:{user_id}:{module_id}")
    course = await get_course(session, user_id, module_id, now)
    if course.own is not None:
        await session.execute(RENAME, {"number": course.own.number, "name": name})
        return course.own.number
    day = course.finished_at.astimezone(zone).date()
    values = {"number": number, "user_id": user_id, "module_id": module_id, "name": name, "now": now}
    await session.execute(ISSUE, values | {"course": course.name, "school": school, "finished_on": day})
    return number


async def get_to_send(session: AsyncSession, number: str, user_id: int) -> Certificate | None:
    """None where it is void, or not this person's."""
    found = await find_certificate(session, number)
    if not isinstance(found, Certificate) or found.user_id != await get_current_id(session, user_id):
        return None
    return found


# Files of another bot are not known to this one.
RECORD_FILE = """
    update bot.certificates
    set {file} = :sent, {other} = case when bot_id = :bot_id then {other} end, bot_id = :bot_id
    where number = :number and name = :name
"""


async def record_file(session: AsyncSession, sent: Certificate, bot_id: int, file: str, file_id: str) -> None:
    """Of its "png" or "pdf". Unless the name was corrected while it was sent."""
    statement = RECORD_FILE.format(file=file, other="pdf" if file == "png" else "png")
    values = {"number": sent.number, "name": sent.name, "bot_id": bot_id, "sent": file_id}
    await session.execute(text(statement), values)


LIST_VOID = text(
    f"""
    select c.number from bot.certificates c
    where c.user_id = :user_id and c.module_id = :module_id and {REFUNDED} order by c.issued_at, c.number
    """
)


async def list_void(session: AsyncSession, user_id: int, module_id: int) -> list[str]:
    """The numbers of a person's certificates of a course whose payment is back: after a merge there may be two."""
    found = await session.scalars(LIST_VOID, {"user_id": user_id, "module_id": module_id})
    return list(found)
