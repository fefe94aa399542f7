"""CEL, the expression language of the packs: the one place that knows it.

cel-expr-python checks names and types when it compiles. Its ``eval`` answers an error with a *value* of type ERROR that
Python takes for true, so the type of every answer is tested here; a tuple is no list to it. Handing over a hundred
facts one by one costs as much as answering a hundred conditions, so a pack's conditions are answered together, as one
list, and the facts that they read are handed over together too: one list for each kind.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from cel_expr_python import cel

from lianshen.rules._faults import Both, nearest
from lianshen.rules._syntax import Node, tree_of

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


def _said(error: RuntimeError, text: str, known: Iterable[str] = ()) -> Both:
    """What CEL says of ``text`` over ``known`` names, in words that an author of packs understands."""
    problem = str(error)
    if found := _UNDECLARED.search(problem):
        name, near = found[1], nearest(found[1], known)
        zh, en = f"没有名为“{name}”的事实、参数或条件", f"no fact, parameter or condition is called '{name}'"
        return Both(f"{zh}，{near.zh.strip()}", f"{en};{near.en}") if near.zh else Both(zh, en)
    if found := _OVERLOAD.search(problem):
        sign = found[1].strip("_@")
        return Both(f"“{sign}”不能用于 {found[2]}", f"'{sign}' cannot be applied to {found[2]}")
    if found := _SYNTAX.search(problem):
        place = text[: int(found[1]) - 1][-20:]
        return Both(f"语法有误，在“{place}”之后", f"syntax error after '{place}'")
    return Both(problem, problem)


def _failed(problem: str) -> Both:
    """What CEL says of values with which there is no answer."""
    if "divide by zero" in problem or "modulus by zero" in problem:
        return Both("除数为零", "division by zero")
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


class _Handover:
    """How variables reach CEL: those of a kind as one list, ``all_bool[3]`` being one; codes each for itself."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._alone = [name for name, kind in kinds.items() if kind == "codes"]
        lists = {kind: [name for name in kinds if kinds[name] == kind] for kind in ("bool", "int", "str")}
        self._lists = [(f"all_{kind}", _taker(names)) for kind, names in lists.items() if names]
        self.places = {name: f"all_{kind}[{at}]" for kind, names in lists.items() for at, name in enumerate(names)}
        variables = {f"all_{kind}": cel.Type.List(_KINDS[kind]) for kind in lists}
        self._environment = cel.NewEnv(variables=variables | dict.fromkeys(self._alone, _KINDS["codes"]))

    def compile(self, text: str) -> Any:
        return self._environment.compile(text)

    def __call__(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The variables as CEL is given them; ``values`` may hold more."""
        given: dict[str, Any] = {name: list(take(values)) for name, take in self._lists}
        for name in self._alone:
            given[name] = values[name]
        return given


def _levels(named: Mapping[str, str]) -> list[list[str]]:
    """Named conditions: first those that name no other, then those that name only these…"""
    depths: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in depths:
            depths[name] = max([depth(other) for other in names_in(named[name]) & named.keys()], default=-1) + 1
        return depths[name]

    for name in named:
        depth(name)
    ups = range(max(depths.values(), default=-1) + 1)
    return [sorted(name for name in depths if depths[name] == up) for up in ups]


def _taker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
    """What takes the values of these names, in order."""
    return itemgetter(*names) if len(names) > 1 else lambda values: (values[names[0]],)


class Part:
    """Some conditions of a program: what they read, the texts in them, and their answers."""

    def __init__(self, compiled: Any, handover: _Handover, reads: frozenset[str], literals: frozenset[str]) -> None:
        self._compiled, self._handover = compiled, handover
        self.reads, self.literals = reads, literals

    def answer(self, values: Mapping[str, Any]) -> list[bool]:
        """The answers, in order; ``values`` holds every variable of ``reads``; a set of codes is a list.

        Raises ExpressionError when a condition has no answer, as when a number overflows: no answer is not a yes.
        """
        try:
            result = self._compiled.eval(data=self._handover(values))
        except KeyError as error:
            raise ExpressionError(Both(f"缺少“{error.args[0]}”的值", f"no value for '{error.args[0]}'")) from error
        except RuntimeError as error:
            raise ExpressionError(_said(error, "")) from error
        if result.type() != cel.Type.LIST:
            raise ExpressionError(_failed(str(result.value())))
        answers: list[bool] = result.plain_value()
        return answers


class Program:
    """The conditions of one pack. Write: ``ask`` for each, then ``seal`` once. Read: ``answer``."""

    def __init__(self, variables: Mapping[str, str], named: Mapping[str, str]) -> None:
        """``variables`` maps each name to bool, int, str or codes; ``named`` each shared condition to its text."""
        self._named = named
        self.variables = dict(variables)
        self._environment = cel.NewEnv(
            variables={name: _KINDS[kind] for name, kind in variables.items()} | dict.fromkeys(named, cel.Type.BOOL)
        )
        self._reached: dict[str, frozenset[str]] = {}
        self._asked: dict[str, int] = {}
        self._all: Part | None = None
        self._parts: dict[tuple[int, ...], Part] = {}

    def check(self, text: str, kind: str = "bool") -> None:
        """Raise ExpressionError unless ``text`` asks yes or no of known names, or has an answer of another ``kind``.

        Conditions may not refer to each other in a ring.
        """
        answers = self._compile(text).return_type()
        if answers != _KINDS[kind]:
            name = answers.name()
            raise ExpressionError(Both(f"结果是 {name}，应为 {kind}", f"the answer is {name} and should be {kind}"))
        self.reach(text)

    def tree(self, text: str) -> Node:
        """The syntax tree of an expression that compiles."""
        return tree_of(self._compile(text).serialize())

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
        known = names & self.variables.keys()
        return known.union(*(self._reach_of(name, trail) for name in names & self._named.keys()))

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
            frozenset((name, way) for name, way in leanings(self.tokens(text)) if name in self.variables)
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
        self._all = self._together(list(self._asked))

    @property
    def reads(self) -> frozenset[str]:
        """The variables that the conditions depend on."""
        return self._sealed.reads

    @property
    def literals(self) -> frozenset[str]:
        """The texts in the conditions."""
        return self._sealed.literals

    @property
    def _sealed(self) -> Part:
        assert self._all is not None, "sealed before it is asked"
        return self._all

    def part(self, places: tuple[int, ...]) -> "Part":
        """The conditions at these places alone, for asking them many times over."""
        if places not in self._parts:
            asked = list(self._asked)
            self._parts[places] = self._together([asked[place] for place in places])
        return self._parts[places]

    def alone(self, text: str) -> "Part":
        """One condition, whether or not it was asked."""
        return self._together([text])

    def _together(self, texts: list[str]) -> Part:
        """Conditions as one list. Each named one is answered once, those that name others after these."""
        reads = frozenset().union(*map(self.reach, texts))
        handover = _Handover({name: kind for name, kind in self.variables.items() if name in reads})
        whole_texts, named = self._used_again(texts)
        levels = _levels(named)
        places = {name: f"named_{up}[{at}]" for up, level in enumerate(levels) for at, name in enumerate(level)}
        places |= handover.places
        whole = "[" + ",\n".join(_put(text, places) for text in whole_texts) + "]"
        for up, level in reversed([*enumerate(levels)]):
            answers = ",\n".join(_put(named[name], places) for name in level)
            whole = f"[[{answers}]].map(named_{up}, {whole})[0]"
        literals = {token[1:-1] for text in texts for token in self.tokens(text) if token[0] in "'\""}
        return Part(_compiled(handover.compile, whole), handover, reads, frozenset(literals))

    def _used_again(self, texts: list[str]) -> tuple[list[str], dict[str, str]]:
        """The texts, and the named conditions that they use more than once: what is used once stands in its place."""
        uses = Counter[str]()
        todo = [*texts]
        while todo:
            for name in (token for token in tokens_in(todo.pop()) if token in self._named):
                uses[name] += 1
                if uses[name] == 1:
                    todo.append(self._named[name])
        once: dict[str, str] = {}

        def spelled(text: str) -> str:
            for name in (name for name in names_in(text) if uses[name] == 1 and name not in once):
                once[name] = f"({spelled(self._named[name])})"
            return _put(text, once)

        return [*map(spelled, texts)], {name: spelled(self._named[name]) for name in uses if uses[name] > 1}

    def answer(self, values: Mapping[str, Any]) -> list[bool]:
        """The answers to everything asked, as ``Part.answer``."""
        return self._sealed.answer(values)

    def _compile(self, text: str) -> Any:
        return _compiled(self._environment.compile, text, {*self.variables, *self._named})


def _compiled(compile_: Callable[[str], Any], text: str, known: Iterable[str] = ()) -> Any:
    try:
        return compile_(text)
    except RuntimeError as error:
        raise ExpressionError(_said(error, text, known)) from error
