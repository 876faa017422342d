"""A database that can be put back to what it holds now."""

import asyncpg

TABLES = """
    select format('%I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and nspname in ('public', 'bot') order by 1
"""
COLUMNS = """
    select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""
SEQUENCES = """
    select format('%I.%I', schemaname, sequencename) as name, coalesce(last_value, start_value) as value,
        last_value is not null as used
    from pg_sequences where schemaname in ('public', 'bot') order by 1
"""
# Who changes the schema, or fills a table, has the database to itself: it is not used again.
CHANGES = """
    create table kept.changes (tag text);
    create function kept.note() returns event_trigger language plpgsql security definer as
        $$ begin insert into kept.changes values (tg_tag); end $$;
    create event trigger kept_note on ddl_command_end execute function kept.note();
"""
CHANGED = """
    exists (select from kept.changes)
    or exists (select from pg_class where relkind = 'r' and pg_relation_size(oid) > 1000000
        and relnamespace in ('public'::regnamespace, 'bot'::regnamespace))
    or exists (select from pg_db_role_setting s join pg_database d on d.oid = setdatabase
        where datname = current_database())
"""


async def make_resettable(connection: asyncpg.Connection) -> None:
    """Remembers what the database holds: `kept.put_back()` restores it, or is false where that can't be done."""
    await connection.execute("create schema kept")
    steps = [
        await _step(connection, f"kept.t{number}", str(table))
        for number, (table,) in enumerate(await connection.fetch(TABLES))
    ]
    for name, value, used in await connection.fetch(SEQUENCES):
        steps.append(f"perform setval('{name}', {value}, {str(used).lower()});")
    body = f"begin if {CHANGED} then return false; end if; {' '.join(steps)} return true; end"
    await connection.execute(f"create function kept.put_back() returns bool language plpgsql as $${body}$$")
    await connection.execute(CHANGES)


async def _step(connection: asyncpg.Connection, kept: str, table: str) -> str:
    """Rows that a test left as they were stay where they are. As text: json has no equality."""
    if not await connection.fetchval(f"select exists (select from {table})"):
        return f"delete from {table};"
    await connection.execute(f"create table {kept} as table {table}")
    columns = await connection.fetchval(COLUMNS, table)
    return (
        f"delete from {table} t where not exists (select from {kept} k where k::text = t::text);"
        f"insert into {table} ({columns}) overriding system value select {columns} from {kept} k"
        f" where not exists (select from {table} t where t::text = k::text);"
    )
