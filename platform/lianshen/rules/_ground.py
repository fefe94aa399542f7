"""What compiling a pack stands on: its conditions proved and numbered, its parameters, what each rule rests on."""

from collections.abc import Iterator, Set
from datetime import date
from itertools import chain
from typing import Any

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _schema as s
from lianshen.rules._answers import check_answers
from lianshen.rules._checks import axes_of, check, listed, supplied
from lianshen.rules._compared import check_compared
from lianshen.rules._dead import Dead
from lianshen.rules._entry import ALWAYS, entries
from lianshen.rules._expression import ExpressionError, Program, names_in
from lianshen.rules._faults import Both
from lianshen.rules._form import check_forms
from lianshen.rules._quantities import check_quantities
from lianshen.rules._source import Faults, PackError, Source
from lianshen.rules._superseded import check_superseded
from lianshen.rules._term import check_term
from lianshen.rules._told import check_facts, check_read, check_stated, check_told
from lianshen.rules._vocabulary import CEL_KIND, Vocabulary
from lianshen.rules._wording import check_clauses, check_numbers, check_words
from lianshen.rules.types import Basis, Used

_FEN = 100
_BUILT_IN = {"today": "str", "year": "int", "given": "codes"}
_EXPRESSIONS = ("when", "done", "present", "computes")


