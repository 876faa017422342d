"""The doctor as a whole, its command, and the database: what is wrong is named and hides nothing else."""

from pathlib import Path

import asyncpg

from bot.doctor import Severity
from bot.sandbox.yookassa import DEMO_SECRET_KEY, DEMO_SHOP_ID
from bot.settings import Settings, SettingsError
from tests.doctor.installation import ADMIN, NOWHERE, TOKEN, Installation, advice, examined, problems
from tests.process import command


async def test_where_all_is_well_there_is_no_problem(installation: Installation) -> None:
    installation.shop(test=False)
    found = await installation.findings()
    assert problems(found) == []
    shown = [str(one) for one in found if one.severity is Severity.OK]
    assert "ok Telegram: the token is that of @sandbox_7777777777_bot" in shown
    assert f"ok YooKassa: shop {DEMO_SHOP_ID} is enabled" in shown
    assert "ok database: the shared tables are as agreed" in shown
    assert "ok support and documents: set" in shown


async def test_each_wrong_setting_is_a_line_and_nothing_else_is_tried() -> None:
    found = await examined(SettingsError(["BOT_TOKEN: not a token", "HTTP_PORT: too large"]))
    assert len(problems(found)) == 2
    assert problems(found)[0].startswith("! settings: BOT_TOKEN: not a token → ")
    assert "nothing else" in advice(found)[0]


async def test_an_empty_database_wants_migrating(installation: Installation, empty_database: str) -> None:
    [problem] = problems(await installation.findings(database_url=empty_database))
    assert "schema empty" in problem
    assert problem.endswith("→ run: python main.py migrate")


async def test_a_difference_from_the_contract_is_told_by_table_and_column(
    installation: Installation, connection: asyncpg.Connection
) -> None:
    await connection.execute("ALTER TABLE users ALTER COLUMN email DROP NOT NULL")
    [problem] = problems(await installation.findings())
    assert "users.email: expected NOT NULL, found NULL allowed" in problem


async def test_a_missing_index_is_only_advised(
    installation: Installation, connection: asyncpg.Connection
) -> None:
    await connection.execute("DROP INDEX ix_purchases_user_id")
    found = await installation.findings()
    assert problems(found) == []
    assert any("CREATE INDEX CONCURRENTLY ix_purchases_user_id" in line for line in advice(found))


async def test_newer_code_was_here(installation: Installation, connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE bot.alembic_version SET version_num = '9999'")
    [problem] = problems(await installation.findings())
    assert "update the program" in problem


async def test_a_database_that_is_not_there_is_named_as_such(installation: Installation) -> None:
    [problem] = problems(
        await installation.findings(database_url=installation.dsn.replace("/test_", "/no_test_"))
    )
    assert "does not exist" in problem
    assert "create that database" in problem


async def test_everything_down_is_found_in_one_go(installation: Installation) -> None:
    found = await installation.findings(
        database_url="postgresql://app@127.0.0.1:9/app",
        telegram_api_url=NOWHERE,
        yookassa_api_url=f"{NOWHERE}/v3",
    )
    assert [line.split(":")[0] for line in problems(found)] == ["! database", "! Telegram", "! YooKassa"]


async def run_doctor(settings: Settings, folder: Path) -> tuple[int | None, str]:
    ended = await command(
        folder,
        "doctor",
        BOT_TOKEN=TOKEN,
        TELEGRAM_API_URL=settings.telegram_api_url,
        DATABASE_URL=settings.dsn or "",
        ADMIN_IDS=str(ADMIN),
        YOOKASSA_SHOP_ID=settings.yookassa_shop_id or "",
        YOOKASSA_SECRET_KEY=DEMO_SECRET_KEY,
        YOOKASSA_API_URL=settings.yookassa_api_url,
    )
    return ended.status, ended.output


async def test_the_exit_status_is_zero_only_where_all_is_well(
    installation: Installation, tmp_path: Path
) -> None:
    status, output = await run_doctor(installation.settings(), tmp_path)
    assert (status, [line for line in output.splitlines() if line[:2] not in ("ok", "! ")]) == (0, [])
    installation.shop(receipts_required=True)
    status, output = await run_doctor(installation.settings(), tmp_path)
    assert status == 1
    assert "! YooKassa: the shop demands receipts" in output
