"""An account is deleted by its person: what goes, what stays, and what comes too late."""

from datetime import datetime
from typing import Any

import asyncpg
import pytest

from db import outbox
from db.access.grants import create_grant
from db.account_errors import AccountChanged, AccountDeleted, DeletionBlocked
from db.account_ids import is_deleted
from db.accounts.contacts import record_email, record_phone
from db.accounts.registration import get_account_id, record_consent, sign_in
from db.accounts.search import find_account
from db.audit import list_disagreements
from db.chats import TelegramProfile, load_person
from db.connecting.moving import Proof, move_chat, undo_move
from db.deleting.deleting import Deletion, DeletionKind, delete_account, get_plan
from db.engine import Pool
from db.errors import MergeNotUndoable, NotMergeable, PersonUnknown
from db.jobs import SendJob, TellJob
from db.merging.undoing import delete_old_merges
from db.outbox import Channel, Outgoing
from db.queue import enqueue
from db.support import Written, record_question
from tests.db.merging.people import CHAT, DAY, NOW, YEAR, People, registers

EVERYTHING = """
select oid::regclass::text from pg_class where relkind = 'r'
  and relnamespace in ('public'::regnamespace, 'bot'::regnamespace)
"""


CERTIFICATE = """
with given as (insert into bot.certificate_numbers (number) values ('K7M2-9QXD-4TRH') returning number)
insert into bot.certificates (number, user_id, module_id, name, course, school, finished_on, issued_at)
select number, $1, $2, 'Anna Private', 'Chess', '', '2026-03-01', '2026-03-01' from given
"""


async def deletes(
    people: People,
    user: int | None = None,
    chat: int = CHAT,
    kind: DeletionKind = DeletionKind.ERASED,
    now: datetime = NOW,
) -> Deletion:
    async with people.database.transaction(Pool.TALK) as session:
        return await delete_account(session, user or people.born, chat, kind, now)


async def rows_with(people: People, *words: str) -> list[str]:
    """Rows of any table in which one of the words stands."""
    found = []
    for (table,) in await people.sql.fetch(EVERYTHING):
        for (row,) in await people.sql.fetch(f"select to_jsonb(t)::text || t::text from {table} t"):
            found += [f"{table}: {row}" for word in words if word.lower() in row.lower()]
    return found


async def live_through(people: People) -> int:
    """Anna does what there is to do; the purchase she has paid."""
    await people.makes_code("SPRING")
    await people.redeems(people.born, "SPRING")
    await people.grants(people.born, 5)
    bought = await people.buys(people.born)
    returned = await people.buys(people.born)
    await people.refunds(returned)
    await people.orders(people.born)
    await people.sql.execute(
        "insert into progress (user_id, lesson_id, result_id) values ($1, 1, 1)", people.born
    )
    profile = TelegramProfile(CHAT, "Anna Private", "anna_private", "ru")
    async with people.database.transaction(Pool.TALK) as session:
        await load_person(session, profile, 1, 1, NOW)
        await record_email(session, people.born, "anna@private.example", NOW)
        await record_phone(session, people.born, "+79990001122")
        said = Written(CHAT, 1, "text", "My private question")
        await record_question(session, CHAT, people.born, said, NOW)
        await record_consent(session, CHAT, {"terms": "https://a", "privacy": "https://b"}, "1", NOW)
    await people.sql.execute("update users set name = 'Anna Private' where id = $1", people.born)
    await people.sql.execute(CERTIFICATE, people.born, people.module)
    return bought


async def test_nothing_names_the_person_any_more(people: People) -> None:
    bought = await live_through(people)
    done = await deletes(people)
    assert (done.kind, done.chats) == (DeletionKind.ERASED, [CHAT])
    left = await rows_with(people, "private", str(CHAT), "79990001122")
    # Stars can be returned to their payer only.
    assert [row.partition(":")[0] for row in left] == ["bot.payment_attempts"], left
    assert await people.sql.fetchval(
        "select purchase_id from bot.payment_attempts where telegram_id <> 0"
    ) == (bought)
    user = await people.sql.fetchrow("select * from users where id = $1", people.born)
    assert user is not None
    assert (user["name"], user["phone"], user["last_seen"]) == (None, None, None)
    assert user["email"].endswith("@telegram.invalid")


