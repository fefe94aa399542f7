"""What changed between two versions of the law, in plain Chinese: rules and numbers, not lines of files.

Conditions are compared with every shared condition spelled out, so a rule counts as changed when what it says did,
however it is written; a number is told once, with the rules that rest on it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from lianshen.rules._entry import Entry, keys_of
from lianshen.rules._layers import NAMED_BY
from lianshen.rules._pack import Pack
from lianshen.rules._reading import CONDITIONS, code_said, conditions_said, key_said, kind_said, number_said, value_said

_WORDS_ALONE = frozenset({"conditions", "inherits", "coverage"})
"""Keys that are told through the rules that use them."""
_GROUND = frozenset({"parameters", "conditions", "clauses"})
_NAMES_OF_PARTS = ("fact", "name", "field", "code", "body", "action", "tier", "management", "answer", "section")
_IN_ORDER = frozenset({"steps", "phases", "ways", "bands"})


class Detail(msgspec.Struct, frozen=True):
    """One thing about a rule that is otherwise now; ``what`` says which."""

    what: str
    before: str
    after: str


class Change(msgspec.Struct, frozen=True):
    """One rule that was added, removed or changed. ``key`` is its kind (``papers``), ``code`` its name in the pack.

    ``rests_on_it`` are the rules that read a changed number, or cite changed words.
    """

    key: str
    kind: str
    how: Literal["added", "removed", "changed", "moved"]
    code: str
    label: str
    article: str
    details: tuple[Detail, ...]
    rests_on_it: tuple[str, ...] = ()


class Diff(msgspec.Struct, frozen=True):
    """All changes from one version to another, by kind in the order of the language of packs."""

    old: str
    new: str
    changes: tuple[Change, ...]


def diff(old: Pack, new: Pack) -> Diff:
    """What changed from ``old`` to ``new``."""
    return Diff(old.ref, new.ref, tuple(_Comparison(old, new).changes()))


class _Comparison:
    def __init__(self, old: Pack, new: Pack) -> None:
        self.old, self.new = old, new

    def changes(self) -> Iterator[Change]:
        for key, _ in keys_of(type(self.new.written)):
            if key not in _WORDS_ALONE:
                yield from self._key(key, getattr(self.old.written, key), getattr(self.new.written, key))

    def _key(self, key: str, before: Any, after: Any) -> Iterator[Change]:
        if key == "parameters":
            yield from self._parameters()
        elif key == "clauses":
            yield from self._clauses()
        elif isinstance(after, list):
            yield from self._listed(key, before, after)
        elif isinstance(after, dict):
            for name in dict.fromkeys([*before, *after]):
                yield from self._one(key, name, before.get(name), after.get(name))
        else:
            yield from self._one(key, "", before, after)

    def _listed(self, key: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
        pairs = _paired(before, after, lambda entry: str(getattr(entry, _attribute(key, entry))), self._same)
        for name, one, other in pairs:
            yield from self._one(key, name, one, other)
        if key in _IN_ORDER and (detail := self._order(before, after, pairs)):
            yield self._change(key, "moved", "", None, (detail,))

    def _one(self, key: str, name: str, before: Any, after: Any) -> Iterator[Change]:
        if before is None and after is None:
            return
        if before is None:
            yield self._change(key, "added", name, after, tuple(self._all_of(self.new, after)))
        elif after is None:
            yield self._change(key, "removed", name, before, tuple(self._all_of(self.old, before)))
        elif details := tuple(self._details(key, before, after, "")):
            yield self._change(key, "changed", name, after, details)

    def _change(
        self, key: str, how: Literal["added", "removed", "changed", "moved"], name: str, entry: Any, details: Any
    ) -> Change:
        pack = self.old if how == "removed" else self.new
        clause = pack.written.clauses.get(getattr(entry, "clause", "") or "")
        return Change(
            key=key,
            kind=kind_said(key),
            how=how,
            code=name,
            label=_label(pack, entry, name, key),
            article=clause.article if clause else "",
            details=details,
        )

    def _all_of(self, pack: Pack, entry: Any) -> Iterator[Detail]:
        """What there is to say about a whole rule that is new or gone: when it applies, and by which words."""
        for attribute in ("when", "clause"):
            if isinstance(said := getattr(entry, attribute, None), str) and said != "true":
                words = value_said(pack, attribute, said)
                sides = (words, "") if pack is self.old else ("", words)
                yield Detail(key_said(type(entry).__name__, attribute), *sides)

    def _same(self, before: Any, after: Any) -> bool:
        return not any(True for _ in self._details("", before, after, ""))

    def _details(self, key: str, before: Any, after: Any, path: str) -> Iterator[Detail]:
        if isinstance(before, Entry) and type(before) is type(after):
            for attribute, said in keys_of(type(after)):
                what = key_said(type(after).__name__, said)
                yield from self._details(
                    said, getattr(before, attribute), getattr(after, attribute), f"{path} · {what}" if path else what
                )
        elif _of_entries(before) or _of_entries(after):
            yield from self._parts(key, before, after, path)
        elif not self._equal(key, before, after):
            both = value_said(self.old, key, before), value_said(self.new, key, after)
            if key in CONDITIONS and isinstance(before, str) and isinstance(after, str):
                both = conditions_said(self.old, before, self.new, after)
            yield Detail(path or kind_said(key), *both)

    def _parts(self, key: str, before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Detail]:
        """Entries within an entry: fields of a form, needs of an act, bands of an axis."""
        pairs = _paired(before, after, _part, self._same)
        for name, one, other in pairs:
            if one is None or other is None:
                said = _part_said(self.new if one is None else self.old, one or other, name)
                yield Detail(path, *(("", said) if one is None else (said, "")))
            else:
                yield from self._details(key, one, other, f"{path}“{_part_said(self.new, other, name)}”")
        if key in _IN_ORDER and (detail := self._order(before, after, pairs)):
            yield detail

    def _order(self, before: Sequence[Any], after: Sequence[Any], pairs: Sequence[Any]) -> Detail | None:
        """The same entries in another order, where the order decides."""
        kept = [(one, other) for _, one, other in pairs if one is not None and other is not None]
        was = sorted(kept, key=lambda pair: _place(before, pair[0]))
        now = sorted(kept, key=lambda pair: _place(after, pair[1]))
        if was == now:
            return None
        said = [
            "、".join(_label(pack, pair[side], _part(pair[side])) for pair in order)
            for pack, side, order in ((self.old, 0, was), (self.new, 1, now))
        ]
        return Detail("先后次序", *said)

    def _equal(self, key: str, before: Any, after: Any) -> bool:
        if key in CONDITIONS and isinstance(before, str) and isinstance(after, str):
            one, other = (pack.program.tokens(said) for pack, said in ((self.old, before), (self.new, after)))
            return [token.replace("'", '"') for token in one] == [token.replace("'", '"') for token in other]
        if key == "clause" and before != after:
            return self.old.written.clauses.get(before) == self.new.written.clauses.get(after)
        return bool(before == after)

    def _clauses(self) -> Iterator[Change]:
        """Articles whose words changed; new ones are told with the rules that cite them."""
        old, new = self.old.written.clauses, self.new.written.clauses
        for name in (one for one in new if one in old):
            if details := tuple(self._details("clauses", old[name], new[name], "")):
                change = self._change("clauses", "changed", name, new[name], details)
                resting = tuple(_resting(self.new, "clause", name))
                yield msgspec.structs.replace(change, label=new[name].article, rests_on_it=resting)

    def _parameters(self) -> Iterator[Change]:
        old, new = self.old.written.parameters, self.new.written.parameters
        for name in dict.fromkeys([*old, *new]):
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            how: Literal["added", "removed", "changed"] = (
                "added" if before is None else "removed" if after is None else "changed"
            )
            words = [one.text if one else "" for one in (before, after)]
            values = [number_said(one.unit, one.value) if one else "" for one in (before, after)]
            details = [Detail("数值", *values), Detail("原文", *words)]
            change = self._change(
                "parameters", how, name, after or before, tuple(d for d in details if d.before != d.after)
            )
            resting = tuple(_resting(self.old if after is None else self.new, "", name))
            yield msgspec.structs.replace(change, label=words[1] or words[0], rests_on_it=resting)


def _resting(pack: Pack, under: str, name: str) -> Iterator[str]:
    """The rules that cite the clause of that name, ``under`` being "clause", or read the parameter of that name."""
    seen = dict[str, None]()
    for key, _ in keys_of(type(pack.written)):
        rules = getattr(pack.written, key)
        found = rules if isinstance(rules, list) else list(rules.values()) if isinstance(rules, dict) else [rules]
        for rule in found:
            if key not in _GROUND and isinstance(rule, Entry) and _mentions(pack, rule, under, name):
                label = _label(pack, rule, _part(rule), key)
                seen[f"{kind_said(key)}：{label}" if label else kind_said(key)] = None
    yield from seen


def _mentions(pack: Pack, rule: Any, under: str, name: str) -> bool:
    if isinstance(rule, Entry):
        shape: type[Entry] = type(rule)
        for attribute, key in keys_of(shape):
            said = getattr(rule, attribute)
            if key in CONDITIONS and isinstance(said, str):
                if not under and name in pack.program.reach(said):
                    return True
            elif (said == name and under in ("", key)) or _mentions(pack, said, under, name):
                return True
    elif isinstance(rule, list | dict):
        return any(_mentions(pack, one, under, name) for one in (rule if isinstance(rule, list) else rule.values()))
    return False


def _paired(
    before: Sequence[Any], after: Sequence[Any], name_of: Callable[[Any], str], same: Callable[[Any, Any], bool]
) -> list[tuple[str, Any, Any]]:
    """Entries of one name side by side: first those that are the same, then by place; None where one has no partner."""
    old, new = _by_name(before, name_of), _by_name(after, name_of)
    pairs: list[tuple[str, Any, Any]] = []
    for name in dict.fromkeys([*old, *new]):
        ones, others = list(old.get(name, ())), list(new.get(name, ()))
        for one in list(ones):
            twin = next((other for other in others if same(one, other)), None)
            if twin is not None:
                ones.remove(one)
                others.remove(twin)
                pairs.append((name, one, twin))
        longest = max(len(ones), len(others))
        padded = [side + [None] * (longest - len(side)) for side in (ones, others)]
        pairs += [(name, one, other) for one, other in zip(*padded, strict=True)]
    return pairs


def _by_name(entries: Sequence[Any], name_of: Callable[[Any], str]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for entry in entries:
        found.setdefault(name_of(entry), []).append(entry)
    return found


def _place(entries: Sequence[Any], wanted: Any) -> int:
    return next(place for place, entry in enumerate(entries) if entry is wanted)


def _of_entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Entry)


def _attribute(key: str, entry: Any) -> str:
    shape: type[Entry] = type(entry)
    return next(attribute for attribute, said in keys_of(shape) if said == NAMED_BY[key])


def _part(entry: Any) -> str:
    """What tells an entry from its neighbours."""
    names = [*_NAMES_OF_PARTS, *NAMED_BY.values()]
    return str(next((said for name in names if (said := getattr(entry, name, None))), ""))


def _part_said(pack: Pack, entry: Any, name: str) -> str:
    return getattr(entry, "label", None) or code_said(pack, name)


def _label(pack: Pack, entry: Any, name: str, key: str = "") -> str:
    """What the rule under ``key`` is called."""
    if isinstance(entry, str):
        return code_said(pack, name, key) if name else entry
    return getattr(entry, "label", None) or (code_said(pack, name, key) if name else "")
