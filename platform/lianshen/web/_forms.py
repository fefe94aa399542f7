"""Forms as people and programs fill them in: the way back from facts to what was typed."""

from collections.abc import Mapping, Sequence

from lianshen.rules.types import FactValue, FormField


def typed(form: Sequence[FormField], facts: Mapping[str, FactValue]) -> dict[str, object]:
    """The answers to ``form`` that ``facts`` (money in fen) hold, as they would be typed: money in yuan."""
    return {
        field.name: _yuan(facts[field.name]) if field.kind == "money" else facts[field.name]
        for field in form
        if field.name in facts
    }


def _yuan(fen: FactValue) -> str:
    assert isinstance(fen, int)
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan}.{rest:02d}"
