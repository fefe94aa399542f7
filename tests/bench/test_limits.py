"""What the bench measures against still does what the product does: small, and without a clock.

A bench that nobody runs for weeks would else stop at its own checks on the day on which its figures are wanted.
"""

import asyncpg
import pytest

from lianshen.kernel import cipher
from lianshen.rules.queries import load_law
from tests.bench import sweep
from tests.bench.__main__ import make_limits
from tests.bench.data import seeded

COUNTIES = 2


@pytest.fixture
def own_keys():
    """The keys of this process are those of another database, before and after."""
    before = list(cipher._running)
    yield
    cipher._running[:] = before


async def test_the_same_sql_and_the_one_statement_do_what_the_product_does(tmp_path, own_keys):
    async with seeded(tmp_path, COUNTIES, turns=2) as data:
        cipher.start(data.settings)
        law = load_law(data.settings.tenants_dir)
        await make_limits(data, law, COUNTIES)  # asserts it of operations A to D
        connection = await asyncpg.connect(data.superuser_url)
        await sweep.armed(connection)
        _, _, due, again, _ = await sweep.compared(data, law, connection)
        await connection.close()
    assert due == COUNTIES * sweep.EACH
    assert again == 0
