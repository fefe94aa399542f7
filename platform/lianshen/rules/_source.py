"""Reading the files of a pack and of the vocabulary into their structs, with the file and line of every entry.

Reading and proving are generators of what is wrong that return what was read: whoever loads takes the ``first`` fault,
whoever lints takes ``every`` one.
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from lianshen.kernel.strict_yaml import Document, Spot, StrictYamlError, load
from lianshen.rules._entry import keys_at
from lianshen.rules._faults import Both, nearest
from lianshen.rules._faults_of_rules import OF_RULES
from lianshen.rules._faults_of_writing import OF_WRITING
from lianshen.rules._unreadable import syntax
from lianshen.rules.types import Level

T = TypeVar("T")
RELEASE = "release.yaml"
"""How a version was reviewed and published: beside the files of the law, and no part of them."""
_FAULTS = OF_WRITING | OF_RULES
_NAMELESS = ("when", "clause")
_KEY = re.compile(r"`(?:\$\.)?([^`]*)`")
_EXPECTED = re.compile(r"^Expected (.*), got (.*)$")
_INVALID = re.compile(r"^Invalid enum value (.*)$")
_PLACE = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]")


class PackError(Exception):
    """A pack or the vocabulary is wrong: where, what, and what to do about it; the text of the error is Chinese.

    ``spot`` is the entry of the joined files that is wrong, where it is known.
    """

    spot: Spot = ()

    def __init__(self, file: Path, line: int, code: str, **values: object) -> None:
        self.file, self.line, self.code = file, line, code
        self.message, self.remedy, self.english, self.english_remedy = _FAULTS[code].filled(**values)
        super().__init__(f"{file}:{line}: {self.message} {self.remedy}")


Faults = Generator[PackError, None, T]
"""Everything that is wrong, one by one; then what came of the work, which is of use only if nothing was."""


def first(work: Faults[T]) -> T:
    """What comes of the work. Raises the first fault that it finds."""
    try:
        fault = next(work)
    except StopIteration as done:
        result: T = done.value
        return result
    raise fault


def every(work: Faults[T], faults: list[PackError]) -> T | None:
    """What comes of the work, None if it broke off; all that it finds wrong is added to ``faults``."""
    try:
        while True:
            faults.append(next(work))
    except StopIteration as done:
        result: T = done.value
        return result
    except PackError as fault:
        faults.append(fault)
        return None


def files_of(folder: Path) -> list[Path]:
    """The files in which the law of ``folder`` is written."""
    return sorted(file for file in folder.glob("*.yaml") if file.name != RELEASE)


class Source:
    """The files of one folder joined: each top-level key stands once, but lists and maps may be spread over files.

    ``faults`` are what is wrong with the files themselves. What comes from ``uppers`` is ``inherited``; ``titles``
    names the text of each inherited clause, ``lineage`` the levels that speak about a key, ``superseded`` the inherited
    numbers in whose place one's own hold, with the source that states them. See _layers.
    """

    def __init__(self, folder: Path, files: Sequence[Path] | None = None) -> None:
        """``files``: else all in which the law of ``folder`` is written."""
        self.folder = folder
        self.said: dict[str, Any] = {}
        self.uppers: list[Source] = []
        self.inherited: set[Spot] = set()
        self.titles: dict[str, str] = {}
        self.lineage: dict[str, list[Level]] = {}
        self.superseded: list[tuple[str, Source]] = []
        self._origin: dict[Spot, tuple[Path, Document, Spot]] = {}
        self.faults = [fault for file in files or files_of(folder) for fault in self._join(file)]

    def error(self, spot: Spot, code: str, **values: object) -> PackError:
        """The error ``code`` at ``spot``, or at the nearest thing that contains it."""
        error = self._error(spot, code, **values)
        error.spot = spot
        return error

    def _error(self, spot: Spot, code: str, **values: object) -> PackError:
        for length in range(min(len(spot), 2), 0, -1):
            if found := self._origin.get(spot[:length]):
                file, document, local = found
                return PackError(file, document.line((*local, *spot[length:])), code, **values)
        return PackError(self.folder, 1, code, **values)

    def named(self, spot: Spot) -> str:
        """A spot for people, what stands in a list with its code or label: ``actions.0（submit）.requires.1（…）``."""
        parts: list[str] = []
        said: Any = self.said
        for step in spot:
            try:
                said = said[step]
            except (LookupError, TypeError):
                said = None
            inside = said.items() if isinstance(step, int) and isinstance(said, dict) else ()
            name = next((value for key, value in inside if isinstance(value, str) and key not in _NAMELESS), "")
            parts.append(f"{step}（{name}）" if name else str(step))
        return ".".join(parts)

    def read(self, shape: type[T]) -> Faults[T | None]:
        """Everything as one struct; None if anything is wrong. Each entry is converted for itself, to find its line."""
        faults = list(self.faults)
        hints = get_type_hints(shape)
        strange = [name for name in self.said if name not in hints]
        faults += [self.error((name,), "unknown_key", name=name, near=nearest(name, hints)) for name in strange]
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(shape):  # type: ignore[arg-type]
            if field.name in self.said:
                values[field.name] = self._convert(field.name, hints[field.name], faults)
            elif field.required and not self.faults:
                faults.append(self.error((), "missing_key", name=field.name))
        yield from faults
        return None if faults else shape(**values)

    def entry(self, spot: Spot, shape: type[T]) -> T:
        """One entry of a list or map, for itself. Raises PackError."""
        key, name = spot
        faults: list[PackError] = []
        found: T = self._one(spot, self.said[str(key)][name], shape, faults)
        for fault in faults:
            raise fault
        return found

    def title(self) -> str:
        """What the text is called that these files write down."""
        instrument = self.said.get("instrument")
        return str(instrument.get("title", "")) if isinstance(instrument, dict) else ""

    def clause(self, name: Any) -> Mapping[str, Any]:
        """An article and its words, as written; empty where there is none."""
        clauses = self.said.get("clauses")
        found = clauses.get(name) if isinstance(clauses, dict) else None
        return found if isinstance(found, dict) else {}

    def entries(self, key: str, name: str, named_by: str | None) -> list[Any]:
        """Everything of that name: one entry of a map, or those of a list whose key ``named_by`` says so."""
        said = self.said.get(key)
        if isinstance(said, list):
            return [item for item in said if isinstance(item, dict) and item.get(named_by) == name]
        if name == "":
            return [] if said is None else [said]
        return [said[name]] if isinstance(said, dict) and name in said else []

    def append(self, key: str, entry: dict[str, Any]) -> None:
        """Add an entry that nobody wrote to a list."""
        self.said[key] = [*self.said.get(key, ()), entry]

    def drop(self, key: str, name: str, named_by: str | None) -> None:
        """Forget everything of that name."""
        said = self.said[key]
        if isinstance(said, list):
            kept = [place for place, item in enumerate(said) if item not in self.entries(key, name, named_by)]
            origins = [(self._origin.get((key, place)), (key, place) in self.inherited) for place in kept]
            self._put(key, [said[place] for place in kept], origins)
        elif name:
            self.said[key] = {other: value for other, value in said.items() if other != name}
        else:
            del self.said[key]

    def adopt(self, upper: "Source", key: str, name: str, named_by: str | None, *, first: bool) -> None:
        """Take everything of that name over from ``upper``, before one's own entries of a list or after them."""
        theirs = upper.said[key]
        if isinstance(theirs, list):
            mine = self.said.get(key, [])
            kept = [(self._origin.get((key, place)), (key, place) in self.inherited) for place in range(len(mine))]
            wanted = upper.entries(key, name, named_by)
            places = [place for place, item in enumerate(theirs) if item in wanted]
            taken = [(upper._origin.get((key, place)), True) for place in places]
            before = len([kind for _, kind in kept if kind]) if first else len(mine)
            items = [theirs[place] for place in places]
            self._put(key, [*mine[:before], *items, *mine[before:]], [*kept[:before], *taken, *kept[before:]])
            return
        spot: Spot = (key, name) if name else (key,)
        self.said[key] = self.said.get(key, {}) | {name: theirs[name]} if name else theirs
        self.inherited.add(spot)
        for origin in (spot, (key,)):
            if origin in upper._origin:
                self._origin.setdefault(origin, upper._origin[origin])

    def _put(self, key: str, items: list[Any], origins: list[tuple[Any, bool]]) -> None:
        """A list anew, each item with where it was written and whether it is inherited."""
        for place in range(len(self.said.get(key, ()))):
            self._origin.pop((key, place), None)
            self.inherited.discard((key, place))
        self.said[key] = items
        for place, (origin, inherited) in enumerate(origins):
            if origin is not None:
                self._origin[key, place] = origin
            if inherited:
                self.inherited.add((key, place))

    def _convert(self, key: str, hint: Any, faults: list[PackError]) -> Any:
        said = self.said[key]
        if get_origin(hint) is list and isinstance(said, list):
            return [self._one((key, place), item, get_args(hint)[0], faults) for place, item in enumerate(said)]
        if get_origin(hint) is dict and isinstance(said, dict):
            return {name: self._one((key, name), item, get_args(hint)[1], faults) for name, item in said.items()}
        return self._one((key,), said, hint, faults)

    def _one(self, spot: Spot, said: Any, hint: Any, faults: list[PackError]) -> Any:
        try:
            return msgspec.convert(said, hint, strict=True)
        except msgspec.ValidationError as error:
            problem, _, path = str(error).partition(" - at ")
            inner = tuple(name or int(place) for name, place in _PLACE.findall(path.strip("`").removeprefix("$")))
            name = "".join(_KEY.findall(problem)[:1])
            if "unknown field" in problem:
                near = nearest(name, keys_at(hint, inner))
                faults.append(self.error((*spot, *inner, name), "unknown_key", name=name, near=near))
            elif "missing required field" in problem:
                faults.append(self.error((*spot, *inner), "missing_key", name=name))
            else:
                faults.append(self.error((*spot, *inner), "shape", problem=_problem(problem)))

    def _join(self, file: Path) -> Iterator[PackError]:
        try:
            document = load(file)
        except StrictYamlError as error:
            yield PackError(file, error.line, "yaml", problem=syntax(error.problem))
            return
        if not isinstance(document.data, dict):
            yield PackError(file, 1, "empty")
            return
        for key, value in document.data.items():
            before = self.said.get(key)
            if isinstance(value, list) and isinstance(before, list | None):
                start = len(before or ())
                for place in range(len(value)):
                    self._origin[key, start + place] = (file, document, (key, place))
                self.said[key] = [*(before or ()), *value]
            elif isinstance(value, dict) and isinstance(before, dict | None):
                yield from self._merge(file, document, key, before or {}, value)
            elif before is None:
                self.said[key] = value
            else:
                yield PackError(file, document.line((key,)), "twice", name=key)
            self._origin.setdefault((key,), (file, document, (key,)))

    def _merge(
        self, file: Path, document: Document, key: str, before: dict[str, Any], said: Mapping[str, Any]
    ) -> Iterator[PackError]:
        for name in said:
            if name in before:
                yield PackError(file, document.line((key, name)), "twice", name=name)
            self._origin[key, name] = (file, document, (key, name))
        self.said[key] = before | dict(said)


def _problem(said: str) -> Both:
    """What msgspec says of a value that does not fit, in both languages."""
    zh = _EXPECTED.sub(r"应为 \1，现为 \2", said)
    return Both(_INVALID.sub(r"不能取 \1", zh), said)
