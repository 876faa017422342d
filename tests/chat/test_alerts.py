"""The database disagree with themselves: an alarm in the admins' chat, on /admin until it is so no longer."""

import asyncpg
import pytest

from bot.payments import reconciling
from bot.payments.reconciling import audit_access, audit_job, audit_purchases
from bot.payments.reports import Report
from bot.texts import alerts as words
from bot.texts import stats as admin_words
from bot.texts.accounts import people as people_words
from db.jobs import AuditJob
from handlers.app import Application
from tests.chat_user import ChatUser

SOLD = """
with purchase as (
    insert into purchases (user_id, product_id, amount_cents, provider, status, provider_payment_id, days, currency,
                           created_at)
    select id, 1, 99000, 'yookassa', $1, 'x-1', 30, 'RUB', now() from users where name = 'Анна Соколова'
    returning id, user_id
)
insert into bot.payment_attempts (purchase_id, user_id, telegram_id, method, key, request, created_at, closed_at)
select id, user_id, 7000000001, 'link', 'k-1', '{}', now(), now() from purchase returning purchase_id
"""
OPENED = """
insert into bot.access_changes (user_id, module_id, source, source_id, days, before, after, created_at)
select user_id, 1, 'purchase', id, 30, null, now() + interval '30 days', now() from purchases
"""
FOUND = "select value from bot.cursors where name = 'access_unexplained'"
OPEN = "select array_agg(kind) from bot.alerts where solved_at is null"


@pytest.mark.errors_expected("an alarm is logged as an error")
@pytest.mark.parametrize(
    ("status", "opened", "kind", "mended"),
    [
        ("succeeded", False, "paid_not_granted", OPENED),
        ("canceled", True, "granted_not_paid", "update purchases set status = 'succeeded'"),
    ],
)
async def test_alarmed_about_once_and_solved_when_it_is_so_no_longer(
    app: Application,
    anna: ChatUser,
    olga: ChatUser,
    sql: asyncpg.Connection,
    status: str,
    opened: bool,
    kind: str,
    mended: str,
) -> None:
    await olga.send("/start")
    await anna.register()
    await sql.execute(SOLD, status)
    if opened:
        await sql.execute(OPENED)
    for _ in range(2):
        await audit_job(AuditJob(), app.context)
    told = await olga.receives("⚠️")
    assert await sql.fetchval(OPEN) == [kind]
    assert "Анна Соколова" in told
    await olga.click(admin_words.ALERTS)
    assert told in olga.last_text
    await olga.click("👤 1")
    assert olga.words(people_words.GRANT) in olga.buttons
    await olga.click("разобрано")
    await olga.receives(words.NOTHING)
    assert await sql.fetchval("select kind from bot.acts") == "alert"
    report = Report()
    await audit_purchases(app.context, report)
    assert report.found == {kind: 1}
    assert await sql.fetchval(OPEN) is None
    await sql.execute("update bot.alerts set solved_at = null, dismissed = false")
    await sql.execute(mended)
    await audit_job(AuditJob(), app.context)
    assert await sql.fetchval(OPEN) is None


@pytest.mark.parametrize("status", ["succeeded", "paid", "refunded"])
async def test_the_other_applications_purchases_are_its_own(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection, status: str
) -> None:
    await olga.send("/start")
    await anna.register()
    await sql.execute(SOLD, status)
    await sql.execute("delete from bot.payment_attempts")
    await audit_job(AuditJob(), app.context)
    assert await sql.fetchval(OPEN) is None


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_access_that_somebody_else_has_changed(
    app: Application, anna: ChatUser, olga: ChatUser, sql: asyncpg.Connection
) -> None:
    """An alarm where the tables are ours alone; beside another application only counted."""
    await olga.register()
    await anna.register()
    await anna.send("/promo SPRING")
    await audit_job(AuditJob(), app.context)
    assert await sql.fetchval(OPEN) is None
    await sql.execute("update usermoduleaccess set ends_at = ends_at + interval '1 day'")
    for batch in (1, 1, 1000):
        await audit_access(app.context, batch)
    assert await sql.fetchval(OPEN) == ["access_unexplained"]
    told = await olga.receives("⚠️")
    assert "Python с нуля" in told
    assert "№2" in told
    assert await sql.fetchval(FOUND) == 1
    await sql.execute("insert into users (email, created_at) values ('ben@school.example', now())")
    await audit_job(AuditJob(), app.context)
    assert await sql.fetchval(OPEN) is None
    assert await sql.fetchval(FOUND) == 1
    await sql.execute("delete from users where email = 'ben@school.example'")
    await audit_job(AuditJob(), app.context)
    assert await sql.fetchval(OPEN) == ["access_unexplained"]
    await sql.execute("update usermoduleaccess set ends_at = ends_at - interval '1 day'")
    await audit_job(AuditJob(), app.context)
    assert await sql.fetchval(OPEN) is None
    assert await sql.fetchval(FOUND) == 0


SUBJECTS = "select array_agg(subject::int order by subject::int) from bot.alerts where solved_at is null"


@pytest.mark.errors_expected("an alarm is logged as an error")
async def test_access_that_one_cause_has_changed_everywhere_is_told_of_up_to_a_number(
    app: Application, anna: ChatUser, ben: ChatUser, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is as it should be again makes room for the next one."""
    monkeypatch.setattr(reconciling, "MOST_ACCESS_ALARMS", 2)
    for person in (anna, ben):
        await person.register()
    app.worker.stop()
    rows = await sql.fetch(
        "insert into usermoduleaccess (user_id, module_id, ends_at)"
        " select u.id, m.id, '2040-01-01+00' from users u, modules m order by m.id limit 4 returning id"
    )
    first, second, third, _ = (row["id"] for row in rows)
    for raised in ([first, second], [first, second], [second], [second, third]):
        if raised == [second]:
            await sql.execute(
                "insert into bot.access_changes (user_id, module_id, source, source_id, days, before, after,"
                " created_at) select user_id, module_id, 'purchase', 1, 1, null, ends_at, now()"
                " from usermoduleaccess where id = $1",
                first,
            )
        await audit_access(app.context)
        assert await sql.fetchval(SUBJECTS) == raised
    assert await sql.fetchval(FOUND) == 3
