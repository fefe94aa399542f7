"""The words that packs share: typed facts, and the codes of papers, bodies, steps, blocks and events, with labels."""

from pathlib import Path
from typing import Any

from lianshen.rules._schema import Entry, Fact
from lianshen.rules._source import Source
from lianshen.rules.types import FactValue

CEL_KIND = {
    "bool": "bool",
    "int": "int",
    "money": "int",
    "date": "str",
    "code": "str",
    "text": "str",
    "codes": "codes",
}
_PYTHON: dict[str, type] = {"bool": bool, "int": int, "str": str, "codes": list}


class Vocabulary(Entry, frozen=True):
    """Codes with their Chinese labels; see the heads of the files in ``tenants/_vocabulary``."""

    facts: dict[str, Fact]
    documents: dict[str, str]
    bodies: dict[str, str]
    steps: dict[str, str]
    blocks: dict[str, str]
    events: dict[str, str]
    contents: dict[str, str]


def load_vocabulary(folder: Path) -> Vocabulary:
    """Read ``tenants/_vocabulary``. Raises PackError with file, line, what is wrong and what to do."""
    source = Source(folder)
    vocabulary = source.read(Vocabulary)
    for name, fact in vocabulary.facts.items():
        for key in ("neutral", "presumed"):
            value = getattr(fact, key)
            wanted = _PYTHON[CEL_KIND[fact.type]]
            if type(value) is not wanted and not (key == "presumed" and value is None):
                raise source.error(("facts", name, key), "type", name=key, wanted=fact.type)
        if (fact.type == "code") != bool(fact.options):
            raise source.error(("facts", name), "type", name="options", wanted="code")
    return vocabulary


def frozen(value: Any) -> FactValue:
    """A value as a fact: YAML's lists become tuples."""
    return tuple(value) if isinstance(value, list) else value
