"""CEL, the expression language of the packs: the one place that knows it.

cel-expr-python checks names and types when it compiles. Its ``eval`` answers an error with a *value* of type ERROR that
Python takes for true, so the type of every answer is tested here; a tuple is no list to it. Handing over the facts
costs more than answering a hundred conditions, so a pack's conditions are answered together, as one list.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cel_expr_python import cel

from lianshen.rules._faults import Both

_KINDS = {"bool": cel.Type.BOOL, "int": cel.Type.INT, "str": cel.Type.STRING, "codes": cel.Type.List(cel.Type.STRING)}
_STRING_OR_NAME = re.compile(r"'[^']*'|\"[^\"]*\"|([A-Za-z_]\w*)")
_TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>=!]=|&&|\|\||\S")


class ExpressionError(Exception):
    """An expression that does not compile, is no yes-or-no question, or has no answer on the values given.

    ``problem`` says why, in both languages; the text of the error is English.
    """

    def __init__(self, problem: Both) -> None:
        self.problem = problem
        super().__init__(problem.en)


_UNDECLARED = re.compile(r"undeclared reference to '(.*?)'")
_OVERLOAD = re.compile(r"found no matching overload for '(.*?)' applied to '(.*?)'")
_SYNTAX = re.compile(r"<input>:1:(\d+): Syntax error: (.*)")


def _said(error: RuntimeError, text: str) -> Both:
    """What CEL says of ``text``, in words that an author of packs understands."""
    problem = str(error)
    if found := _UNDECLARED.search(problem):
        name = found[1]
        return Both(f"没有名为“{name}”的事实、参数或条件", f"no fact, parameter or condition is called '{name}'")
    if found := _OVERLOAD.search(problem):
        sign = found[1].strip("_@")
        return Both(f"“{sign}”不能用于 {found[2]}", f"'{sign}' cannot be applied to {found[2]}")
    if found := _SYNTAX.search(problem):
        place = text[: int(found[1]) - 1][-20:]
        return Both(f"语法有误，在“{place}”之后", f"syntax error after '{place}'")
    return Both(problem, problem)


def names_in(text: str) -> frozenset[str]:
    """Every name that the expression could refer to."""
    return frozenset(name for name in _STRING_OR_NAME.findall(text) if name)


def _put(text: str, places: Mapping[str, str]) -> str:
    """The expression with what stands in ``places`` for each name there."""
    return _STRING_OR_NAME.sub(lambda found: places.get(found[1], found[0]), text)


def tokens_in(text: str) -> list[str]:
    """The words, numbers, strings and signs of an expression, in order."""
    return _TOKEN.findall(text)


def leanings(tokens: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Each token with whether the expression rather holds where it does: an even number of times denied."""
    straight, denied = [True], False
    for token in tokens:
        match token:
            case "!":
                denied = not denied
            case "(":
                straight.append(straight[-1] != denied)
                denied = False
            case ")":
                straight.pop()
            case _:
                yield token, straight[-1] != denied
                denied = False


class Part:
    """Some conditions of a program: what they read, the texts in them, and their answers."""

    def __init__(self, compiled: Any, reads: frozenset[str], literals: frozenset[str]) -> None:
        self._compiled = compiled
        self.reads, self.literals = reads, literals

    def answer(self, values: Mapping[str, Any]) -> list[bool]:
        """``values`` may hold more than is read."""
        return _evaluated(self._compiled, {name: values[name] for name in self.reads})


def _evaluated(compiled: Any, values: Mapping[str, Any]) -> list[bool]:
    try:
        result = compiled.eval(data=values)
    except RuntimeError as error:
        raise ExpressionError(_said(error, "")) from error
    if result.type() != cel.Type.LIST:
        raise ExpressionError(Both(str(result.value()), str(result.value())))
    answers: list[bool] = result.plain_value()
    return answers


