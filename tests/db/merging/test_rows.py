"""Every row that names the account moves, the other application's too; what can't be moved stops the merge."""

import pytest

from db import mail, outbox
from db.accounts.contacts import record_email
from db.accounts.registration import sign_in
from db.engine import Pool
from db.errors import MergeBlocked, NotMergeable, PersonUnknown
from db.merging.merging import merge
from db.outbox import Channel, Outgoing
from db.payments.methods import PaymentMethod
from tests.db.merging.people import CHAT, DAY, NOW, OWNER, YEAR, People, registers

# A site's further tables: a key of two columns, one by the address, one without a primary key, one of people by people.
SITE = """
alter table users add column school int not null default 1, add column invited_by bigint references users (id);
alter table users add unique (school, id);
create table homework (id bigint generated always as identity primary key, "Pupil: no" bigint, school int,
    foreign key (school, "Pupil: no") references users (school, id));
create table letters (address text references users (email), sent date, body text);
create table badges (user_id bigint references users (id), badge text, at timestamptz, primary key (user_id, badge));
create table visits (user_id bigint references users (id), at date) partition by range (at);
create table visits_2026 partition of visits for values from ('2026-01-01') to ('2027-01-01');
"""
FILL = """
insert into homework ("Pupil: no", school) values ({born}, 1), ({born}, 1), ({site}, 1);
insert into letters select email, '2026-01-01', 'Hello: it''s me' from users;
insert into badges values ({born}, 'first', '2026-01-01 12:00:00.000007+00'), ({site}, 'second', now());
insert into visits values ({born}, '2026-02-03');
update users set invited_by = {born} where id <> {born};
"""


async def test_everything_moves_and_goes_back(people: People) -> None:
    """Also where the other application has keys to users of its own."""
    await people.sql.execute(SITE)
    await people.sql.execute(FILL.format(born=people.born, site=people.site))
    await people.makes_code("SPRING")
    await people.redeems(people.born, "SPRING")
    await people.buys(people.born)
    await people.orders(people.born)
    await people.grants(people.born, 3)
    async with people.database.transaction(Pool.TALK) as session:
        await record_email(session, people.born, "anna@typed.example", NOW)
    before = await people.rows_of(people.born)
    dump = await people.dump()
    result = await people.merges()
    assert await people.rows_of(people.born) == {}
    assert before.keys() <= (await people.rows_of(people.site)).keys()
    assert await people.signed_in() == people.site
    assert result.rows["homework"] == 2
    assert result.rows["letters"] == result.rows["visits"] == result.rows["users"] == 1
    assert await people.sql.fetchval("select merged_by from bot.merges") == OWNER
    await people.undoes(result.merge_id)
    assert await people.rows_of(people.born) == before
    assert await people.dump() == dump
    assert await people.signed_in() == people.born


async def test_a_preview_says_what_will_be_and_changes_nothing(people: People) -> None:
    await people.buys(people.born)
    before = await people.dump()
    told = await people.previews()
    assert await people.dump() == before
    assert await people.sql.fetchval("select count(*) from bot.merges") == 0
    done = await people.merges()
    assert (told.access, told.rows, told.codes) == (done.access, done.rows, done.codes)


async def test_a_row_like_one_of_the_other_accounts_stops_the_merge(people: People) -> None:
    await people.sql.execute(SITE)
    await people.sql.execute(
        f"insert into badges values ({people.born}, 'first', now()), ({people.site}, 'first', now())"
    )
    before = await people.dump()
    with pytest.raises(MergeBlocked) as caught:
        await people.merges()
    assert caught.value.table == "badges"
    assert await people.dump() == before


async def test_a_row_that_comes_back_stops_the_merge(people: People) -> None:
    await people.sql.execute(SITE)
    await people.sql.execute(f"insert into badges values ({people.born}, 'first', now())")
    await people.sql.execute(
        "create function keep() returns trigger language plpgsql as 'begin return old; end';"
        "create trigger t before update on badges for each row execute function keep()"
    )
    with pytest.raises(MergeBlocked) as caught:
        await people.merges()
    assert caught.value.table == "badges"


