"""Many at once: an address has one account, a chat signs in to one, a code and a link count once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.connecting import addresses, codes, links
from db.connecting.codes import Checked, CodeLimits
from db.connecting.connecting import connect
from db.connecting.links import SignedLink
from db.connecting.moving import Proof, move_chat
from db.engine import Pool
from db.errors import CodeTooSoon, LinkInvalid, NotConnectable, TooManyTries
from tests.db.merging.people import CHAT, NOW, OWNER, YEAR, People, registers

ADDRESS = "anna@example.org"
LIMITS = CodeLimits()
MANY = 100


async def at_once(people: People, *acts: Callable[[AsyncSession], Awaitable[Any]]) -> list[Any]:
    """Each in a transaction of its own; what it gave, or the kind of what it raised."""

    async def one(act: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
        try:
            async with people.database.transaction(Pool.TALK) as session:
                return await act(session)
        except Exception as error:
            return type(error)

    return await asyncio.gather(*map(one, acts))


async def test_a_hundred_people_who_claim_one_address(people: People) -> None:
    """Five letters a day go there, and no two in a minute; of all who have proven it one gets it."""
    accounts = [await registers(people.database, CHAT + number) for number in range(1, MANY + 1)]

    def ask(chat: int, minutes: int) -> Callable[[AsyncSession], Awaitable[Any]]:
        now = NOW + timedelta(minutes=minutes)
        return lambda session: codes.record_code(session, chat, ADDRESS, "123456", LIMITS, now)

    asked = await at_once(people, *(ask(CHAT + number, 0) for number in range(MANY)))
    assert Counter(map(str, asked))[str(NOW + LIMITS.lives)] == 1
    assert asked.count(CodeTooSoon) == MANY - 1
    later = [(await at_once(people, ask(CHAT + minute, minute)))[0] for minute in range(1, 8)]
    assert later[4:] == [TooManyTries] * 3
    assert TooManyTries not in later[:4]

    def claim(account: int) -> Callable[[AsyncSession], Awaitable[Any]]:
        return lambda session: addresses.use_address(session, account, ADDRESS)

    claimed = await at_once(people, *map(claim, accounts))
    assert Counter(claimed) == {None: 1, NotConnectable: MANY - 1}
    assert await people.sql.fetchval("select count(*) from users where email = $1", ADDRESS) == 1


async def test_two_owners_move_one_chat_at_once(people: People) -> None:
    other = await people.sql.fetchval(
        "insert into users (email, password_hash, created_at) values ('ben@school.example', 'x', now()) returning id"
    )

    def move(account: int) -> Callable[[AsyncSession], Awaitable[Any]]:
        return lambda session: move_chat(
            session, CHAT, account, Proof.OWNER, now=NOW, keep=YEAR, moved_by=OWNER
        )

    done = await at_once(people, move(people.site), move(other))
    assert all(not isinstance(one, type) for one in done)
    signed_in = await people.signed_in()
    assert signed_in in (people.site, other)
    live = await people.sql.fetch("select user_id from sessions where revoked_at is null")
    assert [row["user_id"] for row in live] == [signed_in]
    assert [row["user_id"] for row in await people.sql.fetch("select user_id from users_devices")] == [
        signed_in
    ]


async def test_one_code_and_one_link_pressed_ten_times_at_once(people: People) -> None:
    async with people.database.transaction(Pool.TALK) as session:
        await codes.record_code(session, CHAT, ADDRESS, "123456", LIMITS, NOW)
        link = SignedLink(people.site, NOW + timedelta(minutes=5), "hash")
        opened = [await links.record_opened(session, link, CHAT + number) for number in range(10)]
    check = [lambda session: codes.check_code(session, CHAT, "123456", LIMITS, NOW)] * 10
    assert Counter(one.result for one in await at_once(people, *check)) == {Checked.RIGHT: 1, Checked.NONE: 9}

    def use(number: int) -> Callable[[AsyncSession], Awaitable[Any]]:
        return lambda session: links.use(session, opened[number], CHAT + number, NOW)

    assert Counter(await at_once(people, *map(use, range(10)))) == {people.site: 1, LinkInvalid: 9}


async def test_ten_guesses_at_once_are_counted_one_by_one(people: People) -> None:
    async with people.database.transaction(Pool.TALK) as session:
        await codes.record_code(session, CHAT, ADDRESS, "123456", LIMITS, NOW)

    def guess(number: int) -> Callable[[AsyncSession], Awaitable[Any]]:
        return lambda session: codes.check_code(session, CHAT, f"{number:06}", LIMITS, NOW)

    results = Counter(one.result for one in await at_once(people, *map(guess, range(10))))
    assert results == {Checked.WRONG: 4, Checked.USED_UP: 6}


async def test_a_payment_that_comes_while_the_chat_is_connected_is_the_accounts(people: People) -> None:
    """By a code: a link alone would not move an open order."""
    key = await people.orders(people.born)

    def join(session: AsyncSession) -> Awaitable[Any]:
        return connect(session, CHAT, people.site, Proof.CODE, now=NOW, keep=YEAR)

    both = await asyncio.gather(at_once(people, join), people.pays(key))
    assert not isinstance(both[0][0], type), both
    assert await people.rows_of(people.born) == {}
    assert await people.ends(people.site) == NOW + timedelta(days=30)
