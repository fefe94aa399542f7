"""The inventory of personal and sensitive columns: ``policies/personal.yaml`` (D178)."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from lianshen.kernel import strict_yaml
from lianshen.personal._masks import MASKS

FILE = "personal.yaml"


class InventoryError(Exception):
    """The inventory does not read, or is at odds with itself; the message names the column."""


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column: what it holds, why, on what legal basis, how long, and how it is shown."""

    column: str
    holds: str
    kind: str
    purpose: str
    basis: str
    retention: str
    mask: str


class Inventory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``patterns`` are words of names by which a column is suspected; ``others`` say what a suspect is instead."""

    patterns: list[str]
    fields: list[Field]
    others: dict[str, str]

    def untagged(self, columns: Iterable[str]) -> list[str]:
        """Those of ``columns`` (``<table>.<column>``) that are suspected and not accounted for."""
        known = {field.column for field in self.fields} | set(self.others)
        return [
            column
            for column in columns
            if column not in known and set(column.partition(".")[2].split("_")) & set(self.patterns)
        ]

    def mask(self, column: str, value: str) -> str:
        """``value`` as it is shown by default. Raises KeyError for a column that is not in the inventory."""
        return MASKS[{field.column: field.mask for field in self.fields}[column]](value)


def read(folder: Path) -> Inventory:
    """Raises InventoryError."""
    path = folder / FILE
    try:
        found = msgspec.convert(strict_yaml.load(path).data, Inventory)
    except (strict_yaml.StrictYamlError, msgspec.ValidationError, OSError) as error:
        raise InventoryError(f"{path}: {error}") from error
    names = [field.column for field in found.fields]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InventoryError(f"{path}: written twice: {twice}")
    if strange := sorted({field.mask for field in found.fields} - set(MASKS)):
        raise InventoryError(f"{path}: no such mask: {strange}; there are {sorted(MASKS)}")
    return found
