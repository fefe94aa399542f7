"""Sealed values: they open in their place and nowhere else; keys belong to one tenant (D141, D146)."""

from uuid import uuid4

import pytest

from lianshen.kernel import cipher
from lianshen.kernel.cipher import Unreadable

pytestmark = pytest.mark.demand("D141")


async def test_what_was_sealed_opens_in_its_place(work):
    row = uuid4()
    async with work() as uow:
        await uow.enter("320723")
        sealed = await cipher.seal(uow, "person", "phone", row, "13800138000")
        await uow.commit()
    assert b"13800138000" not in sealed
    cipher.keyring().forget("320723")
    async with work() as uow:
        await uow.enter("320723")
        assert await cipher.open_(uow, "person", "phone", row, sealed) == "13800138000"
        again = await cipher.seal(uow, "person", "phone", row, "13800138000")
    assert again != sealed, "a nonce is never used twice"
    assert again[:17] == sealed[:17], "one key a tenant"


@pytest.mark.parametrize(
    "place", [("person", "email", 0), ("office", "phone", 0), ("person", "phone", 1)], ids=["column", "table", "row"]
)
async def test_a_value_moved_elsewhere_does_not_open(work, place):
    rows = uuid4(), uuid4()
    async with work() as uow:
        await uow.enter("320723")
        sealed = await cipher.seal(uow, "person", "phone", rows[0], "13800138000")
        table, column, row = place
        with pytest.raises(Unreadable):
            await cipher.open_(uow, table, column, rows[row], sealed)


async def test_a_value_moved_to_another_tenant_does_not_open(work):
    row = uuid4()
    async with work() as uow:
        await uow.enter("320723")
        sealed = await cipher.seal(uow, "person", "phone", row, "13800138000")
        await uow.commit()
    async with work() as uow:
        await uow.enter("421000")
        with pytest.raises(Unreadable):
            await cipher.open_(uow, "person", "phone", row, sealed)


async def test_any_bit_changed_is_noticed(work):
    row = uuid4()
    async with work() as uow:
        await uow.enter("320723")
        sealed = await cipher.seal(uow, "person", "phone", row, "13800138000")
        for at in range(len(sealed)):
            changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
            with pytest.raises(Unreadable):
                await cipher.open_(uow, "person", "phone", row, changed)
        for short in (b"", sealed[:10], sealed[:30]):
            with pytest.raises(Unreadable):
                await cipher.open_(uow, "person", "phone", row, short)


async def test_equal_texts_have_equal_indexes_within_a_tenant_and_column(work):
    async with work() as uow:
        await uow.enter("320723")
        one = await cipher.blind_index(uow, "person", "phone", "13800138000")
        assert one == await cipher.blind_index(uow, "person", "phone", "13800138000")
        assert one != await cipher.blind_index(uow, "person", "phone", "13800138001")
        assert one != await cipher.blind_index(uow, "person", "email", "13800138000")
    async with work() as uow:
        await uow.enter("421000")
        assert one[17:] != (await cipher.blind_index(uow, "person", "phone", "13800138000"))[17:]