async def test_what_counts_stays_and_adds_up(people: People) -> None:
    bought = await live_through(people)
    before = await people.rows_of(people.born)
    ends = await people.ends(people.born)
    await deletes(people)
    kept = ("purchases", "promocodeusages", "adminaccesshistory", "usermoduleaccess", "bot.access_changes")
    after = await people.rows_of(people.born)
    for place in (one for one in before if one.partition(".user_id")[0] in kept or "target" in one):
        assert after[place] == before[place]
    assert not any("progress" in place or "session" in place or "contacts" in place for place in after)
    assert await people.ends(people.born) == ends
    async with people.database.transaction(Pool.JOBS) as session:
        assert await list_disagreements(session) == {"paid_not_granted": [], "granted_not_paid": []}
    booked = await people.refunds(bought)
    assert booked.change is not None
    assert booked.purchase.payer == CHAT


async def test_a_person_with_rows_everywhere_is_deleted_by_the_other_application_too(people: People) -> None:
    """The row that names nobody stands in nobody's way."""
    await live_through(people)
    await deletes(people)
    await people.sql.execute(
        "delete from promocodeusages; delete from usermoduleaccess; delete from adminaccesshistory;"
        "delete from purchases; delete from users where id <> $1".replace("$1", str(people.site))
    )
    assert await people.sql.fetchval("select count(*) from bot.deleted_accounts") == 0


async def test_an_account_of_the_site_is_only_disconnected(people: People) -> None:
    await live_through(people)
    merged = await people.merges()
    async with people.database.transaction(Pool.TALK) as session:
        plan = await get_plan(session, people.site, NOW)
        await sign_in(session, people.site, CHAT, now=NOW, keep=YEAR)
    assert (plan.kind, plan.chats, plan.payments) == (DeletionKind.DISCONNECTED, 1, 1)
    with pytest.raises(AccountChanged):
        await deletes(people, people.site)
    await deletes(people, people.site, kind=DeletionKind.DISCONNECTED)
    rows = await people.rows_of(people.site)
    assert {"progress.user_id", "purchases.user_id", "usermoduleaccess.user_id"} <= rows.keys()
    assert not any(place.startswith(("authid", "sessions", "users_dev", "bot.contacts")) for place in rows)
    site = await people.sql.fetchrow("select * from users where id = $1", people.site)
    assert site is not None
    assert (site["email"], site["password_hash"]) == ("anna@school.example", "x")
    # The account that was merged into it names nobody either, so it can't come back.
    assert await rows_with(people, "anna@private.example", f"telegram-{CHAT}", "anna_private") == []
    with pytest.raises(MergeNotUndoable) as refused:
        await people.undoes(merged.merge_id)
    assert refused.value.reason == "deleted"
    assert not await deleted(people, people.site)


async def test_an_account_that_the_chat_has_left_behind_goes_too(people: People) -> None:
    """The owner has moved the chat to the site's account: nobody but its person could have it deleted."""
    await live_through(people)
    async with people.database.transaction(Pool.TALK) as session:
        moved = await move_chat(session, CHAT, people.site, Proof.OWNER, now=NOW, keep=YEAR)
        offered = Outgoing(
            channel=Channel.MAIL,
            recipient="anna@private.example",
            kind="x",
            occasion="x",
            language="ru",
            payload={},
            expires_at=NOW + DAY,
            asked_by=CHAT,
        )
        await outbox.put(session, offered, NOW)
    await deletes(people, people.site, kind=DeletionKind.DISCONNECTED)
    left = await rows_with(people, "private", str(CHAT), "79990001122")
    assert [row.partition(":")[0] for row in left] == ["bot.payment_attempts"], left
    assert await deleted(people, people.born)
    assert not await deleted(people, people.site)
    async with people.database.transaction(Pool.TALK) as session:
        with pytest.raises(MergeNotUndoable):
            await undo_move(session, moved.connection_id, NOW, YEAR)


