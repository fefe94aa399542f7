"""Every personal or sensitive column is accounted for: why it is kept, how long, how it is shown (D178)."""

import msgspec
import pytest

from lianshen.kernel.settings import Settings
from lianshen.personal._inventory import FILE
from lianshen.personal._masks import MASKS
from lianshen.personal.queries import InventoryError, read
from lianshen.tables import metadata

pytestmark = pytest.mark.demand("D178")
FOLDER = Settings().policies_dir
INVENTORY = read(FOLDER)
COLUMNS = [f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns]


def test_no_column_that_looks_personal_is_untagged():
    assert INVENTORY.untagged(COLUMNS) == []


@pytest.mark.parametrize(
    "column", ["person.mobile", "office.contact_phone", "project.id_number_idcard", "opinion.agent_name", "session.ip"]
)
def test_a_new_one_would_fail(column):
    assert INVENTORY.untagged([*COLUMNS, column]) == [column]


def test_the_inventory_names_no_column_that_is_gone():
    assert {field.column for field in INVENTORY.fields} | set(INVENTORY.others) <= set(COLUMNS)


@pytest.mark.parametrize("field", INVENTORY.fields, ids=lambda field: field.column)
def test_every_entry_says_everything(field):
    assert field.kind in ("personal", "sensitive")
    assert all(msgspec.structs.astuple(field))


def test_everything_sealed_is_personal_or_sensitive_and_not_shown_as_it_is():
    masks = {field.column: field.mask for field in INVENTORY.fields}
    sealed = [f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns
              if column.info.get("key") in ("seal", "index")]  # fmt: skip
    assert len(sealed) >= 3
    assert {column: masks[column] for column in sealed if masks[column] == "shown"} == {}


def test_identity_cards_are_not_collected():
    assert [column for column in COLUMNS if {"idcard", "identity", "passport"} & set(column.split("_"))] == []


@pytest.mark.parametrize("damage", [("mask: phone", "mask: photo"), ("column: person.name", "column: person.phone")])
def test_an_inventory_at_odds_with_itself_is_refused(tmp_path, damage):
    (tmp_path / FILE).write_text((FOLDER / FILE).read_text(encoding="utf-8").replace(*damage, 1), encoding="utf-8")
    with pytest.raises(InventoryError):
        read(tmp_path)


@pytest.mark.demand("D179")
@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        ("phone", "10032070001", "100****0001"),
        ("phone", "051800000001", "051****0001"),
        ("email", "zhang@example.gov.cn", "z***@example.gov.cn"),
        ("email", "z@example.gov.cn", "z***@example.gov.cn"),
        ("hidden", "anything", "******"),
        ("shown", "王某", "王某"),
    ],
)
def test_masks(mask, value, shown):
    assert MASKS[mask](value) == shown