class Program:
    """The conditions of one pack. Write: ``ask`` for each, then ``seal`` once. Read: ``answer``."""

    def __init__(self, variables: Mapping[str, str], named: Mapping[str, str]) -> None:
        """``variables`` maps each name to bool, int, str or codes; ``named`` each shared condition to its text."""
        self._named = named
        self._variables = frozenset(variables)
        self._environment = cel.NewEnv(
            variables={name: _KINDS[kind] for name, kind in variables.items()} | dict.fromkeys(named, cel.Type.BOOL)
        )
        self._reached: dict[str, frozenset[str]] = {}
        self._asked: dict[str, int] = {}
        self._all: Any = None
        self._parts: dict[tuple[int, ...], Part] = {}
        self.reads: frozenset[str] = frozenset()

    def check(self, text: str, kind: str = "bool") -> None:
        """Raise ExpressionError unless ``text`` asks yes or no of known names, or has an answer of another ``kind``.

        Conditions may not refer to each other in a ring.
        """
        answers = self._compile(text).return_type()
        if answers != _KINDS[kind]:
            name = answers.name()
            raise ExpressionError(Both(f"结果是 {name}，应为 {kind}", f"the answer is {name} and should be {kind}"))
        self.reach(text)

    def tokens(self, text: str) -> list[str]:
        """The expression with every named condition spelled out, as ``tokens_in``. ExpressionError on a ring."""
        self.reach(text)
        return list(self._spelled_out(text))

    def _spelled_out(self, text: str) -> Iterator[str]:
        for token in tokens_in(text):
            if token in self._named:
                yield from ("(", *self._spelled_out(self._named[token]), ")")
            else:
                yield token

    def reach(self, text: str) -> frozenset[str]:
        """The variables that the answer depends on, through all the conditions it names. ExpressionError on a ring."""
        return self._reach(text, ())

    def _reach(self, text: str, trail: tuple[str, ...]) -> frozenset[str]:
        names = names_in(text)
        return (names & self._variables).union(*(self._reach_of(name, trail) for name in names & self._named.keys()))

    def _reach_of(self, name: str, trail: tuple[str, ...]) -> frozenset[str]:
        if name in trail:
            ring = " → ".join([*trail, name])
            raise ExpressionError(Both(f"条件互相引用：{ring}", f"conditions in a ring: {ring}"))
        if name not in self._reached:
            self._reached[name] = self._reach(self._named[name], (*trail, name))
        return self._reached[name]

    def leanings(self) -> list[frozenset[tuple[str, bool]]]:
        """For each condition that was asked, the variables it depends on, and whether it rather holds where they do."""
        return [
            frozenset((name, way) for name, way in leanings(self.tokens(text)) if name in self._variables)
            for text in self._asked
        ]

    def reaches(self) -> list[frozenset[str]]:
        """For each condition that was asked, the variables that its answer depends on."""
        return [self.reach(text) for text in self._asked]

    def place(self, text: str) -> int | None:
        """The place in the result of ``answer`` of a condition that was asked."""
        return self._asked.get(text)

    def ask(self, text: str) -> int:
        """Register a condition: its place in the result of ``answer``. The same text has one place."""
        return self._asked.setdefault(text, len(self._asked))

    def seal(self) -> None:
        """Compile everything asked. Raises ExpressionError."""
        self.reads = frozenset().union(*map(self.reach, self._asked))
        self._all = self._together(list(self._asked))

    def part(self, places: tuple[int, ...]) -> "Part":
        """The conditions at these places alone, for asking them many times over."""
        if places not in self._parts:
            asked = list(self._asked)
            texts = [asked[place] for place in places]
            reads = frozenset().union(*map(self.reach, texts))
            literals = {token[1:-1] for text in texts for token in self.tokens(text) if token[0] in "'\""}
            self._parts[places] = Part(self._together(texts), reads, frozenset(literals))
        return self._parts[places]

    def _together(self, texts: list[str]) -> Any:
        """Conditions as one list. Each named one is answered once, those that name others after these."""
        levels = self._levels(texts)
        places = {name: f"named_{up}[{at}]" for up, level in enumerate(levels) for at, name in enumerate(level)}
        whole = "[" + ",\n".join(f"dyn({_put(text, places)})" for text in texts) + "]"
        for up, level in reversed([*enumerate(levels)]):
            answers = ",\n".join(_put(self._named[name], places) for name in level)
            whole = f"[[{answers}]].map(named_{up}, {whole})[0]"
        return self._compile(whole)

    def _levels(self, texts: list[str]) -> list[list[str]]:
        """The named conditions that are used: first those that name no other, then those that name only these…"""
        depths: dict[str, int] = {}

        def depth(name: str) -> int:
            if name not in depths:
                inner = [depth(other) for other in names_in(self._named[name]) & self._named.keys()]
                depths[name] = max(inner, default=-1) + 1
            return depths[name]

        for text in texts:
            for name in names_in(text) & self._named.keys():
                depth(name)
        ups = range(max(depths.values(), default=-1) + 1)
        return [sorted(name for name in depths if depths[name] == up) for up in ups]

    def answer(self, values: Mapping[str, Any]) -> list[bool]:
        """The answers to everything asked. ``values`` holds every variable of ``reads``; a set of codes is a list.

        Raises ExpressionError when a condition has no answer, as when a number overflows: no answer is not a yes.
        """
        return _evaluated(self._all, values)

    def _compile(self, text: str) -> Any:
        try:
            return self._environment.compile(text)
        except RuntimeError as error:
            raise ExpressionError(_said(error, text)) from error
