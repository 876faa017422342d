"""/history: everything that admins did, by whom, to whom, and how it was before and after."""

import asyncpg

from bot.catalogue.loading import load_file
from bot.chat.history_buttons import ShowHistory
from bot.chat.shop_buttons import WithdrawOffer
from bot.jobs.housekeeping import sweep
from bot.texts import history as words
from bot.texts.access import grants
from bot.texts.accounts import people as people_words
from db.acts import CONSOLE, ELSEWHERE, ActKind
from db.jobs import SweepJob
from handlers.app import Application
from handlers.demo import SCHOOL
from tests.chat.accounts.rows import account_of
from tests.chat.test_roles import GIVE_ROLE
from tests.chat_user import ANNA, BEN, OLGA, ChatUser

OLD = """
insert into bot.acts (telegram_id, kind, facts, created_at)
select $1, 'alert', jsonb_build_object('alarm', 'mail_unknown', 'subject', n::text), now() - interval '40 days'
from generate_series(1, 10) n
"""


NEWER = """
insert into bot.acts (telegram_id, kind, facts, created_at) values ($1, 'newer', '{"product": "<x>"}', now())
"""


async def school_at_work(
    app: Application, anna: ChatUser, ben: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    """An owner, a manager and the command line: nine acts."""
    for person in (anna, ben, olga):
        await person.register()
    await sql.execute(OLD, OLGA)
    await olga.send(f"/grant {BEN} python 30 конкурс <b>")
    await olga.click(grants.UNDO)
    await olga.press(WithdrawOffer(offer=1).pack())
    await olga.press(WithdrawOffer(offer=1).pack())
    await load_file(app.database, SCHOOL)  # the offer is on sale again
    await sql.execute(GIVE_ROLE, ANNA, "manager")
    await anna.send(f"/grant {BEN} python 7")
    await sql.execute(NEWER, OLGA)


async def test_the_history_says_who_did_what(
    app: Application, anna: ChatUser, ben: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    await school_at_work(app, anna, ben, olga, sql)
    said = await olga.send("/history")
    newest, gift, loaded, withdrawn, undone, granted, *old = said.split("\n\n")[1:]
    assert "newer · <x>" in newest
    assert "Анна Соколова" in gift
    assert "Ben Carter (#2): +7" in gift
    assert "закрыт → до" in gift
    assert olga.words(lambda: words.admin_name(CONSOLE, None)) in loaded
    assert "python/month: в продаже нет → да" in loaded
    assert "снято с продажи" in withdrawn
    assert "отменено: −30" in undone
    assert "конкурс <b>" in granted
    assert olga.words(words.UNDONE) in granted
    assert len(old) == 2
    await olga.click(words.OLDER)
    assert len(olga.last_text.split("\n\n")) == 1 + 8
    # By what it was, since when, and who did it.
    await olga.click(words.NEWEST)
    await olga.click(words.GROUPS[0][0])
    await olga.click(words.GROUPS[1][0])
    assert len(olga.last_text.split("\n\n")) == 1 + 3
    await olga.click(words.ANYBODY)
    await olga.click("Анна")
    assert len(olga.last_text.split("\n\n")) == 1 + 1
    await olga.press(ShowHistory(period=1).pack())
    assert len(olga.last_text.split("\n\n")) == 1 + 6
    # Of one person, from their card; and by name.
    await olga.send("/user ben")
    await olga.click(people_words.HISTORY)
    assert len(olga.last_text.split("\n\n")) == 1 + 3
    assert olga.last_text == await olga.send(f"/history #{await account_of(sql, BEN)}")
    # Who has no right to see what others did sees their own, whatever their button says.
    await anna.send("/history")
    assert len(anna.last_text.split("\n\n")) == 1 + 1
    await anna.press(ShowHistory(admin=OLGA).pack())
    assert len(anna.last_text.split("\n\n")) == 1 + 1


THERE = """
insert into adminaccesshistory (admin_id, target_user_id, product_id, days, created_at)
values ($1, $2, 1, 30, 'infinity'), ($1, $2, 1, -7, now())
"""


async def test_what_the_site_gives_and_takes_is_told_too(
    app: Application, ben: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    """Once, and nothing of ours twice."""
    await olga.register()
    await ben.register()
    await olga.send(f"/grant {BEN} python 5")
    await olga.click(grants.UNDO)
    account = await account_of(sql, BEN)
    admin = await sql.fetchval(
        "insert into users (email, created_at) values ('a@school.example', now()) returning id"
    )
    await sql.execute(THERE, admin, account)
    for _ in range(3):
        await sweep(SweepJob(), app.context)
    taken, given, *ours = (await olga.send("/history")).split("\n\n")[1:]
    assert len(ours) == 2
    for entry, days in ((taken, "−7"), (given, "+30")):
        assert olga.words(lambda: words.admin_name(ELSEWHERE, None)) in entry
        assert f"(#{account}): {days}" in entry
        assert f"#{admin}" in entry
    await olga.press(ShowHistory(admin=ELSEWHERE).pack())
    assert len(olga.last_text.split("\n\n")) == 1 + 2


async def test_every_kind_of_act_has_its_words_and_its_place() -> None:
    """All but those that a newer release may write."""
    assert set(ActKind) == set(words.SAID) == {kind for _title, kinds in words.GROUPS for kind in kinds}