async def deleted(people: People, user: int) -> bool:
    async with people.database.transaction(Pool.TALK) as session:
        return await is_deleted(session, user)


async def test_a_chat_begins_anew_as_a_stranger(people: People) -> None:
    await live_through(people)
    await deletes(people)
    async with people.database.transaction(Pool.TALK) as session:
        assert await get_account_id(session, CHAT) is None
        person = await load_person(session, TelegramProfile(CHAT, "Anna", None, "ru"), 1, 2, NOW)
        assert (person.account, person.has_signed_in, person.language) == (None, False, None)
        with pytest.raises(PersonUnknown):
            await find_account(session, "anna@private.example")
        shown = await find_account(session, f"#{people.born}")
        assert (shown.deleted_at, shown.email, shown.telegram_id) == (NOW, None, None)
    anew = await registers(people.database, CHAT)
    assert anew != people.born
    assert await people.sql.fetchval("select email from users where id = $1", anew) == (
        f"telegram-{CHAT}@telegram.invalid"
    )


async def test_nothing_is_written_for_a_deleted_account(people: People) -> None:
    await people.makes_code("SPRING")
    await deletes(people)
    third = await registers(people.database, CHAT + 1)
    for act in (
        lambda: people.redeems(people.born, "SPRING"),
        lambda: people.orders(people.born),
        lambda: grants(people),
    ):
        with pytest.raises(AccountDeleted):
            await act()
    with pytest.raises(NotMergeable):
        await people.merges()
    with pytest.raises(NotMergeable):
        await people.merges(from_id=third, into_id=people.born)
    with pytest.raises(AccountChanged):
        await deletes(people)


async def grants(people: People) -> None:
    async with people.database.transaction(Pool.TALK) as session:
        await create_grant(session, people.site, people.born, people.product, 3, NOW)


async def test_what_was_for_the_person_is_dropped_from_the_queue(people: People) -> None:
    send: dict[str, Any] = {"method": "SendMessage", "values": {"chat_id": CHAT, "text": "x"}}
    async with people.database.transaction(Pool.JOBS) as session:
        await enqueue(session, TellJob(news="x", facts={}, user_id=people.born))
        await enqueue(session, TellJob(news="x", facts={}, telegram_id=CHAT))
        await enqueue(session, SendJob(methods=[send]))  # type: ignore[list-item]
        await enqueue(session, TellJob(news="kept", facts={}, user_id=people.site))
    await deletes(people)
    rows = await people.sql.fetch("select convert_from(payload, 'UTF8') as job from bot.pgqueuer")
    assert len(rows) == 1
    assert "kept" in rows[0]["job"]


@pytest.mark.parametrize(
    "table",
    [
        "create table logins (id int, identity_id bigint references authidentities (id))",
        "create table marks (id int, progress_id bigint references progress (id))",
    ],
)
async def test_a_row_of_the_other_application_that_stands_in_the_way_is_named(
    people: People, table: str
) -> None:
    await live_through(people)
    await people.sql.execute(table)
    name = "logins" if "logins" in table else "marks"
    await people.sql.execute(
        f"insert into {name} select 1, id from {'authidentities' if name == 'logins' else 'progress'}"
    )
    before = await people.dump()
    with pytest.raises(DeletionBlocked) as blocked:
        await deletes(people)
    assert blocked.value.table == name
    assert await people.dump() == before


async def test_what_was_noted_of_a_merge_goes_when_it_can_no_longer_be_undone(
    people: People, connection: asyncpg.Connection
) -> None:
    await live_through(people)
    merged = await people.merges()
    for late in (30 * DAY, 31 * DAY):
        noted = await connection.fetchval("select count(*) from bot.merged_rows")
        assert noted > 0
        async with people.database.transaction(Pool.JOBS) as session:
            await delete_old_merges(session, NOW + late)
    assert await connection.fetchval("select count(*) from bot.merged_rows") == 0
    assert await connection.fetchval("select profile::text from bot.merges") == "{}"
    with pytest.raises(MergeNotUndoable) as refused:
        await people.undoes(merged.merge_id, NOW + 31 * DAY)
    assert refused.value.reason == "too late"