class Ground:
    """One pack on its way. ``spots`` remembers where each condition, by its place in the answers, was written first."""

    def __init__(self, source: Source, law: s.Law, vocabulary: Vocabulary) -> None:
        self.source, self.law, self.vocabulary = source, law, vocabulary
        self.parameters = {
            name: parameter.value * (_FEN if parameter.unit == "yuan" else 1)
            for name, parameter in law.parameters.items()
            if isinstance(parameter.value, int)
        }
        self.spots: list[Spot] = []
        self.program, self.recasting = self._programs()

    def prove(self) -> Faults[bool]:
        """True when nothing is wrong that can be told before the pack is compiled."""
        sound = True
        for fault in chain(
            check(self.source, self.law, self.vocabulary),
            check_quantities(self.source, self.law, self.vocabulary, self.parameters),
            check_words(self.source, self.law),
            check_clauses(self.source, self.law),
            check_told(self.source, self.law),
            check_term(self.source, self.law),
            check_forms(self.source, self.law, self.vocabulary),
            self._names(),
            self._texts(),
        ):
            sound = False
            yield fault
        return sound

    def _programs(self) -> tuple[Program, Program]:
        """For all conditions, and for those that recast the facts before the others are asked."""
        facts = {name: CEL_KIND[fact.type] for name, fact in self.vocabulary.facts.items()}
        variables = facts | dict.fromkeys(self.law.figures, "int") | dict.fromkeys(self.parameters, "int") | _BUILT_IN
        variables |= dict.fromkeys((*axes_of(self.law), *self.law.dates), "str")
        return Program(variables, self.law.conditions), Program(variables, self.law.conditions)

    def _names(self) -> Iterator[PackError]:
        facts = {name: CEL_KIND[fact.type] for name, fact in self.vocabulary.facts.items()}
        known = facts | dict.fromkeys(axes_of(self.law), "str") | dict.fromkeys(self.law.figures, "int")
        named = known | dict.fromkeys(self.law.parameters, "int")
        for key, taken in (
            ("parameters", known),
            ("dates", named),
            ("conditions", named | dict.fromkeys(self.law.dates)),
        ):
            for name in getattr(self.law, key):
                if name in taken or name in _BUILT_IN:
                    yield self.source.error((key, name), "name_taken", name=name)
        for name in self.law.figures:
            if name in facts or name in _BUILT_IN:
                yield self.source.error(("figures", name), "name_taken", name=name)

    def written(self) -> list[tuple[Spot, str]]:
        """Every expression of the pack with where it stands."""
        written: list[tuple[Spot, str]] = [(("conditions", name), text) for name, text in self.law.conditions.items()]
        for spot, entry in entries(self.law):
            keys = [key for key in _EXPRESSIONS if getattr(entry, key, None) is not None]
            written += [((*spot, key), getattr(entry, key)) for key in keys]
        return [*written, (("amendable",), self.law.amendable)]

    def _kind(self, spot: Spot) -> str:
        """What an expression answers: yes or no, but for what a notice computes."""
        if spot[-1] != "computes":
            return "bool"
        question = self.vocabulary.answers.get(self.law.notices[int(spot[1])].notice)
        return CEL_KIND[question.type] if question else "bool"

    def _texts(self) -> Iterator[PackError]:
        everything, sources = self.written(), supplied(self.law)
        written = []
        for spot, text in everything:
            try:
                self.program.check(text, self._kind(spot))
            except ExpressionError as error:
                yield self.source.error(spot, "expression", problem=error.problem)
                continue
            written.append((spot, text))
            if unset := sorted((self.program.reach(text) & self.vocabulary.facts.keys()) - sources):
                yield self.source.error(spot, "unset", name=unset[0])
        yield from check_numbers(self.source, self.law, self.program, written)
        yield from check_compared(self.source, self.law, self.vocabulary, self.program, written)
        if len(written) == len(everything):
            yield from check_read(self.source, self.law, self.vocabulary, written, self.program)
            yield from check_superseded(self.source, self.law, self.program)
            yield from check_facts(self.source, self.law, self.vocabulary, written, self.program)
        yield from check_answers(self.source, self.law, self.vocabulary, self.parameters, self.program, written)
        yield from check_stated(self.source, self.law, self.vocabulary, self.program)
        used = frozenset[str]().union(*(names_in(text) for _, text in everything))
        bounds = {n for axis in axes_of(self.law).values() for band in axis.bands for n in (band.from_, band.below)}
        budgets = {clock.budget for clock in self.law.clocks}
        budgets |= {name for rule in self.law.dates.values() for name in (rule.after, rule.before, rule.yearly)}
        leaves = [clock.extension for clock in self.law.clocks if clock.extension]
        budgets |= {name for leave in leaves for name in (leave.most, leave.times)}
        budgets |= {more for action in self.law.actions for more in action.extends.values()}
        origins = [*(rule.from_ for rule in self.law.clocks), *(rule.from_ for rule in self.law.dates.values())]
        windows = [action.window for action in self.law.actions if action.window]
        origins += [said for window in windows for said in (window.from_, window.until)]
        yield from self._unused("dates", Both("日期", "date"), used | {n for origin in origins for n in listed(origin)})
        yield from self._unused(
            "figures", Both("数额", "figure"), used | {axis.by for axis in axes_of(self.law).values()}
        )
        laddered = frozenset(clock.ladder for clock in self.law.clocks)
        yield from self._unused("ladders", Both("提醒安排", "ladder"), laddered)
        yield from self._unused("conditions", Both("条件", "condition"), used)
        yield from self._unused("parameters", Both("参数", "parameter"), used | bounds | budgets)

    def _unused(self, key: str, kind: Both, used: Set[Any]) -> Iterator[PackError]:
        """What is inherited may be of no use here."""
        for name in getattr(self.law, key).keys() - used:
            if (key, name) not in self.source.inherited:
                yield self.source.error((key, name), "unused", kind=kind, name=name)

    def ask(self, spot: Spot, rule: Any) -> int:
        return self.slot(spot, rule.amendable if isinstance(rule, s.Law) else rule.when)

    def slot(self, spot: Spot, condition: str) -> int:
        slot = self.program.ask(condition)
        if slot == len(self.spots):
            self.spots.append(spot)
        return slot

    def dead(self, dead: Dead) -> PackError:
        """The error for what can never hold, or be done."""
        spot = self.spots[dead.place] if dead.place >= 0 else ("recasts", -1 - dead.place)
        return self.source.error((*spot, "when"), dead.code, **{"name": self.source.named(spot), **dead.said})

    def sealed(self) -> dict[str, Any]:
        """Close the program; the values that an assessment starts from, before the project's own facts."""
        for program in (self.program, self.recasting):
            try:
                program.seal()
            except ExpressionError as error:
                raise self.source.error(("conditions",), "expression", problem=error.problem) from error
        reads = self.program.reads | self.recasting.reads
        facts = {name: fact.neutral for name, fact in self.vocabulary.facts.items()}
        return {name: value for name, value in (facts | self.parameters).items() if name in reads}

    def basis(self, clause: str, when: str = ALWAYS, names: tuple[str | None, ...] = ()) -> Basis:
        cited = self.law.clauses[clause]
        reached = self.program.reach(when)
        used = [name for name in self.law.parameters if name in reached or name in names]
        return Basis(
            clause,
            cited.article,
            cited.quotation,
            tuple(self._used(name) for name in used),
            self.source.titles.get(clause, ""),
        )

    def _used(self, name: str) -> Used:
        parameter = self.law.parameters[name]
        unit = "fen" if parameter.unit == "yuan" else parameter.unit
        return Used(name, self.parameters.get(name, parameter.value), unit, parameter.text)

    def term(self) -> tuple[date, date | None]:
        force = self.law.instrument.in_force
        days: list[date | None] = []
        for key, said in (("from", force.from_), ("until", force.until)):
            try:
                days.append(None if said is None else date.fromisoformat(said))
            except ValueError as error:
                raise self.source.error(("instrument", "in_force", key), "dates", text=said) from error
        since, until = days
        if since is None or (until is not None and until < since):
            raise self.source.error(("instrument", "in_force"), "dates", text=force.until)
        if self.source.folder.name != f"pack-{since}":
            raise self.source.error(("instrument", "in_force", "from"), "folder")
        self._require_earlier(force.replaces, since)
        return since, until

    def _require_earlier(self, replaced: str | None, since: date) -> None:
        home = self.source.folder.parent
        code, _, began = (replaced or "").partition("@")
        own = code == home.name.partition("-")[0] and began < since.isoformat()
        if replaced is not None and not (own and (home / f"pack-{began}").is_dir()):
            raise self.source.error(("instrument", "in_force", "replaces"), "replaces", name=replaced)
