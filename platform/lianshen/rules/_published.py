"""The language of packs and vocabularies as published: one JSON Schema each, from the structs that read them."""

from typing import Any

from lianshen.kernel.json_schema import schema_of
from lianshen.rules._notes import NOTES
from lianshen.rules._release import Release
from lianshen.rules._schema import Law
from lianshen.rules._vocabulary import Vocabulary


def published_schemas() -> dict[str, dict[str, Any]]:
    """File name to schema. Files of packs and vocabularies hold some of the top-level keys each."""
    return {
        "pack.schema.json": schema_of(Law, "规则包 / pack", NOTES, whole=False),
        "release.schema.json": schema_of(Release, "审核与公布 / release", NOTES),
        "vocabulary.schema.json": schema_of(Vocabulary, "词表 / vocabulary", NOTES, whole=False),
    }
