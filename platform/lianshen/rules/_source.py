"""Reading the files of a pack and of the vocabulary into their structs, with the file and line of every entry.

Reading and proving are generators of what is wrong that return what was read: whoever loads takes the ``first`` fault,
whoever lints takes ``every`` one.
"""

import re
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from lianshen.kernel.strict_yaml import Document, Spot, StrictYamlError, load
from lianshen.rules import _faults
from lianshen.rules._faults import Both

T = TypeVar("T")
_KEY = re.compile(r"`(?:\$\.)?([^`]*)`")
_EXPECTED = re.compile(r"^Expected (.*), got (.*)$")
_INVALID = re.compile(r"^Invalid enum value (.*)$")
_PLACE = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]")


class PackError(Exception):
    """A pack or the vocabulary is wrong: where, what, and what to do about it; the text of the error is Chinese."""

    def __init__(self, file: Path, line: int, code: str, **values: object) -> None:
        self.file, self.line, self.code = file, line, code
        self.message, self.remedy, self.english, self.english_remedy = _faults.said(code, **values)
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


class Source:
    """The files of one folder joined: each top-level key stands once, but lists and maps may be spread over files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: dict[str, Any] = {}
        self._origin: dict[Spot, tuple[Path, Document, Spot]] = {}

    def error(self, spot: Spot, code: str, **values: object) -> PackError:
        """The error ``code`` at ``spot``, or at the nearest thing that contains it."""
        for length in range(min(len(spot), 2), 0, -1):
            if found := self._origin.get(spot[:length]):
                file, document, local = found
                return PackError(file, document.line((*local, *spot[length:])), code, **values)
        return PackError(self.folder, 1, code, **values)

    def read(self, shape: type[T]) -> Faults[T | None]:
        """Everything as one struct; None if anything is wrong. Each entry is converted for itself, to find its line."""
        faults: list[PackError] = []
        for file in sorted(self.folder.glob("*.yaml")):
            faults += self._join(file)
        unread = bool(faults)
        hints = get_type_hints(shape)
        faults += [self.error((name,), "unknown_key", name=name) for name in self.said if name not in hints]
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(shape):  # type: ignore[arg-type]
            if field.name in self.said:
                values[field.name] = self._convert(field.name, hints[field.name], faults)
            elif field.required and not unread:
                faults.append(self.error((), "missing_key", name=field.name))
        yield from faults
        return None if faults else shape(**values)

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
                faults.append(self.error((*spot, *inner, name), "unknown_key", name=name))
            elif "missing required field" in problem:
                faults.append(self.error((*spot, *inner), "missing_key", name=name))
            else:
                faults.append(self.error((*spot, *inner), "shape", problem=_problem(problem)))

    def _join(self, file: Path) -> Iterator[PackError]:
        try:
            document = load(file)
        except StrictYamlError as error:
            yield PackError(file, error.line, "yaml", problem=error.problem)
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
