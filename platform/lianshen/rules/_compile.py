"""From a pack as written to a pack that works, refusing whatever does not fit together."""

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from lianshen.kernel.strict_yaml import Spot
from lianshen.rules import _messages, _reach
from lianshen.rules import _schema as s
from lianshen.rules._checks import check, entries, supplied
from lianshen.rules._expression import ExpressionError, Program, names_in
from lianshen.rules._form import form_of
from lianshen.rules._pack import (
    Pack,
    RuledAction,
    RuledBlock,
    RuledChoice,
    RuledClock,
    RuledDispute,
    RuledNotice,
    RuledPaper,
    RuledStep,
    Scope,
)
from lianshen.rules._source import PackError, Source
from lianshen.rules._vocabulary import CEL_KIND, Vocabulary
from lianshen.rules.types import Action, Basis, Block, Choice, Clock, Dispute, Notice, Paper, Reason, Step, Tier, Used

_FEN = 100
_BUILT_IN = {"tier": "str", "today": "str", "given": "codes"}
_CLOCK_UNITS: dict[str, Any] = {
    "working_day": "working_days",
    "day": "days",
    "month": "months",
    "date": "date",
}


def load_pack(folder: Path, vocabulary: Vocabulary) -> Pack:
    """Read, prove and compile ``tenants/<code>-<name>/pack-<first day in force>``.

    Raises PackError with file, line, what is wrong and what to do.
    """
    source = Source(folder)
    compiler = _Compiler(source, source.read(s.Law), vocabulary)
    pack = compiler.pack()
    for slot in _reach.never(pack):
        raise compiler.dead(slot)
    return pack


