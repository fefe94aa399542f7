"""Packs upon packs: what a jurisdiction takes over from the level above, or from its own law under a second instrument.

One algorithm for both. Files are joined as they are written, before anything is compiled, so that an error in an entry
names the file of the level it comes from. How a key is taken over is declared, key by key, by the pack that takes it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lianshen.kernel.strict_yaml import Spot, StrictYamlError, load
from lianshen.rules import _messages
from lianshen.rules._filled import filled
from lianshen.rules._schema import Conflict, Inherit
from lianshen.rules._source import PackError, Source
from lianshen.rules._unreadable import syntax
from lianshen.rules.types import Level

NAMED_BY = {
    "papers": "paper",
    "choices": "choice",
    "contents": "content",
    "steps": "step",
    "blocks": "block",
    "notices": "notice",
    "disputes": "point",
    "recasts": "fact",
    "clocks": "clock",
    "actions": "action",
    "phases": "phase",
    "intake": "section",
}
"""What names an entry of each list; several entries may have one name, and are taken over or shadowed together."""
_NEAREST_FIRST = frozenset({"phases"})
_ALWAYS_OWN = frozenset({"instrument", "inherits"})
_KINDS = ("pack", "common")


def resolved(folder: Path, trail: tuple[Path, ...] = ()) -> Source:
    """The pack of ``folder`` with all that it inherits; nothing, while a file does not read. Raises PackError."""
    source = Source(folder)
    named = None if source.faults else source.said.get("inherits")
    for place in range(len(named) if isinstance(named, list) else 0):
        spot: Spot = ("inherits", place)
        rule = source.entry(spot, Inherit)
        upper = _find(source, spot, rule.from_)
        if upper in (folder, *trail):
            raise source.error(spot, "inherits_ring", name=rule.from_)
        _require_above(source, spot, upper)
        _require_takeable(source, spot, rule)
        _take_over(source, spot, rule, resolved(upper, (*trail, folder)))
    return source


def _find(source: Source, spot: Spot, ref: str) -> Path:
    code, _, since = ref.partition("@")
    tenants = source.folder.parent.parent
    for kind in _KINDS:
        for found in tenants.glob(f"{code}-*/{kind}-{since}"):
            return found
    raise source.error((*spot, "from"), "inherits_unknown", name=ref)


def _require_above(source: Source, spot: Spot, upper: Path) -> None:
    """What one inherits from stands above, on the first day of the pack that inherits, or is one's own."""
    home = source.folder.parent
    on = source.folder.name.rpartition("pack-")[2]
    if upper.parent != home and upper.parent.name.partition("-")[0] not in ancestors(home, on):
        raise source.error((*spot, "from"), "inherits_not_above", name=upper.parent.name)


def _require_takeable(source: Source, spot: Spot, rule: Inherit) -> None:
    """Every pack has an instrument of its own; side by side stand entries of lists alone."""
    for key, how in rule.keys.items():
        if key in _ALWAYS_OWN or (how == "append" and key not in NAMED_BY):
            raise source.error((*spot, "keys", key), "inherits_how", name=key, how=how, lists="、".join(NAMED_BY))


def ancestors(home: Path, on: str) -> set[str]:
    """The codes of the jurisdictions above the one in ``home`` on a day (ISO text), by the edges in ``tenant.yaml``."""
    found: set[str] = set()
    todo = [home]
    while todo:
        file = todo.pop() / "tenant.yaml"
        for edge in _edges(file) if file.exists() else ():
            if edge["since"] <= on and not (edge.get("until") and edge["until"] <= on) and edge["tenant"] not in found:
                found.add(edge["tenant"])
                todo += home.parent.glob(f"{edge['tenant']}-*")
    return found


def _edges(file: Path) -> list[dict[str, str]]:
    try:
        return msgspec.convert(load(file).data.get("parents", []), list[dict[str, str]])
    except StrictYamlError as error:
        raise PackError(file, error.line, "yaml", problem=syntax(error.problem)) from error


def _take_over(source: Source, spot: Spot, rule: Inherit, upper: Source) -> None:
    source.uppers.append(upper)
    source.superseded += upper.superseded
    source.faults += upper.faults
    if upper.faults:
        return
    answered = set[str]()
    for key, how in rule.keys.items():
        if key not in upper.said:
            raise source.error((*spot, "keys", key), "inherits_nothing", name=key, ref=rule.from_)
        for name in _names(upper, key):
            own = name in _names(source, key)
            address = _address(key, name)
            conflict = rule.conflicts.get(address) if own and how == "named" else None
            if own and how == "named" and conflict is None:
                raise source.error((*spot, "keys", key), "inherits_conflict", name=address)
            answered.add(address)
            _take_over_one(source, upper, key, name, conflict, own=own, beside=how == "append")
    for address in rule.conflicts.keys() - answered:
        raise source.error((*spot, "conflicts", address), "inherits_no_conflict", name=address)
    _bring_clauses(source, spot, rule, upper)