async def test_a_deferred_rule_stops_the_merge(people: People) -> None:
    await people.sql.execute(
        "create table ranks (id int primary key, user_id bigint references users (id),"
        " unique (user_id) deferrable initially deferred)"
    )
    await people.sql.execute(f"insert into ranks values (1, {people.born}), (2, {people.site})")
    with pytest.raises(MergeBlocked) as caught:
        await people.merges()
    assert caught.value.table == "ranks"


async def test_one_open_attempt_for_an_offer_stays(people: People) -> None:
    """The other one can no longer be paid by invoice, but what is paid all the same counts."""
    theirs = await people.orders(people.site)
    ours = await people.orders(people.born)
    result = await people.merges()
    assert result.superseded == 1
    rows = dict(
        await people.sql.fetch(
            "select key, outcome from bot.payment_attempts where user_id = $1", people.site
        )
    )
    assert rows == {theirs: None, ours: "superseded"}
    await people.pays(ours)
    assert await people.ends(people.site) == NOW + 30 * DAY


async def test_a_superseded_link_is_still_asked_about_once_it_may_have_gone_out(people: People) -> None:
    link = PaymentMethod.LINK
    await people.sql.execute("update bot.offers set currency = 'RUB'")
    for user in (people.site, people.born):
        await people.orders(user, method=link)
    await people.sql.execute(
        "update bot.payment_attempts set sent_at = created_at, next_ask_at = $2 where user_id = $1",
        people.born,
        NOW + DAY,
    )
    await people.merges()
    row = await people.sql.fetchrow(
        "select a.outcome, a.next_ask_at, p.status from bot.payment_attempts a join purchases p"
        " on p.id = a.purchase_id where a.closed_at is not null"
    )
    assert tuple(row) == ("superseded", NOW + DAY, "pending")


async def test_a_superseded_link_that_was_never_asked_for_is_over(people: People) -> None:
    await people.sql.execute("update bot.offers set currency = 'RUB'")
    for user in (people.site, people.born):
        await people.orders(user, method=PaymentMethod.LINK)
    await people.merges()
    assert await people.sql.fetch("select status from purchases order by id") == [("pending",), ("canceled",)]


async def test_what_both_have_is_taken_from_the_one_that_goes(people: People) -> None:
    async with people.database.transaction(Pool.TALK) as session:
        await record_email(session, people.born, "anna@typed.example", NOW)
        await record_email(session, people.site, "other@typed.example", NOW)
        await sign_in(session, people.site, CHAT, now=NOW, keep=YEAR)
    before = await people.dump()
    result = await people.merges()
    assert await people.sql.fetch("select value from bot.contacts") == [("other@typed.example",)]
    assert await people.sql.fetchval("select count(*) from users_devices") == 1
    await people.undoes(result.merge_id)
    after = await people.dump()
    assert {name for name in before if before[name] != after[name]} == {"sessions"}


async def test_of_letters_that_both_were_to_get_one_stays_and_one_refusal_counts(people: People) -> None:
    for user, occasion in ((people.born, "1"), (people.born, "2"), (people.site, "1")):
        letter = Outgoing(
            channel=Channel.MAIL,
            recipient="anna@school.example",
            kind="access_granted",
            occasion=occasion,
            language="ru",
            payload={},
            expires_at=NOW + DAY,
            user_id=user,
        )
        async with people.database.transaction(Pool.TALK) as session:
            assert await outbox.put(session, letter, NOW) is not None
    async with people.database.transaction(Pool.TALK) as session:
        await mail.set_subscription(session, people.born, wanted=False, now=NOW)
        await mail.set_subscription(session, people.site, wanted=True, now=NOW)
    before = await people.dump()
    result = await people.merges()
    theirs = "select occasion from bot.outbox where user_id = $1 order by occasion"
    assert await people.sql.fetch(theirs, people.site) == [("1",), ("2",)]
    async with people.database.transaction(Pool.TALK) as session:
        assert await mail.get_subscription(session, people.site) is False
    await people.undoes(result.merge_id)
    assert await people.dump() == before


