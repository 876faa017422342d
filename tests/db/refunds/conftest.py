"""A purchase that was paid, to be refunded."""

import asyncpg
import pytest

from db.engine import Database
from tests.db.refunds.school import School


@pytest.fixture
async def school(database: Database, connection: asyncpg.Connection) -> School:
    anna = await connection.fetchval(
        "insert into users (name, email, created_at) values ('Anna', 'anna@example.com', now()) returning id"
    )
    module = await connection.fetchval(
        "insert into modules (name, interval_count) values ('Chess', 5) returning id"
    )
    product = await connection.fetchval(
        "insert into products (name, module_id) values ('A month', $1) returning product_id", module
    )
    return School(database, connection, anna, module, product)
