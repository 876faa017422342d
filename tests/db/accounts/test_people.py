"""Who is WHO."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.accounts import contacts, people, registration, search
from db.engine import Database, Pool
from db.errors import NameUnconfirmed, PersonAmbiguous, PersonNotRegistered, PersonUnknown, PersonUnproven
from db.schema.migrate import migrate
from tests.database import Databases

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA, BEN, NOBODY = 7_000_000_001, 7_000_000_002, 7_000_000_003
GREATEST = 2**63 - 1


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction(Pool.TALK) as session:
        yield session


async def met(session: AsyncSession, telegram_id: int, username: str | None) -> None:
    await session.execute(
        text("insert into bot.chats (telegram_id, username, name) values (:id, :username, 'somebody')"),
        {"id": telegram_id, "username": username},
    )


async def registered(session: AsyncSession, telegram_id: int, email: str | None = None) -> int:
    """With an address that was proven, where one is given."""
    opened = await registration.create_account(
        session, telegram_id, name="Anna <b>", now=NOW, keep=timedelta(days=1)
    )
    assert opened is not None
    if email is not None:
        values = {"email": email, "id": opened.user_id}
        await session.execute(text("update users set email = :email where id = :id"), values)
    return opened.user_id


@pytest.mark.parametrize(
    "who",
    [
        *("{id}", "anna@example.com", "ANNA@Example.COM", "#{account}"),
        *(
            "№{account}",
            "# {account}",
            "\u2068{id}\u2069",
            "anna@example.com\u200b",
            "\ufeffanna@example.com",
        ),
        *(
            "“Anna@example.com”",
            "<anna@example.com>",
            "mailto:anna@example.com",
            "＃{account}",
        ),
    ],
)
async def test_one_person_is_found_by_every_name(session: AsyncSession, who: str) -> None:
    await met(session, ANNA, "Anna_B")
    account = await registered(session, ANNA, "anna@example.com")
    await registered(session, BEN, "ben@example.com")
    found = await search.find_account(session, who.format(id=ANNA, account=account))
    assert (found.id, found.email, found.name) == (account, "anna@example.com", "Anna <b>")


@pytest.mark.parametrize(
    "who",
    [
        "", "@", "#", "anna", "0", "-5", "1.5", "#0", str(GREATEST), f"#{GREATEST}", f"{GREATEST + 1}",
        f"#{GREATEST + 1}", "9" * 4000, "#" + "9" * 4000, "🙂", "@🙂", "' or 1=1 --", "@' or 1=1 --", "a@b' or '1'='1",
        "<b>@x</b>", "٣", "@%", "@_",
    ],
)  # fmt: skip
async def test_what_names_nobody_is_refused(session: AsyncSession, who: str) -> None:
    await met(session, ANNA, "Anna_B")
    await registered(session, ANNA, "anna@example.com")
    with pytest.raises(PersonUnknown):
        await search.find_account(session, who)


@pytest.mark.parametrize("who", ["@newcomer", str(NOBODY)])
async def test_somebody_without_an_account_is_told_apart_from_nobody(session: AsyncSession, who: str) -> None:
    await met(session, NOBODY, "newcomer")
    with pytest.raises(PersonNotRegistered):
        await search.find_account(session, who)


async def test_a_username_is_nobodys_until_telegram_is_asked(session: AsyncSession) -> None:
    """Telegram gives a freed username to somebody else, and the bot knows the old one until they write again."""
    await met(session, ANNA, "Anna")
    account = await registered(session, ANNA, "anna@example.com")
    for who in ("@anna", "@aNNA", "«@anna»", "＠anna", "\u2068@anna\u2069", "\ufeff@anna"):
        with pytest.raises(NameUnconfirmed) as unconfirmed:
            await search.find_account(session, who)
        assert unconfirmed.value.telegram_id == ANNA
    one, word = await search.find_many(session, ["@anna", "anna"])
    assert isinstance(one, NameUnconfirmed)
    assert isinstance(word, search.Found)  # by her name
    await met(session, NOBODY, "anna")
    with pytest.raises(PersonAmbiguous) as refused:
        await search.find_account(session, "@anna")
    assert refused.value.user_ids == (account,)


async def test_two_emails_that_differ_in_case_are_nobodys(session: AsyncSession) -> None:
    rows = await session.scalars(
        text(
            "insert into users (email, created_at) values ('Eva@example.com', now()), ('eva@example.com', now())"
            " returning id"
        )
    )
    both = tuple(rows)
    with pytest.raises(PersonAmbiguous) as refused:
        await search.find_account(session, "eva@example.com")
    assert refused.value.user_ids == both


@pytest.mark.parametrize("who", ["telegram-{id}@telegram.invalid", "TELEGRAM-{id}-0af3@telegram.invalid"])
async def test_a_placeholder_is_read_as_the_telegram_id(session: AsyncSession, who: str) -> None:
    account = await registered(session, ANNA)
    await wrote(session, f"telegram-{ANNA}-0af3@telegram.invalid")  # the other application's, of whomever
    found = await search.find_account(session, who.format(id=ANNA))
    assert (found.id, found.email, found.telegram_id) == (account, None, str(ANNA))


async def test_a_typed_address_finds_its_account_only_where_nobody_has_proven_it(
    session: AsyncSession,
) -> None:
    anna, ben = await registered(session, ANNA), await registered(session, BEN)
    await contacts.record_email(session, anna, "eva@example.com", NOW)
    found = await search.find_account(session, "Eva@example.com")
    assert (found.id, found.email, found.typed_email) == (anna, None, "eva@example.com")
    with pytest.raises(PersonUnproven) as unproven:
        await search.find_account(session, "eva@example.com", to_change=True)
    assert unproven.value.user_ids == (anna,)
    assert await registration.is_email_free(session, "eva@example.com")
    await contacts.record_email(session, ben, "eva@example.com", NOW)
    with pytest.raises(PersonAmbiguous) as refused:
        await search.find_account(session, "eva@example.com")
    assert refused.value.user_ids == (anna, ben)
    owner = await wrote(session, "eva@example.com")
    assert (await search.find_account(session, "eva@example.com", to_change=True)).id == owner


async def test_an_address_of_the_other_application_is_shown_whatever_it_looks_like(
    session: AsyncSession,
) -> None:
    account = await wrote(session, "telegram-5@telegram.invalid")
    assert (await people.get_account_summary(session, account)).email == "telegram-5@telegram.invalid"


async def test_the_contacts_of_an_account(session: AsyncSession) -> None:
    await met(session, ANNA, "anna")
    account = await registered(session, ANNA, "anna@example.com")
    await session.execute(
        text(
            "insert into authidentities (user_id, loginprovider, providerkey)"
            " values (:id, 'telegram', '12'), (:id, 'google', 'x')"
        ),
        {"id": account},
    )
    contacts = await people.list_chats(session, account)
    assert [(one.telegram_id, one.username, one.met) for one in contacts] == [
        (str(ANNA), "anna", True),
        ("12", None, False),
    ]


# As another application stores them; each pair is one address.
WRITTEN_EMAILS = [
    ("Eva@Example.com ", "eva@example.com"),
    ("\u00a0ivan@example.com", "IVAN@example.com"),
    ("\u200blena@example.com\ufeff", "lena@example.com"),
    ("ПОЧТА@ШКОЛА.РФ", "почта@школа.рф"),
    ("max@xn--80akhbyknj4f.xn--p1ai", "max@испытание.рф"),
    ("Тим@испытание.рф", "тим@XN--80akhbyknj4f.xn--p1ai"),
    ("'ira@example.com'", "ira@example.com"),
    ("INFO@EXAMPLE.COM", "info@example.com"),
]


async def wrote(session: AsyncSession, email: str) -> int:
    """As the other application does."""
    values = {"email": email, "now": NOW}
    added = await session.execute(
        text("insert into users (email, created_at) values (:email, :now) returning id"), values
    )
    return int(added.scalar_one())


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
async def test_one_address_however_it_is_stored_and_asked_for(cluster: Databases, locale: str) -> None:
    async with cluster.clone("template0", locale=locale) as dsn:
        assert await migrate(dsn, lambda _line: None)
        database = Database(dsn)
        async with database.transaction(Pool.TALK) as session:
            for stored, asked in WRITTEN_EMAILS:
                account = await wrote(session, stored)
                for written in (stored, asked, asked.upper()):
                    assert (await search.find_account(session, written)).id == account, written
                    assert not await registration.is_email_free(session, written)
                other = await wrote(session, f"{asked}\u3000")
                with pytest.raises(PersonAmbiguous) as caught:
                    await search.find_account(session, asked)
                assert caught.value.user_ids == (account, other)
        await database.close()


async def test_an_address_is_found_by_indexes(session: AsyncSession) -> None:
    await session.execute(
        text(
            "insert into users (email, created_at)"
            " select n || '@Example.com', now() from generate_series(1, 20000) n"
        )
    )
    await session.execute(text("analyze users"))
    plan = "\n".join(
        await session.scalars(text(f"explain {people.BY_EMAIL.text}"), {"keys": ["7@example.com"]})
    )
    assert "ix_users_lower_email_c" in plan
    assert "ix_users_unusual_email" in plan
    assert "Seq Scan" not in plan
