"""JSON Schema (draft 2020-12) of a YAML file that a msgspec struct describes, for editors and other programs."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

import msgspec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(
    shape: type[msgspec.Struct], title: str, notes: Mapping[str, tuple[str, str]], *, whole: bool = True
) -> dict[str, Any]:
    """The schema of ``shape``; ``notes`` describe ``Entry.key`` or ``key`` in Chinese and English.

    Unless it is ``whole``, a file may hold some of the top-level keys only. Raises KeyError for a key without a note.
    """
    written = msgspec.json.schema(shape)
    parts = written["$defs"]
    for name, part in parts.items():
        if "description" in part:
            part["description"] = cleandoc(part["description"]).replace("``", "`")
        for key, value in part.get("properties", {}).items():
            zh, en = notes.get(f"{name}.{key}") or notes[key]
            value["description"] = f"{zh}。\n{en}."
    top = parts.pop(shape.__name__)
    if not whole:
        del top["required"]
        top["minProperties"] = 1
    return {"$schema": DIALECT, **top, "title": title, "$defs": parts}
