"""The language of packs and vocabularies as published: one JSON Schema each, from the structs that read them."""

from typing import Any

from lianshen.kernel.json_schema import schema_of
from lianshen.rules._notes import NOTES
from lianshen.rules._schema import Law
from lianshen.rules._vocabulary import Vocabulary


def published_schemas() -> dict[str, dict[str, Any]]:
    """File name to schema. Every file of a pack or vocabulary holds some of the top-level keys."""
    return {
        "pack.schema.json": schema_of(Law, "规则包 / pack", NOTES, whole=False),
        "vocabulary.schema.json": schema_of(Vocabulary, "词表 / vocabulary", NOTES, whole=False),
    }