def _take_over_one(
    source: Source, upper: Source, key: str, name: str, conflict: Conflict | None, *, own: bool, beside: bool
) -> None:
    """Everything of one name, unless one's ``own`` prevails; ``beside``: both hold."""
    yields = own and conflict is not None and conflict.prevails == "inherited"
    taken = not own or beside or yields
    _note(source, upper, key, name, holds=taken, beside=beside)
    if conflict and conflict.prevails == "undetermined":
        _dispute(source, upper, key, name, conflict)
    elif key == "parameters" and not taken:
        source.superseded.append((name, upper))
    if yields:
        source.drop(key, name, NAMED_BY.get(key))
    if taken:
        source.adopt(upper, key, name, NAMED_BY.get(key), first=key not in _NEAREST_FIRST)


def _address(key: str, name: str) -> str:
    return f"{key}.{name}" if name else key


def _names(source: Source, key: str) -> dict[str, None]:
    """The names of a key's entries; "" is the whole of a key that has none."""
    said = source.said.get(key)
    if isinstance(said, list):
        return {str(item.get(NAMED_BY[key])): None for item in said if isinstance(item, dict)}
    if isinstance(said, dict) and key not in ("scope", "instrument", "tiers"):
        return dict.fromkeys(said)
    return {} if said is None else {"": None}


def _note(source: Source, upper: Source, key: str, name: str, *, holds: bool, beside: bool) -> None:
    """Remember who says what about the key, nearest first."""
    address = _address(key, name)
    mine = source.lineage.get(address) or [
        level_of(source, key, entry, holds=True) for entry in source.entries(key, name, NAMED_BY.get(key))
    ]
    theirs = upper.lineage.get(address) or [
        level_of(upper, key, entry, holds=True) for entry in upper.entries(key, name, NAMED_BY.get(key))
    ]
    if not beside:
        mine = [msgspec.structs.replace(level, holds=level.holds and not holds) for level in mine]
        theirs = [msgspec.structs.replace(level, holds=level.holds and holds) for level in theirs]
    source.lineage[address] = [*mine, *theirs]


def level_of(source: Source, key: str, said: Any, *, holds: bool) -> Level:
    """One entry as a level of explanation."""
    code = source.folder.parent.name.partition("-")[0]
    since = source.folder.name.partition("-")[2]
    clause = source.clause(said.get("clause")) if isinstance(said, Mapping) else {}
    return Level(
        ref=f"{code}@{since}",
        instrument=source.title(),
        article=str(clause.get("article", "")),
        said=in_words(key, filled(said, source.said.get("parameters") or {})),
        holds=holds,
    )


def lineage_of(source: Source) -> dict[str, tuple[Level, ...]]:
    """Who says what about each named entry: those of this pack alone, and those that others speak about too."""
    alone = {
        f"{key}.{name}": (level_of(source, key, entry, holds=True),)
        for key, said in source.said.items()
        if isinstance(said, dict | list)
        for name, entry in _named(key, said)
    }
    return alone | {address: tuple(levels) for address, levels in source.lineage.items()}


def _named(key: str, said: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(said, dict):
        yield from said.items()
    elif key in NAMED_BY:
        yield from ((str(item[NAMED_BY[key]]), item) for item in said if NAMED_BY[key] in item)


def in_words(key: str, said: Any) -> str:
    """An entry as its author wrote it: the words of a parameter, else its keys and values."""
    if isinstance(said, Mapping):
        if key == "parameters":
            return f"{said.get('text')}（{said.get('value')} {said.get('unit')}）"
        return "；".join(f"{name}: {in_words('', value)}" for name, value in said.items() if name != "clause")
    if isinstance(said, list):
        return "、".join(in_words("", item) for item in said)
    return str(said)


def _dispute(source: Source, upper: Source, key: str, name: str, conflict: Conflict) -> None:
    own, other = (
        _messages.text("inherits_reading", title=one.title(), said=in_words(key, entry))
        for one in (source, upper)
        for entry in one.entries(key, name, NAMED_BY.get(key))[:1]
    )
    point = _messages.text("inherits_point", name=_address(key, name))
    source.append(
        "disputes", {"point": point, "reading": own, "other": other, "when": "true", "clause": conflict.clause}
    )


def _bring_clauses(source: Source, spot: Spot, rule: Inherit, upper: Source) -> None:
    """The clauses that inherited entries cite, under the title of the text that they stand in.

    Who takes ``clauses`` over by name may word one of them anew: whatever cites it cites the new words.
    """
    own = source.said.get("clauses", {})
    for name in upper.said.get("clauses", {}):
        if name in own and ("clauses", name) not in source.inherited:
            if "clauses" not in rule.keys:
                raise source.error(spot, "inherits_clause", name=name)
            continue
        source.adopt(upper, "clauses", name, None, first=False)
        source.titles[name] = upper.titles.get(name) or upper.title()