async def test_what_the_other_account_lacks_is_filled(people: People) -> None:
    await people.sql.execute("update users set phone = '+79990000001' where id = $1", people.born)
    result = await people.merges()
    row = await people.sql.fetchrow("select name, phone, email from users where id = $1", people.site)
    assert tuple(row) == ("Anna", "+79990000001", "anna@school.example")
    await people.sql.execute("update users set name = 'Anna B.' where id = $1", people.site)
    await people.undoes(result.merge_id)
    row = await people.sql.fetchrow("select name, phone from users where id = $1", people.site)
    assert tuple(row) == ("Anna B.", None)


async def test_a_proven_address_names_the_account_that_stays(people: People) -> None:
    """Both were born in Telegram; the one that goes had its address proven."""
    other = await registers(people.database, CHAT + 1)
    await people.sql.execute("update users set email = 'proven@example.com' where id = $1", people.born)
    before = await people.dump()
    result = await people.merges(into_id=other)
    assert await people.sql.fetchval("select id from users where email = 'proven@example.com'") == other
    await people.undoes(result.merge_id)
    assert await people.dump() == before


REASONS = {
    "site account": "delete from bot.telegram_accounts",
    "password": "update users set password_hash = 'x'",
    "identity": "insert into authidentities (user_id, loginprovider, providerkey)"
    " select max(id), 'google', 'g' from users",
    "site session": "with made as (insert into devices (device_key, platform, created_at) values ('b', 'web', now())"
    " returning id) insert into sessions (user_id, device_id, refresh_token_hash, created_at, expires_at)"
    " select users.id, made.id, '', now(), now() from users, made",
}


@pytest.mark.parametrize(("reason", "statement"), REASONS.items(), ids=list(REASONS))
async def test_only_an_account_born_in_telegram_is_merged_away(
    people: People, reason: str, statement: str
) -> None:
    await people.sql.execute(statement)
    with pytest.raises(NotMergeable) as caught:
        await people.merges()
    assert caught.value == NotMergeable(people.born, reason)


async def test_nobody_is_merged_with_themselves_nor_with_nobody(people: People) -> None:
    with pytest.raises(NotMergeable) as caught:
        await people.merges(into_id=people.born)
    assert caught.value.reason == "same account"
    with pytest.raises(PersonUnknown):
        await people.merges(into_id=10**9)
    with pytest.raises(PersonUnknown):
        await people.merges(from_id=10**9)


async def test_what_was_merged_is_merged_no_more(people: People) -> None:
    await people.merges()
    third = await registers(people.database, CHAT + 1)
    for from_id, into_id in ((people.born, people.site), (third, people.born)):
        with pytest.raises(NotMergeable) as caught:
            await people.merges(from_id=from_id, into_id=into_id)
        assert caught.value == NotMergeable(people.born, "merged")


async def test_an_account_that_is_deleted_takes_its_merges_along(people: People) -> None:
    """The other application knows nothing of them."""
    await people.buys(people.born)
    await people.merges()
    for table in ("sessions", "users_devices", "authidentities", "usermoduleaccess", "purchases"):
        await people.sql.execute(f"delete from {table} where user_id = $1", people.site)
    await people.sql.execute("delete from users where id = any($1)", [people.site, people.born])
    for table in ("merges", "merged_rows", "merged_modules", "merged_changes"):
        assert await people.sql.fetchval(f"select count(*) from bot.{table}") == 0


async def test_a_table_the_bot_may_not_read_stops_the_merge(people: People) -> None:
    """Whether it names the account can't be known."""
    await people.sql.execute("create table secret (user_id bigint references users (id))")
    role = f"merger_{await people.sql.fetchval('select current_database()')}"
    await people.sql.execute(
        f"create role {role}; grant usage on schema public, bot to {role};"
        f"grant all on all tables in schema public, bot to {role};"
        f"grant all on all sequences in schema public, bot to {role}; revoke all on secret from {role}"
    )
    try:
        async with people.database.transaction(Pool.TALK) as session:
            connection = await session.connection()
            await connection.exec_driver_sql(f"set local role {role}")
            with pytest.raises(MergeBlocked) as caught:
                await merge(session, people.born, people.site, NOW)
    finally:
        await people.sql.execute(f"drop owned by {role}; drop role {role}")
    assert caught.value.table == "secret"
