"""What a migration makes of rows of the release before."""

from alembic import command

from db.engine import Database, Pool
from db.promo import find_promo
from db.schema.migrate import migrate
from tests.db.test_migrate import alembic, run

OLD_FORM = """
with m as (insert into modules (name, interval_count) values ('M', 1) returning id),
p as (insert into products (name, module_id) select 'P', id from m returning product_id),
c as (
    insert into promocodes (code, max_usage_count, days, product_id)
    select 'ВЗЛЁТ–24', 1, 7, product_id from p returning id, code
)
insert into bot.promo_forms (code_id, code, form) select id, code, 'взлёт–24' from c
"""


async def test_a_code_that_was_stored_in_the_old_form_is_found_by_the_new_one(
    dsn: str, database: Database
) -> None:
    await alembic(dsn, lambda config: command.downgrade(config, "0036"))
    await run(dsn, OLD_FORM)
    assert await migrate(dsn, lambda _line: None)
    async with database.transaction(Pool.TALK) as session:
        found = await find_promo(session, "взлет-24")
    assert found is not None
    assert found.code == "ВЗЛЁТ–24"