class _Compiler:
    """One pack on its way. ``spots`` remembers where each condition, by its place in the answers, was written first."""

    def __init__(self, source: Source, law: s.Law, vocabulary: Vocabulary) -> None:
        self.source, self.law, self.vocabulary = source, law, vocabulary
        self.parameters = {
            name: parameter.value * (_FEN if parameter.unit == "yuan" else 1)
            for name, parameter in law.parameters.items()
        }
        check(source, law, vocabulary, self.parameters)
        self.spots: list[Spot] = []
        self.program = self._program()

    def pack(self) -> Pack:
        law, (since, until) = self.law, self._term()
        tenant = self.source.folder.parent.name.partition("-")[0]
        return Pack(
            ref=f"{tenant}@{since}",
            tenant=tenant,
            version=since.isoformat(),
            digest=self._digest(),
            title=law.instrument.title,
            number=law.instrument.number,
            status=law.instrument.status,
            since=since,
            until=until,
            bodies=self.vocabulary.bodies | law.bodies,
            vocabulary=self.vocabulary,
            tier_by=law.tiers.by,
            tier_from=tuple(self.parameters[band.from_] for band in law.tiers.bands if band.from_),
            tiers=tuple(
                Tier(band.tier, band.label, self._basis(band.clause, names=(band.from_, band.below)))
                for band in law.tiers.bands
            ),
            amounts=tuple(self.parameters[name] for name, rule in law.parameters.items() if rule.unit == "yuan"),
            scope=Scope("yes", self._basis(law.scope.clause)),
            exclusions=tuple(
                (
                    self._ask(("scope", "exclusions", place), rule),
                    Scope(rule.answer, self._basis(rule.clause, rule.when)),
                )
                for place, rule in enumerate(law.scope.exclusions)
            ),
            ways=tuple(
                (self._ask(("scope", "ways", place), rule), rule.management)
                for place, rule in enumerate(law.scope.ways)
            ),
            papers=tuple(self._paper(("papers", place), rule) for place, rule in enumerate(law.papers)),
            choices=tuple(
                RuledChoice(
                    self._ask(("choices", place), rule),
                    Choice(rule.choice, rule.label, tuple(rule.papers), self._basis(rule.clause, rule.when)),
                )
                for place, rule in enumerate(law.choices)
            ),
            steps=tuple(self._step(("steps", place), rule) for place, rule in enumerate(law.steps)),
            blocks=tuple(self._block(("blocks", place), rule) for place, rule in enumerate(law.blocks)),
            notices=tuple(self._notice(("notices", place), rule) for place, rule in enumerate(law.notices)),
            disputes=tuple(
                RuledDispute(
                    self._ask(("disputes", place), rule),
                    Dispute(rule.point, rule.reading, rule.other, self._basis(rule.clause, rule.when)),
                )
                for place, rule in enumerate(law.disputes)
            ),
            clocks={rule.clock: self._clock(("clocks", place), rule) for place, rule in enumerate(law.clocks)},
            actions={rule.action: self._action(("actions", place), rule) for place, rule in enumerate(law.actions)},
            phases=tuple(
                (self._ask(("phases", place), rule), rule.phase, rule.label) for place, rule in enumerate(law.phases)
            ),
            amendable=self._ask((), law),
            intake=tuple(
                field
                for place, part in enumerate(law.intake)
                for field in form_of(self.source, ("intake", place), part.fields, self.vocabulary, part.section)
            ),
            program=self.program,
            neutral=self._sealed(),
        )

    def dead(self, slot: int) -> PackError:
        """The error for a condition that can never hold."""
        spot = self.spots[slot]
        return self.source.error((*spot, "when"), "never", name=".".join(str(part) for part in spot))

    def _program(self) -> Program:
        facts = {name: CEL_KIND[fact.type] for name, fact in self.vocabulary.facts.items()}
        for key, taken in (("parameters", facts), ("conditions", facts | dict.fromkeys(self.parameters, "int"))):
            for name in getattr(self.law, key):
                if name in taken or name in _BUILT_IN:
                    raise self.source.error((key, name), "name_taken", name=name)
        program = Program(facts | dict.fromkeys(self.parameters, "int") | _BUILT_IN, self.law.conditions)
        written: list[tuple[Spot, str]] = [(("conditions", name), text) for name, text in self.law.conditions.items()]
        written += [((*spot, "when"), entry.when) for spot, entry in entries(self.law) if hasattr(entry, "when")]
        self._prove_expressions(program, [*written, (("amendable",), self.law.amendable)])
        return program

    def _prove_expressions(self, program: Program, written: list[tuple[Spot, str]]) -> None:
        sources = supplied(self.law)
        for spot, text in written:
            try:
                program.check(text)
            except ExpressionError as error:
                raise self.source.error(spot, "expression", problem=error) from error
            if unset := sorted((program.reach(text) & self.vocabulary.facts.keys()) - sources):
                raise self.source.error(spot, "unset", name=unset[0])
        used = frozenset[str]().union(*(names_in(text) for _, text in written))
        bounds = {name for band in self.law.tiers.bands for name in (band.from_, band.below)}
        budgets = {clock.budget for clock in self.law.clocks}
        for name in self.law.conditions.keys() - used:
            raise self.source.error(("conditions", name), "unused", kind="条件", name=name)
        for name in self.law.parameters.keys() - used - bounds - budgets:
            raise self.source.error(("parameters", name), "unused", kind="参数", name=name)

    def _term(self) -> tuple[date, date | None]:
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
        return since, until

    def _digest(self) -> str:
        digest = sha256()
        for file in sorted(self.source.folder.glob("*.yaml")):
            digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
        return digest.hexdigest()

    def _ask(self, spot: Spot, rule: Any) -> int:
        return self._slot(spot, rule.amendable if isinstance(rule, s.Law) else rule.when)

    def _slot(self, spot: Spot, condition: str) -> int:
        slot = self.program.ask(condition)
        if slot == len(self.spots):
            self.spots.append(spot)
        return slot

    def _sealed(self) -> dict[str, Any]:
        """Close the program; the values that an assessment starts from, before the project's own facts."""
        self.program.seal()
        facts = {name: fact.neutral for name, fact in self.vocabulary.facts.items()}
        return {name: value for name, value in (facts | self.parameters).items() if name in self.program.reads}

    def _basis(self, clause: str, when: str = s.ALWAYS, names: tuple[str | None, ...] = ()) -> Basis:
        cited = self.law.clauses[clause]
        reached = self.program.reach(when)
        used = [name for name in self.law.parameters if name in reached or name in names]
        return Basis(clause, cited.article, cited.quotation, tuple(self._used(name) for name in used))

    def _used(self, name: str) -> Used:
        parameter = self.law.parameters[name]
        unit = "fen" if parameter.unit == "yuan" else parameter.unit
        return Used(name, self.parameters[name], unit, parameter.text)

    def _paper(self, spot: Spot, rule: s.PaperRule) -> RuledPaper:
        paper = Paper(rule.paper, self.vocabulary.documents[rule.paper], self._basis(rule.clause, rule.when))
        said = {"paper": paper.label}
        missing = Reason(
            code="missing_paper",
            label=_messages.text("missing_paper", **said),
            remedy=_messages.remedy("missing_paper"),
            basis=paper.basis,
            paper=rule.paper,
        )
        return RuledPaper(
            when=self._ask(spot, rule),
            paper=paper,
            needed_for=frozenset(rule.for_),
            events=frozenset(rule.at).union(*map(self._events_for, rule.for_)),
            handed_in_with=frozenset(rule.with_ or rule.for_),
            missing=None if rule.enforced_by else missing,
        )

    def _events_for(self, action: str) -> frozenset[str]:
        """The events that ``action`` answers: its own, and those that start a clock which it stops."""
        stopped = {clock for rule in self.law.actions if rule.action == action for clock in rule.stops}
        return frozenset[str]().union(
            *(
                (rule.action, *rule.events)
                for rule in self.law.actions
                if rule.action == action or stopped.intersection(rule.starts)
            )
        )

    def _step(self, spot: Spot, rule: s.StepRule) -> RuledStep:
        names = self.vocabulary.bodies | self.law.bodies
        step = Step(
            code=rule.step,
            label=self.vocabulary.steps[rule.step],
            by=tuple(rule.by),
            by_label="、".join(names[body] for body in rule.by),
            basis=self._basis(rule.clause, rule.when),
        )
        return RuledStep(self._ask(spot, rule), step, frozenset(rule.before), self._slot((*spot, "done"), rule.done))

    def _block(self, spot: Spot, rule: s.BlockRule) -> RuledBlock:
        label, basis = self.vocabulary.blocks[rule.block], self._basis(rule.clause, rule.when)
        block, granted = (
            Block(rule.block, label, rule.remedy, rule.strength, rule.overridable_by, granted, basis)
            for granted in (False, True)
        )
        closed = [action for action in self.law.actions if action.action in rule.closes]
        paper = next((paper.paper for paper in self.law.papers if paper.enforced_by == rule.block), None)
        return RuledBlock(
            when=self._ask(spot, rule),
            block=block,
            granted=granted,
            reason=Reason(rule.block, label, rule.remedy, basis, paper),
            closes=frozenset(rule.closes),
            events=frozenset(rule.closes).union(rule.at, *(action.events for action in closed)),
            decided_by=tuple(rule.decided_by),
        )

    def _notice(self, spot: Spot, rule: s.NoticeRule) -> RuledNotice:
        return RuledNotice(
            when=self._ask(spot, rule),
            notice=Notice(rule.notice, rule.label, self._basis(rule.clause, rule.when)),
            value=rule.value
            if isinstance(rule.value, bool)
            else tuple([rule.value] if isinstance(rule.value, str) else rule.value),
            events=frozenset(rule.at),
            strength=rule.strength,
        )

    def _clock(self, spot: Spot, rule: s.ClockRule) -> RuledClock:
        unit = _CLOCK_UNITS[self.law.parameters[rule.budget].unit if rule.budget else "date"]
        clock = Clock(
            code=rule.clock,
            label=rule.label,
            budget=None if rule.budget is None else self.parameters[rule.budget],
            unit=unit,
            rolling=rule.rolling,
            owed_by=rule.owed_by,
            owed_to=rule.owed_to,
            trigger_label=rule.trigger,
            on_expiry=rule.on_expiry.code,
            on_expiry_label=rule.on_expiry.label,
            disputed=rule.disputed,
            basis=self._basis(rule.clause, rule.when, names=(rule.budget,)),
        )
        starting = [{action.action, *action.events} for action in self.law.actions if rule.clock in action.starts]
        return RuledClock(self._ask(spot, rule), rule, clock, frozenset(rule.events).union(*starting))

    def _action(self, spot: Spot, rule: s.ActionRule) -> RuledAction:
        basis = self._basis(rule.clause, rule.when)
        reason = Reason(
            "not_timely", _messages.text("not_timely", action=rule.label), _messages.remedy("not_timely"), basis
        )
        shut = Action(
            code=rule.action,
            label=rule.label,
            tone=rule.tone,
            permission=rule.permission,
            by=tuple(rule.by),
            duty=rule.duty,
            task=rule.task,
            due_clock=rule.due_clock,
            timely=False,
            open=False,
            reasons=(reason,),
            form=form_of(self.source, spot, rule.form, self.vocabulary),
            papers=(),
            starts=tuple(rule.starts),
            basis=basis,
        )
        needs = tuple(
            (
                self._ask((*spot, "requires", place), need),
                Reason(need.code, need.label, need.remedy, self._basis(need.clause, need.when)),
            )
            for place, need in enumerate(rule.requires)
        )
        asks = tuple((self._ask((*spot, "asks", place), ask), ask.body) for place, ask in enumerate(rule.asks))
        grants = next((field.name for field in rule.form if field.options_from), None)
        events = frozenset({rule.action, *rule.events})
        return RuledAction(self._ask(spot, rule), rule, shut, needs, asks, grants, events)
